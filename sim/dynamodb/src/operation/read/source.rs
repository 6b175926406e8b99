//! What a query or a scan reads: a table, or one of its indexes.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::call::Call;
use crate::error::Error;
use crate::schema::{KeySchema, Projection};
use crate::table::{Index, Overlay, Position, Table};
use crate::value::Item;

/// A table, or an index of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Source<'t> {
    pub table: &'t Table,
    pub index: Option<&'t Index>,
}

/// From where to where rows are read.
pub(super) type Range = (Bound<Position>, Bound<Position>);

impl<'t> Source<'t> {
    /// The table, or its index of that name, if it can be read as it is asked for.
    pub fn new(
        table: &'t Table,
        index: Option<&str>,
        consistent: bool,
        call: &Call<'_>,
    ) -> Result<Self, Error> {
        let Some(name) = index else {
            return Ok(Self { table, index: None });
        };
        let found = table
            .index(name, call.now)
            .filter(|index| index.deleting.is_none());
        let Some(index) = found else {
            return Err(Error::Validation(format!(
                "The table does not have the specified index: {name}"
            )));
        };
        if index.is_creating(call.now) {
            return Err(Error::Validation(format!(
                "Cannot read from backfilling global secondary index: {name}"
            )));
        }
        if consistent && index.is_global() {
            return Err(Error::validation(
                "Consistent reads are not supported on global secondary indexes",
            ));
        }
        Ok(Self {
            table,
            index: Some(index),
        })
    }

    /// The key by which rows are ordered.
    pub fn key(&self) -> &'t KeySchema {
        self.index
            .map_or(&self.table.key, |index| &index.schema.key)
    }

    /// Whether this is a global index.
    pub fn is_global(&self) -> bool {
        self.index.is_some_and(Index::is_global)
    }

    /// Whether every attribute is here.
    pub fn has_all(&self) -> bool {
        self.index
            .is_none_or(|index| index.schema.projection == Projection::All)
    }

    /// Whether the attribute is here.
    pub fn has(&self, name: &str) -> bool {
        self.index
            .is_none_or(|index| index.schema.has_attribute(name, &self.table.key))
    }

    /// What is here of an item.
    pub fn copy(&self, item: &Arc<Item>) -> Arc<Item> {
        match self.index {
            None => Arc::clone(item),
            Some(index) => index.schema.projected(item, &self.table.key),
        }
    }

    /// The place of an item here.
    pub fn position(&self, item: &Item) -> Option<Position> {
        match self.index {
            None => Position::in_table(&self.table.key, item),
            Some(index) => Position::in_index(&index.schema.key, &self.table.key, item),
        }
    }

    /// When what a read sees was written at the latest; none where it sees everything.
    pub fn seen_at(&self, call: &Call<'_>, consistent: bool) -> Option<DateTime<Utc>> {
        let age = match self.is_global() {
            true => call.view.index_lag,
            false if consistent => return None,
            false => call.view.stale_by,
        };
        (!age.is_zero()).then(|| call.now - age)
    }

    /// The items in a range, as they were at `instant`.
    pub fn rows(
        &self,
        range: Range,
        forward: bool,
        instant: Option<DateTime<Utc>>,
    ) -> Box<dyn Iterator<Item = &'t Arc<Item>> + 't> {
        if is_empty(&range) {
            return Box::new(std::iter::empty());
        }
        let overlay = instant
            .map(|instant| self.table.overlay(instant))
            .unwrap_or_default();
        if !overlay.is_empty() {
            let then = self.rows_then(&range, &overlay);
            let rows = then.into_values();
            return if forward {
                Box::new(rows)
            } else {
                Box::new(rows.rev())
            };
        }
        let rows = self.entries().range(range).map(|(_, item)| item);
        if forward {
            Box::new(rows)
        } else {
            Box::new(rows.rev())
        }
    }

    fn entries(&self) -> &'t BTreeMap<Position, Arc<Item>> {
        self.index
            .map_or(self.table.items(), |index| &index.entries)
    }

    /// The items in a range with those of the overlay in the place of what they are now.
    fn rows_then(&self, range: &Range, overlay: &Overlay<'t>) -> BTreeMap<Position, &'t Arc<Item>> {
        let changed = |item: &Arc<Item>| {
            let place = Position::in_table(&self.table.key, item);
            place.is_some_and(|place| overlay.contains_key(&place))
        };
        let now = self
            .entries()
            .range(range.clone())
            .filter(|(_, item)| !changed(item));
        let mut rows: BTreeMap<Position, &'t Arc<Item>> = now
            .map(|(position, item)| (position.clone(), item))
            .collect();
        for item in overlay.values().copied().flatten() {
            if let Some(position) = self.position(item).filter(|place| contains(range, place)) {
                rows.insert(position, item);
            }
        }
        rows
    }
}

fn contains((from, to): &Range, position: &Position) -> bool {
    let from = match from {
        Bound::Included(from) => from <= position,
        Bound::Excluded(from) => from < position,
        Bound::Unbounded => true,
    };
    let to = match to {
        Bound::Included(to) => position <= to,
        Bound::Excluded(to) => position < to,
        Bound::Unbounded => true,
    };
    from && to
}

/// Whether nothing can lie between the bounds, for which ordered maps have no empty range.
fn is_empty(range: &Range) -> bool {
    match range {
        (Bound::Included(from), Bound::Included(to)) => from > to,
        (
            Bound::Included(from) | Bound::Excluded(from),
            Bound::Included(to) | Bound::Excluded(to),
        ) => from >= to,
        _ => false,
    }
}
