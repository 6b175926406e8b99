use std::collections::{BTreeMap, BTreeSet};

use chrono::DateTime;
use serde_json::Value;

use crate::projection::{dead_letters, events, mails, orders};
use crate::run::{BackendKind, RunError, run_on};
use crate::scenario::{Library, Loaded};
use crate::trading::{TradingFact, TradingRecord, event_id, trigger_of};
use harness::journal::Journal;
use simulated_cloud::cloud_event::{CloudEvent, InvocationOutcome};

/// What two histories of one scenario must have in common, whatever the backend: each line with how
/// often it occurs. Times are left out, and so is order, which the contract of delivery leaves
/// open.
type Normal = BTreeMap<String, usize>;

/// The seeds whose histories another backend may have. Where two things are due in the same second,
/// as with retries of a function that has no free environment, chance says which comes first.
const SEEDS: std::ops::RangeInclusive<u64> = 1..=8;

/// Where a history on the backend `name` parts from that of the simulated cloud under the first
/// seed; nothing where it is the history of one of the first eight.
///
/// # Errors
///
/// Says why it cannot run.
pub fn parts_from_virtual(
    library: &Library,
    loaded: &Loaded,
    (name, journal): (&str, &Journal),
) -> Result<Vec<String>, RunError> {
    let mut of_the_first = None;
    for seed in SEEDS {
        let inside = run_on(&BackendKind::Virtual, library, loaded, seed)?;
        let lines = difference(("virtual", &inside.journal), (name, journal));
        if lines.is_empty() {
            return Ok(lines);
        }
        of_the_first.get_or_insert(lines);
    }
    Ok(of_the_first.unwrap_or_default())
}

/// Where two histories part: a line each, with the name of the side that has it.
#[must_use]
pub fn difference(left: (&str, &Journal), right: (&str, &Journal)) -> Vec<String> {
    let (of_left, of_right) = (normal(left.1), normal(right.1));
    let mut lines = Vec::new();
    for (line, count) in &of_left {
        let other = of_right.get(line).copied().unwrap_or(0);
        if *count != other {
            lines.push(format!(
                "{} has {count}, {} has {other}: {line}",
                left.0, right.0
            ));
        }
    }
    let only_right = of_right
        .iter()
        .filter(|(line, _)| !of_left.contains_key(*line));
    lines.extend(
        only_right
            .map(|(line, count)| format!("{} has 0, {} has {count}: {line}", left.0, right.0)),
    );
    lines
}

fn normal(journal: &Journal) -> Normal {
    let mut lines = Normal::new();
    let mut add = |line: String| *lines.entry(line).or_default() += 1;
    for event in events(journal) {
        let mut detail = timeless(&event.detail);
        // Each refusal is an event of its own, named by its moment.
        if event.detail_type == "ErrorNotificationRequested"
            && let Value::Object(fields) = &mut detail
        {
            fields.remove("event_id");
        }
        add(format!(
            "event {} {} {detail}",
            event.source, event.detail_type
        ));
    }
    for line in invocations(journal) {
        add(line);
    }
    for order in orders(journal) {
        add(format!(
            "order {} {} {} {} {}",
            order.side, order.quantity, order.symbol, order.status, order.client_order_id
        ));
    }
    for mail in mails(journal) {
        add(format!("mail {} {}", mail.subject, mail.message_id));
    }
    for (from, reason, _) in dead_letters(journal) {
        add(format!("dead letter {from} {reason}"));
    }
    for entry in journal.entries() {
        if let Some(TradingRecord::Account {
            cash, positions, ..
        }) = entry.fact.trading()
        {
            add(format!("account {cash} {positions}"));
        }
    }
    lines
}

/// How the invocations ended. Left out is what the contract leaves open: further copies of an event
/// that was handled, who of two at once had to wait, and how often the watchdog looked before the
/// run was over.
fn invocations(journal: &Journal) -> Vec<String> {
    let mut started: BTreeMap<u64, (String, String)> = BTreeMap::new();
    let mut handled = BTreeSet::new();
    let mut lines = Vec::new();
    for (_, record) in journal.records() {
        match record {
            CloudEvent::InvocationStarted {
                invocation,
                payload,
                ..
            } => {
                let payload = payload.view();
                let event = payload.get("observe").unwrap_or(payload);
                let id = event_id(event).or_else(|| event.at("id").as_str());
                let id = id.map_or_else(|| invocation.to_string(), str::to_owned);
                started.insert(*invocation, (trigger_of(payload), id));
            }
            CloudEvent::InvocationEnded { response, .. }
                if response.view().at("errorType").as_str() == Some("InProgress") => {}
            CloudEvent::InvocationEnded {
                invocation,
                outcome,
                ..
            } => {
                let Some((trigger, id)) = started
                    .remove(invocation)
                    .filter(|(trigger, _)| trigger != "watchdog")
                else {
                    continue;
                };
                if *outcome != InvocationOutcome::Success || handled.insert((trigger.clone(), id)) {
                    lines.push(format!("invocation {trigger} {outcome}"));
                }
            }
            _ => {}
        }
    }
    lines
}

/// A text without the instants that were measured: those with a fraction of a second. Others are
/// given, or names.
fn unmeasured(text: &str) -> String {
    let is_measured = |word: &str| {
        word.contains('.')
            && DateTime::parse_from_rfc3339(word.trim_end_matches([';', ','])).is_ok()
    };
    text.split(' ')
        .map(|word| {
            if is_measured(word) {
                "<measured>"
            } else {
                word
            }
        })
        .collect::<Vec<_>>()
        .join(" ")
}

/// A copy without times and durations, of which each run has its own, and without ids that the
/// broker gives.
fn timeless(value: &Value) -> Value {
    const OF_THE_RUN: &[&str] = &["timestamp", "execution_timestamp", "filled_at", "order_id"];
    match value {
        Value::Object(map) => {
            let kept = map
                .iter()
                .filter(|(key, _)| !OF_THE_RUN.contains(&key.as_str()) && !key.ends_with("_ms"));
            Value::Object(
                kept.map(|(key, inner)| (key.clone(), timeless(inner)))
                    .collect(),
            )
        }
        Value::Array(list) => Value::Array(list.iter().map(timeless).collect()),
        Value::String(text) => Value::String(unmeasured(text)),
        other => other.clone(),
    }
}
