use super::{Base, Tried};
use crate::run::RunError;
use crate::scenario::{Action, Library, Span};
use harness::explore::{Effect, Trial, UnknownOperation};
use harness::fault::CallEffect;

/// What becomes of a system whose every execution environment dies in one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Grade {
    /// It comes to a sound end by itself.
    ByItself,
    /// It does once an operator has done what a runbook says.
    ByRunbook(&'static str),
    /// Neither.
    Never,
}

/// What came of a loss of power.
#[derive(Clone, Debug)]
pub struct Fate {
    /// The grade.
    pub grade: Grade,
    /// The run in which nobody helped.
    pub alone: Tried,
}

/// What operators do, by the names of `docs/runbooks`, each a little longer than it takes to be
/// told.
fn runbooks() -> Vec<(&'static str, Vec<Action>)> {
    let hour = || Action::Advance(Span(std::time::Duration::from_secs(3_600)));
    let watchdog = serde_json::json!({"mode": "watchdog"});
    vec![
        ("stuck-workflow", vec![Action::Invoke(watchdog), hour()]),
        ("dead-letters", vec![Action::Redrive, hour()]),
    ]
}

impl Base {
    /// A loss of power wherever an execution environment may crash: before each call of the run and
    /// after it.
    ///
    /// # Errors
    /// An operation of which nobody has said what may happen to it.
    pub fn power_losses(&self) -> Result<Vec<Trial>, UnknownOperation> {
        let trials = self.trials()?.into_iter();
        let losses = trials.filter_map(|trial| match trial.effect {
            Effect::Call(phase, CallEffect::Crash) => Some(Trial {
                effect: Effect::Call(phase, CallEffect::PowerLoss),
                point: trial.point,
            }),
            _ => None,
        });
        Ok(losses.collect())
    }

    /// Lets the power fail, and sees what becomes of it: alone, and where that is not sound, with
    /// each runbook.
    ///
    /// # Errors
    /// A mistake in the scenario.
    pub fn fate(&self, library: &Library, loss: &Trial) -> Result<Fate, RunError> {
        let alone = self.attempt(library, loss)?;
        if !alone.outcome.is_finding() {
            let grade = Grade::ByItself;
            return Ok(Fate { grade, alone });
        }
        for (name, actions) in runbooks() {
            let helped = self.with_help(actions).attempt(library, loss)?;
            if !helped.outcome.is_finding() {
                let grade = Grade::ByRunbook(name);
                return Ok(Fate { grade, alone });
            }
        }
        Ok(Fate {
            grade: Grade::Never,
            alone,
        })
    }
}
