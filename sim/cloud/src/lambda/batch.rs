use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use dynamodb_engine::StreamRecord;

use crate::sqs::Received;

/// What Lambda took from an event source for one invocation.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// The place of the mapping.
    pub mapping: usize,
    /// What was taken.
    pub items: BatchItems,
}

/// The items of a batch, by the kind of source.
#[derive(Clone, Debug, PartialEq)]
pub enum BatchItems {
    /// Messages of a queue.
    Messages(Vec<Received>),
    /// Records of a stream.
    Records(RecordBatch),
}

/// Records of a stream, in order, with what became of them so far.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordBatch {
    /// The records; one at least.
    pub records: Vec<Arc<StreamRecord>>,
    /// How often the function was invoked with them.
    pub invocations: u32,
    /// How many of the tries count against the most that the mapping allows.
    pub retries: u32,
    /// How often in a row the batch failed, or was throttled.
    pub failures: u32,
    /// The last invocation.
    pub last: Option<LastInvocation>,
}

/// How the last invocation with a batch of records ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastInvocation {
    /// Lambda's request id.
    pub request_id: String,
    /// Whether the function failed; else it named records that failed.
    pub is_function_error: bool,
}

impl RecordBatch {
    /// A batch that was not tried yet.
    pub(crate) fn new(records: Vec<Arc<StreamRecord>>) -> Self {
        Self {
            records,
            invocations: 0,
            retries: 0,
            failures: 0,
            last: None,
        }
    }

    /// Splits off the records before place `at`. Both parts have the same past.
    pub(crate) fn split_off_before(&mut self, at: usize) -> Self {
        let later = self.records.split_off(at);
        let earlier = std::mem::replace(&mut self.records, later);
        Self {
            records: earlier,
            ..self.clone()
        }
    }

    /// How many of the first records are older than `age`.
    pub(crate) fn expired(&self, now: DateTime<Utc>, age: TimeDelta) -> usize {
        self.records.partition_point(|record| now - record.at > age)
    }
}
