//! Invariants: what holds in every run, whatever goes wrong. Each reads the journal and nothing else,
//! and says how often it had something to judge: one that never had is no proof of anything.
//!
//! [`GENERAL`] are those of every system; a system adds its own.

pub mod alarms;
pub mod delivery;
pub mod rules;

use std::fmt;

use crate::journal::Journal;

/// Something that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The invariant, or the part of a scenario, that says so.
    pub check: String,
    /// What is wrong, in a sentence.
    pub problem: String,
    /// The journal entries in conflict, by sequence number.
    pub entries: Vec<u64>,
}

impl Violation {
    /// A violation without entries.
    pub fn plain(check: &str, problem: impl Into<String>) -> Self {
        Self::at(check, problem, Vec::new())
    }

    /// A violation with the journal entries in conflict.
    pub fn at(check: &str, problem: impl Into<String>, entries: Vec<u64>) -> Self {
        Self {
            check: check.to_owned(),
            problem: problem.into(),
            entries,
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.check, self.problem)
    }
}

/// What one invariant says of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Judgement {
    /// How often there was something to judge.
    pub premises: usize,
    /// What does not hold, in a sentence each, with the journal entries in conflict.
    pub violations: Vec<(String, Vec<u64>)>,
}

impl Judgement {
    /// There is something to judge.
    pub fn premise(&mut self) {
        self.premises += 1;
    }

    /// It does not hold.
    pub fn violated(&mut self, problem: impl Into<String>, entries: Vec<u64>) {
        self.violations.push((problem.into(), entries));
    }
}

/// A rule that holds in every run.
#[derive(Clone, Copy, Debug)]
pub struct Invariant {
    /// Its name, as scenarios and reports show it.
    pub name: &'static str,
    /// Judges a run.
    pub check: fn(&Journal) -> Judgement,
}

/// How often an invariant had something to judge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Premise {
    /// The invariant.
    pub check: &'static str,
    /// How often.
    pub times: usize,
}

/// What all invariants say of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// What does not hold.
    pub violations: Vec<Violation>,
    /// A premise for each invariant, in their order.
    pub premises: Vec<Premise>,
}

/// The invariants of every system.
pub const GENERAL: [Invariant; 1] = [NOTHING_VANISHES];

/// Every event that a bus accepted comes to exactly one end at every target that it matches, and a
/// loss is told.
pub const NOTHING_VANISHES: Invariant = Invariant {
    name: "nothing vanishes",
    check: delivery::check,
};

/// Judges a run by invariants, in their order.
#[must_use]
pub fn evaluate(invariants: &[Invariant], journal: &Journal) -> Verdict {
    let mut verdict = Verdict::default();
    for Invariant { name, check } in invariants {
        let judgement = check(journal);
        verdict.premises.push(Premise {
            check: name,
            times: judgement.premises,
        });
        let violations = judgement.violations.into_iter();
        verdict
            .violations
            .extend(violations.map(|(problem, entries)| Violation::at(name, problem, entries)));
    }
    verdict
}
