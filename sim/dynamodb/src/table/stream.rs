//! Streams: the changes of a table's items, kept for a day.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value as Json, json};

use crate::schema::KeySchema;
use crate::table::position::key_of;
use crate::value::{Attributes, Item, item_size};

/// How long records are kept, and a stream after it was switched off.
pub(crate) const KEPT: TimeDelta = TimeDelta::hours(24);

/// What a stream tells of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamView {
    /// The key of the item.
    KeysOnly,
    /// The item after the change.
    NewImage,
    /// The item before the change.
    OldImage,
    /// Both.
    NewAndOldImages,
}

/// The stream of a table. It has one shard.
#[derive(Clone, Debug)]
pub(crate) struct Stream {
    pub label: String,
    pub view: StreamView,
    pub created: DateTime<Utc>,
    /// When it was switched off.
    pub closed: Option<DateTime<Utc>>,
    records: VecDeque<Arc<StreamRecord>>,
    /// How many records there ever were.
    written: u64,
}

/// One change of an item.
#[derive(Clone, Debug, PartialEq)]
pub struct StreamRecord {
    /// The first change of a stream has 1.
    pub sequence: u64,
    /// When the item changed.
    pub at: DateTime<Utc>,
    /// The key of the item.
    pub keys: Item,
    /// The item before, where there was one.
    pub old: Option<Arc<Item>>,
    /// The item after, where there is one.
    pub new: Option<Arc<Item>>,
    /// Whether the item was deleted because its time had come.
    pub expired: bool,
    /// What the stream tells.
    pub view: StreamView,
    stream: u64,
}

impl StreamView {
    /// Of its name in requests.
    #[must_use]
    pub fn read(name: &str) -> Option<Self> {
        match name {
            "KEYS_ONLY" => Some(Self::KeysOnly),
            "NEW_IMAGE" => Some(Self::NewImage),
            "OLD_IMAGE" => Some(Self::OldImage),
            "NEW_AND_OLD_IMAGES" => Some(Self::NewAndOldImages),
            _ => None,
        }
    }

    /// Its name in requests.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::KeysOnly => "KEYS_ONLY",
            Self::NewImage => "NEW_IMAGE",
            Self::OldImage => "OLD_IMAGE",
            Self::NewAndOldImages => "NEW_AND_OLD_IMAGES",
        }
    }

    fn tells_new(self) -> bool {
        matches!(self, Self::NewImage | Self::NewAndOldImages)
    }

    fn tells_old(self) -> bool {
        matches!(self, Self::OldImage | Self::NewAndOldImages)
    }
}

/// A place in a stream as the API shows it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SequenceNumber(pub u64);

const FIRST_SEQUENCE_NUMBER: u128 = 100_000_000_000_000_000_000;

impl fmt::Display for SequenceNumber {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", FIRST_SEQUENCE_NUMBER + u128::from(self.0))
    }
}

impl SequenceNumber {
    pub fn read(text: &str) -> Option<Self> {
        let number: u128 = text.parse().ok()?;
        u64::try_from(number.checked_sub(FIRST_SEQUENCE_NUMBER)?)
            .ok()
            .map(Self)
    }
}

impl Stream {
    pub fn new(now: DateTime<Utc>, view: StreamView) -> Self {
        Self {
            label: now.format("%Y-%m-%dT%H:%M:%S%.3f").to_string(),
            view,
            created: now,
            closed: None,
            records: VecDeque::new(),
            written: 0,
        }
    }

    /// Adds a change of an item of a table with `key`.
    pub fn add(&mut self, change: Change<'_>, key: &KeySchema) {
        let Some(image) = change.new.or(change.old) else {
            return;
        };
        self.trim(change.at);
        self.written += 1;
        self.records.push_back(Arc::new(StreamRecord {
            sequence: self.written,
            at: change.at,
            keys: key_of(key, image),
            old: change.old.cloned(),
            new: change.new.cloned(),
            expired: change.expired,
            view: self.view,
            stream: self.created.timestamp_millis().unsigned_abs(),
        }));
    }

    fn trim(&mut self, now: DateTime<Utc>) {
        while self
            .records
            .front()
            .is_some_and(|record| record.at < now - KEPT)
        {
            self.records.pop_front();
        }
    }

    /// Whether the stream is still there.
    pub fn is_kept(&self, now: DateTime<Utc>) -> bool {
        self.closed.is_none_or(|closed| now < closed + KEPT)
    }

    /// The records after `sequence` that are still kept.
    pub fn after(
        &self,
        sequence: u64,
        now: DateTime<Utc>,
    ) -> impl Iterator<Item = &Arc<StreamRecord>> {
        let first = self
            .records
            .partition_point(move |record| record.sequence <= sequence || record.at < now - KEPT);
        self.records.range(first..)
    }

    /// The sequence of the newest record; 0 before the first.
    pub fn last(&self) -> u64 {
        self.written
    }

    /// The sequence of the last record that is gone; 0 where none is.
    pub fn trimmed(&self, now: DateTime<Utc>) -> u64 {
        self.after(0, now)
            .next()
            .map_or(self.written, |record| record.sequence - 1)
    }

    /// The name of the one shard.
    pub fn shard(&self) -> String {
        shard_of(self.created.timestamp_millis().unsigned_abs())
    }

    /// What the records take, in bytes.
    pub fn held_bytes(&self) -> usize {
        let images = |record: &Arc<StreamRecord>| {
            let image = |item: &Option<Arc<Item>>| item.as_deref().map_or(0, item_size);
            item_size(&record.keys) + image(&record.old) + image(&record.new)
        };
        self.records.iter().map(images).sum()
    }
}

/// The name of the one shard of a stream that began in this millisecond.
fn shard_of(started: u64) -> String {
    let mixed = (started ^ (started >> 32)) as u32;
    format!("shardId-{started:020}-{mixed:08x}")
}

/// A change of an item.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Change<'a> {
    pub at: DateTime<Utc>,
    pub old: Option<&'a Arc<Item>>,
    pub new: Option<&'a Arc<Item>>,
    pub expired: bool,
}

impl StreamRecord {
    /// `INSERT`, `MODIFY` or `REMOVE`.
    #[must_use]
    pub fn event_name(&self) -> &'static str {
        match (&self.old, &self.new) {
            (None, _) => "INSERT",
            (_, Some(_)) => "MODIFY",
            (_, None) => "REMOVE",
        }
    }

    /// The record's place in its shard, as the API shows it.
    #[must_use]
    pub fn sequence_number(&self) -> String {
        SequenceNumber(self.sequence).to_string()
    }

    /// The name of the record's shard.
    #[must_use]
    pub fn shard_id(&self) -> String {
        shard_of(self.stream)
    }

    /// The record as `GetRecords` answers it, of a table in `region`.
    #[must_use]
    pub fn json(&self, region: &str) -> Json {
        let new = self.new.as_deref().filter(|_| self.view.tells_new());
        let old = self.old.as_deref().filter(|_| self.view.tells_old());
        let size = item_size(&self.keys) + new.map_or(0, item_size) + old.map_or(0, item_size);
        let mut change = json!({
            "ApproximateCreationDateTime": self.at.timestamp(),
            "Keys": Attributes(&self.keys),
            "SequenceNumber": self.sequence_number(),
            "SizeBytes": size,
            "StreamViewType": self.view.name(),
        });
        for (name, image) in [("NewImage", new), ("OldImage", old)] {
            if let Some(image) = image {
                change[name] = json!(Attributes(image));
            }
        }
        let mut record = json!({
            "eventID": self.event_id(),
            "eventName": self.event_name(),
            "eventVersion": "1.1",
            "eventSource": "aws:dynamodb",
            "awsRegion": region,
            "dynamodb": change,
        });
        if self.expired {
            record["userIdentity"] =
                json!({ "type": "Service", "principalId": "dynamodb.amazonaws.com" });
        }
        record
    }

    /// 32 hexadecimal digits that no other record of the table has.
    fn event_id(&self) -> String {
        let mixed = self.stream.rotate_left(32) ^ self.sequence;
        let spread = mixed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        format!("{:016x}{:016x}", spread ^ (spread >> 31), mixed)
    }
}
