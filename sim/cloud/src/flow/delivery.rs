//! From a rule to one of its targets: attempts, retries, dead letters (`delivery` of semantics.md).

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::dead_letter::{DeadLetter, dead_letter, record_lost};
use super::retry::{backoff, exhausted};
use super::target::{BusInput, Parcel, Sender, TargetError, hand_over};
use crate::cloud_event::{CloudEvent, DeliveryOutcome, Disturbance, LossCause};
use crate::fault_hook::{DeliveryStep, DeliveryVerdict};
use crate::json_text::push_seconds;
use crate::state::CloudState;
use crate::task::{Delivery, Task};
use crate::timer_queue::delta;
use crate::transform::{TransformContext, payload};

/// What becomes of an attempt that fault injection was asked about.
enum Fate {
    /// It is made.
    Made(Delivery),
    /// It is made, and fails with this error.
    Fails(Delivery, TargetError),
    /// It is not made now.
    Later,
}

/// Makes one attempt, unless a fault decides otherwise.
pub(crate) fn deliver(state: &mut CloudState, now: DateTime<Utc>, delivery: Delivery) {
    let (delivery, failure) = match fate(state, now, delivery) {
        Fate::Later => return,
        Fate::Made(delivery) => (delivery, None),
        Fate::Fails(delivery, error) => (delivery, Some(error)),
    };
    let Some(payload) = shaped(&delivery) else {
        return drop_without_input(state, &delivery);
    };
    let outcome = match failure {
        Some(error) => Err(error),
        None => attempt(state, now, &delivery, payload),
    };
    let shown = match &outcome {
        Ok(()) => DeliveryOutcome::Delivered,
        Err(error) => DeliveryOutcome::Failed(error.code.to_owned()),
    };
    record_attempt(state, &delivery, shown);
    if let Err(error) = outcome {
        retry_or_give_up(state, now, delivery, &error);
    }
}

/// Asks fault injection about an attempt, and does what it says.
fn fate(state: &mut CloudState, now: DateTime<Utc>, mut delivery: Delivery) -> Fate {
    if delivery.is_decided {
        return Fate::Made(delivery);
    }
    let verdict = state.fault_hook.on_delivery(&DeliveryStep {
        detail_type: &delivery.event.detail_type,
        rule: &delivery.rule.name,
        target: &delivery.target().id,
        attempt: delivery.attempt,
    });
    if let Some(disturbance) = Disturbance::of(&verdict) {
        state.records.push(CloudEvent::DeliveryDisturbed {
            detail_type: delivery.event.detail_type.clone(),
            rule: delivery.rule.name.clone(),
            attempt: delivery.attempt,
            disturbance,
        });
    }
    match verdict {
        DeliveryVerdict::Pass => Fate::Made(delivery),
        DeliveryVerdict::Delay(wait) => {
            delivery.is_decided = true;
            let task = Task::Deliver(Box::new(delivery));
            state.timers.put(now + delta(wait), task);
            Fate::Later
        }
        DeliveryVerdict::Duplicate(wait) => {
            let cause = delivery.cause.text("scripted copy");
            let copy = Delivery {
                is_decided: true,
                cause: cause.number(u64::from(delivery.attempt)),
                copy: 1 + delivery.attempt,
                ..delivery.clone()
            };
            let task = Task::Deliver(Box::new(copy));
            state.timers.put(now + delta(wait), task);
            Fate::Made(delivery)
        }
        DeliveryVerdict::Fail(code) => Fate::Fails(delivery, TargetError::injected(code)),
    }
}

fn attempt(
    state: &mut CloudState,
    now: DateTime<Utc>,
    delivery: &Delivery,
    body: Arc<str>,
) -> Result<(), TargetError> {
    let target = delivery.target();
    let mut parcel = Parcel::new(sender(delivery), body);
    parcel.group_id = target.message_group_id.clone();
    parcel.bus_input = BusInput::Forwarded(&delivery.event);
    parcel.cause = Some(delivery.cause);
    hand_over(state, now, &target.arn, parcel)
}

fn sender(delivery: &Delivery) -> Sender<'_> {
    Sender::Rule {
        arn: &delivery.rule.arn,
        role_arn: delivery.target().role_arn.as_deref(),
    }
}

fn record_attempt(state: &mut CloudState, delivery: &Delivery, outcome: DeliveryOutcome) {
    state.records.push(CloudEvent::Delivery {
        delivery: delivery.id(),
        detail_type: delivery.event.detail_type.clone(),
        attempt: delivery.attempt,
        outcome,
    });
}

/// AWS silently drops an event from which the target's input cannot be made, without a dead letter.
fn drop_without_input(state: &mut CloudState, delivery: &Delivery) {
    record_attempt(state, delivery, DeliveryOutcome::NoInput);
    record_lost(
        state,
        delivery.origin(),
        LossCause::NoInput,
        "the target's input transformer or path makes no JSON of this event",
        &delivery.event.envelope,
        Some(delivery.id()),
    );
}

fn retry_or_give_up(
    state: &mut CloudState,
    now: DateTime<Utc>,
    mut delivery: Delivery,
    error: &TargetError,
) {
    let mut condition = None;
    if error.is_retryable {
        let wait = backoff(&state.knobs, state.dice, delivery.attempt, delivery.cause);
        let (policy, age) = (
            delivery.target().retry_policy,
            now + wait - delivery.accepted,
        );
        condition = exhausted(policy, delivery.attempt, age);
        if condition.is_none() {
            delivery.attempt += 1;
            let task = Task::Deliver(Box::new(delivery));
            state.timers.put(now + wait, task);
            return;
        }
    }
    give_up(state, now, &delivery, error, condition);
}

fn give_up(
    state: &mut CloudState,
    now: DateTime<Utc>,
    delivery: &Delivery,
    error: &TargetError,
    condition: Option<&'static str>,
) {
    let dimensions = [
        ("EventBusName", delivery.rule.bus.as_str()),
        ("RuleName", &delivery.rule.name),
    ];
    state.count(now, "AWS/Events", "FailedInvocations", &dimensions, 1.0);
    let (from, id) = (delivery.origin(), delivery.id());
    let body = delivery.event.envelope.to_string();
    let Some(queue) = &delivery.target().dead_letter_arn else {
        return record_lost(state, from, LossCause::NoQueue, error.code, &body, Some(id));
    };
    let attributes = [
        ("RULE_ARN", delivery.rule.arn.clone()),
        ("TARGET_ARN", delivery.target().arn.clone()),
        ("ERROR_CODE", error.code.to_owned()),
        ("ERROR_MESSAGE", error.message.clone()),
        ("RETRY_ATTEMPTS", (delivery.attempt - 1).to_string()),
    ];
    let condition = condition.map(|condition| ("EXHAUSTED_RETRY_CONDITION", condition.to_owned()));
    let letter = DeadLetter::new(from, error.code, body)
        .of(id)
        .with(attributes)
        .with(condition);
    let denied = "the dead-letter queue's policy does not allow it";
    if !dead_letter(state, now, sender(delivery), queue, letter, denied) {
        let metric = "InvocationsFailedToBeSentToDlq";
        state.count(now, "AWS/Events", metric, &dimensions, 1.0);
    }
}

/// What the target gets of the event; nothing where its input cannot be made.
fn shaped(delivery: &Delivery) -> Option<Arc<str>> {
    let target = delivery.target();
    if target.gets_the_event() {
        return Some(Arc::clone(&delivery.event.envelope));
    }
    let mut ingestion = String::new();
    push_seconds(&mut ingestion, delivery.accepted);
    let context = TransformContext {
        rule_arn: &delivery.rule.arn,
        rule_name: &delivery.rule.name,
        ingestion_time: &ingestion,
    };
    payload(target, &delivery.event.envelope, &context).map(Arc::from)
}
