use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};

use super::deduplication::Deduplication;
use super::error::invalid_value;
use super::message::{Hold, Message, Received};
use super::receipt::Receipt;
use super::settings::Settings;
use crate::error::ServiceError;
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
    /// By order of arrival.
    messages: BTreeMap<u64, Message>,
    /// No message expires before then.
    expires_at: Option<DateTime<Utc>>,
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
            settings,
            tags: BTreeMap::new(),
            created_at: now,
            modified_at: now,
            purged_at: None,
            deduplication: Deduplication::default(),
            messages: BTreeMap::new(),
            expires_at: None,
        }
    }

    /// Adds a message behind all others; `order` grows with every call.
    pub(super) fn add(&mut self, order: u64, message: Message) {
        debug_assert!(
            self.messages
                .last_key_value()
                .is_none_or(|(last, _)| *last < order),
            "messages arrive in order"
        );
        let expiry = self.expiry(&message);
        self.expires_at = Some(
            self.expires_at
                .map_or(expiry, |earliest| earliest.min(expiry)),
        );
        self.messages.insert(order, message);
    }

    pub(crate) fn messages(&self) -> impl Iterator<Item = &Message> {
        self.messages.values()
    }

    pub(super) fn count(&self, wanted: impl Fn(&Message) -> bool) -> usize {
        self.messages().filter(|message| wanted(message)).count()
    }

    pub(super) fn clear(&mut self) {
        self.messages.clear();
        self.expires_at = None;
    }

    /// Takes up to a number of messages in order; the second list are those that died instead of
    /// being received.
    pub(super) fn receive(&mut self, receive: Receive) -> (Vec<Received>, Vec<Message>) {
        let now = receive.now;
        let mut blocked = if self.settings.fifo {
            self.groups_in_flight(now)
        } else {
            BTreeSet::new()
        };
        let (mut taken, mut dead) = (Vec::new(), Vec::new());
        for (order, message) in &mut self.messages {
            if taken.len() == receive.maximum {
                break;
            }
            if self.settings.fifo && blocked.contains(&message.group_id) {
                continue;
            }
            if !message.is_visible(now) {
                blocked.insert(message.group_id.clone());
                continue;
            }
            let miss = message
                .cause_of_receive()
                .text("missed")
                .number(message.misses);
            if !self.settings.fifo && receive.dice.happens(miss, receive.misses_per_mille) {
                message.misses += 1;
                continue;
            }
            if receive
                .max_receive_count
                .is_some_and(|maximum| message.receives_here >= maximum)
            {
                dead.push(*order);
                continue;
            }
            message.receive_count += 1;
            message.receives_here += 1;
            message.first_received_at.get_or_insert(now);
            message.received_at = now;
            message.hold = Hold::Receive;
            let again = !self.settings.fifo
                && receive.dice.happens(
                    message.cause_of_receive().text("twice"),
                    receive.duplicates_per_mille,
                );
            message.visible_at = if again {
                now
            } else {
                now + TimeDelta::seconds(receive.visibility_seconds.into())
            };
            taken.push(Received {
                receipt_handle: Receipt::handle(message, &self.arn),
                message: message.clone(),
            });
        }
        let dead = dead
            .iter()
            .filter_map(|order| self.messages.remove(order))
            .collect();
        (taken, dead)
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
        let Some((order, message)) = self.find(&receipt.message_id) else {
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
            self.messages.remove(&order);
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
            .find(&receipt.message_id)
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
        let message = self
            .messages
            .get_mut(&order)
            .expect("the message was just found");
        message.visible_at = visible_at;
        Ok(())
    }

    /// Takes the first visible message out of the queue, for a move task.
    pub(super) fn take_first(&mut self, now: DateTime<Utc>) -> Option<(u64, Message)> {
        let order = self
            .messages
            .iter()
            .find(|(_, message)| message.is_visible(now))
            .map(|(order, _)| *order)?;
        self.messages.remove(&order).map(|message| (order, message))
    }

    /// Puts back what [`Self::take_first`] took.
    pub(super) fn put_back(&mut self, order: u64, message: Message) {
        self.messages.insert(order, message);
    }

    /// Replaces the settings. A new delay also holds for messages that wait in a FIFO queue, but
    /// not in a standard one.
    pub(super) fn configure(&mut self, now: DateTime<Utc>, settings: Settings) {
        if self.settings.fifo && self.settings.delay_seconds != settings.delay_seconds {
            for message in self
                .messages
                .values_mut()
                .filter(|message| message.is_delayed(now))
            {
                message.visible_at =
                    message.sent_at + TimeDelta::seconds(settings.delay_seconds.into());
            }
        }
        self.settings = settings;
        self.modified_at = now;
        self.expire(now);
    }

    /// Drops the messages whose retention period is over.
    pub(super) fn expire(&mut self, now: DateTime<Utc>) {
        let retention = TimeDelta::seconds(self.settings.retention_seconds.into());
        self.messages
            .retain(|_, message| message.sent_at + retention > now);
        self.expires_at = self
            .messages
            .values()
            .map(|message| message.sent_at + retention)
            .min();
    }

    /// When [`Self::expire`] should be called next; possibly too early, never too late.
    pub(super) fn expires_at(&self) -> Option<DateTime<Utc>> {
        self.expires_at
    }

    /// When a receive next finds a message if nobody does anything; in the past if one would be
    /// found now.
    pub(super) fn next_visible(&self) -> Option<DateTime<Utc>> {
        if !self.settings.fifo {
            return self.messages().map(|message| message.visible_at).min();
        }
        let mut groups: BTreeMap<&Option<String>, DateTime<Utc>> = BTreeMap::new();
        for message in self.messages() {
            let free_at = groups
                .entry(&message.group_id)
                .or_insert(message.visible_at);
            if message.hold == Hold::Receive {
                *free_at = (*free_at).max(message.visible_at);
            }
        }
        groups.into_values().min()
    }

    fn find(&self, id: &str) -> Option<(u64, &Message)> {
        self.messages
            .iter()
            .find(|(_, message)| message.id == id)
            .map(|(order, message)| (*order, message))
    }

    fn groups_in_flight(&self, now: DateTime<Utc>) -> BTreeSet<Option<String>> {
        self.messages()
            .filter(|message| message.is_in_flight(now))
            .map(|message| message.group_id.clone())
            .collect()
    }

    fn expiry(&self, message: &Message) -> DateTime<Utc> {
        message.sent_at + TimeDelta::seconds(self.settings.retention_seconds.into())
    }
}
