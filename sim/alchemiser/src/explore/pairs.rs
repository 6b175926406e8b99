use std::collections::BTreeSet;

use super::{ALPHABET, Base, Tried};
use harness::explore::{Point, Trial, UnknownOperation, points};
use harness::journal::JournalEvent;
use seeded_dice::{Dice, Key};
use simulated_cloud::cloud_event::CloudEvent;

/// Which first faults are one for the search of second ones: their runs are the same but for times,
/// and for what the invocation that they struck did.
///
/// Holds because nothing of an invocation that died is left but what it had made durable, and what
/// that led to is in the class. Breaks where behaviour hangs on the time of the death.
#[must_use]
pub fn class_of(tried: &Tried) -> u64 {
    let journal = &tried.journal;
    let struck: BTreeSet<Option<u64>> = journal
        .entries()
        .iter()
        .filter(|entry| matches!(entry.fact, JournalEvent::Fault { .. }))
        .map(|entry| entry.invocation)
        .collect();
    let mut tokens: Vec<String> = journal
        .entries()
        .iter()
        .filter(|entry| entry.invocation.is_none() || !struck.contains(&entry.invocation))
        .filter_map(|entry| token(&entry.fact))
        .collect();
    tokens.push(tried.outcome.as_str().to_owned());
    let sum = |key: Key, token: &String| key.text(token);
    Dice::new(0).seed(tokens.iter().fold(Key::of("class"), sum))
}

/// What an entry says that no seed and no time changes.
fn token(fact: &JournalEvent) -> Option<String> {
    match fact {
        JournalEvent::Call { site, outcome, .. } => Some(format!("{site} {outcome:?}")),
        JournalEvent::Cloud { record } => match record {
            CloudEvent::EventPut { detail_type, .. } => Some(format!("put {detail_type}")),
            CloudEvent::Delivery {
                delivery, outcome, ..
            } => Some(format!("{} {outcome:?}", delivery.rule)),
            CloudEvent::InvocationEnded { outcome, .. } => Some(format!("ended {outcome}")),
            CloudEvent::AlarmChanged { alarm, state, .. } => Some(format!("{alarm} {state:?}")),
            _ => None,
        },
        _ => None,
    }
}

/// The faults that may strike what a run does only because of its fault: the recovery.
///
/// A pair of faults that keeps a run from its end must strike every way to that end: one of the
/// undisturbed run, and one of the run that recovers from it (lineage-driven fault injection: Alvaro
/// and others, SIGMOD 2015). For two faults those are the points of the recovery.
///
/// # Errors
/// An operation of which nobody has said what may happen to it.
pub fn second_faults(base: &Base, first: &Tried) -> Result<Vec<Trial>, UnknownOperation> {
    let is_new = |point: &Point| !base.points.contains(point);
    let recovery: Vec<Point> = points(&first.journal).into_iter().filter(is_new).collect();
    ALPHABET.trials(&recovery)
}
