use std::collections::BTreeSet;

use alchemiser::event::DetailType;
use alchemiser::strategy::{Expression, ExpressionKind, parse};
use alchemiser_mocks::exchange::market::real;
use serde_json::Value;

use super::{Action, BrokerSpec, Library, Scenario};
use crate::trading::trigger_of;
use simulated_cloud::packed_json::PackedJson;
use simulated_cloud::stack::Stack;

/// The symbols that have made-up prices in every scenario; others must be declared, so that a
/// misspelt one is found.
pub const SYNTHETIC: [&str; 2] = ["EDZ", "NVDA"];

/// The commands that production takes.
const COMMANDS: [&str; 3] = ["trade", "watchdog", "pnl_analysis"];

/// The type of the events that rules with a schedule make.
const SCHEDULED: &str = "Scheduled Event";

/// The names that a scenario can use: of the template as it changes it, of production, and its own.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// Types of events.
    pub events: BTreeSet<String>,
    /// What wakes the function.
    pub triggers: BTreeSet<String>,
    /// Logical ids of rules, by which they are told; their names will do as well.
    pub rule_ids: Vec<String>,
    /// Names of rules.
    pub rules: Vec<String>,
    /// Logical ids of schedules, by which they are told; their names will do as well.
    pub schedule_ids: Vec<String>,
    /// Names of schedules.
    pub schedules: Vec<String>,
    /// Names of alarms.
    pub alarms: Vec<String>,
    /// Names of buses.
    pub buses: Vec<String>,
    /// Who may give a message up, as dead letters say it.
    pub givers: Vec<String>,
    /// Symbols that can be traded, or that somebody wants to trade.
    pub symbols: BTreeSet<String>,
}

impl Names {
    /// The names for a scenario whose topology is `stack`.
    #[must_use]
    pub fn of(scenario: &Scenario, stack: &Stack, library: &Library) -> Self {
        let events = events(scenario);
        Self {
            triggers: triggers(scenario, stack, &events),
            events,
            rule_ids: stack
                .rules
                .iter()
                .map(|rule| rule.logical_id.clone())
                .collect(),
            rules: stack.rules.iter().map(|rule| rule.name.clone()).collect(),
            schedule_ids: stack
                .schedules
                .iter()
                .map(|schedule| schedule.logical_id.clone())
                .collect(),
            schedules: stack
                .schedules
                .iter()
                .map(|schedule| schedule.name.clone())
                .collect(),
            alarms: stack
                .alarms
                .iter()
                .map(|alarm| alarm.name.clone())
                .collect(),
            buses: stack
                .buses
                .iter()
                .map(|bus| bus.name.clone())
                .chain(["default".to_owned()])
                .collect(),
            givers: givers(stack),
            symbols: symbols(scenario, library),
        }
    }
}

/// The types of production's events, and of those that the scenario puts.
fn events(scenario: &Scenario) -> BTreeSet<String> {
    let put = scenario.when.iter().filter_map(|action| match action {
        Action::Put(put) => Some(put.detail_type.as_str()),
        _ => None,
    });
    DetailType::ALL
        .iter()
        .map(|known| known.as_str())
        .chain(put)
        .chain([SCHEDULED])
        .map(str::to_owned)
        .collect()
}

/// Events and copies of them, commands, and what the scenario and the schedules invoke the function
/// with.
fn triggers(scenario: &Scenario, stack: &Stack, events: &BTreeSet<String>) -> BTreeSet<String> {
    let invoked = scenario.when.iter().filter_map(|action| match action {
        Action::Invoke(payload) => Some(trigger_of(PackedJson::from(payload).view())),
        _ => None,
    });
    let scheduled = stack.schedules.iter().filter_map(|schedule| {
        let input: Value = serde_json::from_str(schedule.target.input.as_deref()?).ok()?;
        Some(trigger_of(PackedJson::from(input).view()))
    });
    let observed = events.iter().map(|event| format!("observe {event}"));
    let commands = COMMANDS.into_iter().map(str::to_owned);
    events
        .iter()
        .cloned()
        .chain(observed)
        .chain(commands)
        .chain(invoked)
        .chain(scheduled)
        .collect()
}

fn givers(stack: &Stack) -> Vec<String> {
    let rules = stack.rules.iter().map(|rule| format!("rule {}", rule.name));
    let schedules = stack
        .schedules
        .iter()
        .map(|schedule| format!("schedule {}", schedule.name));
    let functions = stack
        .functions
        .iter()
        .map(|function| format!("function {}", function.name));
    rules.chain(schedules).chain(functions).collect()
}

fn symbols(scenario: &Scenario, library: &Library) -> BTreeSet<String> {
    let given = &scenario.given;
    let mut symbols: BTreeSet<String> = real::SYMBOLS
        .iter()
        .chain(&SYNTHETIC)
        .map(|symbol| (*symbol).to_owned())
        .collect();
    symbols.extend(given.market.keys().chain(given.positions.keys()).cloned());
    let actions = scenario.when.iter().filter_map(|action| match action {
        Action::Broker(broker) => Some(broker),
        _ => None,
    });
    for broker in actions.chain(scenario.meanwhile.iter().map(|meanwhile| &meanwhile.broker)) {
        if let BrokerSpec::Rename(rename) = broker {
            symbols.insert(rename.to.clone());
        }
    }
    // A strategy may want what the broker does not know, and a scenario what becomes of that.
    let packaged = library
        .strategies()
        .values()
        .filter(|_| given.strategies.is_empty());
    for source in given
        .strategies
        .values()
        .map(|strategy| &strategy.source)
        .chain(packaged)
    {
        if let Ok(expression) = parse(source) {
            texts(&expression, &mut symbols);
        }
    }
    symbols
}

/// Whether a symbol could be written so: in capital letters, a coin's as a pair.
#[must_use]
pub fn looks_like_a_symbol(text: &str) -> bool {
    let is_plain = |letter: char| {
        letter.is_ascii_uppercase() || letter.is_ascii_digit() || "./-".contains(letter)
    };
    !text.is_empty() && text.chars().all(is_plain)
}

/// The texts of a strategy that may be symbols; others are names.
fn texts(expression: &Expression, found: &mut BTreeSet<String>) {
    match &expression.kind {
        ExpressionKind::Text(text) if looks_like_a_symbol(text) => drop(found.insert(text.clone())),
        ExpressionKind::List(children) => children.iter().for_each(|child| texts(child, found)),
        ExpressionKind::Map(entries) => entries.iter().for_each(|(_, value)| texts(value, found)),
        _ => {}
    }
}
