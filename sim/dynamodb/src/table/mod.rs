//! A table: its items, and what belongs to them.

mod describe;
mod history;
mod index;
mod position;
mod settings;
mod stream;
mod ttl;

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

pub(crate) use self::describe::seconds;
pub(crate) use self::history::{History, Overlay};
pub(crate) use self::index::Index;
pub(crate) use self::position::{Position, key_of, segment_start};
pub(crate) use self::settings::{
    Billing, CLASSES, Class, Encryption, Provisioned, Recovery, Settings,
};
pub(crate) use self::stream::{Change, SequenceNumber, Stream};
pub use self::stream::{StreamRecord, StreamView};
pub(crate) use self::ttl::TimeToLive;
use crate::schema::{AttributeTypes, KeySchema};
use crate::value::{Item, KeyValue, item_size};

/// A table.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    pub name: Arc<str>,
    pub created: DateTime<Utc>,
    pub types: AttributeTypes,
    pub key: KeySchema,
    pub indexes: Vec<Index>,
    pub settings: Settings,
    pub ttl: TimeToLive,
    /// The newest last.
    pub streams: Vec<Stream>,
    pub state: State,
    items: BTreeMap<Position, Arc<Item>>,
    bytes: usize,
    history: History,
}

/// What is being done to a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Active,
    Creating { until: DateTime<Utc> },
    Updating { until: DateTime<Utc> },
    Deleting { until: DateTime<Utc> },
}

/// One write of an item.
#[derive(Clone, Debug)]
pub(crate) struct Write {
    pub position: Position,
    /// The item after the write; none where it is deleted.
    pub item: Option<Arc<Item>>,
    /// Whether the item is deleted because its time has come.
    pub expired: bool,
}

impl Table {
    /// A table without items.
    pub fn new(
        name: Arc<str>,
        created: DateTime<Utc>,
        types: AttributeTypes,
        key: KeySchema,
    ) -> Self {
        Self {
            name,
            created,
            types,
            key,
            indexes: Vec::new(),
            settings: Settings::default(),
            ttl: TimeToLive::default(),
            streams: Vec::new(),
            state: State::Active,
            items: BTreeMap::new(),
            bytes: 0,
            history: History::default(),
        }
    }

    /// `CREATING`, `UPDATING`, `DELETING` or `ACTIVE`.
    pub fn status(&self, now: DateTime<Utc>) -> &'static str {
        match self.state {
            State::Creating { until } if now < until => "CREATING",
            State::Updating { until } if now < until => "UPDATING",
            State::Deleting { .. } => "DELETING",
            _ => "ACTIVE",
        }
    }

    /// Notes that the table is busy for `time`, if it is for any.
    pub fn set_busy(
        &mut self,
        now: DateTime<Utc>,
        time: TimeDelta,
        state: fn(DateTime<Utc>) -> State,
    ) {
        self.state = if time.is_zero() {
            State::Active
        } else {
            state(now + time)
        };
    }

    /// Whether it is deleted.
    pub fn is_gone(&self, now: DateTime<Utc>) -> bool {
        matches!(self.state, State::Deleting { until } if until <= now)
    }

    /// All items.
    pub fn items(&self) -> &BTreeMap<Position, Arc<Item>> {
        &self.items
    }

    /// The item at `position`.
    pub fn item(&self, position: &Position) -> Option<&Arc<Item>> {
        self.items.get(position)
    }

    /// The items of one partition, in the order of the sort key.
    pub fn partition(&self, partition: &KeyValue) -> impl Iterator<Item = &Arc<Item>> {
        let partition = std::slice::from_ref(partition);
        let range = Position::before(partition, &[])..Position::behind(partition, &[]);
        self.items.range(range).map(|(_, item)| item)
    }

    /// The item at `position` as it was at `instant`.
    pub fn item_at(&self, position: &Position, instant: DateTime<Utc>) -> Option<&Arc<Item>> {
        self.history
            .item_at(position, instant)
            .unwrap_or_else(|| self.item(position))
    }

    /// What was different at `instant`.
    pub fn overlay(&self, instant: DateTime<Utc>) -> Overlay<'_> {
        self.history.overlay(instant)
    }

    /// The index of that name that is there.
    pub fn index(&self, name: &str, now: DateTime<Utc>) -> Option<&Index> {
        self.indexes_now(now)
            .find(|index| *index.schema.name == *name)
    }

    /// All indexes that are there.
    pub fn indexes_now(&self, now: DateTime<Utc>) -> impl Iterator<Item = &Index> + Clone {
        self.indexes.iter().filter(move |index| !index.is_gone(now))
    }

    /// The stream that is switched on.
    pub fn stream(&self) -> Option<&Stream> {
        self.streams.last().filter(|stream| stream.closed.is_none())
    }

    /// Starts or ends expiry by an attribute.
    pub fn set_time_to_live(&mut self, attribute: Option<Arc<str>>) {
        self.ttl.set(attribute, self.items.iter());
    }

    /// Adds an index with an entry for every item that it holds.
    pub fn add_index(&mut self, mut index: Index) {
        for item in self.items.values() {
            if let Some(place) = Position::in_index(&index.schema.key, &self.key, item)
                && self.has_types(&index, item)
            {
                index.entries.insert(place, Arc::clone(item));
            }
        }
        self.indexes.push(index);
    }

    /// Whether the key attributes of the index have the types that they must have. Items that were
    /// there before the index may have others, and are left out.
    fn has_types(&self, index: &Index, item: &Item) -> bool {
        index.schema.key.names().all(|name| {
            let (value, kind) = (item.get(name), self.types.get(name));
            value
                .zip(kind)
                .is_some_and(|(value, kind)| kind.is_of(value))
        })
    }

    /// Writes an item everywhere that it belongs, and gives back what was there. Versions are kept
    /// for `kept`.
    pub fn write(
        &mut self,
        now: DateTime<Utc>,
        kept: TimeDelta,
        write: Write,
    ) -> Option<Arc<Item>> {
        let Write {
            position,
            item,
            expired,
        } = write;
        let old = match &item {
            Some(item) => self.items.insert(position.clone(), Arc::clone(item)),
            None => self.items.remove(&position),
        };
        if old.is_none() && item.is_none() {
            return None;
        }
        self.bytes += item.as_deref().map_or(0, item_size);
        self.bytes -= old.as_deref().map_or(0, item_size);
        for index in &mut self.indexes {
            index.replace(&self.key, old.as_ref(), item.as_ref());
        }
        self.ttl.note(&position, old.as_deref(), item.as_deref());
        self.history.note(now, kept, &position, old.as_ref());
        let unchanged = old.as_deref() == item.as_deref();
        if let Some(stream) = self.streams.last_mut()
            && stream.closed.is_none()
            && !unchanged
        {
            let change = Change {
                at: now,
                old: old.as_ref(),
                new: item.as_ref(),
                expired,
            };
            stream.add(change, &self.key);
        }
        old
    }

    /// What the table takes, in bytes.
    pub fn held_bytes(&self) -> usize {
        let streams = self.streams.iter().map(Stream::held_bytes).sum::<usize>();
        self.bytes + streams + self.history.held_bytes()
    }
}
