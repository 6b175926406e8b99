use serde::Deserialize;

use super::Outcome;
use crate::scenario::Fault;
use harness::explore::{Effect, Point, Trial};
use harness::fault::{CallFault, DeliveryEffect, DeliveryFault, Site};

/// A run of a sweep, as `explore sweep --json` prints it.
#[derive(Clone, Debug)]
pub struct Swept {
    /// The scenario.
    pub scenario: String,
    /// The fault.
    pub trial: Trial,
    /// How it ended.
    pub outcome: Outcome,
    /// Whether the fault struck: another one of the scenario may have been there first.
    pub is_met: bool,
}

/// Why a line is no run of a sweep.
#[derive(Debug, thiserror::Error)]
pub enum SweptError {
    /// It is not such an object.
    #[error("{0}: a line of `explore sweep --json` is needed")]
    Json(#[from] serde_json::Error),
    /// Its fault is no line of a scenario, or more than one.
    #[error("{0:?} is no fault at one point, as a sweep writes it")]
    Fault(String),
    /// It ends as no run does.
    #[error("{0:?} is no outcome; there are {known}", known = outcomes())]
    Outcome(String),
}

fn outcomes() -> String {
    Outcome::ALL.map(Outcome::as_str).join("; ")
}

/// The members that are looked at.
#[derive(Deserialize)]
struct Row {
    scenario: String,
    fault: String,
    outcome: String,
    met: bool,
}

impl Swept {
    /// Reads a line.
    ///
    /// # Errors
    /// Why it is no run of a sweep.
    pub fn read(line: &str) -> Result<Self, SweptError> {
        let row: Row = serde_json::from_str(line)?;
        let faults: Option<Vec<Fault>> = serde_saphyr::from_str(&row.fault).ok();
        let trial = match faults.as_deref() {
            Some([Fault::Call(fault)]) => of_call(fault),
            Some([Fault::Delivery(fault)]) => Some(of_delivery(fault)),
            _ => None,
        };
        let outcome = Outcome::ALL
            .into_iter()
            .find(|outcome| outcome.as_str() == row.outcome);
        Ok(Self {
            scenario: row.scenario,
            trial: trial.ok_or(SweptError::Fault(row.fault))?,
            outcome: outcome.ok_or(SweptError::Outcome(row.outcome))?,
            is_met: row.met,
        })
    }
}

/// The trial that a fault on one call is; none where it may strike several.
fn of_call(fault: &CallFault) -> Option<Trial> {
    let at = fault.at.to_string();
    let (trigger, rest) = at.split_once(" / ")?;
    let (operation, number) = rest.rsplit_once(" #")?;
    let site = Site {
        trigger: trigger.to_owned(),
        operation: operation.to_owned(),
        number: number.parse().ok()?,
    };
    Some(Trial {
        point: Point::Call {
            site,
            nth: fault.nth,
        },
        effect: Effect::Call(fault.phase, fault.effect.clone()),
    })
}

fn of_delivery(fault: &DeliveryFault) -> Trial {
    let detail_type = fault.detail_type.clone();
    let nth = fault.nth;
    let point = match (&fault.effect, &fault.rule) {
        (DeliveryEffect::FailEntry, _) | (_, None) => Point::Entry { detail_type, nth },
        (_, Some(rule)) => Point::Delivery {
            detail_type,
            rule: rule.clone(),
            nth,
        },
    };
    Trial {
        point,
        effect: Effect::Delivery(fault.effect.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{ALPHABET, fault_line};
    use super::*;

    #[test]
    fn a_line_of_a_sweep_is_read_as_what_was_tried() {
        let site = Site {
            trigger: "RebalancePlanned".to_owned(),
            operation: "alpaca POST orders".to_owned(),
            number: 2,
        };
        let detail_type = || "TradeExecuted".to_owned();
        let points = [
            Point::Call { site, nth: 3 },
            Point::Delivery {
                detail_type: detail_type(),
                rule: "alchemiser-trade-executed".to_owned(),
                nth: 1,
            },
            Point::Entry {
                detail_type: detail_type(),
                nth: 2,
            },
        ];
        for trial in ALPHABET.trials(&points).expect("all parties are known") {
            let line = serde_json::json!({
                "scenario": "day", "fault": fault_line(&trial), "outcome": "told", "met": true,
            });
            let swept = Swept::read(&line.to_string()).expect("a line of a sweep");
            assert_eq!((swept.trial, swept.outcome), (trial, Outcome::Told));
        }
    }

    #[test]
    fn what_no_sweep_prints_is_refused() {
        let refused = |line: &str| Swept::read(line).expect_err("it is refused").to_string();
        assert!(refused("{}").contains("a line of `explore sweep --json`"));
        let row = r#"{"scenario": "day", "fault": "- {deliver: A, effect: fail_entry}", "outcome": "told", "met": true}"#;
        assert!(Swept::read(row).is_ok());
        assert!(refused(&row.replace("told", "well")).contains("there are golden; "));
        assert!(refused(&row.replace("- {", "{")).contains("is no fault at one point"));
    }
}
