use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::deduplication::{Accepted, Deduplication};
use super::error::invalid_value;
use super::message::{Hold, Message, NewMessage, Received, Sent};
use super::receipt::Receipt;
use super::settings::Settings;
use super::store::MessageStore;
use super::turns::Turns;
use crate::api::error::ServiceError;
use seeded_dice::Dice;

/// Seconds that a message may stay in flight, counted from its receive.
const IN_FLIGHT_SECONDS_MAX: i64 = 43_200;

/// One queue with its messages.
#[derive(Clone, Debug)]
pub(crate) struct Queue {
    pub(super) name: String,
    pub(super) arn: String,
    pub(super) url: String,
    pub(super) settings: Settings,
    pub(super) tags: BTreeMap<String, String>,
    pub(super) created_at: DateTime<Utc>,
    pub(super) modified_at: DateTime<Utc>,
    pub(super) purged_at: Option<DateTime<Utc>>,
    pub(super) deduplication: Deduplication,
    messages: MessageStore,
}

/// How a receive goes.
pub(super) struct Receive {
    pub(super) now: DateTime<Utc>,
    pub(super) maximum: usize,
    pub(super) visibility_seconds: u32,
    /// Receives after which a message dies, if there is a queue for it.
    pub(super) max_receive_count: Option<u32>,
    /// Of a thousand visible messages, so many are hidden from this receive.
    pub(super) misses_per_mille: u32,
    /// Of a thousand received messages, so many stay visible to others.
    pub(super) duplicates_per_mille: u32,
    pub(super) dice: Dice,
}

impl Queue {
    pub(super) fn new(
        name: &str,
        arn: &str,
        url: &str,
        settings: Settings,
        now: DateTime<Utc>,
    ) -> Self {
        Self {
            name: name.to_owned(),
            arn: arn.to_owned(),
            url: url.to_owned(),
            messages: MessageStore::new(settings.fifo),
            settings,
            tags: BTreeMap::new(),
            created_at: now,
            modified_at: now,
            purged_at: None,
            deduplication: Deduplication::default(),
        }
    }

    /// Adds a message behind all others; `order` grows with every call.
    pub(super) fn add(&mut self, order: u64, message: Message) {
        debug_assert!(
            self.messages.last_order().is_none_or(|last| last < order),
            "messages arrive in order"
        );
        self.messages.insert(order, message);
    }

    /// The first message of a FIFO queue that has this deduplication id, where this one repeats it.
    /// Else this one is remembered as the first.
    pub(super) fn repeated(
        &mut self,
        now: DateTime<Utc>,
        message: &NewMessage,
        id: &str,
        sent: &Sent,
    ) -> Option<Sent> {
        let scope = message
            .group_id
            .as_deref()
            .filter(|_| self.settings.deduplicates_per_group)
            .unwrap_or_default();
        if let Some(first) = self.deduplication.find(now, scope, id) {
            return Some(Sent {
                message_id: first.message_id,
                sequence_number: first.sequence_number.clone(),
                duplicate: true,
            });
        }
        let accepted = Accepted {
            at: now,
            message_id: sent.message_id,
            sequence_number: sent.sequence_number.clone(),
        };
        self.deduplication.remember(scope, id, accepted);
        None
    }

    pub(super) fn messages(&self) -> &MessageStore {
        &self.messages
    }

    /// What the texts of all messages take, and how many messages there are.
    pub(crate) fn held(&self) -> (usize, usize) {
        self.messages.held()
    }

    pub(super) fn clear(&mut self) {
        self.messages.clear();
    }

    /// Takes up to a number of messages in order; the second list are those that died instead of
    /// being received.
    pub(super) fn receive(&mut self, receive: &Receive) -> (Vec<Received>, Vec<Message>) {
        self.messages.settle(receive.now);
        let (mut taken, mut dead) = (Vec::new(), Vec::new());
        let mut turns = Turns::default();
        while taken.len() < receive.maximum
            && let Some(order) = turns.next(&self.messages, receive.now)
        {
            if self.is_missed(order, receive) {
                self.messages.change(order, |message| message.misses += 1);
            } else if self.is_exhausted(order, receive) {
                dead.push(order);
            } else {
                taken.extend(self.hand_out(order, receive));
            }
        }
        let dead = dead
            .into_iter()
            .filter_map(|order| self.messages.remove(order))
            .collect();
        (taken, dead)
    }

    fn is_missed(&self, order: u64, receive: &Receive) -> bool {
        !self.settings.fifo
            && receive.misses_per_mille > 0
            && self.messages.get(order).is_some_and(|message| {
                let cause = message.cause_of_receive().text("missed");
                let cause = cause.number(message.misses);
                receive.dice.happens(cause, receive.misses_per_mille)
            })
    }

    fn is_exhausted(&self, order: u64, receive: &Receive) -> bool {
        let receives = self
            .messages
            .get(order)
            .map(|message| message.receives_here);
        receive
            .max_receive_count
            .is_some_and(|maximum| receives >= Some(maximum))
    }

    fn hand_out(&mut self, order: u64, receive: &Receive) -> Option<Received> {
        let now = receive.now;
        let fifo = self.settings.fifo;
        self.messages.change(order, |message| {
            message.receive_count += 1;
            message.receives_here += 1;
            message.first_received_at.get_or_insert(now);
            message.received_at = now;
            message.hold = Hold::Receive;
            let cause = message.cause_of_receive().text("twice");
            let again = !fifo && receive.dice.happens(cause, receive.duplicates_per_mille);
            let seconds = if again { 0 } else { receive.visibility_seconds };
            message.visible_at = now + TimeDelta::seconds(seconds.into());
        });
        let message = self.messages.get(order)?.clone();
        Some(Received {
            receipt_handle: Receipt::handle(&message, &self.arn),
            message,
        })
    }

    /// Deletes a message by the handle of its latest receive.
    ///
    /// A standard queue answers success to any handle of its own; with that of an earlier receive
    /// the message stays, unless `stale_deletes_work`. A FIFO queue refuses a handle once its
    /// visibility timeout is over.
    pub(super) fn delete(
        &mut self,
        now: DateTime<Utc>,
        handle: &str,
        stale_deletes_work: bool,
    ) -> Result<(), ServiceError> {
        let receipt = Receipt::parse(handle, &self.arn)?;
        let Some((order, message)) = self.messages.find(receipt.message_id) else {
            return Ok(());
        };
        let latest = message.receive_count == receipt.receive_count;
        if self.settings.fifo && !(latest && message.is_in_flight(now)) {
            return Err(invalid_value(
                handle,
                "ReceiptHandle",
                "The receipt handle has expired.",
            ));
        }
        if latest || stale_deletes_work {
            self.messages.remove(order);
        }
        Ok(())
    }

    /// Hides a received message for another time, counted from now.
    pub(super) fn change_visibility(
        &mut self,
        now: DateTime<Utc>,
        handle: &str,
        seconds: u32,
    ) -> Result<(), ServiceError> {
        let receipt = Receipt::parse(handle, &self.arn)?;
        let found = self
            .messages
            .find(receipt.message_id)
            .filter(|(_, message)| message.receive_count == receipt.receive_count);
        let Some((order, message)) = found else {
            return Err(invalid_value(
                handle,
                "ReceiptHandle",
                "Message does not exist or is not available for visibility timeout change.",
            ));
        };
        if !message.is_in_flight(now) {
            return Err(ServiceError::client(
                "MessageNotInflight",
                "The specified message isn't in flight.",
            ));
        }
        let visible_at = now + TimeDelta::seconds(seconds.into());
        if visible_at - message.received_at > TimeDelta::seconds(IN_FLIGHT_SECONDS_MAX) {
            let reason = format!(
                "Total VisibilityTimeout for the message is beyond the limit [{IN_FLIGHT_SECONDS_MAX} seconds]."
            );
            return Err(invalid_value(seconds, "VisibilityTimeout", reason));
        }
        self.messages
            .change(order, |message| message.visible_at = visible_at);
        Ok(())
    }

    /// Takes the first visible message out of the queue, for a move task.
    pub(super) fn take_first(&mut self, now: DateTime<Utc>) -> Option<(u64, Message)> {
        self.messages.settle(now);
        let order = self.messages.next_visible(None)?;
        self.messages.remove(order).map(|message| (order, message))
    }

    /// Puts back what [`Self::take_first`] took.
    pub(super) fn put_back(&mut self, order: u64, message: Message) {
        self.messages.insert(order, message);
    }

    /// Replaces the settings. A new delay also holds for messages that wait in a FIFO queue, but
    /// not in a standard one.
    pub(super) fn configure(&mut self, now: DateTime<Utc>, settings: Settings) {
        if self.settings.fifo && self.settings.delay_seconds != settings.delay_seconds {
            let delay = TimeDelta::seconds(settings.delay_seconds.into());
            for order in self.messages.delayed(now) {
                self.messages.change(order, |message| {
                    message.visible_at = message.sent_at + delay
                });
            }
        }
        self.settings = settings;
        self.modified_at = now;
        self.advance(now);
    }

    /// Drops the messages whose retention period is over, and makes visible what is so by `now`.
    pub(super) fn advance(&mut self, now: DateTime<Utc>) {
        let retention = self.retention();
        while let Some((sent_at, order)) = self.messages.oldest()
            && sent_at + retention <= now
        {
            self.messages.remove(order);
        }
        self.messages.settle(now);
    }

    /// When the retention period of the first message is over.
    pub(super) fn expires_at(&self) -> Option<DateTime<Utc>> {
        self.messages
            .oldest()
            .map(|(sent_at, _)| sent_at + self.retention())
    }

    /// When a receive next finds a message if nobody does anything; in the past if one would be
    /// found now.
    pub(super) fn next_visible(&self) -> Option<DateTime<Utc>> {
        match self.messages.groups() {
            Some(groups) => groups.first_free_at(),
            None => self.messages.first_visible_at(),
        }
    }

    fn retention(&self) -> TimeDelta {
        TimeDelta::seconds(self.settings.retention_seconds.into())
    }
}
