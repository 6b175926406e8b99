use std::collections::BTreeMap;
use std::sync::Arc;

use alchemiser_mocks::exchange::{
    AccountSetup, AssetSetup, DataPlan, Days, ExchangeSetup, Hours, MarketSetup, OrderEffect, OrderRule, PositionSetup, QuoteEffect,
    QuoteRule, Series, calendar,
};
use alchemiser_mocks::mail::MailSetup;
use chrono::{DateTime, Utc};

use super::hand;
use crate::alchemist::Alchemiser;
use crate::cloud::knobs::Span;
use crate::cloud::template::{Pseudo, Stack};
use crate::fault::{Faults, Meanwhile, Meanwhiles};
use crate::program::Program;
use crate::runtime::{FunctionCode, Functions};
use crate::scenario::{
    AssetGiven, ExchangeGiven, Fault, Given, Lambda, Library, LoadError, OrderEffectGiven, OrderRuleGiven, QuoteGiven, Scenario,
};
use crate::world::WorldSetup;

// Texts that occur nowhere else, so that a test can look for them in all that a run says.
const ALPACA_KEY: &str = "PKNEVERTELLTHISKEY01";
const ALPACA_SECRET: &str = "never-tell-this-broker-secret-02";
const MAIL_PASSWORD: &str = "never-tell-this-mail-password-03";

/// The secrets of every run, by the variable that tells them to the function.
pub const SECRETS: [(&str, &str); 3] = [("ALPACA__KEY", ALPACA_KEY), ("ALPACA__SECRET", ALPACA_SECRET), ("EMAIL__PASSWORD", MAIL_PASSWORD)];

fn pseudo(account: &str) -> Pseudo {
    Pseudo { account: account.to_owned(), region: "us-east-1".to_owned(), partition: "aws".to_owned(), stack_name: "alchemiser".to_owned() }
}

/// The world that a scenario begins with, and its topology.
///
/// # Errors
/// A mistake in the template, or in the scenario's changes to it.
pub(super) fn setup(library: &Library, scenario: &Scenario, seed: u64, account: &str) -> Result<(WorldSetup, Stack), LoadError> {
    let given = &scenario.given;
    let start = given.clock.instant();
    let mut parameters = given.topology.parameters.clone();
    let sources = strategies(library, given, &mut parameters);
    let mut stack = library.stack(&parameters, &pseudo(account))?;
    change(&mut stack, given)?;
    let code: Arc<dyn FunctionCode> = match scenario.lambda {
        Lambda::InProcess => Arc::new(Alchemiser { strategies: sources }),
        Lambda::Binary => Arc::new(Program::of_this_build(sources).map_err(LoadError)?),
    };
    let functions: Functions = BTreeMap::from([("the-alchemiser".to_owned(), code)]);
    let mail = MailSetup {
        hostname: "smtp.mail.me.com".to_owned(),
        user: "alchemiser@example.com".to_owned(),
        password: MAIL_PASSWORD.to_owned(),
        ..MailSetup::default()
    };
    let meanwhile: Result<Vec<Meanwhile>, String> = scenario.meanwhile.iter().map(hand::meanwhile).collect();
    let setup = WorldSetup {
        seed,
        start,
        stack: stack.clone(),
        pseudo: pseudo(account),
        knobs: given.knobs.settings(),
        call_latency: Span::millis(2, 40),
        cold_start: Span::millis(120, 400),
        exchange: exchange(given, start, seed),
        mail: MailSetup { script: given.mail.iter().map(|script| script.0.clone()).collect(), ..mail },
        faults: faults(&scenario.faults).with_crashes(given.knobs.crashes_per_mille.0, seed),
        meanwhile: Meanwhiles::new(meanwhile.map_err(LoadError)?),
        functions,
        variables: SECRETS.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
    };
    Ok((setup, stack))
}

/// The strategy files of a run: the scenario's own, told to the template, or the packaged ones.
fn strategies(library: &Library, given: &Given, parameters: &mut BTreeMap<String, String>) -> BTreeMap<String, String> {
    if given.strategies.is_empty() {
        return library.strategies().clone();
    }
    let files: Vec<&str> = given.strategies.keys().map(|name| name.0.as_str()).collect();
    let shares: Vec<String> = given.strategies.iter().map(|(name, strategy)| format!("{}={}", name.0, strategy.share)).collect();
    parameters.insert("StrategyFiles".to_owned(), files.join(","));
    parameters.insert("StrategyAllocations".to_owned(), shares.join(","));
    given.strategies.iter().map(|(name, strategy)| (name.0.clone(), strategy.source.clone())).collect()
}

/// Makes the scenario's changes to the topology; a name that is not there is a mistake.
fn change(stack: &mut Stack, given: &Given) -> Result<(), LoadError> {
    let topology = &given.topology;
    for id in &topology.without {
        let count = |stack: &Stack| {
            stack.rules.len()
                + stack.permissions.len()
                + stack.queues.len()
                + stack.queue_policies.len()
                + stack.schedules.len()
                + stack.archives.len()
        };
        let before = count(stack);
        stack.rules.retain(|rule| rule.logical_id != *id);
        stack.permissions.retain(|permission| permission.logical_id != *id);
        stack.queues.retain(|queue| queue.logical_id != *id);
        stack.queue_policies.retain(|policy| policy.logical_id != *id);
        stack.schedules.retain(|schedule| schedule.logical_id != *id);
        stack.archives.retain(|archive| archive.logical_id != *id);
        if before == count(stack) {
            return Err(LoadError(format!(
                "topology.without: the template has no rule, permission, queue, queue policy, schedule or archive {id:?}"
            )));
        }
    }
    for sid in &topology.without_statements {
        let mut found = 0;
        for policy in stack.roles.iter_mut().flat_map(|role| &mut role.policies) {
            let before = policy.document.statements.len();
            policy.document.statements.retain(|statement| statement.sid.as_ref() != Some(sid));
            found += before - policy.document.statements.len();
        }
        if found == 0 {
            return Err(LoadError(format!("topology.without_statements: no role in the template has a statement {sid:?}")));
        }
    }
    for id in &topology.disabled {
        let rules = stack.rules.iter_mut().filter(|rule| rule.logical_id == *id).map(|rule| rule.enabled = false).count();
        let schedules =
            stack.schedules.iter_mut().filter(|schedule| schedule.logical_id == *id).map(|schedule| schedule.enabled = false).count();
        if rules + schedules == 0 {
            return Err(LoadError(format!("topology.disabled: the template has no rule or schedule {id:?}")));
        }
    }
    for id in &topology.untransformed {
        let rule = stack.rules.iter_mut().find(|rule| rule.logical_id == *id);
        let rule = rule.ok_or_else(|| LoadError(format!("topology.untransformed: the template has no rule {id:?}")))?;
        for target in &mut rule.targets {
            target.input_transformer = None;
        }
    }
    Ok(())
}

fn exchange(given: &Given, start: DateTime<Utc>, seed: u64) -> ExchangeSetup {
    let mut setup = ExchangeSetup {
        seed,
        cash: given.cash.0,
        key_id: ALPACA_KEY.to_owned(),
        secret_key: ALPACA_SECRET.to_owned(),
        ..ExchangeSetup::default()
    };
    setup.positions = given.positions.iter().map(|(symbol, quantity)| (symbol.clone(), PositionSetup::from(quantity.0))).collect();
    // Prices are the same whatever the seed: another seed is another schedule of events, not another market.
    setup.market = market(given, start, MarketSetup::default());
    for (symbol, asset) in &given.market {
        let flags = AssetSetup { fractionable: asset.fractionable, tradable: asset.tradable, ..AssetSetup::default() };
        setup.assets.insert(symbol.clone(), flags);
    }
    setup.market.hours = if given.exchange.always_open { Hours::Always } else { Hours::Regular };
    let credit = given.exchange.credit.map(|credit| credit.0).unwrap_or_default();
    let ExchangeGiven { trading_blocked, pattern_day_trader, shorting, .. } = given.exchange;
    let data_plan = given.exchange.data_plan.map(DataPlan::from).unwrap_or_default();
    setup.account = AccountSetup { trading_blocked, pattern_day_trader, shorting, credit, data_plan, ..AccountSetup::default() };
    let knobs = &mut setup.knobs;
    let exchange = &given.exchange;
    knobs.settlement_delay = exchange.settlement_delay.map_or(knobs.settlement_delay, |span| span.0);
    knobs.hide_new_orders_for = exchange.hide_new_orders_for.map_or(knobs.hide_new_orders_for, |span| span.0);
    knobs.hide_fill_price_for = exchange.hide_fill_price_for.map_or(knobs.hide_fill_price_for, |span| span.0);
    knobs.hide_new_bars_for = exchange.hide_new_bars_for.map_or(knobs.hide_new_bars_for, |span| span.0);
    knobs.show_unfinished_bar = exchange.show_unfinished_bar;
    for (symbol, asset) in &given.market {
        if let Some(days) = asset.no_bars {
            knobs.no_bars.insert(symbol.clone(), Days { from: days.from.map(|date| date.0), to: days.to.map(|date| date.0) });
        }
    }
    knobs.remember_client_order_ids_for =
        exchange.remember_client_order_ids_for.map_or(knobs.remember_client_order_ids_for, |span| Some(span.0));
    knobs.requests_per_minute = exchange.requests_per_minute.unwrap_or(knobs.requests_per_minute);
    knobs.accept_cancel_of_filled = exchange.accept_cancel_of_filled;
    setup.order_script = exchange.orders.iter().map(order_rule).collect();
    setup
}

/// The symbols that have made-up prices in every scenario; others must be declared, so that a misspelt one is found.
const SYNTHETIC: [&str; 2] = ["EDZ", "NVDA"];

fn market(given: &Given, start: DateTime<Utc>, mut market: MarketSetup) -> MarketSetup {
    let declared = given.market.keys().chain(given.positions.keys()).cloned();
    market.synthetic = Some(SYNTHETIC.iter().map(|symbol| (*symbol).to_owned()).chain(declared).collect());
    for (symbol, asset) in &given.market {
        if let Some(series) = series(asset, start) {
            market.series.insert(symbol.clone(), series);
        }
        let effect = asset.quote.map(|quote| match quote {
            QuoteGiven::ZeroAsk => QuoteEffect::ZeroAsk,
            QuoteGiven::ZeroBid => QuoteEffect::ZeroBid,
            QuoteGiven::Missing => QuoteEffect::Missing,
            QuoteGiven::Crossed(by) => QuoteEffect::Crossed(by.0),
            QuoteGiven::Stale(age) => QuoteEffect::Stale(age.0),
        });
        market.quotes.extend(effect.map(|effect| QuoteRule::always(symbol, effect)));
    }
    market
}

fn series(asset: &AssetGiven, now: DateTime<Utc>) -> Option<Series> {
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
    Some(Series::Closes { from, closes: asset.closes.iter().map(|close| close.0).collect() })
}

fn order_rule(given: &OrderRuleGiven) -> OrderRule {
    OrderRule {
        symbol: given.symbol.clone(),
        side: given.side.map(hand::side),
        occurrence: given.occurrence.map(|place| place.0),
        effect: match &given.effect {
            OrderEffectGiven::FillAfter(span) => OrderEffect::FillAfter(span.0),
            OrderEffectGiven::Partial(percent) => OrderEffect::Partial { percent: percent.0, then: None },
            OrderEffectGiven::CancelLate(span) => OrderEffect::CancelLate(span.0),
            OrderEffectGiven::RejectAfter(span) => OrderEffect::RejectAfter(span.0),
            OrderEffectGiven::Show(shown) => OrderEffect::Show(hand::shown(*shown)),
            OrderEffectGiven::Never => OrderEffect::Never,
            OrderEffectGiven::Reject { status, code, message } => {
                OrderEffect::Reject { status: status.0, code: *code, message: message.clone() }
            }
        },
    }
}

fn faults(given: &[Fault]) -> Faults {
    let calls = given.iter().filter_map(|fault| match fault {
        Fault::Call(call) => Some(call.clone()),
        Fault::Delivery(_) => None,
    });
    let deliveries = given.iter().filter_map(|fault| match fault {
        Fault::Delivery(delivery) => Some(delivery.clone()),
        Fault::Call(_) => None,
    });
    Faults::new(calls.collect(), deliveries.collect())
}
