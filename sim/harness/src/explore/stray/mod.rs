//! Events that nobody asked for, made of what a run shows: of the events that functions put, and of
//! the patterns of its rules. So they serve any system, and need no schema of its events.

mod pattern;
mod spoil;

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use self::pattern::{matching, nearly_matching};
use self::spoil::spoiled;
use crate::journal::Journal;
use seeded_dice::{Dice, Key};
use simulated_cloud::cloud_event::CloudEvent;

/// How many spoiled copies there are of each kind of event.
const SPOILED: u64 = 3;
/// When a stray follows the event that it is made of: while that is at work, when another attempt
/// may have taken over, and when all is over.
const BEHIND: [TimeDelta; 4] = [
    TimeDelta::milliseconds(20),
    TimeDelta::seconds(2),
    TimeDelta::seconds(50),
    TimeDelta::minutes(20),
];

/// What is wrong with an event that nobody asked for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// Nothing, but that it is there already: its sender put it again.
    Again,
    /// Something in its detail has another type, is empty or is missing, at this JSON pointer.
    Spoiled(String),
    /// It has what this rule asks for, and nothing else.
    Bare(String),
    /// It is nearly what this rule asks for.
    Near(String),
}

/// An event that nobody asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Stray {
    /// When it is put.
    pub at: DateTime<Utc>,
    /// The bus.
    pub bus: String,
    /// What is wrong with it.
    pub fault: Fault,
    /// Source, detail-type, resources and detail.
    pub event: Value,
}

/// Strays of a run: a copy and spoiled copies of each kind of event that a function put, what has
/// nothing but what a rule asks for, and what nearly has that. They come in the order of their times,
/// each of them some time behind the event that it is made of, or behind the first of all. The seed
/// decides what is spoiled, and when.
#[must_use]
pub fn strays(journal: &Journal, seed: u64) -> Vec<Stray> {
    let dice = Dice::new(seed);
    let seen = seen(journal);
    let Some(first) = seen.values().map(|seen| seen.at).min() else {
        return Vec::new();
    };
    let mut strays: Vec<Stray> = seen
        .values()
        .flat_map(|seen| of_event(seen, dice))
        .collect();
    for ((bus, rule), pattern) in patterns(journal) {
        strays.extend(of_rule(&bus, &rule, &pattern, &seen, first, dice));
    }
    strays.sort_by(|one, other| (one.at, &one.fault).cmp(&(other.at, &other.fault)));
    strays
}

/// An event that a function put.
struct Seen {
    at: DateTime<Utc>,
    bus: String,
    event: Value,
}

/// The first event of each kind that a function put, by source and type.
fn seen(journal: &Journal) -> BTreeMap<(String, String), Seen> {
    let mut seen = BTreeMap::new();
    for (entry, record) in journal.records() {
        if let CloudEvent::EventPut {
            bus,
            source,
            detail_type,
            resources,
            detail,
            replay: None,
            ..
        } = record
            && entry.invocation.is_some()
        {
            let first = || Seen {
                at: entry.at,
                bus: bus.clone(),
                event: json!({
                    "source": source,
                    "detail-type": detail_type,
                    "resources": resources,
                    "detail": detail.view().to_value(),
                }),
            };
            seen.entry((source.clone(), detail_type.clone()))
                .or_insert_with(first);
        }
    }
    seen
}

/// The patterns of all rules that a run had, as each was at last.
fn patterns(journal: &Journal) -> BTreeMap<(String, String), Value> {
    let mut patterns = BTreeMap::new();
    for (_, record) in journal.records() {
        if let CloudEvent::RuleChanged {
            bus,
            rule,
            pattern: Some(pattern),
            ..
        } = record
            && let Ok(pattern) = serde_json::from_str(pattern)
        {
            patterns.insert((bus.clone(), rule.clone()), pattern);
        }
    }
    patterns
}

fn of_event(seen: &Seen, dice: Dice) -> Vec<Stray> {
    let key = Key::of("stray").text(&seen.event["detail-type"].to_string());
    let stray = |number: u64, fault: Fault, event: Value| Stray {
        at: seen.at + behind(dice, key.number(number)),
        bus: seen.bus.clone(),
        fault,
        event,
    };
    let mut strays = vec![stray(0, Fault::Again, seen.event.clone())];
    for number in 1..=SPOILED {
        let mut event = seen.event.clone();
        if let Some((pointer, detail)) = spoiled(&event["detail"], dice, key.number(number)) {
            event["detail"] = detail;
            strays.push(stray(number, Fault::Spoiled(pointer), event));
        }
    }
    strays
}

fn of_rule(
    bus: &str,
    rule: &str,
    pattern: &Value,
    seen: &BTreeMap<(String, String), Seen>,
    first: DateTime<Utc>,
    dice: Dice,
) -> Vec<Stray> {
    let key = Key::of("stray").text(bus).text(rule);
    let bare = matching(pattern);
    let like = seen
        .values()
        .find(|seen| seen.bus == bus && pattern::matches(pattern, &seen.event));
    let at = like.map_or(first, |seen| seen.at);
    let like = like.map(|seen| seen.event.clone()).or_else(|| bare.clone());
    let near = like.map(|event| nearly_matching(pattern, &event));
    let near = near.and_then(|near| one_of(near, dice, key.text("near")));
    let stray = |fault: fn(String) -> Fault, event: Value| Stray {
        at: at + behind(dice, key.text("when")),
        bus: bus.to_owned(),
        fault: fault(rule.to_owned()),
        event,
    };
    let bare = bare.map(|event| stray(Fault::Bare, event));
    let near = near.map(|event| stray(Fault::Near, event));
    bare.into_iter().chain(near).collect()
}

fn behind(dice: Dice, key: Key) -> TimeDelta {
    one_of(BEHIND.to_vec(), dice, key.text("behind")).unwrap_or_default()
}

fn one_of<T>(mut among: Vec<T>, dice: Dice, key: Key) -> Option<T> {
    let place = usize::try_from(dice.draw(key, among.len() as u64)).ok()?;
    (place < among.len()).then(|| among.swap_remove(place))
}

/// The JSON pointer of a member.
fn below(pointer: &str, name: &str) -> String {
    let name = name.replace('~', "~0").replace('/', "~1");
    format!("{pointer}/{name}")
}
