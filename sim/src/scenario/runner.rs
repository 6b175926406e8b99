use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

use alchemiser_mocks::exchange::{
    AccountSetup, AssetSetup, ExchangeSetup, MarketSetup, OrderEffect, OrderRule, PositionSetup, QuoteEffect, QuoteRule, Series, Side,
    calendar,
};
use alchemiser_mocks::mail::{MailEffect, MailRule, MailSetup, MailStage};

use super::format::{CallFaultGiven, OrderEffectGiven, PhaseGiven, QuoteGiven, SideGiven};
use super::{
    Action, AssetGiven, CallEffectGiven, DeliveryEffectGiven, Fault, Given, Library, LoadError, Loaded, MailRuleGiven, Scenario, judge,
};
use crate::alchemist::Alchemiser;
use crate::check::{Finding, check_all};
use crate::cloud::knobs::{Knobs, Span};
use crate::cloud::template::{Pseudo, Stack};
use crate::fault::{CallEffect, CallFault, DeliveryEffect, DeliveryFault, Faults, Phase};
use crate::journal::Journal;
use crate::runtime::Functions;
use crate::world::{World, WorldSetup, install_log};

/// One run of a scenario.
#[derive(Clone, Debug)]
pub struct Run {
    /// The scenario's name.
    pub scenario: String,
    /// The seed.
    pub seed: u64,
    /// Everything that happened.
    pub journal: Journal,
    /// What does not hold.
    pub findings: Vec<Finding>,
    /// How many checks were made.
    pub checks: usize,
    /// How long the world lived.
    pub virtual_time: TimeDelta,
    /// How long it took here.
    pub wall_time: Duration,
}

impl Run {
    /// Whether everything holds.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.findings.is_empty()
    }
}

/// The simulated account.
#[must_use]
pub(super) fn pseudo() -> Pseudo {
    Pseudo {
        account: "123456789012".to_owned(),
        region: "us-east-1".to_owned(),
        partition: "aws".to_owned(),
        stack_name: "alchemiser".to_owned(),
    }
}

/// Runs a scenario in a new virtual world.
///
/// # Errors
/// A mistake in the scenario or in a file that it rests on.
pub fn run(library: &Library, loaded: &Loaded, seed: u64) -> Result<Run, LoadError> {
    #[expect(clippy::disallowed_methods, reason = "how long a run takes here is shown to people and goes nowhere else")]
    let started = Instant::now();
    let _log = install_log();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .map_err(|error| LoadError(format!("the runtime does not start: {error}")))?;
    let (journal, unused, virtual_time) = runtime.block_on(live(library, loaded, seed))?;
    let mut findings = check_all(&journal);
    findings.extend(judge(&loaded.scenario.expect, &journal));
    findings.extend(unused.into_iter().map(|fault| Finding::plain("faults", format!("the fault at `{fault}` hit nothing"))));
    let checks = crate::check::names().len() + super::expectation::count(&loaded.scenario.expect);
    Ok(Run { scenario: loaded.name.clone(), seed, journal, findings, checks, virtual_time, wall_time: started.elapsed() })
}

/// Sends one event to the function of a fresh world, and gives the world's history.
///
/// # Errors
/// A mistake in a file that the world rests on.
pub fn invoke_once(library: &Library, clock: super::Moment, payload: &Value) -> Result<Journal, LoadError> {
    let about = "one event";
    let yaml = format!("about: {about}\ngiven: {{clock: 2012-03-14 10:00}}\nwhen: []\nexpect: {{cash: '0', positions: {{}}, mails: []}}\n");
    let mut scenario: Scenario = serde_saphyr::from_str(&yaml).map_err(|error| LoadError(error.to_string()))?;
    scenario.given.clock = clock;
    scenario.when = vec![Action::Invoke(payload.clone())];
    let loaded = Loaded { name: about.to_owned(), path: about.into(), scenario };
    run(library, &loaded, 1).map(|run| run.journal)
}

async fn live(library: &Library, loaded: &Loaded, seed: u64) -> Result<(Journal, Vec<String>, TimeDelta), LoadError> {
    let scenario = &loaded.scenario;
    let wrong = |reason: String| LoadError(format!("{}: {reason}", loaded.path.display()));
    let (setup, stack) = setup(library, scenario, seed).map_err(|error| wrong(error.0))?;
    let mut world = World::new(setup).map_err(wrong)?;
    let stage = Stage { stack };
    for action in &scenario.when {
        stage.act(&mut world, action).await.map_err(wrong)?;
    }
    world.settle().await;
    let unused = world.unused_faults();
    let age = world.age();
    Ok((world.finish(), unused, age))
}

/// What actions need to know of the topology.
struct Stage {
    stack: Stack,
}

impl Stage {
    fn function(&self) -> Result<&str, String> {
        self.stack.functions.first().map(|function| function.name.as_str()).ok_or_else(|| "the template has no function".to_owned())
    }

    fn bus(&self) -> &str {
        self.stack.buses.first().map_or("default", |bus| bus.name.as_str())
    }

    async fn act(&self, world: &mut World, action: &Action) -> Result<(), String> {
        match action {
            Action::Advance(span) => world.advance(TimeDelta::from_std(span.0).unwrap_or(TimeDelta::MAX)).await,
            Action::AdvanceTo(moment) => {
                let by = moment.0 - world.now();
                if by < TimeDelta::zero() {
                    return Err(format!("advance_to: {} is in the past", moment.0));
                }
                world.advance(by).await;
            }
            Action::Settle => world.settle().await,
            Action::Fire(name) => {
                let schedule =
                    self.stack.schedules.iter().find(|schedule| schedule.logical_id == *name).map_or(name, |schedule| &schedule.name);
                world.note(format!("fire {name}"));
                world.fire_schedule(schedule)?;
            }
            Action::Invoke(payload) => {
                world.note("invoke".to_owned());
                world.invoke(self.function()?, payload)?;
            }
            Action::Put(put) => {
                let bus = put.bus.as_deref().unwrap_or(self.bus());
                let detail = put.detail.as_str().map_or_else(|| put.detail.to_string(), str::to_owned);
                world.note(format!("put {}", put.detail_type));
                match world.put_event(bus, &put.source, &put.detail_type, &detail) {
                    Ok(result) => world.note(format!("PutEvents answered {result}")),
                    Err(refusal) => world.note(format!("PutEvents refused: {refusal}")),
                }
            }
            Action::Replay(replay) => {
                world.note("replay".to_owned());
                let name = format!("replay-{}", world.now().timestamp());
                world.replay(self.bus(), replay.from.0, replay.to.0, &name)?;
            }
            Action::Redrive => self.redrive(world)?,
            Action::DisableRule(name) => self.set_rule(world, name, false)?,
            Action::EnableRule(name) => self.set_rule(world, name, true)?,
        }
        Ok(())
    }

    fn set_rule(&self, world: &World, name: &str, enabled: bool) -> Result<(), String> {
        let rule = self.stack.rules.iter().find(|rule| rule.logical_id == *name || rule.name == *name);
        let rule = rule
            .ok_or_else(|| format!("there is no rule {name:?}; there are {}", ids(self.stack.rules.iter().map(|rule| &rule.logical_id))))?;
        let input = serde_json::json!({ "Name": rule.name, "EventBusName": rule.bus });
        world.note(format!("{} {}", if enabled { "enable" } else { "disable" }, rule.name));
        world.touch(|cloud, _| cloud.set_rule_state(&input, enabled)).map_err(|error| error.to_string())
    }

    /// Sends every dead letter's original event to the function again, as an operator does.
    fn redrive(&self, world: &World) -> Result<(), String> {
        let function = self.function()?;
        let queues: Vec<&str> =
            self.stack.rules.iter().flat_map(|rule| &rule.targets).filter_map(|target| target.dead_letter_arn.as_deref()).collect();
        let queue = *queues.first().ok_or("no rule has a dead-letter queue")?;
        let bodies = world.touch(|cloud, now| cloud.drain_queue(now, queue));
        world.note(format!("redrive {} dead letters", bodies.len()));
        for body in bodies {
            let message: Value = serde_json::from_str(&body).map_err(|error| format!("a dead letter is not JSON: {error}"))?;
            let event = message.get("requestPayload").unwrap_or(&message);
            world.invoke(function, event.get("observe").unwrap_or(event))?;
        }
        Ok(())
    }
}

fn ids<'a>(names: impl Iterator<Item = &'a String>) -> String {
    names.map(String::as_str).collect::<Vec<_>>().join(", ")
}

fn setup(library: &Library, scenario: &Scenario, seed: u64) -> Result<(WorldSetup, Stack), LoadError> {
    let given = &scenario.given;
    let mut parameters = given.topology.parameters.clone();
    let sources = strategies(library, given, &mut parameters);
    let mut stack = library.stack(&parameters, &pseudo())?;
    change(&mut stack, given)?;
    let code = Alchemiser { strategies: sources };
    let mut functions: Functions = BTreeMap::new();
    functions.insert("the-alchemiser".to_owned(), Arc::new(code));
    let mail = MailSetup {
        hostname: "smtp.mail.me.com".to_owned(),
        user: "alchemiser@example.com".to_owned(),
        password: "mail-secret".to_owned(),
        ..MailSetup::default()
    };
    let variables = [("ALPACA__KEY", "PKTEST"), ("ALPACA__SECRET", "secret"), ("EMAIL__PASSWORD", "mail-secret")];
    let setup = WorldSetup {
        seed,
        start: given.clock.0,
        stack: stack.clone(),
        pseudo: pseudo(),
        knobs: knobs(given),
        call_latency: Span::millis(2, 40),
        cold_start: Span::millis(120, 400),
        exchange: exchange(given, seed),
        mail: MailSetup { script: given.mail.iter().map(mail_rule).collect::<Result<_, _>>()?, ..mail },
        faults: faults(&scenario.faults),
        functions,
        variables: variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
    };
    Ok((setup, stack))
}

/// The strategy files of a run: the scenario's own, told to the template, or the packaged ones.
fn strategies(library: &Library, given: &Given, parameters: &mut BTreeMap<String, String>) -> BTreeMap<String, String> {
    if given.strategies.is_empty() {
        return library.strategies().clone();
    }
    let files: Vec<&str> = given.strategies.keys().map(String::as_str).collect();
    let shares: Vec<String> = given.strategies.iter().map(|(name, strategy)| format!("{name}={}", strategy.share)).collect();
    parameters.insert("StrategyFiles".to_owned(), files.join(","));
    parameters.insert("StrategyAllocations".to_owned(), shares.join(","));
    given.strategies.iter().map(|(name, strategy)| (name.clone(), strategy.source.clone())).collect()
}

/// Makes the scenario's changes to the topology; a name that is not there is a mistake.
fn change(stack: &mut Stack, given: &Given) -> Result<(), LoadError> {
    let topology = &given.topology;
    for id in &topology.without {
        let before =
            stack.rules.len() + stack.permissions.len() + stack.queue_policies.len() + stack.schedules.len() + stack.archives.len();
        stack.rules.retain(|rule| rule.logical_id != *id);
        stack.permissions.retain(|permission| permission.logical_id != *id);
        stack.queue_policies.retain(|policy| policy.logical_id != *id);
        stack.schedules.retain(|schedule| schedule.logical_id != *id);
        stack.archives.retain(|archive| archive.logical_id != *id);
        let after = stack.rules.len() + stack.permissions.len() + stack.queue_policies.len() + stack.schedules.len() + stack.archives.len();
        if before == after {
            return Err(LoadError(format!(
                "topology.without: the template has no rule, permission, queue policy, schedule or archive {id:?}"
            )));
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

fn knobs(given: &Given) -> Knobs {
    let defaults = Knobs::default();
    let knobs = &given.knobs;
    Knobs {
        duplicates_per_mille: knobs.duplicates_per_mille.unwrap_or(defaults.duplicates_per_mille),
        archive_delay: knobs.archive_delay.map_or(defaults.archive_delay, |span| span.0),
        ttl_lag: knobs.ttl_lag.map_or(defaults.ttl_lag, |span| span.0),
        put_events_limit_bytes: knobs.put_events_limit_bytes.unwrap_or(defaults.put_events_limit_bytes),
        ..defaults
    }
}

fn exchange(given: &Given, seed: u64) -> ExchangeSetup {
    let mut setup = ExchangeSetup { seed, cash: given.cash.0, ..ExchangeSetup::default() };
    setup.positions = given.positions.iter().map(|(symbol, quantity)| (symbol.clone(), PositionSetup::from(quantity.0))).collect();
    // Prices are the same whatever the seed: another seed is another schedule of events, not another market.
    setup.market = market(given, MarketSetup::default());
    for (symbol, asset) in &given.market {
        let flags = AssetSetup { fractionable: asset.fractionable, tradable: asset.tradable, ..AssetSetup::default() };
        setup.assets.insert(symbol.clone(), flags);
    }
    setup.account = AccountSetup { trading_blocked: given.exchange.trading_blocked, ..AccountSetup::default() };
    let knobs = &mut setup.knobs;
    let exchange = &given.exchange;
    knobs.settlement_delay = exchange.settlement_delay.map_or(knobs.settlement_delay, |span| span.0);
    knobs.hide_new_orders_for = exchange.hide_new_orders_for.map_or(knobs.hide_new_orders_for, |span| span.0);
    knobs.remember_client_order_ids_for =
        exchange.remember_client_order_ids_for.map_or(knobs.remember_client_order_ids_for, |span| Some(span.0));
    knobs.requests_per_minute = exchange.requests_per_minute.unwrap_or(knobs.requests_per_minute);
    setup.order_script = exchange.orders.iter().map(order_rule).collect();
    setup
}

fn market(given: &Given, mut market: MarketSetup) -> MarketSetup {
    for (symbol, asset) in &given.market {
        if let Some(series) = series(asset, given.clock.0) {
            market.series.insert(symbol.clone(), series);
        }
        let effect = asset.quote.map(|quote| match quote {
            QuoteGiven::ZeroAsk => QuoteEffect::ZeroAsk,
            QuoteGiven::ZeroBid => QuoteEffect::ZeroBid,
            QuoteGiven::Missing => QuoteEffect::Missing,
            QuoteGiven::Crossed(by) => QuoteEffect::Crossed(by.0),
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

fn order_rule(given: &super::OrderRuleGiven) -> OrderRule {
    OrderRule {
        symbol: given.symbol.clone(),
        side: given.side.map(|side| match side {
            SideGiven::Buy => Side::Buy,
            SideGiven::Sell => Side::Sell,
        }),
        occurrence: given.occurrence,
        effect: match &given.effect {
            OrderEffectGiven::FillAfter(span) => OrderEffect::FillAfter(span.0),
            OrderEffectGiven::Partial(percent) => OrderEffect::Partial { percent: percent.0, then: None },
            OrderEffectGiven::Never => OrderEffect::Never,
            OrderEffectGiven::Reject { status, code, message } => {
                OrderEffect::Reject { status: *status, code: *code, message: message.clone() }
            }
        },
    }
}

fn mail_rule(given: &MailRuleGiven) -> Result<MailRule, LoadError> {
    use super::format::MailStageGiven;
    let stage = match given.stage {
        MailStageGiven::Connect => MailStage::Connect,
        MailStageGiven::Ehlo => MailStage::Ehlo,
        MailStageGiven::StartTls => MailStage::StartTls,
        MailStageGiven::Auth => MailStage::Auth,
        MailStageGiven::MailFrom => MailStage::MailFrom,
        MailStageGiven::RcptTo => MailStage::RcptTo,
        MailStageGiven::Data => MailStage::Data,
        MailStageGiven::AfterData => MailStage::AfterData,
    };
    let effect = match (&given.reply, given.drop) {
        (None, true) => MailEffect::Drop,
        (Some(reply), false) => {
            let (code, text) = reply.split_once(' ').unwrap_or((reply, "refused"));
            let code = code.parse().map_err(|_| LoadError(format!("mail.reply: {reply:?} must begin with a code such as 451")))?;
            MailEffect::Reply { code, text: text.to_owned() }
        }
        _ => return Err(LoadError("mail: a rule says either `reply` or `drop: true`".to_owned())),
    };
    Ok(MailRule { stage, occurrence: given.occurrence, effect })
}

fn faults(given: &[Fault]) -> Faults {
    let mut calls = Vec::new();
    let mut deliveries = Vec::new();
    for fault in given {
        match fault {
            Fault::Call(call) => calls.push(call_fault(call)),
            Fault::Delivery(delivery) => deliveries.push(DeliveryFault {
                detail_type: delivery.deliver.clone(),
                rule: delivery.rule.clone(),
                effect: match delivery.effect {
                    DeliveryEffectGiven::Duplicate(span) => DeliveryEffect::Duplicate(span.0),
                    DeliveryEffectGiven::Delay(span) => DeliveryEffect::Delay(span.0),
                    DeliveryEffectGiven::Fail => DeliveryEffect::Fail,
                    DeliveryEffectGiven::FailEntry => DeliveryEffect::FailEntry,
                },
                times: delivery.times,
            }),
        }
    }
    Faults::new(calls, deliveries)
}

fn call_fault(given: &CallFaultGiven) -> CallFault {
    CallFault {
        at: given.at.clone(),
        phase: match given.phase {
            PhaseGiven::Before => Phase::Before,
            PhaseGiven::After => Phase::After,
        },
        effect: match &given.effect {
            CallEffectGiven::Status(status) => CallEffect::Status(*status),
            CallEffectGiven::Reset => CallEffect::Reset,
            CallEffectGiven::Hang => CallEffect::Hang,
            CallEffectGiven::Crash => CallEffect::Crash,
            CallEffectGiven::TimeOut => CallEffect::Freeze,
            CallEffectGiven::Delay(span) => CallEffect::Delay(span.0),
        },
        times: given.times,
        attempt: given.attempt,
    }
}
