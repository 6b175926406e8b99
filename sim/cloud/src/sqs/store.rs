use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::groups::Groups;
use super::message::{Hold, Message};

/// The messages of a queue, in the orders in which they are asked for: nothing here looks at every
/// message.
///
/// Time is told by [`Self::settle`]; it must not go back. What is counted is counted for the time
/// that the caller gives.
#[derive(Clone, Debug)]
pub(super) struct MessageStore {
    /// By order of arrival.
    messages: BTreeMap<u64, Box<Message>>,
    by_id: BTreeMap<Uuid, u64>,
    /// Those that a receive may find, in order of arrival.
    visible: BTreeSet<u64>,
    /// The same, by the time since when.
    visible_since: BTreeSet<(DateTime<Utc>, u64)>,
    /// Those that wait for the end of their delay, by that end.
    delayed: BTreeSet<(DateTime<Utc>, u64)>,
    /// Those that a consumer has, by the end of their visibility timeout.
    in_flight: BTreeSet<(DateTime<Utc>, u64)>,
    /// By the time of sending.
    by_age: BTreeSet<(DateTime<Utc>, u64)>,
    /// Of a FIFO queue.
    groups: Option<Groups>,
    /// The texts of all messages.
    held_bytes: usize,
}

impl MessageStore {
    pub(super) fn new(fifo: bool) -> Self {
        Self {
            messages: BTreeMap::new(),
            by_id: BTreeMap::new(),
            visible: BTreeSet::new(),
            visible_since: BTreeSet::new(),
            delayed: BTreeSet::new(),
            in_flight: BTreeSet::new(),
            by_age: BTreeSet::new(),
            groups: fifo.then(Groups::default),
            held_bytes: 0,
        }
    }

    /// Puts a message at its place in the order; no other has it.
    pub(super) fn insert(&mut self, order: u64, message: Message) {
        self.by_id.insert(message.id, order);
        self.by_age.insert((message.sent_at, order));
        self.held_bytes += message.held_bytes();
        self.file(order, &message);
        let replaced = self.messages.insert(order, Box::new(message));
        assert!(
            replaced.is_none(),
            "two messages have the same order {order}"
        );
    }

    pub(super) fn remove(&mut self, order: u64) -> Option<Message> {
        let message = self.messages.remove(&order)?;
        self.by_id.remove(&message.id);
        self.by_age.remove(&(message.sent_at, order));
        self.held_bytes -= message.held_bytes();
        self.unfile(order, &message);
        Some(*message)
    }

    pub(super) fn clear(&mut self) {
        *self = Self::new(self.groups.is_some());
    }

    /// Changes when the message is visible, and what counts its receives; nothing else of it.
    pub(super) fn change(&mut self, order: u64, change: impl FnOnce(&mut Message)) {
        let Some(mut message) = self.messages.remove(&order) else {
            return;
        };
        self.unfile(order, &message);
        change(&mut message);
        self.file(order, &message);
        self.messages.insert(order, message);
    }

    pub(super) fn get(&self, order: u64) -> Option<&Message> {
        self.messages.get(&order).map(Box::as_ref)
    }

    pub(super) fn find(&self, id: Uuid) -> Option<(u64, &Message)> {
        let order = *self.by_id.get(&id)?;
        self.get(order).map(|message| (order, message))
    }

    /// In order of arrival.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Message> {
        self.messages.values().map(Box::as_ref)
    }

    pub(super) fn last_order(&self) -> Option<u64> {
        self.messages.last_key_value().map(|(order, _)| *order)
    }

    /// What the texts of all messages take, and how many messages there are.
    pub(super) fn held(&self) -> (usize, usize) {
        (self.held_bytes, self.messages.len())
    }

    /// Makes visible what is so by `now`.
    pub(super) fn settle(&mut self, now: DateTime<Utc>) {
        for hidden in [&mut self.delayed, &mut self.in_flight] {
            while let Some(first) = hidden.first().copied().filter(|(at, _)| *at <= now) {
                hidden.remove(&first);
                self.visible.insert(first.1);
                self.visible_since.insert(first);
            }
        }
        if let Some(groups) = &mut self.groups {
            groups.settle(now);
        }
    }

    /// The first visible message after a place in the order, as time was last told.
    pub(super) fn next_visible(&self, after: Option<u64>) -> Option<u64> {
        let from = after.map_or(0, |order| order + 1);
        self.visible.range(from..).next().copied()
    }

    /// The groups of a FIFO queue.
    pub(super) fn groups(&self) -> Option<&Groups> {
        self.groups.as_ref()
    }

    /// When the first message is visible, whatever its group; in the past if it is so now.
    pub(super) fn first_visible_at(&self) -> Option<DateTime<Utc>> {
        [&self.visible_since, &self.delayed, &self.in_flight]
            .into_iter()
            .filter_map(|times| times.first())
            .map(|(at, _)| *at)
            .min()
    }

    /// From when on so many messages are visible if nobody acts meanwhile; in the past if they are
    /// so now, and never where there are too few.
    pub(super) fn visible_from(&self, count: usize) -> Option<DateTime<Utc>> {
        let mut times: Vec<DateTime<Utc>> = [&self.visible_since, &self.delayed, &self.in_flight]
            .into_iter()
            .flat_map(|times| times.iter().take(count))
            .map(|(at, _)| *at)
            .collect();
        times.sort_unstable();
        times.get(count.checked_sub(1)?).copied()
    }

    pub(super) fn count_visible(&self, now: DateTime<Utc>) -> usize {
        self.messages.len() - self.count_delayed(now) - self.count_in_flight(now)
    }

    pub(super) fn count_delayed(&self, now: DateTime<Utc>) -> usize {
        self.delayed.len() - until(&self.delayed, now).count()
    }

    pub(super) fn count_in_flight(&self, now: DateTime<Utc>) -> usize {
        self.in_flight.len() - until(&self.in_flight, now).count()
    }

    /// The orders of the messages that wait for the end of their delay.
    pub(super) fn delayed(&self, now: DateTime<Utc>) -> Vec<u64> {
        self.delayed
            .iter()
            .rev()
            .take_while(|(at, _)| *at > now)
            .map(|(_, order)| *order)
            .collect()
    }

    /// The message that was sent first, and when.
    pub(super) fn oldest(&self) -> Option<(DateTime<Utc>, u64)> {
        self.by_age.first().copied()
    }

    fn hidden(&mut self, hold: Hold) -> &mut BTreeSet<(DateTime<Utc>, u64)> {
        match hold {
            Hold::Delay => &mut self.delayed,
            Hold::Receive => &mut self.in_flight,
        }
    }

    /// A message counts as hidden until [`Self::settle`] has seen its time.
    fn file(&mut self, order: u64, message: &Message) {
        self.hidden(message.hold)
            .insert((message.visible_at, order));
        if let Some(groups) = &mut self.groups {
            groups.insert(order, message);
        }
    }

    fn unfile(&mut self, order: u64, message: &Message) {
        let place = (message.visible_at, order);
        if self.visible.remove(&order) {
            self.visible_since.remove(&place);
        } else {
            self.hidden(message.hold).remove(&place);
        }
        if let Some(groups) = &mut self.groups {
            groups.remove(order, message);
        }
    }
}

/// What is not later than `at`, the earliest first.
fn until(
    times: &BTreeSet<(DateTime<Utc>, u64)>,
    at: DateTime<Utc>,
) -> impl Iterator<Item = &(DateTime<Utc>, u64)> {
    times.iter().take_while(move |(time, _)| *time <= at)
}
