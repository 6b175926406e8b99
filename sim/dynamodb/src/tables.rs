//! All tables of all accounts and regions.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use crate::expression::Expressions;
use crate::place::Place;
use crate::table::{Stream, StreamRecord, Table, Write};
use crate::token::Tokens;

/// What expired longer ago than five years is never swept.
const EXPIRED_FOR_EVER: TimeDelta = TimeDelta::days(5 * 365);

/// The tables of every account and region, each with its own.
///
/// A clone is a copy that shares nothing that changes.
#[derive(Clone, Debug, Default)]
pub struct Tables {
    places: BTreeMap<Place, BTreeMap<Arc<str>, Table>>,
    pub(crate) expressions: Expressions,
    pub(crate) tokens: Tokens,
    pub(crate) timing: Timing,
    versions: TimeDelta,
}

/// How long DynamoDB works on a change of a table. All are zero at first: what is asked for is there
/// at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timing {
    /// A table is `CREATING`, `UPDATING` or `DELETING` so long.
    pub table: TimeDelta,
    /// A global index that is added to a table is `CREATING`, one that is taken away is `DELETING`
    /// so long.
    pub index: TimeDelta,
    /// Expiry is `ENABLING` or `DISABLING` so long, and cannot be changed again.
    pub time_to_live: TimeDelta,
}

/// A stream, with the table that it belongs to.
pub(crate) struct FoundStream<'t> {
    pub table: &'t Table,
    pub stream: &'t Stream,
    pub place: Place,
}

impl Tables {
    /// No tables.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets how long changes of tables take.
    pub fn set_timing(&mut self, timing: Timing) {
        self.timing = timing;
    }

    /// Keeps replaced versions of items for so long, which is as old as what a read sees can be.
    /// Zero, as at first, keeps none and costs nothing.
    pub fn keep_versions(&mut self, age: TimeDelta) {
        self.versions = age;
    }

    /// Deletes what expired at least `lag` ago, but nothing that expired more than five years ago.
    /// Until then an expired item is there like any other. Gives back how many items went.
    pub fn sweep(&mut self, now: DateTime<Utc>, lag: TimeDelta) -> usize {
        let oldest = (now - EXPIRED_FOR_EVER).timestamp();
        let newest = (now - lag).timestamp();
        let mut swept = 0;
        for table in self.places.values_mut().flat_map(BTreeMap::values_mut) {
            for position in table.ttl.expired(oldest, newest) {
                table.write(
                    now,
                    self.versions,
                    Write {
                        position,
                        item: None,
                        expired: true,
                    },
                );
                swept += 1;
            }
        }
        swept
    }

    /// When the next item expires that is still to be swept, without any lag.
    #[must_use]
    pub fn next_expiry(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let oldest = (now - EXPIRED_FOR_EVER).timestamp();
        let tables = self.places.values().flat_map(BTreeMap::values);
        let next = tables.filter_map(|table| table.ttl.next(oldest)).min()?;
        DateTime::from_timestamp(next, 0)
    }

    /// The records of a stream after the record with number `sequence` (0: from the start), at most
    /// `limit`: what an event source mapping reads. None where there is no such stream.
    #[must_use]
    pub fn records_after(
        &self,
        now: DateTime<Utc>,
        stream_arn: &str,
        sequence: u64,
        limit: usize,
    ) -> Vec<Arc<StreamRecord>> {
        let found = self.find_stream(now, stream_arn);
        let records = found
            .into_iter()
            .flat_map(|found| found.stream.after(sequence, now));
        records.take(limit).cloned().collect()
    }

    /// The number of the newest record of a stream: what `LATEST` starts after. 0 before the first
    /// record, nothing where there is no such stream.
    #[must_use]
    pub fn last_record(&self, now: DateTime<Utc>, stream_arn: &str) -> Option<u64> {
        let found = self.find_stream(now, stream_arn)?;
        Some(found.stream.last())
    }

    /// What all tables take, in bytes.
    #[must_use]
    pub fn held_bytes(&self) -> u64 {
        let tables = self.places.values().flat_map(BTreeMap::values);
        let tables: usize = tables.map(Table::held_bytes).sum();
        (tables + self.tokens.held_bytes()) as u64
    }

    /// Whether a table of that name is there.
    #[must_use]
    pub fn has_table(&self, now: DateTime<Utc>, place: &Place, table: &str) -> bool {
        self.find(now, place, table).is_some()
    }

    /// How long versions are kept.
    pub(crate) fn versions(&self) -> TimeDelta {
        self.versions
    }

    /// The table, whatever its state.
    pub(crate) fn find(&self, now: DateTime<Utc>, place: &Place, name: &str) -> Option<&Table> {
        self.places
            .get(place)?
            .get(name)
            .filter(|table| !table.is_gone(now))
    }

    /// The stream with that ARN, while it is kept.
    pub(crate) fn find_stream(&self, now: DateTime<Utc>, arn: &str) -> Option<FoundStream<'_>> {
        let (place, name) = Place::of_arn(arn)?;
        let table = self.find(now, &place, name)?;
        let (_, label) = arn.split_once("/stream/")?;
        let mut streams = table.streams.iter();
        let stream = streams.find(|stream| stream.label == label && stream.is_kept(now))?;
        Some(FoundStream {
            table,
            stream,
            place,
        })
    }

    /// The table, whatever its state.
    pub(crate) fn find_mut(
        &mut self,
        now: DateTime<Utc>,
        place: &Place,
        name: &str,
    ) -> Option<&mut Table> {
        self.places
            .get_mut(place)?
            .get_mut(name)
            .filter(|table| !table.is_gone(now))
    }

    /// All tables of a place, in the order of their names.
    pub(crate) fn all<'a>(
        &'a self,
        now: DateTime<Utc>,
        place: &Place,
    ) -> impl Iterator<Item = &'a Table> {
        let tables = self
            .places
            .get(place)
            .into_iter()
            .flat_map(BTreeMap::values);
        tables.filter(move |table| !table.is_gone(now))
    }

    /// Adds a table in the place of one that is gone.
    pub(crate) fn add(&mut self, place: &Place, table: Table) -> &Table {
        let tables = self.places.entry(place.clone()).or_default();
        match tables.entry(Arc::clone(&table.name)) {
            Entry::Occupied(mut gone) => {
                gone.insert(table);
                gone.into_mut()
            }
            Entry::Vacant(free) => free.insert(table),
        }
    }

    /// Takes a table away.
    pub(crate) fn remove(&mut self, place: &Place, name: &str) {
        if let Some(tables) = self.places.get_mut(place) {
            tables.remove(name);
        }
    }

    pub(crate) fn places(&self) -> &BTreeMap<Place, BTreeMap<Arc<str>, Table>> {
        &self.places
    }
}
