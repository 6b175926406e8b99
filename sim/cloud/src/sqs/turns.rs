use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::store::MessageStore;

/// The messages of one receive, one after the other in order of arrival: all visible ones of a
/// standard queue, and of a FIFO queue those of its free groups, each up to its first hidden one.
#[derive(Debug, Default)]
pub(super) struct Turns {
    last: Option<u64>,
    /// The next messages of groups from which one was taken.
    continued: BTreeSet<u64>,
}

impl Turns {
    pub(super) fn next(&mut self, messages: &MessageStore, now: DateTime<Utc>) -> Option<u64> {
        let Some(groups) = messages.groups() else {
            let next = messages.next_visible(self.last)?;
            self.last = Some(next);
            return Some(next);
        };
        loop {
            let begun = self.continued.first().copied();
            let new = groups.next_first(self.last);
            let order = begun.into_iter().chain(new).min()?;
            self.continued.remove(&order);
            self.last = Some(order);
            let Some(message) = messages.get(order).filter(|one| one.is_visible(now)) else {
                continue;
            };
            self.continued
                .extend(groups.next_of(&message.group_id, order));
            return Some(order);
        }
    }
}
