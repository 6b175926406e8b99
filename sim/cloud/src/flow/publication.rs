//! From a published message to the notifications of the subscriptions that want it.

use chrono::{DateTime, Utc};
use seeded_dice::Key;
use serde_json::{Value, json};

use crate::api::error::ServiceError;
use crate::sns::{Publication, Published, publish_batch_answer, publish_batch_entries};
use crate::state::CloudState;
use crate::task::{Notification, Task};
use crate::timer_queue::delta;

/// Answers Publish.
pub(crate) fn publish_message(
    state: &mut CloudState,
    now: DateTime<Utc>,
    input: &Value,
) -> Result<Value, ServiceError> {
    let topic = state.sns.published_to(input)?;
    let published = publish(state, now, topic, Publication::read(input)?, None)?;
    let mut answer = json!({ "MessageId": published.id });
    if let Some(number) = published.sequence_number {
        answer["SequenceNumber"] = number.into();
    }
    Ok(answer)
}

/// Answers PublishBatch.
pub(crate) fn publish_batch(
    state: &mut CloudState,
    now: DateTime<Utc>,
    input: &Value,
) -> Result<Value, ServiceError> {
    let topic = state.sns.published_to(input)?;
    let entries = publish_batch_entries(input)?;
    let results = entries
        .into_iter()
        .map(|(id, publication)| (id, publish(state, now, topic, publication, None)))
        .collect();
    Ok(publish_batch_answer(results))
}

/// Publishes a message: a notification for each subscription that wants it. `cause` is what it is
/// to the dice, where its sender knows; else its text says it.
///
/// # Errors
/// What SNS says against it.
pub(crate) fn publish(
    state: &mut CloudState,
    now: DateTime<Utc>,
    topic_arn: &str,
    publication: Publication,
    cause: Option<Key>,
) -> Result<Published, ServiceError> {
    let own = Key::of("publish")
        .text(topic_arn)
        .text(&publication.message);
    let published = state.sns.accept(now, topic_arn, publication)?;
    let topic = topic_arn.rsplit(':').next().unwrap_or(topic_arn);
    let dimensions = [("TopicName", topic)];
    let metric = "NumberOfMessagesPublished";
    state.count(now, "AWS/SNS", metric, &dimensions, 1.0);
    if !published.is_new {
        return Ok(published);
    }
    let cause = cause.unwrap_or_else(|| state.tally.next(own));
    let (mut wanted, mut filtered) = (Vec::new(), 0.0);
    for subscription in state.sns.subscriptions_of(topic_arn) {
        if !subscription.is_confirmed() {
            continue;
        }
        if subscription.wants(&published.publication) {
            wanted.push((subscription.arn.clone(), subscription.endpoint.clone()));
        } else {
            filtered += 1.0;
        }
    }
    if filtered > 0.0 {
        let metric = "NumberOfNotificationsFilteredOut";
        state.count(now, "AWS/SNS", metric, &dimensions, filtered);
    }
    for (arn, endpoint) in wanted {
        plan(state, now, &published, arn, cause.text(&endpoint));
    }
    Ok(published)
}

/// Plans the first attempt for a subscription, and the copy that a standard topic may make.
fn plan(
    state: &mut CloudState,
    now: DateTime<Utc>,
    published: &Published,
    subscription_arn: String,
    cause: Key,
) {
    let (dice, spread) = (state.dice, state.knobs.sns_latency);
    let at = now + delta(spread.draw(dice, cause.text("latency")));
    let at = state.sns.in_order(&subscription_arn, published, at);
    let notification = Notification {
        published: published.clone(),
        subscription_arn,
        attempt: 1,
        is_decided: false,
        cause,
    };
    let copy = cause.text("copy");
    let is_twice = dice.happens(copy, state.knobs.sns_duplicates_per_mille);
    if is_twice && published.sequence_number.is_none() {
        let again = now + delta(spread.draw(dice, copy.text("latency")));
        let copy = Notification {
            is_decided: true,
            cause: copy,
            ..notification.clone()
        };
        state.timers.put(again, Task::Notify(Box::new(copy)));
    }
    state.timers.put(at, Task::Notify(Box::new(notification)));
}
