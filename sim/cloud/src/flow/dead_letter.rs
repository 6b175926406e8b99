//! What was given up: a dead letter where there is a queue for it, else it is lost (`delivery`,
//! `schedule` and `lambda` of semantics.md).

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::target::{Parcel, Sender, TargetError, hand_over};
use crate::cloud_event::{CloudEvent, DeliveryId, LossCause, Origin};
use crate::packed_json::PackedJson;
use crate::sqs::MessageAttribute;
use crate::state::CloudState;

/// A message that somebody gave up.
#[derive(Clone, Debug)]
pub(crate) struct DeadLetter {
    /// Who.
    pub from: Origin,
    /// What a rule could not deliver.
    pub delivery: Option<DeliveryId>,
    /// Why: AWS's code or condition.
    pub reason: String,
    pub body: String,
    pub attributes: BTreeMap<String, MessageAttribute>,
    /// The message group, for a FIFO queue.
    pub group_id: Option<String>,
    /// What makes it the same as another one, for a FIFO queue.
    pub deduplication_id: Option<String>,
}

impl DeadLetter {
    pub fn new(from: Origin, reason: &str, body: String) -> Self {
        Self {
            from,
            delivery: None,
            reason: reason.to_owned(),
            body,
            attributes: BTreeMap::new(),
            group_id: None,
            deduplication_id: None,
        }
    }

    /// Of this delivery.
    pub fn of(mut self, delivery: DeliveryId) -> Self {
        self.delivery = Some(delivery);
        self
    }

    /// With these attributes of type `String`.
    pub fn with(mut self, attributes: impl IntoIterator<Item = (&'static str, String)>) -> Self {
        self.attributes.extend(
            attributes
                .into_iter()
                .map(|(name, text)| (name.to_owned(), MessageAttribute::string(text))),
        );
        self
    }
}

/// Puts a dead letter in its queue. Gives whether that worked; if not, the message is lost, with
/// `denied` as the reason where the sender may not send there.
pub(crate) fn dead_letter(
    state: &mut CloudState,
    now: DateTime<Utc>,
    sender: Sender<'_>,
    queue_arn: &str,
    letter: DeadLetter,
    denied: &str,
) -> bool {
    let mut parcel = Parcel::new(sender, letter.body.as_str());
    parcel.attributes = letter.attributes.clone();
    parcel.group_id = letter.group_id.clone();
    parcel.deduplication_id = letter.deduplication_id.clone();
    if let Err(error) = hand_over(state, now, queue_arn, parcel) {
        let reason = loss_reason(&error, denied);
        record_lost(
            state,
            letter.from,
            LossCause::QueueRefused,
            reason,
            &letter.body,
            letter.delivery,
        );
        return false;
    }
    record_dead_letter(state, now, queue_arn, letter);
    true
}

/// Why a message that was to go to a queue is lost; `denied` where the sender may not send there.
pub(crate) fn loss_reason<'a>(error: &'a TargetError, denied: &'a str) -> &'a str {
    match error.code {
        "NO_PERMISSIONS" | "FAILED_TO_ASSUME_ROLE" => denied,
        "NO_RESOURCE" => "The specified queue does not exist.",
        _ => &error.message,
    }
}

/// Records a dead letter that is in its queue, and counts the queue's depth.
pub(crate) fn record_dead_letter(
    state: &mut CloudState,
    now: DateTime<Utc>,
    queue_arn: &str,
    letter: DeadLetter,
) {
    let queue = queue_arn.rsplit(':').next().unwrap_or(queue_arn).to_owned();
    state.records.push(CloudEvent::DeadLettered {
        queue: queue.clone(),
        from: letter.from,
        reason: letter.reason,
        delivery: letter.delivery,
        body: packed(&letter.body),
    });
    let depth = state.depth(now, &queue).unwrap_or_default();
    state.count(
        now,
        "AWS/SQS",
        "ApproximateNumberOfMessagesVisible",
        &[("QueueName", &queue)],
        depth,
    );
}

/// Records that a message is gone.
pub(crate) fn record_lost(
    state: &mut CloudState,
    from: Origin,
    cause: LossCause,
    reason: &str,
    body: &str,
    delivery: Option<DeliveryId>,
) {
    state.records.push(CloudEvent::Lost {
        from,
        cause,
        reason: reason.to_owned(),
        delivery,
        body: packed(body),
    });
}

fn packed(body: &str) -> PackedJson {
    let value = serde_json::from_str(body).unwrap_or_else(|_| Value::from(body));
    PackedJson::from(value)
}
