//! Every alarm of the template goes off in some scenario, and is over in the end.

use std::collections::BTreeSet;

use simulated_cloud::cloud_event::{AlarmState, CloudEvent};

use super::{runs, stack};

#[test]
fn every_alarm_goes_off_and_recovers_in_some_scenario() {
    let (mut raised, mut recovered) = (BTreeSet::new(), BTreeSet::new());
    for run in runs() {
        for (_, record) in run.journal.records() {
            let CloudEvent::AlarmChanged { alarm, state, .. } = record else {
                continue;
            };
            if *state == AlarmState::Alarm {
                raised.insert(alarm.as_str());
            } else {
                assert!(
                    raised.contains(alarm.as_str()),
                    "{}: {alarm} is over and was never up",
                    run.scenario
                );
                recovered.insert(alarm.as_str());
            }
        }
    }
    let stack = stack();
    let never = |seen: &BTreeSet<&str>| -> Vec<String> {
        stack
            .alarms
            .iter()
            .map(|alarm| alarm.name.clone())
            .filter(|name| !seen.contains(name.as_str()))
            .collect()
    };
    assert_eq!(
        never(&raised),
        Vec::<String>::new(),
        "alarms that no scenario raises"
    );
    assert_eq!(
        never(&recovered),
        Vec::<String>::new(),
        "alarms that never recover"
    );
}
