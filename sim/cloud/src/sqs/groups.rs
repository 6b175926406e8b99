use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};

use super::message::{Hold, Message};

/// The message groups of a FIFO queue, so that a receive finds the next free one without a scan.
///
/// A group is free when none of its messages is with a consumer and its first one is visible: from
/// the latest of these times on.
#[derive(Clone, Debug, Default)]
pub(super) struct Groups {
    by_id: BTreeMap<Option<String>, Group>,
    /// When each group gets free, or got free.
    by_time: BTreeSet<(DateTime<Utc>, Option<String>)>,
    /// The groups that were free when time was last told, by the order of their first message.
    free: BTreeMap<u64, Option<String>>,
    settled_at: DateTime<Utc>,
}

#[derive(Clone, Debug, Default)]
struct Group {
    /// Its messages: when each is visible, by order.
    messages: BTreeMap<u64, DateTime<Utc>>,
    /// Those that a consumer has or had, by the end of their visibility timeout.
    received: BTreeSet<(DateTime<Utc>, u64)>,
    /// Where the group stands in the two lists.
    place: Option<(DateTime<Utc>, u64)>,
}

impl Groups {
    pub(super) fn insert(&mut self, order: u64, message: &Message) {
        self.change(&message.group_id, |group| {
            group.messages.insert(order, message.visible_at);
            if message.hold == Hold::Receive {
                group.received.insert((message.visible_at, order));
            }
        });
    }

    pub(super) fn remove(&mut self, order: u64, message: &Message) {
        self.change(&message.group_id, |group| {
            group.messages.remove(&order);
            group.received.remove(&(message.visible_at, order));
        });
    }

    /// Finds the groups that got free until `now`.
    pub(super) fn settle(&mut self, now: DateTime<Utc>) {
        if now <= self.settled_at {
            return;
        }
        // `None` is the least group id, so this is where the next instant begins.
        let since = (self.settled_at + TimeDelta::nanoseconds(1), None);
        let passed = self.by_time.range(since..);
        for (_, id) in passed.take_while(|(free_at, _)| *free_at <= now) {
            if let Some((_, first)) = self.by_id.get(id).and_then(|group| group.place) {
                self.free.insert(first, id.clone());
            }
        }
        self.settled_at = now;
    }

    /// When the first group gets free; in the past if one is free now.
    pub(super) fn first_free_at(&self) -> Option<DateTime<Utc>> {
        self.by_time.first().map(|(free_at, _)| *free_at)
    }

    /// The first message of the first free group whose first message comes after `order`.
    pub(super) fn next_first(&self, order: Option<u64>) -> Option<u64> {
        let after = order.map_or(0, |order| order + 1);
        self.free.range(after..).next().map(|(first, _)| *first)
    }

    /// The message of the same group that comes after this one.
    pub(super) fn next_of(&self, id: &Option<String>, order: u64) -> Option<u64> {
        let group = self.by_id.get(id)?;
        let mut later = group.messages.range(order + 1..);
        later.next().map(|(next, _)| *next)
    }

    fn change(&mut self, id: &Option<String>, change: impl FnOnce(&mut Group)) {
        let group = self.by_id.entry(id.clone()).or_default();
        let before = group.place;
        change(group);
        let after = group.place();
        group.place = after;
        if after.is_none() {
            self.by_id.remove(id);
        }
        if before == after {
            return;
        }
        if let Some((free_at, first)) = before {
            self.by_time.remove(&(free_at, id.clone()));
            self.free.remove(&first);
        }
        if let Some((free_at, first)) = after {
            self.by_time.insert((free_at, id.clone()));
            if free_at <= self.settled_at {
                self.free.insert(first, id.clone());
            }
        }
    }
}

impl Group {
    /// When the group gets free, and its first message; none where it is empty.
    fn place(&self) -> Option<(DateTime<Utc>, u64)> {
        let (first, visible_at) = self.messages.first_key_value()?;
        let returned_at = self.received.last().map(|(time, _)| *time);
        let free_at = returned_at.map_or(*visible_at, |time| time.max(*visible_at));
        Some((free_at, *first))
    }
}
