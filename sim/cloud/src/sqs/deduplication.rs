use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

/// How long a FIFO queue remembers what it accepted.
const WINDOW: TimeDelta = TimeDelta::minutes(5);

/// What a FIFO queue accepted within the last five minutes. It also remembers messages that were
/// received and deleted.
#[derive(Clone, Debug, Default)]
pub(super) struct Deduplication {
    accepted: BTreeMap<(String, String), Accepted>,
}

/// The first message of a deduplication id.
#[derive(Clone, Debug)]
pub(super) struct Accepted {
    pub(super) at: DateTime<Utc>,
    pub(super) message_id: String,
    pub(super) sequence_number: Option<String>,
}

impl Deduplication {
    /// The message accepted under this id, if its window is still open. `scope` is the group where
    /// groups count apart.
    pub(super) fn find(&mut self, now: DateTime<Utc>, scope: &str, id: &str) -> Option<&Accepted> {
        self.accepted
            .retain(|_, accepted| accepted.at + WINDOW > now);
        self.accepted.get(&(scope.to_owned(), id.to_owned()))
    }

    pub(super) fn remember(&mut self, scope: &str, id: &str, accepted: Accepted) {
        self.accepted
            .insert((scope.to_owned(), id.to_owned()), accepted);
    }
}
