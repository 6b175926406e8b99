use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::super::lines;
use super::walk::{entries, has_coins};
use crate::scenario::{Moment, Span};
use harness::explore::{Stray, strays};
use harness::journal::{Journal, JournalEvent};
use simulated_cloud::cloud_event::CloudEvent;

/// Whether nobody but the system's own events should matter here. An event more must take nothing from
/// others, neither their luck nor their turn; and a copy must not bring back what was lost.
pub(super) fn is_there(document: &Value) -> bool {
    let knobs = entries(document, "/given/knobs");
    let is_crowded = knobs.is_some_and(|knobs| knobs.contains_key("concurrency"));
    let topology = entries(document, "/given/topology");
    let is_cut = topology.is_some_and(|topology| topology.keys().any(|key| key != "parameters"));
    let mut actions = document["when"].as_array().into_iter().flatten();
    let is_loss = |action: &Value| {
        action.get("disable_rule").is_some() || action == "power_loss" || action == "redrive"
    };
    let has_losses = document.get("faults").is_some() || is_cut || actions.any(is_loss);
    !has_coins(document) && !is_crowded && !has_losses && clock(document).is_some()
}

/// The world with the strays of its run. Behind an action of which nobody says how long it takes, none
/// is put.
pub(super) fn twin(document: &Value, journal: &Journal) -> Option<Value> {
    let seed = document["seed"].as_u64().unwrap_or(1);
    let mut strays = strays(journal, seed).into_iter().peekable();
    let mut now = clock(document)?;
    let mut when = Vec::new();
    let mut actions = document["when"].as_array()?.iter();
    for action in actions.by_ref() {
        let Some(until) = end(action, now) else {
            when.push(action.clone());
            if action == "settle" {
                break;
            }
            continue;
        };
        while let Some(stray) = strays.next_if(|stray| stray.at <= until) {
            when.extend(advance(stray.at - now));
            now = now.max(stray.at);
            when.push(put(&stray));
        }
        when.extend(advance(until - now));
        now = until;
    }
    when.extend(actions.cloned());
    let mut twin = document.clone();
    twin["when"] = json!(when);
    Some(twin)
}

fn clock(document: &Value) -> Option<DateTime<Utc>> {
    let clock = document.pointer("/given/clock")?.as_str()?;
    clock.parse().ok().map(|Moment(clock)| clock)
}

/// When an action ends that lets time pass.
fn end(action: &Value, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    if let Some(span) = action["advance"].as_str() {
        return span.parse().ok().map(|Span(span)| now + span);
    }
    let until = action["advance_to"].as_str()?;
    until.parse().ok().map(|Moment(until)| until)
}

fn advance(span: TimeDelta) -> Option<Value> {
    let span = span.to_std().ok().filter(|span| *span > Duration::ZERO)?;
    Some(json!({ "advance": lines::span(span) }))
}

fn put(stray: &Stray) -> Value {
    json!({"put": {
        "source": stray.event["source"],
        "detail-type": stray.event["detail-type"],
        "detail": stray.event["detail"],
        "bus": stray.bus,
    }})
}

/// The run without the events that somebody put by hand: what is left is what the system did.
pub(super) fn of_the_system(journal: &Journal) -> Journal {
    let mut left = Journal::default();
    for entry in journal.entries() {
        let is_by_hand = matches!(
            &entry.fact,
            JournalEvent::Cloud {
                record: CloudEvent::EventPut { .. }
            }
        );
        if !(is_by_hand && entry.invocation.is_none()) {
            left.push(entry.at, entry.invocation, entry.fact.clone());
        }
    }
    left
}
