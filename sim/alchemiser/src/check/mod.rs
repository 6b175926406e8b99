//! The invariants that hold in every run, whatever goes wrong. Each reads the journal and nothing
//! else, and says how often it had something to judge: one that never had is no proof of anything.
//! docs/invariants.md tells of each what it says, when, and what excuses.

mod account;
#[cfg(test)]
mod alarms;
mod attempt;
mod books;
mod breaker;
mod cashbook;
mod causation;
mod content;
#[cfg(test)]
mod delivery;
mod duration;
mod ending;
mod error;
mod fan_out;
mod idle;
mod intent;
mod isolation;
mod mail;
mod model;
mod newest_plan;
mod order_id;
mod plan;
mod plan_scope;
mod replay;
mod reserve;
mod run;
mod session;
mod stuck;
#[cfg(test)]
mod testing;
mod told;
mod transient;
mod trouble;

use alchemiser_mocks::exchange::Report;

pub(crate) use self::plan::amount;
use crate::trading::TradingRecord;
use harness::check::{Invariant, Judgement, NOTHING_VANISHES, evaluate};
pub use harness::check::{Premise, Verdict, Violation};
use harness::journal::Journal;

/// The invariants of trading, and those of every system among them.
pub const INVARIANTS: [Invariant; 25] = [
    invariant("one intent an order", intent::check),
    invariant("one content an order id", order_id::check),
    invariant("no order outside the session", session::check),
    invariant("no order outside the plan", plan_scope::check),
    invariant("the newest plan wins", newest_plan::check),
    invariant("trouble stays its own", isolation::check),
    invariant("idle money is told", idle::check),
    invariant("bounded fan-out", fan_out::check),
    invariant("the breaker holds", breaker::check),
    NOTHING_VANISHES,
    invariant("one mail a workflow", mail::check),
    invariant("one causation tree", causation::check),
    invariant("one content an id", content::check),
    invariant("sound account", account::check),
    invariant("the books balance", books),
    invariant("bounded durations", duration::check),
    invariant("replay trades nothing", replay::check),
    invariant("every workflow ends", ending::check),
    invariant("workflows follow the model", model::check),
    invariant("an error has a cause", error::check),
    invariant("the reserve is kept", reserve::check),
    invariant("one attempt a step", attempt::check),
    invariant("what may pass is tried again", transient::check),
    invariant("a run has its session", run::check),
    invariant("what was ordered is told", told::check),
];

const fn invariant(name: &'static str, check: fn(&Journal) -> Judgement) -> Invariant {
    Invariant { name, check }
}

/// The names of all checks.
#[must_use]
pub fn names() -> Vec<&'static str> {
    INVARIANTS.iter().map(|invariant| invariant.name).collect()
}

/// Judges a run by all invariants.
#[must_use]
pub fn check_all(journal: &Journal) -> Verdict {
    evaluate(&INVARIANTS, journal)
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
