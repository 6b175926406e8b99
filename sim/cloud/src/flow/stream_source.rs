//! Streams as event sources: Lambda reads the records of a DynamoDB stream and invokes a function
//! with batches of them (`stream` of semantics.md).
//!
//! A shard is read in order: a batch on which the function fails is tried again, and everything that
//! comes after it waits, until the batch succeeds or is discarded.

use chrono::{DateTime, TimeDelta, Utc};
use dynamodb_engine::StreamRecord;
use event_pattern::{FlatEvent, Pattern};
use seeded_dice::Key;
use serde_json::{Value, json};

use super::batch_response::failed_items;
use super::dead_letter::record_lost;
use super::{destination, invocation};
use crate::cloud_event::{LossCause, Origin};
use crate::lambda::{Batch, BatchItems, LastInvocation, Polled, Poller, RecordBatch};
use crate::stack::{EventSource, StreamSource};
use crate::state::CloudState;
use crate::task::Task;

/// A shard is read four times a second.
const READ_EVERY_MICROS: i64 = 250_000;
/// So many records are asked for at once.
const READ_SIZE: usize = 100;
/// A stream keeps records so long.
const KEPT: TimeDelta = TimeDelta::hours(24);
/// The longest wait before a batch is tried again.
const RETRY_SECONDS_MAX: i64 = 60;

/// What the function did with a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Done,
    /// The records from this place on are to be tried again.
    FailedFrom(usize),
    Failed,
}

/// Plans to read the streams that have new records, after something may have changed a table.
pub(crate) fn wake(state: &mut CloudState, now: DateTime<Utc>) {
    for index in 0..state.pollers.len() {
        let Poller { mapping, shard, .. } = &state.pollers[index];
        if !matches!(mapping.source, EventSource::Stream(_)) || !shard.retries.is_empty() {
            continue;
        }
        let last = state.dynamodb.last_record(now, &mapping.source_arn);
        if last.is_some_and(|last| last > shard.read) && state.lambda.polling(index) == 0 {
            plan(state, next_read(now), index);
        }
    }
}

fn next_read(now: DateTime<Utc>) -> DateTime<Utc> {
    let passed = now.timestamp_micros().div_euclid(READ_EVERY_MICROS);
    DateTime::from_timestamp_micros((passed + 1) * READ_EVERY_MICROS).unwrap_or(now)
}

/// Plans a poll, unless one comes earlier.
fn plan(state: &mut CloudState, at: DateTime<Utc>, index: usize) {
    let planned = &mut state.pollers[index].shard.planned;
    if planned.is_some_and(|earlier| earlier <= at) {
        return;
    }
    if planned.replace(at).is_some() {
        state
            .timers
            .retain(|task| !matches!(task, Task::PollStream(other) if *other == index));
    }
    state.timers.put(at, Task::PollStream(index));
}

/// Carries out a poll that was planned.
pub(crate) fn poll_as_planned(state: &mut CloudState, now: DateTime<Utc>, index: usize) {
    state.pollers[index].shard.planned = None;
    poll(state, now, index);
}

/// Gives the function the next batch, if it has none and there is one.
fn poll(state: &mut CloudState, now: DateTime<Utc>, index: usize) {
    while state.lambda.polling(index) == 0 {
        let Some(batch) = next_batch(state, now, index) else {
            return;
        };
        try_batch(state, now, index, batch);
    }
}

/// The batch that is due; plans the next poll where none is due yet.
fn next_batch(state: &mut CloudState, now: DateTime<Utc>, index: usize) -> Option<RecordBatch> {
    let shard = &mut state.pollers[index].shard;
    if let Some(at) = shard.next_retry.filter(|at| *at > now) {
        plan(state, at, index);
        return None;
    }
    shard.next_retry = None;
    if let Some(batch) = shard.retries.pop_front() {
        return Some(batch);
    }
    read(state, now, index);
    let Poller { mapping, shard, .. } = &mut state.pollers[index];
    let window = TimeDelta::seconds(mapping.maximum_batching_window_seconds.into());
    let window_ends = shard.gathered.since()? + window;
    if shard.gathered.is_full(mapping.batch_size as usize) || window_ends <= now {
        return Some(shard.gathered.take());
    }
    plan(state, window_ends, index);
    None
}

/// Reads records until a batch is full. Those that match no filter are passed over.
fn read(state: &mut CloudState, now: DateTime<Utc>, index: usize) {
    let Poller {
        mapping,
        filters,
        shard,
        ..
    } = &mut state.pollers[index];
    let (stream, size) = (&mapping.source_arn, mapping.batch_size as usize);
    loop {
        let records = state
            .dynamodb
            .records_after(now, stream, shard.read, READ_SIZE);
        if records.is_empty() {
            return;
        }
        for record in records {
            if shard.gathered.is_full(size) {
                return;
            }
            let (sequence, text) = (record.sequence, shown(&record, stream).to_string());
            let is_wanted = passes(filters, &text);
            if is_wanted && !shard.gathered.add(now, record, text.len()) {
                return;
            }
            shard.read = sequence;
        }
    }
}

fn passes(filters: &[Pattern], record: &str) -> bool {
    filters.is_empty()
        || FlatEvent::parse(record)
            .is_ok_and(|event| filters.iter().any(|filter| filter.matches(&event)))
}

/// The record as the function sees it.
fn shown(record: &StreamRecord, stream_arn: &str) -> Value {
    let region = stream_arn.split(':').nth(3).unwrap_or_default();
    let mut shown = record.json(region);
    shown["eventSourceARN"] = stream_arn.into();
    shown
}

/// Invokes the function with a batch, without the records that are too old.
fn try_batch(state: &mut CloudState, now: DateTime<Utc>, index: usize, mut batch: RecordBatch) {
    let age = source_of(state, index)
        .and_then(|source| source.maximum_record_age_seconds)
        .map_or(KEPT, |seconds| TimeDelta::seconds(seconds.into()).min(KEPT));
    let expired = batch.expired(now, age);
    if expired > 0 {
        let expired = batch.split_off_before(expired);
        discard(state, now, index, &expired, "RecordAgeExceeded");
    }
    let (Some(first), Some(last)) = (batch.records.first(), batch.records.last()) else {
        return;
    };
    let Poller {
        mapping,
        function_arn,
        ..
    } = &state.pollers[index];
    let stream = &mapping.source_arn;
    let records = batch.records.iter().map(|record| shown(record, stream));
    let payload = json!({ "Records": records.collect::<Vec<_>>() }).to_string();
    let cause = Key::of("records")
        .text(function_arn)
        .text(&first.sequence_number())
        .text(&last.sequence_number())
        .number(batch.failures.into());
    let iterator_age = now - last.at;
    let items = BatchItems::Records(batch);
    let batch = Batch {
        mapping: index,
        items,
    };
    let arn = function_arn.clone();
    count_iterator_age(state, now, &arn, iterator_age);
    let ticket = state.lambda.accept_batch(now, &arn, payload, batch, cause);
    invocation::plan(state, now, ticket, cause);
}

#[expect(
    clippy::cast_precision_loss,
    reason = "the milliseconds of a day fit a double"
)]
fn count_iterator_age(
    state: &mut CloudState,
    now: DateTime<Utc>,
    function_arn: &str,
    age: TimeDelta,
) {
    let name = function_name(state, function_arn);
    let dimensions = [("FunctionName", name.as_str())];
    let milliseconds = age.num_milliseconds() as f64;
    state.count(now, "AWS/Lambda", "IteratorAge", &dimensions, milliseconds);
}

fn function_name(state: &CloudState, function_arn: &str) -> String {
    let function = state.lambda.function(function_arn);
    function.map_or_else(String::new, |function| function.name.clone())
}

fn source_of(state: &CloudState, index: usize) -> Option<&StreamSource> {
    match &state.pollers[index].mapping.source {
        EventSource::Stream(source) => Some(source),
        EventSource::Queue(_) => None,
    }
}

/// Goes on after an invocation with a batch.
pub(crate) fn end_batch(
    state: &mut CloudState,
    now: DateTime<Utc>,
    polled: &Polled,
    mut batch: RecordBatch,
) {
    let index = polled.batch.mapping;
    let reports = state.pollers[index].mapping.report_batch_item_failures;
    let bisects = source_of(state, index).is_some_and(|it| it.bisect_batch_on_function_error);
    batch.invocations += 1;
    batch.last = Some(LastInvocation {
        request_id: polled.request_id.clone(),
        is_function_error: polled.response.is_none(),
    });
    match outcome(polled.response.as_ref(), reports, &batch) {
        Outcome::Done => {}
        Outcome::FailedFrom(place) => {
            let _done = batch.split_off_before(place);
            // Where batches are split, a part that was done is a split, and no retry.
            batch.retries += u32::from(!bisects || place == 0);
            retry_or_discard(state, now, index, batch);
        }
        Outcome::Failed if bisects && batch.records.len() > 1 => {
            batch.failures = 0;
            let first = batch.split_off_before(batch.records.len() / 2);
            state.pollers[index].shard.retries.push_front(batch);
            retry(state, now, index, first);
        }
        Outcome::Failed => {
            batch.retries += 1;
            retry_or_discard(state, now, index, batch);
        }
    }
    poll(state, now, index);
}

fn outcome(response: Option<&Value>, reports: bool, batch: &RecordBatch) -> Outcome {
    let Some(response) = response else {
        return Outcome::Failed;
    };
    if !reports {
        return Outcome::Done;
    }
    let Some(failed) = failed_items(response) else {
        return Outcome::Failed;
    };
    // The first record that failed counts, and all after it.
    let mut first = None;
    for identifier in failed {
        let mut records = batch.records.iter();
        let Some(place) = records.position(|record| record.sequence_number() == identifier) else {
            return Outcome::Failed;
        };
        first = Some(first.map_or(place, |earlier: usize| earlier.min(place)));
    }
    first.map_or(Outcome::Done, Outcome::FailedFrom)
}

/// Takes a batch back that was throttled: it is no try.
pub(crate) fn take_back(
    state: &mut CloudState,
    now: DateTime<Utc>,
    index: usize,
    batch: RecordBatch,
) {
    retry(state, now, index, batch);
    poll(state, now, index);
}

fn retry_or_discard(state: &mut CloudState, now: DateTime<Utc>, index: usize, batch: RecordBatch) {
    let most = source_of(state, index).and_then(|source| source.maximum_retry_attempts);
    if most.is_some_and(|most| batch.retries > most) {
        discard(state, now, index, &batch, "RetryAttemptsExhausted");
    } else {
        retry(state, now, index, batch);
    }
}

/// Tries a batch again after a wait that doubles: AWS does not publish the shape.
fn retry(state: &mut CloudState, now: DateTime<Utc>, index: usize, mut batch: RecordBatch) {
    let wait = 2_i64.pow(batch.failures.min(6)).min(RETRY_SECONDS_MAX);
    batch.failures += 1;
    let shard = &mut state.pollers[index].shard;
    shard.retries.push_front(batch);
    shard.next_retry = Some(now + TimeDelta::seconds(wait));
}

/// Gives records up: the destination is told which; without one they are lost.
fn discard(
    state: &mut CloudState,
    now: DateTime<Utc>,
    index: usize,
    batch: &RecordBatch,
    condition: &str,
) {
    let Some(record) = discarded(state, now, index, batch, condition) else {
        return;
    };
    let function_arn = &state.pollers[index].function_arn;
    let name = function_name(state, function_arn);
    let destination = source_of(state, index).and_then(|source| source.on_failure.clone());
    let Some(destination) = destination else {
        let (from, body) = (Origin::Function(name), record.to_string());
        return record_lost(state, from, LossCause::NoQueue, condition, &body, None);
    };
    let cause = Key::of("discarded").text(function_arn);
    let cause = cause.number(batch.records.first().map_or(0, |record| record.sequence));
    destination::send(state, now, &name, &destination, condition, &record, cause);
}

/// What the destination is told of discarded records: where they are, not what is in them.
fn discarded(
    state: &mut CloudState,
    now: DateTime<Utc>,
    index: usize,
    batch: &RecordBatch,
    condition: &str,
) -> Option<Value> {
    let (first, last) = (batch.records.first()?, batch.records.last()?);
    let arrival = |record: &StreamRecord| record.at.format("%Y-%m-%dT%H:%M:%SZ").to_string();
    let request_id = match &batch.last {
        Some(last) => last.request_id.clone(),
        None => state.next_request_id(),
    };
    let Poller {
        mapping,
        function_arn,
        ..
    } = &state.pollers[index];
    let mut record = json!({
        "version": "1.0",
        "timestamp": now.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string(),
        "requestContext": {
            "requestId": request_id,
            "functionArn": function_arn,
            "condition": condition,
            "approximateInvokeCount": batch.invocations,
        },
        "DDBStreamBatchInfo": {
            "shardId": first.shard_id(),
            "startSequenceNumber": first.sequence_number(),
            "endSequenceNumber": last.sequence_number(),
            "approximateArrivalOfFirstRecord": arrival(first),
            "approximateArrivalOfLastRecord": arrival(last),
            "batchSize": batch.records.len(),
            "streamArn": mapping.source_arn,
        },
    });
    if let Some(last) = &batch.last {
        record["responseContext"] = json!({ "statusCode": 200, "executedVersion": "$LATEST" });
        if last.is_function_error {
            record["responseContext"]["functionError"] = json!("Unhandled");
        }
    }
    Some(record)
}
