//! The invariants that hold in every run, whatever goes wrong (specification 12.3). Each reads the journal and
//! nothing else.

mod account;
mod books;
mod causation;
mod content;
mod delivery;
mod duration;
mod ending;
mod fan_out;
mod intent;
mod mail;
mod replay;

use crate::journal::Journal;

/// Something that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The check.
    pub check: String,
    /// What is wrong, in a sentence.
    pub problem: String,
    /// The journal entries in conflict, by sequence number.
    pub entries: Vec<u64>,
}

impl Finding {
    /// A finding without entries.
    pub fn plain(check: &str, problem: impl Into<String>) -> Self {
        Self { check: check.to_owned(), problem: problem.into(), entries: Vec::new() }
    }

    fn at(check: &str, problem: impl Into<String>, entries: Vec<u64>) -> Self {
        Self { entries, ..Self::plain(check, problem) }
    }
}

type Check = fn(&Journal) -> Vec<Finding>;

const CHECKS: &[(&str, Check)] = &[
    ("one intent an order", intent::check),
    ("bounded fan-out", fan_out::check),
    ("nothing vanishes", delivery::check),
    ("one mail a workflow", mail::check),
    ("one causation tree", causation::check),
    ("one content an id", content::check),
    ("sound account", account::check),
    ("the books balance", books::check),
    ("bounded durations", duration::check),
    ("replay trades nothing", replay::check),
    ("every workflow ends", ending::check),
];

/// The names of all checks.
#[must_use]
pub fn names() -> Vec<&'static str> {
    CHECKS.iter().map(|(name, _)| *name).collect()
}

/// Makes all checks.
#[must_use]
pub fn check_all(journal: &Journal) -> Vec<Finding> {
    CHECKS.iter().flat_map(|(_, check)| check(journal)).collect()
}
