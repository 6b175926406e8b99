use super::{Evidence, Landmark};
use crate::fault::Phase;
use crate::journal::{CallOutcome, Entry, JournalEvent};
use simulated_cloud::cloud_event::{AlarmState, CloudEvent, DeliveryOutcome, InvocationOutcome};

/// What AWS and the network do to every system sooner or later.
pub const GENERAL: &[Landmark] = &[
    entry(
        "a delivery comes twice",
        |entry| matches!(record(entry), Some(CloudEvent::Delivery { delivery, .. }) if delivery.copy > 0),
    ),
    entry("a delivery that failed comes in the end", |entry| {
        matches!(
            record(entry),
            Some(CloudEvent::Delivery { attempt, outcome: DeliveryOutcome::Delivered, .. })
                if *attempt > 1
        )
    }),
    entry(
        "an event matches no rule",
        |entry| matches!(record(entry), Some(CloudEvent::EventPut { matched, .. }) if matched.is_empty()),
    ),
    entry("an entry of PutEvents is refused", |entry| {
        matches!(record(entry), Some(CloudEvent::EventRefused { .. }))
    }),
    entry(
        "a function is tried again",
        |entry| matches!(record(entry), Some(CloudEvent::InvocationStarted { attempt, .. }) if *attempt > 1),
    ),
    entry("a function dies", |entry| {
        ends_as(entry, InvocationOutcome::Crashed)
    }),
    entry("a function runs out of time", |entry| {
        ends_as(entry, InvocationOutcome::TimedOut)
    }),
    entry("a call has no answer", |entry| {
        matches!(
            entry.fact,
            JournalEvent::Call {
                outcome: CallOutcome::Unanswered(_),
                ..
            }
        )
    }),
    entry("the answer to work that was done is lost", |entry| {
        matches!(
            entry.fact,
            JournalEvent::Fault {
                phase: Phase::After,
                ..
            }
        )
    }),
    entry(
        "a client tries a call again",
        |entry| matches!(entry.fact, JournalEvent::Call { attempt, .. } if attempt > 1),
    ),
    entry("a message is dead-lettered", |entry| {
        matches!(record(entry), Some(CloudEvent::DeadLettered { .. }))
    }),
    entry("a message is lost", |entry| {
        matches!(record(entry), Some(CloudEvent::Lost { .. }))
    }),
    entry(
        "dead letters are taken out of their queue",
        |entry| matches!(record(entry), Some(CloudEvent::QueueDrained { messages, .. }) if *messages > 0),
    ),
    entry("a replay puts an event again", |entry| {
        matches!(
            record(entry),
            Some(CloudEvent::EventPut {
                replay: Some(_),
                ..
            })
        )
    }),
    entry("an alarm is over", |entry| {
        matches!(
            record(entry),
            Some(CloudEvent::AlarmChanged {
                state: AlarmState::Ok,
                ..
            })
        )
    }),
];

const fn entry(name: &'static str, shows: fn(&Entry) -> bool) -> Landmark {
    Landmark {
        name,
        evidence: Evidence::Entry(shows),
    }
}

fn record(entry: &Entry) -> Option<&CloudEvent> {
    match &entry.fact {
        JournalEvent::Cloud { record } => Some(record),
        _ => None,
    }
}

fn ends_as(entry: &Entry, wanted: InvocationOutcome) -> bool {
    matches!(
        record(entry),
        Some(CloudEvent::InvocationEnded { outcome, .. }) if *outcome == wanted
    )
}
