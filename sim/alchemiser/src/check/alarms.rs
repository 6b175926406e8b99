//! The tests of who is told of a loss, on events of this system.

use super::testing::{History, QUEUE, instant, of_rule};
use harness::check::alarms::{Alarms, Loss, Told};
use simulated_cloud::cloud_event::{CloudEvent, Origin};

const LOST: &str = "14:00:00";

fn told(history: &History, loss: &Loss<'_>) -> Told {
    Alarms::of(&history.journal).told(instant(LOST), loss)
}

/// A run that goes on for long after the loss.
fn long(history: History) -> History {
    history.at("16:00:00").states("0", &[])
}

#[test]
fn each_loss_is_told_by_its_own_alarm_on_whom_it_happened_to() {
    let (rule, function) = (of_rule("first"), Origin::Function("first".to_owned()));
    let schedule = Origin::Schedule {
        group: "first".to_owned(),
        name: "daily".to_owned(),
    };
    let rows = [
        (Loss::GivenUp(&rule), "FailedInvocations", "RuleName"),
        (
            Loss::GivenUp(&schedule),
            "InvocationDroppedCount",
            "ScheduleGroup",
        ),
        (
            Loss::GivenUp(&function),
            "AsyncEventsDropped",
            "FunctionName",
        ),
        (
            Loss::DeadLetter("first"),
            "ApproximateNumberOfMessagesVisible",
            "QueueName",
        ),
        (
            Loss::Refused(&rule),
            "InvocationsFailedToBeSentToDlq",
            "RuleName",
        ),
        (
            Loss::Refused(&schedule),
            "InvocationsFailedToBeSentToDeadLetterCount",
            "ScheduleGroup",
        ),
        (
            Loss::Refused(&function),
            "DestinationDeliveryFailures",
            "FunctionName",
        ),
    ];
    for (loss, metric, dimension) in &rows {
        let alarm = |metric: &str, whose: &str| {
            long(
                History::new()
                    .at("14:05:00")
                    .alarm(metric, dimension, whose),
            )
        };
        assert_eq!(told(&alarm(metric, "first"), loss), Told::Yes, "{metric}");
        assert_eq!(
            told(&alarm(metric, "second"), loss),
            Told::No,
            "another's {metric}"
        );
        for other in rows
            .iter()
            .map(|(_, metric, _)| *metric)
            .chain(["Errors", "Duration"])
            .filter(|other| other != metric)
        {
            assert_eq!(
                told(&alarm(other, "first"), loss),
                Told::No,
                "{other} for {metric}"
            );
        }
    }
}

#[test]
fn an_alarm_tells_in_time() {
    let loss = Loss::DeadLetter(QUEUE);
    let alarm = |time: &str| {
        History::new()
            .at(time)
            .alarm("ApproximateNumberOfMessagesVisible", "QueueName", QUEUE)
    };
    assert_eq!(told(&long(alarm("14:10:00")), &loss), Told::Yes);
    assert_eq!(told(&long(alarm("14:10:01")), &loss), Told::No);
    assert_eq!(
        told(&long(alarm("13:40:00")), &loss),
        Told::Yes,
        "it was up still"
    );
    assert_eq!(told(&alarm("14:10:01"), &loss), Told::No);
    assert_eq!(
        told(&History::new().at("14:09:59").states("0", &[]), &loss),
        Told::Open
    );
}

#[test]
fn a_dead_letter_that_somebody_takes_is_known_to_him() {
    let drained = |queue: &str| {
        History::new()
            .at("14:05:00")
            .record(CloudEvent::QueueDrained {
                queue: queue.to_owned(),
                messages: 1,
            })
    };
    assert_eq!(
        told(&long(drained(QUEUE)), &Loss::DeadLetter(QUEUE)),
        Told::Yes
    );
    assert_eq!(
        told(&long(drained("other")), &Loss::DeadLetter(QUEUE)),
        Told::No
    );
    assert_eq!(
        told(&long(drained(QUEUE)), &Loss::GivenUp(&of_rule("first"))),
        Told::No
    );
}
