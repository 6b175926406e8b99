use super::{Ending, Outcome, Signature};
use crate::run::Run;
use harness::check::Violation;
use harness::fault::Unmet;

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
    /// Judges a run by what always holds, and by the end of the same world without the fault.
    #[must_use]
    pub fn of(run: &Run, golden: Option<&Ending>) -> Self {
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
