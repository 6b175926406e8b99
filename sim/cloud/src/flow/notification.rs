//! From a topic to one of its subscriptions: attempts, retries, dead letters.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::dead_letter::{DeadLetter, dead_letter, record_lost};
use super::target::{Parcel, Sender, TargetError, hand_over};
use crate::cloud_event::{CloudEvent, DeliveryOutcome, Disturbance, LossCause, Origin};
use crate::fault_hook::{DeliveryStep, DeliveryVerdict};
use crate::sns::{Subscription, lambda_event, queue_body};
use crate::state::CloudState;
use crate::task::{Notification, Task};
use crate::timer_queue::delta;

/// The most message attributes that a queue takes.
const QUEUE_ATTRIBUTES_MAX: usize = 10;

/// Makes one attempt, unless a fault decides otherwise. A subscription that is gone gets nothing.
pub(crate) fn notify(state: &mut CloudState, now: DateTime<Utc>, mut notification: Notification) {
    let arn = &notification.subscription_arn;
    let Some(subscription) = state.sns.subscription(arn).cloned() else {
        return;
    };
    let mut failure = None;
    match consult(state, &subscription, &notification) {
        DeliveryVerdict::Pass => {}
        DeliveryVerdict::Fail(code) => failure = Some(TargetError::injected(code)),
        DeliveryVerdict::Delay(wait) => {
            notification.is_decided = true;
            let task = Task::Notify(Box::new(notification));
            return state.timers.put(now + delta(wait), task);
        }
        DeliveryVerdict::Duplicate(wait) => {
            let cause = notification.cause.text("scripted copy");
            let copy = Notification {
                is_decided: true,
                cause: cause.number(u64::from(notification.attempt)),
                ..notification.clone()
            };
            let task = Task::Notify(Box::new(copy));
            state.timers.put(now + delta(wait), task);
        }
    }
    let outcome = match failure {
        Some(error) => Err(error),
        None => attempt(state, now, &subscription, &notification),
    };
    let topic = topic_of(&subscription).to_owned();
    state.records.push(CloudEvent::Notification {
        topic: topic.clone(),
        endpoint: subscription.endpoint.clone(),
        message: notification.published.id.clone(),
        attempt: notification.attempt,
        outcome: match &outcome {
            Ok(()) => DeliveryOutcome::Delivered,
            Err(error) => DeliveryOutcome::Failed(error.code.to_owned()),
        },
    });
    let Err(error) = outcome else {
        let metric = "NumberOfNotificationsDelivered";
        return state.count(now, "AWS/SNS", metric, &[("TopicName", &topic)], 1.0);
    };
    match retry_after(notification.attempt).filter(|_| error.is_retryable) {
        Some(wait) => {
            notification.attempt += 1;
            let task = Task::Notify(Box::new(notification));
            state.timers.put(now + delta(wait), task);
        }
        None => give_up(state, now, &subscription, &notification, &error),
    }
}

fn topic_of(subscription: &Subscription) -> &str {
    let arn = subscription.topic_arn.as_str();
    arn.rsplit(':').next().unwrap_or(arn)
}

/// Asks fault injection about an attempt.
fn consult(
    state: &mut CloudState,
    subscription: &Subscription,
    notification: &Notification,
) -> DeliveryVerdict {
    if notification.is_decided {
        return DeliveryVerdict::Pass;
    }
    let (detail_type, topic) = ("notification", topic_of(subscription));
    let verdict = state.fault_hook.on_delivery(&DeliveryStep {
        detail_type,
        rule: topic,
        target: &subscription.endpoint,
        attempt: notification.attempt,
    });
    if let Some(disturbance) = Disturbance::of(&verdict) {
        state.records.push(CloudEvent::DeliveryDisturbed {
            detail_type: detail_type.to_owned(),
            rule: topic.to_owned(),
            attempt: notification.attempt,
            disturbance,
        });
    }
    verdict
}

fn attempt(
    state: &mut CloudState,
    now: DateTime<Utc>,
    subscription: &Subscription,
    notification: &Notification,
) -> Result<(), TargetError> {
    let (published, publication) = (&notification.published, &notification.published.publication);
    let mut parcel = Parcel::new(sender(subscription), "");
    parcel.cause = Some(notification.cause);
    if subscription.protocol == "lambda" {
        parcel.body = lambda_event(published, subscription).into();
    } else {
        parcel.body = queue_body(published, subscription).into();
        if subscription.is_raw {
            if publication.attributes.len() > QUEUE_ATTRIBUTES_MAX {
                let message = format!("A queue takes {QUEUE_ATTRIBUTES_MAX} attributes at most.");
                return Err(TargetError::is_final("INVALID_PARAMETER", message));
            }
            parcel.attributes = publication.attributes.clone();
        }
    }
    if subscription.endpoint.ends_with(".fifo") {
        parcel.deduplication_id = Some(publication.deduplication_key());
        parcel.group_id = publication.group_id.clone();
    }
    hand_over(state, now, &subscription.endpoint, parcel)
}

fn sender(subscription: &Subscription) -> Sender<'_> {
    Sender::Topic {
        arn: &subscription.topic_arn,
    }
}

/// The wait after a failed attempt on a queue or a function: three retries at once, two after a
/// second, ten after 1 to 20 seconds, and 100,000 every 20 seconds (SNS Developer Guide, "Message
/// delivery retries"). AWS does not publish the shape of the middle: it doubles here.
fn retry_after(attempt: u32) -> Option<Duration> {
    match attempt {
        1..=3 => Some(Duration::ZERO),
        4..=5 => Some(Duration::from_secs(1)),
        6..=15 => Some(Duration::from_secs((1 << (attempt - 6)).min(20))),
        16..=100_015 => Some(Duration::from_secs(20)),
        _ => None,
    }
}

fn give_up(
    state: &mut CloudState,
    now: DateTime<Utc>,
    subscription: &Subscription,
    notification: &Notification,
    error: &TargetError,
) {
    let (topic, published) = (topic_of(subscription), &notification.published);
    let dimensions = [("TopicName", topic)];
    let mut count = |metric: &str| state.count(now, "AWS/SNS", metric, &dimensions, 1.0);
    count("NumberOfNotificationsFailed");
    let from = Origin::Topic(topic.to_owned());
    let body = queue_body(published, subscription);
    let Some(queue) = &subscription.dead_letter_arn else {
        return record_lost(state, from, LossCause::NoQueue, error.code, &body, None);
    };
    let mut letter = DeadLetter::new(from, error.code, body).with([
        ("ErrorCode", error.code.to_owned()),
        ("ErrorMessage", error.message.clone()),
    ]);
    if queue.ends_with(".fifo") {
        letter.group_id = published.publication.group_id.clone();
        letter.deduplication_id = Some(published.publication.deduplication_key());
    }
    let denied = "the dead-letter queue's policy does not allow it";
    let metric = if dead_letter(state, now, sender(subscription), queue, letter, denied) {
        "NumberOfNotificationsRedrivenToDlq"
    } else {
        "NumberOfNotificationsFailedToRedriveToDlq"
    };
    state.count(now, "AWS/SNS", metric, &dimensions, 1.0);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receiver_within_aws_is_tried_for_23_days() {
        let waits: Vec<Duration> = (1..).map_while(retry_after).collect();
        assert_eq!(waits.len(), 100_015);
        let total: Duration = waits.iter().sum();
        assert_eq!(total.as_secs() / 86_400, 23);
    }
}
