use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::attribute::MessageAttribute;
use super::digest::md5_hex;
use seeded_dice::Key;

/// The caller that sent a message, in `SenderId`; the simulated cloud does not tell callers apart.
const SENDER_ID: &str = "AIDASIMULATEDSENDER00";

/// A message to send.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewMessage {
    /// 1 byte up to the queue's maximum; XML's characters only.
    pub body: Arc<str>,
    /// At most 10.
    pub attributes: BTreeMap<String, MessageAttribute>,
    /// FIFO queues need one; standard queues may have one.
    pub group_id: Option<String>,
    /// FIFO only; needed unless the queue deduplicates by content.
    pub deduplication_id: Option<String>,
    /// How long the message is hidden at first, 0 to 900 s; the queue's default if absent. Not for
    /// FIFO queues.
    pub delay_seconds: Option<u32>,
    /// The system attribute `AWSTraceHeader`.
    pub trace_header: Option<String>,
    /// What it is to the dice, where its sender knows; else its body says it.
    pub cause: Option<Key>,
}

impl NewMessage {
    /// A message of a body alone.
    pub fn new(body: impl Into<Arc<str>>) -> Self {
        Self {
            body: body.into(),
            ..Self::default()
        }
    }

    /// What counts against the maximum size of a message and of a batch.
    pub(super) fn size_bytes(&self) -> usize {
        let attributes = self
            .attributes
            .iter()
            .map(|(name, attribute)| name.len() + attribute.size_bytes());
        self.body.len() + attributes.sum::<usize>()
    }
}

/// The answer to a send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// Id of the message; of the first one, if this is a duplicate.
    pub message_id: Uuid,
    /// FIFO only.
    pub sequence_number: Option<String>,
    /// FIFO only: the message was taken for a repetition, and nothing was enqueued.
    pub duplicate: bool,
}

/// Why a message is hidden until `visible_at`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hold {
    /// It was sent with a delay.
    Delay,
    /// A consumer has it.
    Receive,
}

/// A message in a queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Kept on the move to a dead-letter queue, new after a redrive.
    pub id: Uuid,
    /// What it is to the dice.
    pub(super) cause: Key,
    /// As sent.
    pub body: Arc<str>,
    /// As sent.
    pub attributes: BTreeMap<String, MessageAttribute>,
    /// FIFO, and standard queues with fair sharing.
    pub group_id: Option<String>,
    /// FIFO only; the hash of the body if the queue made it.
    pub deduplication_id: Option<String>,
    /// FIFO only: grows from message to message.
    pub sequence_number: Option<String>,
    /// The system attribute `AWSTraceHeader`.
    pub trace_header: Option<String>,
    /// The queue the message died in, if it did.
    pub dead_letter_source_arn: Option<String>,
    /// Retention counts from here.
    pub sent_at: DateTime<Utc>,
    /// How often it was received, in its first queue and as a dead letter.
    pub receive_count: u32,
    /// When it was first received.
    pub first_received_at: Option<DateTime<Utc>>,
    /// It is hidden until then.
    pub visible_at: DateTime<Utc>,
    pub(super) hold: Hold,
    /// Receives since it came into this queue: the redrive policy counts these.
    pub(super) receives_here: u32,
    pub(super) received_at: DateTime<Utc>,
    /// Short polls that missed it.
    pub(super) misses: u64,
}

impl Message {
    /// The texts of the message, in bytes.
    pub(crate) fn held_bytes(&self) -> usize {
        self.body.len()
            + self
                .attributes
                .iter()
                .map(|(name, attribute)| name.len() + attribute.held_bytes())
                .sum::<usize>()
    }

    /// What its latest receive is to the dice.
    pub(crate) fn cause_of_receive(&self) -> Key {
        self.cause.number(u64::from(self.receive_count))
    }

    /// A receive would find it, if its group is free.
    pub fn is_visible(&self, now: DateTime<Utc>) -> bool {
        self.visible_at <= now
    }

    /// A consumer has it and its visibility timeout runs.
    pub fn is_in_flight(&self, now: DateTime<Utc>) -> bool {
        !self.is_visible(now) && self.hold == Hold::Receive
    }

    /// It waits for the end of its delay.
    pub fn is_delayed(&self, now: DateTime<Utc>) -> bool {
        !self.is_visible(now) && self.hold == Hold::Delay
    }

    /// Hexadecimal MD5 of the body.
    pub fn md5_of_body(&self) -> String {
        md5_hex(self.body.as_bytes())
    }

    /// System attributes by AWS's names; times are in milliseconds of the Unix epoch.
    pub fn system_attributes(&self) -> BTreeMap<String, String> {
        let millis = |time: DateTime<Utc>| time.timestamp_millis().to_string();
        let all = [
            ("SenderId", Some(SENDER_ID.to_owned())),
            ("SentTimestamp", Some(millis(self.sent_at))),
            (
                "ApproximateReceiveCount",
                Some(self.receive_count.to_string()),
            ),
            (
                "ApproximateFirstReceiveTimestamp",
                self.first_received_at.map(millis),
            ),
            ("SequenceNumber", self.sequence_number.clone()),
            ("MessageDeduplicationId", self.deduplication_id.clone()),
            ("MessageGroupId", self.group_id.clone()),
            ("AWSTraceHeader", self.trace_header.clone()),
            (
                "DeadLetterQueueSourceArn",
                self.dead_letter_source_arn.clone(),
            ),
        ];
        all.into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value?)))
            .collect()
    }
}

/// A message as a consumer gets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// Names this receive; deletes the message or changes its visibility.
    pub receipt_handle: String,
    /// The message, with this receive counted.
    pub message: Message,
}
