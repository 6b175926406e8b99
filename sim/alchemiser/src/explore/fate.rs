use super::{Base, Outcome, Tried};
use crate::run::RunError;
use crate::scenario::{Action, Library, Span};
use harness::explore::{Effect, Point, Trial};
use harness::fault::{CallEffect, Phase};

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
    /// A loss of power at every place where something may have become durable: before each call of
    /// the run and after it.
    #[must_use]
    pub fn power_losses(&self) -> Vec<Trial> {
        let calls = self
            .points
            .iter()
            .filter(|point| matches!(point, Point::Call { .. }));
        let both =
            calls.flat_map(|point| [Phase::Before, Phase::After].map(|phase| (point, phase)));
        let trials = both.map(|(point, phase)| Trial {
            point: point.clone(),
            effect: Effect::Call(phase, CallEffect::PowerLoss),
        });
        trials
            .filter(|trial| !is_connection(&trial.point) || is_before(&trial.effect))
            .collect()
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
            if is_sound(helped.outcome) {
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

fn is_sound(outcome: Outcome) -> bool {
    !outcome.is_finding()
}

/// A connection has no answer that could be lost.
fn is_connection(point: &Point) -> bool {
    matches!(point, Point::Call { site, .. } if site.operation == "smtp connect")
}

fn is_before(effect: &Effect) -> bool {
    matches!(effect, Effect::Call(Phase::Before, _))
}
