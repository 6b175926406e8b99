//! The invariants that hold in every run, whatever goes wrong. Each reads the journal and nothing
//! else, and says how often it had something to judge: one that never had is no proof of anything.
//! docs/invariants.md tells of each what it says, when, and what excuses.

mod account;
mod alarms;
mod books;
mod breaker;
mod cashbook;
mod causation;
mod content;
mod delivery;
mod duration;
mod ending;
mod fan_out;
mod idle;
mod intent;
mod isolation;
mod mail;
mod newest_plan;
mod order_id;
mod plan;
mod plan_scope;
mod replay;
mod rules;
mod session;
mod stuck;
#[cfg(test)]
mod testing;

use alchemiser_mocks::exchange::Report;

use crate::trading::TradingRecord;
use harness::journal::Journal;

/// Something that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The check.
    pub check: String,
    /// What is wrong, in a sentence.
    pub problem: String,
    /// The journal entries in conflict, by sequence number.
    pub entries: Vec<u64>,
}

impl Violation {
    /// A violation that names no entries.
    pub fn plain(check: &str, problem: impl Into<String>) -> Self {
        Self {
            check: check.to_owned(),
            problem: problem.into(),
            entries: Vec::new(),
        }
    }

    fn at(check: &str, problem: impl Into<String>, entries: Vec<u64>) -> Self {
        Self {
            entries,
            ..Self::plain(check, problem)
        }
    }
}

/// What one check says of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Judgement {
    /// How often there was something to judge.
    premises: usize,
    /// What does not hold, in a sentence each, with the journal entries in conflict.
    violations: Vec<(String, Vec<u64>)>,
}

impl Judgement {
    /// There is something to judge.
    fn premise(&mut self) {
        self.premises += 1;
    }

    /// It does not hold.
    fn violated(&mut self, problem: impl Into<String>, entries: Vec<u64>) {
        self.violations.push((problem.into(), entries));
    }
}

/// How often a check had something to judge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Premise {
    /// The check.
    pub check: &'static str,
    /// How often.
    pub times: usize,
}

/// What all checks say of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// What does not hold.
    pub violations: Vec<Violation>,
    /// A premise for each check, in the order of [`names`].
    pub premises: Vec<Premise>,
}

type Check = fn(&Journal) -> Judgement;

const CHECKS: &[(&str, Check)] = &[
    ("one intent an order", intent::check),
    ("one content an order id", order_id::check),
    ("no order outside the session", session::check),
    ("no order outside the plan", plan_scope::check),
    ("the newest plan wins", newest_plan::check),
    ("trouble stays its own", isolation::check),
    ("idle money is told", idle::check),
    ("bounded fan-out", fan_out::check),
    ("the breaker holds", breaker::check),
    ("nothing vanishes", delivery::check),
    ("one mail a workflow", mail::check),
    ("one causation tree", causation::check),
    ("one content an id", content::check),
    ("sound account", account::check),
    ("the books balance", books),
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
pub fn check_all(journal: &Journal) -> Verdict {
    let mut verdict = Verdict::default();
    for (name, check) in CHECKS {
        let judgement = check(journal);
        verdict.premises.push(Premise {
            check: name,
            times: judgement.premises,
        });
        verdict.violations.extend(
            judgement
                .violations
                .into_iter()
                .map(|(problem, entries)| Violation::at(name, problem, entries)),
        );
    }
    verdict
}

/// The books are held against each statement of the account.
fn books(journal: &Journal) -> Judgement {
    let statements = journal.party_records().filter(|(_, record)| {
        matches!(
            record,
            TradingRecord::Account { .. }
                | TradingRecord::Exchange {
                    report: Report::Statement { .. }
                }
        )
    });
    Judgement {
        premises: statements.count().saturating_sub(1),
        violations: books::check(journal)
            .into_iter()
            .map(|violation| (violation.problem, violation.entries))
            .collect(),
    }
}
