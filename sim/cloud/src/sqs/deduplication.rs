use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

/// How long a FIFO queue remembers what it accepted.
const WINDOW: TimeDelta = TimeDelta::minutes(5);

/// What a FIFO queue accepted within the last five minutes. It also remembers messages that were
/// received and deleted.
#[derive(Clone, Debug, Default)]
pub(super) struct Deduplication {
    /// By scope and id.
    accepted: BTreeMap<Arc<(String, String)>, Accepted>,
    /// The same, the earliest first.
    in_order: VecDeque<Arc<(String, String)>>,
}

/// The first message of a deduplication id.
#[derive(Clone, Debug)]
pub(super) struct Accepted {
    pub(super) at: DateTime<Utc>,
    pub(super) message_id: Uuid,
    pub(super) sequence_number: Option<String>,
}

impl Deduplication {
    /// The message accepted under this id, if its window is still open. `scope` is the group where
    /// groups count apart.
    pub(super) fn find(&mut self, now: DateTime<Utc>, scope: &str, id: &str) -> Option<&Accepted> {
        while let Some(first) = self.in_order.front()
            && self.accepted[first].at + WINDOW <= now
        {
            self.accepted.remove(first);
            self.in_order.pop_front();
        }
        self.accepted.get(&(scope.to_owned(), id.to_owned()))
    }

    pub(super) fn remember(&mut self, scope: &str, id: &str, accepted: Accepted) {
        let key = Arc::new((scope.to_owned(), id.to_owned()));
        let known = self.accepted.insert(Arc::clone(&key), accepted);
        assert!(known.is_none(), "{id:?} is accepted twice in its window");
        self.in_order.push_back(key);
    }
}
