use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use alchemiser_mocks::exchange::{
    AccountSetup, AssetSetup, DataPlan, Days, ExchangeSetup, Hours, Knobs, MarketSetup,
    OrderEffect, OrderRule, PositionSetup, QuoteEffect, QuoteRule, Series, calendar,
};
use alchemiser_mocks::mail::MailSetup;
use chrono::{DateTime, Utc};

use super::error::SetupError;
use super::hand;
use crate::binary::Binary;
use crate::in_process::InProcess;
use crate::scenario::{
    AssetSpec, ExchangeSpec, Fault, Given, Lambda, Library, OrderEffectSpec, OrderRuleSpec,
    QuoteSpec, SYNTHETIC, Scenario, account_with, change,
};
use crate::trading::{Broker, Mailbox, Trading};
use harness::fault::{Faults, Meanwhile, Meanwhiles};
use harness::function::{FunctionCode, Functions};
use harness::world::{Bound, WorldSetup};
use simulated_cloud::knobs::Span;
use simulated_cloud::stack::Stack;

// Texts that occur nowhere else, so that a test can look for them in all that a run says.
const ALPACA_KEY: &str = "PKNEVERTELLTHISKEY01";
const ALPACA_SECRET: &str = "never-tell-this-broker-secret-02";
const MAIL_PASSWORD: &str = "never-tell-this-mail-password-03";

/// The secrets of every run, by the variable that tells them to the function.
pub const SECRETS: [(&str, &str); 3] = [
    ("ALPACA__KEY", ALPACA_KEY),
    ("ALPACA__SECRET", ALPACA_SECRET),
    ("EMAIL__PASSWORD", MAIL_PASSWORD),
];

/// The world that a scenario begins with.
pub(super) struct PreparedWorld {
    pub setup: WorldSetup,
    pub stack: Arc<Stack>,
    pub broker: Broker,
}

/// The world that a scenario begins with, and its topology.
///
/// # Errors
/// A mistake in the template, or in the scenario's changes to it; no program to run.
pub(super) fn setup(
    library: &Library,
    scenario: &Scenario,
    seed: u64,
    account: &str,
) -> Result<PreparedWorld, SetupError> {
    let given = &scenario.given;
    let start = given.clock.instant();
    let sources = strategies(library, given);
    let mut stack = library.stack(&given.parameters(), &account_with(account))?;
    if let Some(mistake) = change(&mut stack, &given.topology).into_iter().next() {
        return Err(SetupError::Topology(mistake));
    }
    let mail = MailSetup {
        hostname: "smtp.mail.me.com".to_owned(),
        user: "alchemiser@example.com".to_owned(),
        password: MAIL_PASSWORD.to_owned(),
        ..MailSetup::default()
    };
    let mail = Mailbox::new(MailSetup {
        script: given.mail.iter().map(|script| script.0.clone()).collect(),
        ..mail
    });
    let broker = Broker::new(exchange(given, start, seed));
    let code: Arc<dyn FunctionCode> = match scenario.lambda {
        Lambda::InProcess => Arc::new(InProcess {
            strategies: sources,
            mail_certificate: mail.server().certificate_der(),
        }),
        Lambda::Binary => Arc::new(Binary::of_this_build(
            sources,
            mail.server().certificate_pem(),
        )?),
    };
    let functions: Functions = BTreeMap::from([("the-alchemiser".to_owned(), code)]);
    let meanwhile: Vec<Meanwhile> = scenario
        .meanwhile
        .iter()
        .enumerate()
        .map(|(line, given)| hand::meanwhile(&broker, line, given))
        .collect::<Result<_, _>>()?;
    let setup = WorldSetup {
        seed,
        start,
        stack: Arc::clone(&stack),
        account: account_with(account),
        knobs: given.knobs.settings(),
        call_latency: Span::millis(2, 40),
        cold_start: Span::millis(120, 400),
        clock_skew: given.knobs.clock_skew.map_or(Duration::ZERO, |span| span.0),
        system: Arc::new(Trading),
        counterparties: vec![Arc::new(broker.clone()), Arc::new(mail.clone())],
        faults: faults(&scenario.faults).with_crashes(given.knobs.crashes_per_mille.0, seed),
        meanwhile: Meanwhiles::new(meanwhile),
        functions,
        variables: SECRETS
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
        bound: Bound::default(),
    };
    Ok(PreparedWorld {
        setup,
        stack,
        broker,
    })
}

/// The strategy files of a run: the scenario's own, or the packaged ones.
fn strategies(library: &Library, given: &Given) -> BTreeMap<String, String> {
    if given.strategies.is_empty() {
        return library.strategies().clone();
    }
    given
        .strategies
        .iter()
        .map(|(name, strategy)| (name.0.clone(), strategy.source.clone()))
        .collect()
}

fn exchange(given: &Given, start: DateTime<Utc>, seed: u64) -> ExchangeSetup {
    let mut setup = ExchangeSetup {
        seed,
        cash: given.cash.0,
        key_id: ALPACA_KEY.to_owned(),
        secret_key: ALPACA_SECRET.to_owned(),
        ..ExchangeSetup::default()
    };
    setup.positions = given
        .positions
        .iter()
        .map(|(symbol, quantity)| (symbol.clone(), PositionSetup::from(quantity.0)))
        .collect();
    // Prices are the same whatever the seed: another seed is another schedule of events, not
    // another market.
    setup.market = market(given, start, MarketSetup::default());
    for (symbol, asset) in &given.market {
        let flags = AssetSetup {
            fractionable: asset.fractionable,
            tradable: asset.tradable,
            ..AssetSetup::default()
        };
        setup.assets.insert(symbol.clone(), flags);
    }
    setup.market.hours = if given.exchange.always_open {
        Hours::Always
    } else {
        Hours::Regular
    };
    let credit = given
        .exchange
        .credit
        .map(|credit| credit.0)
        .unwrap_or_default();
    let ExchangeSpec {
        trading_blocked,
        pattern_day_trader,
        shorting,
        ..
    } = given.exchange;
    let data_plan = given
        .exchange
        .data_plan
        .map(DataPlan::from)
        .unwrap_or_default();
    setup.account = AccountSetup {
        trading_blocked,
        pattern_day_trader,
        shorting,
        credit,
        data_plan,
        ..AccountSetup::default()
    };
    set_knobs(&mut setup.knobs, given);
    setup.order_script = given.exchange.orders.iter().map(order_rule).collect();
    setup
}

/// Sets what a scenario says of the manners of the broker.
fn set_knobs(knobs: &mut Knobs, given: &Given) {
    let exchange = &given.exchange;
    knobs.settlement_delay = exchange
        .settlement_delay
        .map_or(knobs.settlement_delay, |span| span.0);
    knobs.hide_new_orders_for = exchange
        .hide_new_orders_for
        .map_or(knobs.hide_new_orders_for, |span| span.0);
    knobs.hide_fill_price_for = exchange
        .hide_fill_price_for
        .map_or(knobs.hide_fill_price_for, |span| span.0);
    knobs.hide_new_bars_for = exchange
        .hide_new_bars_for
        .map_or(knobs.hide_new_bars_for, |span| span.0);
    knobs.show_unfinished_bar = exchange.show_unfinished_bar;
    for (symbol, asset) in &given.market {
        if let Some(days) = asset.no_bars {
            knobs.no_bars.insert(
                symbol.clone(),
                Days {
                    from: days.from.map(|date| date.0),
                    to: days.to.map(|date| date.0),
                },
            );
        }
    }
    knobs.remember_client_order_ids_for = exchange
        .remember_client_order_ids_for
        .map_or(knobs.remember_client_order_ids_for, |span| Some(span.0));
    knobs.requests_per_minute = exchange
        .requests_per_minute
        .unwrap_or(knobs.requests_per_minute);
    knobs.accept_cancel_of_filled = exchange.accept_cancel_of_filled;
}

fn market(given: &Given, start: DateTime<Utc>, mut market: MarketSetup) -> MarketSetup {
    let declared = given.market.keys().chain(given.positions.keys()).cloned();
    market.synthetic = Some(
        SYNTHETIC
            .iter()
            .map(|symbol| (*symbol).to_owned())
            .chain(declared)
            .collect(),
    );
    for (symbol, asset) in &given.market {
        if let Some(series) = series(asset, start) {
            market.series.insert(symbol.clone(), series);
        }
        let effect = asset.quote.map(|quote| match quote {
            QuoteSpec::ZeroAsk => QuoteEffect::ZeroAsk,
            QuoteSpec::ZeroBid => QuoteEffect::ZeroBid,
            QuoteSpec::Missing => QuoteEffect::Missing,
            QuoteSpec::Crossed(by) => QuoteEffect::Crossed(by.0),
            QuoteSpec::Stale(age) => QuoteEffect::Stale(age.0),
        });
        market
            .quotes
            .extend(effect.map(|effect| QuoteRule::always(symbol, effect)));
    }
    market
}

fn series(asset: &AssetSpec, now: DateTime<Utc>) -> Option<Series> {
    if let Some(price) = asset.price {
        return Some(Series::Price(price.0));
    }
    if asset.closes.is_empty() {
        return None;
    }
    let mut from = calendar::market_date(now);
    for _ in &asset.closes {
        from = calendar::previous_trading_day(from);
    }
    Some(Series::Closes {
        from,
        closes: asset.closes.iter().map(|close| close.0).collect(),
    })
}

fn order_rule(given: &OrderRuleSpec) -> OrderRule {
    OrderRule {
        symbol: given.symbol.clone(),
        side: given.side.map(hand::side),
        occurrence: given.occurrence.map(|place| place.0),
        effect: match &given.effect {
            OrderEffectSpec::FillAfter(span) => OrderEffect::FillAfter(span.0),
            OrderEffectSpec::Partial(percent) => OrderEffect::Partial {
                percent: percent.0,
                then: None,
            },
            OrderEffectSpec::CancelLate(span) => OrderEffect::CancelLate(span.0),
            OrderEffectSpec::RejectAfter(span) => OrderEffect::RejectAfter(span.0),
            OrderEffectSpec::Show(state) => OrderEffect::Show(hand::shown(*state)),
            OrderEffectSpec::Never => OrderEffect::Never,
            OrderEffectSpec::Reject {
                status,
                code,
                message,
            } => OrderEffect::Reject {
                status: status.0,
                code: *code,
                message: message.clone(),
            },
        },
    }
}

fn faults(given: &[Fault]) -> Faults {
    let (mut calls, mut deliveries) = (Vec::new(), Vec::new());
    for (line, fault) in given.iter().enumerate() {
        match fault {
            Fault::Call(call) => calls.push((line, call.clone())),
            Fault::Delivery(delivery) => deliveries.push((line, delivery.clone())),
        }
    }
    Faults::new(calls, deliveries)
}
