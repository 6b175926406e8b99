//! An index with its entries.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::position::Position;
use super::settings::Provisioned;
use crate::schema::{IndexKind, IndexSchema, KeySchema, OnDemand};
use crate::value::Item;

/// A secondary index. Its entries share the items of the table; what it has of them follows from
/// its projection.
#[derive(Clone, Debug)]
pub(crate) struct Index {
    pub schema: IndexSchema,
    pub entries: BTreeMap<Position, Arc<Item>>,
    pub provisioned: Provisioned,
    pub on_demand: OnDemand,
    /// Until when it is being made.
    pub creating: Option<DateTime<Utc>>,
    /// Since when it is being deleted, and until when.
    pub deleting: Option<DateTime<Utc>>,
}

impl Index {
    pub fn new(schema: IndexSchema) -> Self {
        Self {
            schema,
            entries: BTreeMap::new(),
            provisioned: Provisioned::default(),
            on_demand: OnDemand::default(),
            creating: None,
            deleting: None,
        }
    }

    pub fn is_global(&self) -> bool {
        self.schema.kind == IndexKind::Global
    }

    /// Whether it is still being made.
    pub fn is_creating(&self, now: DateTime<Utc>) -> bool {
        self.creating.is_some_and(|until| now < until)
    }

    /// Whether it is gone.
    pub fn is_gone(&self, now: DateTime<Utc>) -> bool {
        self.deleting.is_some_and(|until| until <= now)
    }

    /// Replaces an item of the table, whose key is `table`.
    pub fn replace(&mut self, table: &KeySchema, old: Option<&Arc<Item>>, new: Option<&Arc<Item>>) {
        let place = |item: &Arc<Item>| Position::in_index(&self.schema.key, table, item);
        let (before, after) = (old.and_then(&place), new.and_then(place));
        if let Some(position) = before.filter(|before| Some(before) != after.as_ref()) {
            self.entries.remove(&position);
        }
        if let (Some(position), Some(item)) = (after, new) {
            self.entries.insert(position, Arc::clone(item));
        }
    }
}
