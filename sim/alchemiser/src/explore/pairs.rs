use std::collections::BTreeSet;

use super::{ALPHABET, Base, Outcome, Signature, Tried, fault_line};
use crate::run::RunError;
use crate::scenario::Library;
use crate::trading::READS;
use harness::explore::{Effect, First, Pair, Point, Pruning, Trial, UnknownOperation, points};
use harness::journal::JournalEvent;
use seeded_dice::{Dice, Key};
use simulated_cloud::cloud_event::CloudEvent;

/// Which first faults are one for the search of second ones.
#[derive(Clone, Copy, Debug)]
pub struct ClassRule {
    /// What two of one class have in common.
    pub name: &'static str,
    /// The class of a first fault and its run; none where the rule says nothing of it.
    pub class: fn(&Trial, &Tried) -> Option<u64>,
}

/// The rules that a search begins with, the safest first.
pub const RULES: [ClassRule; 2] = [
    ClassRule {
        name: "one read, before or after",
        class: of_a_read,
    },
    ClassRule {
        name: "runs that are the same but for times",
        class: of_the_run,
    },
];

/// How a pair ends, as far as two of one class must end alike.
pub type PairEnd = (Outcome, Option<Signature>);

/// The search of faults that follow others.
#[derive(Debug)]
pub struct PairSearch {
    /// First faults, each with what may strike the recovery from it.
    pub firsts: Vec<(Trial, Vec<Trial>)>,
    /// Which pairs are run.
    pub pruning: Pruning<PairEnd>,
}

impl PairSearch {
    /// The pairs of these first faults, with their classes by these rules.
    #[must_use]
    pub fn new(rules: &[ClassRule], followed: Vec<Followed>, seed: u64) -> Self {
        let first = |one: &Followed| First {
            name: fault_line(&one.fault),
            classes: one.classes.clone(),
            seconds: one.seconds.iter().map(fault_line).collect(),
        };
        let names = rules.iter().map(|rule| rule.name).collect();
        let firsts = followed.iter().map(first).collect();
        Self {
            pruning: Pruning::new(names, firsts, seed),
            firsts: followed
                .into_iter()
                .map(|one| (one.fault, one.seconds))
                .collect(),
        }
    }

    /// The two faults of a pair.
    #[must_use]
    pub fn faults(&self, (first, second): Pair) -> [&Trial; 2] {
        let (first, seconds) = &self.firsts[first];
        [first, &seconds[second]]
    }
}

/// Why nobody knows what may follow a fault.
#[derive(Debug, thiserror::Error)]
pub enum FollowError {
    /// A mistake in the scenario.
    #[error(transparent)]
    Run(#[from] RunError),
    /// An operation of which nobody has said what may happen to it.
    #[error(transparent)]
    Alphabet(#[from] UnknownOperation),
}

/// A first fault, and what its run shows.
#[derive(Clone, Debug)]
pub struct Followed {
    fault: Trial,
    classes: Vec<Option<u64>>,
    seconds: Vec<Trial>,
}

impl Followed {
    /// Runs a first fault.
    ///
    /// # Errors
    /// [`FollowError`]
    pub fn by(
        base: &Base,
        library: &Library,
        rules: &[ClassRule],
        fault: &Trial,
    ) -> Result<Self, FollowError> {
        let tried = base.attempt(library, fault)?;
        Ok(Self {
            fault: fault.clone(),
            classes: rules
                .iter()
                .map(|rule| (rule.class)(fault, &tried))
                .collect(),
            seconds: second_faults(base, &tried)?,
        })
    }
}

/// What strikes a read before it is done strikes it after it as well: nothing is changed by it.
///
/// Breaks where a read that is carried out counts, as with the broker's quota.
fn of_a_read(fault: &Trial, _: &Tried) -> Option<u64> {
    let (Point::Call { site, .. }, Effect::Call(_, effect)) = (&fault.point, &fault.effect) else {
        return None;
    };
    let key = Key::of("read").text(&fault.point.to_string());
    let class = Dice::new(0).seed(key.text(&effect.describe()));
    READS.contains(&site.operation.as_str()).then_some(class)
}

/// Their runs are the same but for times, and for what the invocation that they struck did.
///
/// Holds because nothing of an invocation that died is left but what it had made durable, and what
/// that led to is in the class. Breaks where behaviour hangs on the time of the death.
fn of_the_run(_: &Trial, tried: &Tried) -> Option<u64> {
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
    Some(Dice::new(0).seed(tokens.iter().fold(Key::of("class"), sum)))
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
fn second_faults(base: &Base, first: &Tried) -> Result<Vec<Trial>, UnknownOperation> {
    let is_new = |point: &Point| !base.points.contains(point);
    let recovery: Vec<Point> = points(&first.journal).into_iter().filter(is_new).collect();
    ALPHABET.trials(&recovery)
}
