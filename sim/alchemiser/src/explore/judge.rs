use super::sweep::LOOKED_AFTER;
use super::{Ending, Outcome, Signature};
use crate::run::Run;
use harness::check::Violation;
use harness::fault::Unmet;
use harness::journal::{Entry, Journal, JournalEvent};

/// What a run shows of the system.
#[derive(Clone, Debug)]
pub struct Judged {
    /// How it ended.
    pub outcome: Outcome,
    /// What does not hold.
    pub violations: Vec<Violation>,
    /// What the finding is about, if it is one.
    pub signature: Option<Signature>,
}

/// What is wrong with a silent run.
const SILENCE: &str = "the run ends otherwise than without the fault, and nobody is told";

impl Judged {
    /// Judges a run by what always holds, and by the end of the same world without the fault: where
    /// there was time for somebody to be told.
    #[must_use]
    pub fn of(run: &Run, golden: Option<&Ending>) -> Self {
        let golden = golden.filter(|_| lives_on(&run.journal));
        let mut violations = broken(run);
        let ending = Ending::of(&run.journal);
        let outcome = match golden {
            _ if !violations.is_empty() => Outcome::Violated,
            Some(golden) => ending.against(golden),
            None => Outcome::Golden,
        };
        let signature = match outcome {
            Outcome::Violated => violations.first().map(Signature::of),
            Outcome::Silent => {
                let silence = |words: &str| Violation::plain(Outcome::Silent.as_str(), words);
                let differences = golden.map(|golden| ending.differences(golden));
                let words = format!("{SILENCE}: {}", differences.unwrap_or_default().join("; "));
                violations.push(silence(&words));
                Some(Signature::of(&silence(SILENCE)))
            }
            Outcome::Golden | Outcome::Copied | Outcome::Told => None,
        };
        Self {
            outcome,
            violations,
            signature,
        }
    }
}

/// Whether a run has lived on for long enough behind the last fault. What scripts of the mail server and
/// the broker do is the same in the run without faults.
fn lives_on(journal: &Journal) -> bool {
    let entries = journal.entries();
    let is_fault = |entry: &&Entry| entry.injected && !matches!(entry.fact, JournalEvent::Party(_));
    let fault = entries.iter().rev().find(is_fault);
    let end = entries.last();
    let lived = end
        .zip(fault)
        .map(|(end, fault)| (end.at - fault.at).to_std().unwrap_or_default());
    lived.is_none_or(|lived| lived >= LOOKED_AFTER)
}

/// The invariants that do not hold. What the scenario scripts need not come to pass in a run that
/// goes otherwise.
fn broken(run: &Run) -> Vec<Violation> {
    let is_script = |violation: &Violation| {
        let is_it =
            |unmet: &Unmet| unmet.part == violation.check && unmet.words == violation.problem;
        run.unmet.iter().any(is_it)
    };
    let violations = run.violations.iter();
    violations
        .filter(|found| !is_script(found))
        .cloned()
        .collect()
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta, Utc};

    use super::*;

    #[test]
    fn an_end_is_compared_where_there_was_time_to_tell() {
        let at = |minutes| DateTime::<Utc>::UNIX_EPOCH + TimeDelta::minutes(minutes);
        let ended = |minutes| {
            let mut journal = Journal::default();
            let loss = JournalEvent::PowerLoss {
                invocations: Vec::new(),
                idle: 0,
            };
            journal.push(at(5), None, loss);
            journal.push(at(minutes), None, JournalEvent::End { at_rest: true });
            lives_on(&journal)
        };
        assert!(!ended(124));
        assert!(ended(125));
        assert!(lives_on(&Journal::default()));
    }
}
