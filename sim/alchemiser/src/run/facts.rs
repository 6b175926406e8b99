use std::time::Duration;

use alchemiser_mocks::exchange::ExchangeSetup;
use rust_decimal::Decimal;

use crate::scenario::{AssetSpec, ExchangeSpec, Scenario, Span};
use crate::trading::{BusMode, Settings, TradingRecord, Trouble, TroubleKind};
use simulated_cloud::stack::Stack;

/// What a run is set to and what it scripts, as far as checks need it: they read nothing but the
/// journal.
pub(super) fn facts(scenario: &Scenario, stack: &Stack) -> Vec<TradingRecord> {
    let given = &scenario.given;
    let usual = Settings::default();
    let number = |name| variable(stack, name).and_then(|text| text.parse::<Decimal>().ok());
    let settings = Settings {
        borrowing_limit: number("ALPACA__BORROWING_LIMIT").unwrap_or(usual.borrowing_limit),
        price_tolerance: number("ALPACA__PRICE_TOLERANCE_PERCENT")
            .map_or(usual.price_tolerance, |percent| {
                percent / Decimal::ONE_HUNDRED
            }),
        bus: bus(stack),
        around_the_clock: given.exchange.always_open,
        one_run_a_session: variable(stack, "APP__SESSION_SCOPE") != Some("occurrence"),
    };
    let mut troubles = of_the_exchange(&given.exchange);
    for (symbol, asset) in &given.market {
        troubles.extend(of_an_asset(asset).into_iter().map(|kind| Trouble {
            symbol: Some(symbol.clone()),
            trouble: kind,
        }));
    }
    let scripted = troubles
        .into_iter()
        .map(|trouble| TradingRecord::Scripted { trouble });
    std::iter::once(TradingRecord::Settings { settings })
        .chain(scripted)
        .collect()
}

/// A variable of the function's environment, as the template sets it.
fn variable<'a>(stack: &'a Stack, name: &str) -> Option<&'a str> {
    stack
        .functions
        .first()
        .and_then(|function| function.environment.get(name))
        .map(String::as_str)
}

fn bus(stack: &Stack) -> BusMode {
    let is_on = |name: &str| variable(stack, name) == Some("true");
    match (
        is_on("EVENTBRIDGE__USE_EVENTBRIDGE"),
        is_on("EVENTBRIDGE__ENABLE_DUAL_PUBLISH"),
    ) {
        (_, true) => BusMode::Both,
        (true, false) => BusMode::EventBridge,
        (false, false) => BusMode::Memory,
    }
}

fn of_the_exchange(exchange: &ExchangeSpec) -> Vec<Trouble> {
    let mut troubles = Vec::new();
    let mut for_all = |is_there: bool, trouble: TroubleKind| {
        if is_there {
            troubles.push(Trouble {
                symbol: None,
                trouble,
            });
        }
    };
    let usual = ExchangeSetup::default().knobs.requests_per_minute;
    for_all(exchange.trading_blocked, TroubleKind::Blocked);
    for_all(
        exchange
            .requests_per_minute
            .is_some_and(|most| most < usual),
        TroubleKind::RateLimit,
    );
    let delays = [
        (exchange.settlement_delay, SETTLEMENT),
        (exchange.hide_new_orders_for, LISTING),
        (exchange.hide_fill_price_for, LISTING),
        (exchange.hide_new_bars_for, Duration::ZERO),
    ];
    for (delay, patience) in delays {
        let Some(Span(delay)) = delay else { continue };
        let kind = if delay <= patience {
            TroubleKind::ShortDelay
        } else {
            TroubleKind::Delay
        };
        for_all(true, kind);
    }
    troubles
}

/// How late the proceeds of a sale may be spendable: an execution waits for them.
const SETTLEMENT: Duration = Duration::from_secs(300);
/// How late the broker may show an order, or what it filled at.
const LISTING: Duration = Duration::from_secs(30);

fn of_an_asset(asset: &AssetSpec) -> Vec<TroubleKind> {
    let mut kinds = Vec::new();
    if asset.quote.is_some() {
        kinds.push(TroubleKind::Quote);
    }
    if !asset.tradable {
        kinds.push(TroubleKind::NotTradable);
    }
    if !asset.fractionable {
        kinds.push(TroubleKind::WholeShares);
    }
    kinds
}
