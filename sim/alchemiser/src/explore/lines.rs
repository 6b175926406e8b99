//! Faults as lines of a scenario file.

use std::time::Duration;

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
fn span(duration: Duration) -> String {
    match (duration.as_millis(), duration.as_secs()) {
        (millis, _) if millis % 1_000 != 0 => format!("{millis}ms"),
        (_, seconds) if seconds % 60 == 0 && seconds > 0 => format!("{}m", seconds / 60),
        (_, seconds) => format!("{seconds}s"),
    }
}

/// The text of a scenario with one more fault, of which nothing is expected but that it is sound.
#[must_use]
pub fn finding_file(base: &str, trial: &Trial, because: &str) -> String {
    let mut text = format!("# {because}\n");
    let line = fault_line(trial);
    let mut is_said = false;
    for (key, section) in sections(base) {
        match key {
            "expect" => {}
            "faults" => {
                text.push_str(&with_one_more(section, &line));
                is_said = true;
            }
            _ => text.push_str(section),
        }
    }
    if !is_said {
        text.push_str(&format!("faults:\n  {line}\n"));
    }
    text.push_str("expect: sound\n");
    text
}

/// A section that is a list, with one more line at its end: a list in brackets, or one item a line.
fn with_one_more(section: &str, line: &str) -> String {
    let item = line.trim_start_matches("- ");
    let (head, _) = section.split_once('\n').unwrap_or((section, ""));
    if head.contains('[') {
        let end = section.rfind(']').unwrap_or(section.len());
        let (items, rest) = section.split_at(end);
        let comma = if items.trim_end().ends_with('[') {
            ""
        } else {
            ", "
        };
        return format!("{items}{comma}{item}{rest}");
    }
    let is_item = |text: &&str| text.trim_start().starts_with('-');
    let indent = section
        .lines()
        .find(is_item)
        .map_or(2, |first| first.len() - first.trim_start().len());
    format!("{}\n{:indent$}{line}\n", section.trim_end(), "")
}

/// The top-level keys of a YAML file, each with its lines; what stands before the first has no key.
fn sections(text: &str) -> Vec<(&str, &str)> {
    let mut starts = vec![0];
    let mut place = 0;
    for line in text.split_inclusive('\n') {
        let is_key = line.starts_with(|first: char| first.is_ascii_lowercase());
        if is_key && place > 0 {
            starts.push(place);
        }
        place += line.len();
    }
    starts.push(text.len());
    let parts = starts.windows(2).map(|bounds| &text[bounds[0]..bounds[1]]);
    parts
        .map(|part| (part.split(':').next().unwrap_or_default(), part))
        .collect()
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
            let base = std::fs::read_to_string(&path).expect("the file can be read");
            let faults = |text: &str| {
                let read: Result<Scenario, _> = serde_saphyr::from_str(text);
                read.unwrap_or_else(|error| panic!("{name}: {error}\n{text}"))
                    .faults
            };
            let (before, after) = (faults(&base), faults(&finding_file(&base, &trial, "why")));
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

    #[test]
    fn a_finding_is_the_scenario_with_one_more_fault() {
        let base =
            "about: x\ngiven:\n  clock: 1\nwhen: []\nfaults:\n  - {old: 1}\nexpect:\n  cash: 1\n";
        let trial = Trial {
            point: Point::Entry {
                detail_type: "TradeExecuted".to_owned(),
                nth: 1,
            },
            effect: Effect::Delivery(DeliveryEffect::FailEntry),
        };
        assert_eq!(
            finding_file(base, &trial, "why"),
            "# why\nabout: x\ngiven:\n  clock: 1\nwhen: []\nfaults:\n  - {old: 1}\n  \
             - {deliver: TradeExecuted, effect: fail_entry}\nexpect: sound\n"
        );
        let in_brackets = "about: x\nfaults: [{old: 1}]  # once\nwhen: []\n";
        assert_eq!(
            finding_file(in_brackets, &trial, "why"),
            "# why\nabout: x\nfaults: [{old: 1}, {deliver: TradeExecuted, effect: fail_entry}]  \
             # once\nwhen: []\nexpect: sound\n"
        );
        let plain = "about: x\nexpect: {cash: 1}\nwhen: []\n";
        assert_eq!(
            finding_file(plain, &trial, "why"),
            "# why\nabout: x\nwhen: []\nfaults:\n  \
             - {deliver: TradeExecuted, effect: fail_entry}\nexpect: sound\n"
        );
    }
}
