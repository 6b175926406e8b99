use std::collections::VecDeque;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use dynamodb_engine::StreamRecord;

use super::batch::RecordBatch;

/// The most that Lambda gives a function at once, in bytes: what is larger than that is no payload of
/// a synchronous invocation.
const PAYLOAD_MAX: usize = 6 * 1024 * 1024;

/// How far Lambda is with the one shard of a stream.
#[derive(Clone, Debug, Default)]
pub(crate) struct ShardReader {
    /// The number of the last record that was read.
    pub read: u64,
    /// What was read and is in no batch yet.
    pub gathered: Gathered,
    /// Batches that failed and are tried again, in the order of their records. All that was read
    /// later waits for them.
    pub retries: VecDeque<RecordBatch>,
    /// When the first of these is tried.
    pub next_retry: Option<DateTime<Utc>>,
    /// When the shard is polled next, as planned.
    pub planned: Option<DateTime<Utc>>,
}

/// The records of the next batch.
#[derive(Clone, Debug, Default)]
pub(crate) struct Gathered {
    records: Vec<Arc<StreamRecord>>,
    bytes: usize,
    /// When the first of them was read.
    since: Option<DateTime<Utc>>,
    is_full: bool,
}

impl Gathered {
    /// Adds a record, which takes so many bytes of the payload, unless the batch is full.
    pub fn add(&mut self, now: DateTime<Utc>, record: Arc<StreamRecord>, bytes: usize) -> bool {
        self.is_full |= !self.records.is_empty() && self.bytes + bytes > PAYLOAD_MAX;
        if self.is_full {
            return false;
        }
        self.bytes += bytes;
        self.records.push(record);
        self.since.get_or_insert(now);
        true
    }

    /// Since when there is something.
    pub fn since(&self) -> Option<DateTime<Utc>> {
        self.since
    }

    /// Whether the batch has `size` records, or as many bytes as it may have.
    pub fn is_full(&self, size: usize) -> bool {
        self.is_full || self.records.len() >= size
    }

    /// Makes a batch of the records.
    pub fn take(&mut self) -> RecordBatch {
        RecordBatch::new(std::mem::take(self).records)
    }
}
