//! Faults as lines of a scenario file.

use std::time::Duration;

use serde_json::{Value, json};

use crate::scenario::Document;
use harness::explore::Trial;
use harness::fault::{CallEffect, CallFault, DeliveryEffect, DeliveryFault};

/// The line of a fault, to paste under `faults`.
#[must_use]
pub fn fault_line(trial: &Trial) -> String {
    let line = match (trial.call_fault(), trial.delivery_fault()) {
        (Some(fault), _) => of_call(&fault),
        (None, Some(fault)) => of_delivery(&fault),
        (None, None) => unreachable!("a trial is a fault on calls or on deliveries"),
    };
    format!("- {{{line}}}")
}

fn of_call(fault: &CallFault) -> String {
    let effect = match fault.effect {
        CallEffect::Status(status) => format!("{{status: {status}}}"),
        CallEffect::Reset => "reset".to_owned(),
        CallEffect::Hang => "hang".to_owned(),
        CallEffect::Crash => "crash".to_owned(),
        CallEffect::PowerLoss => "power_loss".to_owned(),
        CallEffect::TimeOut => "time_out".to_owned(),
        CallEffect::Delay(by) => format!("{{delay: {}}}", span(by)),
        CallEffect::Pace(factor) => format!("{{pace: {factor}}}"),
        CallEffect::Late(by) => format!("{{late: {}}}", span(by)),
    };
    let (at, phase) = (&fault.at, fault.phase.as_str());
    format!(
        "at: \"{at}\", {}phase: {phase}, effect: {effect}",
        nth(fault.nth)
    )
}

fn of_delivery(fault: &DeliveryFault) -> String {
    let effect = match fault.effect {
        DeliveryEffect::Duplicate(after) => format!("{{duplicate: {}}}", span(after)),
        DeliveryEffect::Delay(by) => format!("{{delay: {}}}", span(by)),
        DeliveryEffect::Fail => "fail".to_owned(),
        DeliveryEffect::FailEntry => "fail_entry".to_owned(),
    };
    let rule = fault.rule.iter().map(|rule| format!("rule: {rule}, "));
    format!(
        "deliver: {}, {}{}effect: {effect}",
        fault.detail_type,
        rule.collect::<String>(),
        nth(fault.nth)
    )
}

fn nth(nth: u32) -> String {
    if nth > 1 {
        format!("nth: {nth}, ")
    } else {
        String::new()
    }
}

/// A span as scenario files write it, in its largest unit.
pub(super) fn span(duration: Duration) -> String {
    match (duration.as_millis(), duration.as_secs()) {
        (millis, _) if millis % 1_000 != 0 => format!("{millis}ms"),
        (_, seconds) if seconds % 60 == 0 && seconds > 0 => format!("{}m", seconds / 60),
        (_, seconds) => format!("{seconds}s"),
    }
}

/// The document with more faults, of which nothing is expected but that it is sound, and which
/// lives on until all that was left halfway is told.
#[must_use]
pub fn with_faults(mut document: Document, trials: &[&Trial]) -> Document {
    let lines = trials.iter().map(|trial| {
        let read = Document::read(&fault_line(trial)).map(|list| list.0.get(0).cloned());
        read.ok()
            .flatten()
            .expect("a line is read as it was written")
    });
    let lines: Vec<Value> = lines.collect();
    match document.0.get_mut("faults") {
        Some(Value::Array(faults)) => faults.extend(lines),
        _ => document.0["faults"] = json!(lines),
    }
    document.0["expect"] = json!("sound");
    document
}

#[cfg(test)]
mod tests {
    use harness::explore::{Effect, Point};
    use harness::fault::Site;

    use super::super::ALPHABET;
    use super::*;
    use crate::scenario::{Fault, Library, Scenario};

    #[test]
    fn a_line_is_read_as_the_fault_that_it_was_written_from() {
        let call = |operation: &str| Point::Call {
            site: Site {
                trigger: "RebalancePlanned".to_owned(),
                operation: operation.to_owned(),
                number: 2,
            },
            nth: 3,
        };
        let points = [
            call("dynamodb UpdateItem"),
            call("events PutEvents"),
            call("alpaca POST orders"),
            call("smtp connect"),
            Point::Delivery {
                detail_type: "TradeExecuted".to_owned(),
                rule: "alchemiser-trade-executed".to_owned(),
                nth: 1,
            },
            Point::Entry {
                detail_type: "TradeExecuted".to_owned(),
                nth: 2,
            },
        ];
        let trials = ALPHABET.trials(&points).expect("all parties are known");
        assert!(trials.len() > 40, "{}", trials.len());
        for trial in &trials {
            let line = fault_line(trial);
            let read: Vec<Fault> = serde_saphyr::from_str(&line).expect(&line);
            let is_same = match &read[..] {
                [Fault::Call(fault)] => trial.call_fault().as_ref() == Some(fault),
                [Fault::Delivery(fault)] => trial.delivery_fault().as_ref() == Some(fault),
                _ => false,
            };
            assert!(is_same, "{line}");
        }
        let odd = Trial {
            point: points[4].clone(),
            effect: Effect::Delivery(DeliveryEffect::Delay(Duration::from_millis(1_500))),
        };
        assert!(fault_line(&odd).contains("delay: 1500ms"));
    }

    #[test]
    fn every_scenario_of_the_library_can_hold_one_more_fault() {
        let trial = Trial {
            point: Point::Entry {
                detail_type: "TradeExecuted".to_owned(),
                nth: 1,
            },
            effect: Effect::Delivery(DeliveryEffect::FailEntry),
        };
        let library = Library::of_this_project().expect("the project's files are there");
        let files = library.scenario_files().expect("the folder can be read");
        let mut had_some = 0;
        for (name, path) in files {
            let text = std::fs::read_to_string(&path).expect("the file can be read");
            let base = Document::read(&text).expect("it is YAML");
            let faults = |document: &Document| {
                let read: Result<Scenario, _> = serde_saphyr::from_str(&document.write());
                read.unwrap_or_else(|error| panic!("{name}: {error}"))
                    .faults
            };
            let (before, after) = (faults(&base), faults(&with_faults(base.clone(), &[&trial])));
            assert_eq!(after.len(), before.len() + 1, "{name}");
            assert_eq!(
                after.last(),
                trial.delivery_fault().map(Fault::Delivery).as_ref(),
                "{name}"
            );
            had_some += usize::from(!before.is_empty());
        }
        assert!(had_some > 50, "only {had_some} scenarios have faults");
    }
}
