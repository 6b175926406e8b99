use std::time::Duration;

use super::random::carry_out;
use super::{ALPHABET, Ending, Judged, Outcome, Signature};
use crate::run::{RunError, run};
use crate::scenario::{Action, Document, Expectation, Fault, Library, Loaded, Scenario, Span};
use harness::check::Violation;
use harness::explore::{Point, Trial, UnknownOperation, points};
use harness::fault::{FAULTS, Unmet};
use harness::journal::Journal;

/// A scenario without the faults that are to be tried, and how it ends.
#[derive(Clone, Debug)]
pub struct Base {
    /// The scenario; nothing is expected of it but that it is sound.
    loaded: Loaded,
    seed: u64,
    /// Where a fault may strike.
    pub points: Vec<Point>,
    /// What does not hold even without a further fault.
    pub violations: Vec<Violation>,
    ending: Ending,
}

/// What became of a run with a fault.
#[derive(Clone, Debug)]
pub struct Tried {
    /// How it ended.
    pub outcome: Outcome,
    /// What does not hold.
    pub violations: Vec<Violation>,
    /// What the finding is about, if it is one.
    pub signature: Option<Signature>,
    /// Whether the fault struck.
    pub is_met: bool,
    /// All that happened.
    pub journal: Journal,
}

impl Base {
    /// Runs the scenario as it is.
    ///
    /// # Errors
    /// A mistake in the scenario.
    pub fn of(library: &Library, loaded: &Loaded, seed: u64) -> Result<Self, RunError> {
        // Faults strike in the scenario's own time.
        let points = points_of(library, loaded, seed)?;
        let mut loaded = loaded.clone();
        loaded.scenario.expect = Expectation::Sound;
        loaded
            .scenario
            .when
            .push(Action::Advance(Span(LOOKED_AFTER)));
        let run = run(library, &loaded, seed)?;
        Ok(Self {
            points,
            violations: run.violations,
            ending: golden(&loaded.scenario, &run.journal),
            loaded,
            seed,
        })
    }

    /// Every fault at every point.
    ///
    /// # Errors
    /// An operation of which nobody has said what may happen to it.
    pub fn trials(&self) -> Result<Vec<Trial>, UnknownOperation> {
        ALPHABET.trials(&self.points)
    }

    /// Whether nothing is wrong with a run, and nothing is left for a person to do: who was told of a
    /// loss by an alarm alone still has it before them.
    pub(super) fn is_well(&self, tried: &Tried) -> bool {
        !tried.outcome.is_finding() && Ending::of(&tried.journal).is_complete(&self.ending)
    }

    pub(super) fn scenario(&self) -> &Scenario {
        &self.loaded.scenario
    }

    /// The same, and at the end somebody helps.
    #[must_use]
    pub(super) fn with_help(&self, actions: impl IntoIterator<Item = Action>) -> Self {
        let mut helped = self.clone();
        helped.loaded.scenario.when.extend(actions);
        helped
    }

    /// Runs the scenario with one more fault.
    ///
    /// # Errors
    /// A mistake in the scenario.
    pub fn attempt(&self, library: &Library, trial: &Trial) -> Result<Tried, RunError> {
        self.attempt_all(library, &[trial])
    }

    /// Runs the scenario with more faults.
    ///
    /// # Errors
    /// A mistake in the scenario.
    pub fn attempt_all(&self, library: &Library, trials: &[&Trial]) -> Result<Tried, RunError> {
        let mut loaded = self.loaded.clone();
        let own_lines = loaded.scenario.faults.len()..;
        for trial in trials {
            let calls = trial.call_fault().map(Fault::Call);
            let deliveries = trial.delivery_fault().map(Fault::Delivery);
            let faults = calls.into_iter().chain(deliveries);
            loaded.scenario.faults.extend(faults);
        }
        let run = run(library, &loaded, self.seed)?;
        let is_own = |unmet: &Unmet| {
            unmet.part == FAULTS && unmet.line.is_some_and(|line| own_lines.contains(&line))
        };
        let is_met = !run.unmet.iter().any(is_own);
        let Judged {
            outcome,
            violations,
            signature,
        } = Judged::of(&run, Some(&self.ending));
        Ok(Tried {
            outcome,
            violations,
            signature,
            is_met,
            journal: run.journal,
        })
    }
}

/// How a run without the faults ends, as far as one with them must end the same: where somebody else
/// moves the account as well, a trade some minutes later is another trade.
pub(super) fn golden(scenario: &Scenario, journal: &Journal) -> Ending {
    let ending = Ending::of(journal);
    let has_broker = |action: &Action| matches!(action, Action::Broker(_));
    if scenario.meanwhile.is_empty() && !scenario.when.iter().any(has_broker) {
        ending
    } else {
        ending.without_account()
    }
}

/// How the world of a document ends without its faults; none where it has none.
///
/// # Errors
/// A mistake in the scenario.
pub(super) fn without_faults(
    library: &Library,
    document: &Document,
) -> Result<Option<Ending>, RunError> {
    let mut undisturbed = document.clone();
    let file = undisturbed.0.as_object_mut();
    if file.and_then(|file| file.remove("faults")).is_none() {
        return Ok(None);
    }
    let (scenario, run) = carry_out(library, &undisturbed)?;
    Ok(Some(golden(&scenario, &run.journal)))
}

/// Where a fault may strike a scenario.
///
/// # Errors
/// A mistake in the scenario.
pub fn points_of(library: &Library, loaded: &Loaded, seed: u64) -> Result<Vec<Point>, RunError> {
    Ok(points(&run(library, loaded, seed)?.journal))
}

/// How long a world lives on after the scenario: whatever has been left halfway is overdue by
/// then, and its alarms have gone off.
pub(super) const LOOKED_AFTER: Duration = Duration::from_secs(2 * 3_600);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::load_scenario;

    #[test]
    fn every_call_of_a_step_that_crashes_can_be_struck() {
        let library = Library::of_this_project().expect("the project's files are there");
        let name = "faults/crash_between_two_events";
        let file = library.root().join(format!("scenarios/{name}.yaml"));
        let loaded = load_scenario(&library, &file, name).expect("a scenario");
        let base = Base::of(&library, &loaded, 1).expect("it runs");
        let is_of_the_step = |point: &&Point| match point {
            Point::Call { site, .. } => site.trigger == "RebalancePlanned",
            Point::Delivery { .. } | Point::Entry { .. } => false,
        };
        for point in base.points.iter().filter(is_of_the_step) {
            let effects = ALPHABET.effects(point).expect("the call is known");
            let trial = Trial {
                point: point.clone(),
                effect: effects.first().expect("something may go wrong").clone(),
            };
            let tried = base.attempt(&library, &trial).expect("it runs");
            assert!(tried.is_met, "{trial} struck nothing");
        }
    }
}
