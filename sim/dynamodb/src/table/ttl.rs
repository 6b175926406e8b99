//! Time to live: which items expire when.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::position::Position;
use crate::value::{Item, Value};

/// The setting of a table, and the items that it applies to in the order in which they expire.
#[derive(Clone, Debug, Default)]
pub(crate) struct TimeToLive {
    /// The attribute with the second at which an item expires, where items do.
    pub attribute: Option<Arc<str>>,
    /// Until when the last change of the setting is under way.
    pub changing: Option<DateTime<Utc>>,
    due: BTreeSet<(i64, Position)>,
}

impl TimeToLive {
    /// Starts or ends expiry. `items` are all items of the table.
    pub fn set<'a>(
        &mut self,
        attribute: Option<Arc<str>>,
        items: impl Iterator<Item = (&'a Position, &'a Arc<Item>)>,
    ) {
        self.due.clear();
        if let Some(attribute) = &attribute {
            let due =
                items.filter_map(|(place, item)| Some((second(item, attribute)?, place.clone())));
            self.due.extend(due);
        }
        self.attribute = attribute;
    }

    /// Notes that an item was replaced.
    pub fn note(&mut self, position: &Position, old: Option<&Item>, new: Option<&Item>) {
        let Some(attribute) = &self.attribute else {
            return;
        };
        let old = old.and_then(|item| second(item, attribute));
        let new = new.and_then(|item| second(item, attribute));
        if old == new {
            return;
        }
        if let Some(second) = old {
            self.due.remove(&(second, position.clone()));
        }
        if let Some(second) = new {
            self.due.insert((second, position.clone()));
        }
    }

    /// The places of all items that expired from second `oldest` to second `newest`.
    pub fn expired(&self, oldest: i64, newest: i64) -> Vec<Position> {
        let first = (oldest, Position::from_hash(0));
        let expired = self
            .due
            .range(first..)
            .take_while(|(second, _)| *second <= newest);
        expired.map(|(_, position)| position.clone()).collect()
    }

    /// The second at which the first item expires that expires at `oldest` or later.
    pub fn next(&self, oldest: i64) -> Option<i64> {
        self.due
            .range((oldest, Position::from_hash(0))..)
            .next()
            .map(|(second, _)| *second)
    }
}

/// The second at which `item` expires: only a number counts, and its whole part.
fn second(item: &Item, attribute: &str) -> Option<i64> {
    match item.get(attribute)? {
        Value::N(number) => number.whole(),
        _ => None,
    }
}
