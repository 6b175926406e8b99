//! What was given up: a dead letter where there is a queue for it, else it is lost (semantics 3.4,
//! 5.2, 6).

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::Cloud;
use super::record::{DeliveryId, LossCause, Origin, Record};
use super::sqs::{MessageAttribute, NewMessage};

/// A message that somebody gave up.
#[derive(Clone, Debug)]
pub(super) struct DeadLetter {
    /// Who.
    pub from: Origin,
    /// What a rule could not deliver.
    pub delivery: Option<DeliveryId>,
    /// Why: AWS's code or condition.
    pub reason: String,
    pub body: String,
    pub attributes: BTreeMap<String, MessageAttribute>,
}

impl DeadLetter {
    pub fn new(from: Origin, reason: &str, body: String) -> Self {
        Self {
            from,
            delivery: None,
            reason: reason.to_owned(),
            body,
            attributes: BTreeMap::new(),
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

impl Cloud {
    /// Puts a dead letter in its queue. Gives whether that worked; if not, the message is lost.
    pub(super) fn bury(&mut self, now: DateTime<Utc>, queue_arn: &str, letter: DeadLetter) -> bool {
        let message = NewMessage {
            body: letter.body.clone(),
            attributes: letter.attributes.clone(),
            ..NewMessage::default()
        };
        if let Err(error) = self.sqs.send(now, queue_arn, message) {
            self.lose(
                letter.from,
                LossCause::QueueRefused,
                &error.message,
                &letter.body,
                letter.delivery,
            );
            return false;
        }
        let queue = queue_arn.rsplit(':').next().unwrap_or(queue_arn).to_owned();
        let body = value_of(&letter.body);
        self.records.push(Record::DeadLettered {
            queue: queue.clone(),
            from: letter.from,
            reason: letter.reason,
            delivery: letter.delivery,
            body,
        });
        let depth = self.depth(now, &queue).unwrap_or_default();
        self.count(
            now,
            "AWS/SQS",
            "ApproximateNumberOfMessagesVisible",
            &[("QueueName", &queue)],
            depth,
        );
        true
    }

    /// Notes that a message is gone.
    pub(super) fn lose(
        &mut self,
        from: Origin,
        cause: LossCause,
        reason: &str,
        body: &str,
        delivery: Option<DeliveryId>,
    ) {
        self.records.push(Record::Lost {
            from,
            cause,
            reason: reason.to_owned(),
            delivery,
            body: value_of(body),
        });
    }
}

fn value_of(body: &str) -> Value {
    serde_json::from_str(body).unwrap_or_else(|_| Value::from(body))
}
