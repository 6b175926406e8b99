//! What items were before: for reads that do not see the newest writes.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use super::position::Position;
use crate::value::Item;

/// The replaced versions of a table's items, oldest first; none where no read may be stale.
#[derive(Clone, Debug, Default)]
pub(crate) struct History {
    replaced: VecDeque<Replaced>,
}

#[derive(Clone, Debug)]
struct Replaced {
    at: DateTime<Utc>,
    position: Position,
    before: Option<Arc<Item>>,
}

/// Items that were different at some instant, as they were then.
pub(crate) type Overlay<'a> = BTreeMap<&'a Position, Option<&'a Arc<Item>>>;

impl History {
    /// Keeps what was at `position` before a write, and forgets what is older than `kept`.
    pub fn note(
        &mut self,
        now: DateTime<Utc>,
        kept: TimeDelta,
        position: &Position,
        before: Option<&Arc<Item>>,
    ) {
        if kept <= TimeDelta::zero() {
            return;
        }
        while self
            .replaced
            .front()
            .is_some_and(|oldest| oldest.at < now - kept)
        {
            self.replaced.pop_front();
        }
        self.replaced.push_back(Replaced {
            at: now,
            position: position.clone(),
            before: before.cloned(),
        });
    }

    /// All items that were written after `instant`, as they were then.
    pub fn overlay(&self, instant: DateTime<Utc>) -> Overlay<'_> {
        let mut overlay = Overlay::new();
        for replaced in self
            .replaced
            .iter()
            .rev()
            .take_while(|replaced| replaced.at > instant)
        {
            overlay.insert(&replaced.position, replaced.before.as_ref());
        }
        overlay
    }

    /// The item at `position` as it was at `instant`, if it was written since.
    pub fn item_at(
        &self,
        position: &Position,
        instant: DateTime<Utc>,
    ) -> Option<Option<&Arc<Item>>> {
        let since = self
            .replaced
            .iter()
            .rev()
            .take_while(|replaced| replaced.at > instant);
        let first = since
            .filter(|replaced| replaced.position == *position)
            .last()?;
        Some(first.before.as_ref())
    }

    /// What the versions take, in bytes.
    pub fn held_bytes(&self) -> usize {
        let sizes = self
            .replaced
            .iter()
            .map(|replaced| replaced.before.as_deref());
        sizes
            .map(|item| item.map_or(0, crate::value::item_size))
            .sum()
    }
}
