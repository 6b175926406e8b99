//! Queues as event sources: Lambda polls a queue and invokes a function with batches of messages.
//!
//! An invocation that succeeds deletes its messages, but for those that a partial batch response
//! names; one that fails deletes none. What is not deleted comes back when its visibility timeout
//! is over (Lambda Developer Guide, "Using Lambda with Amazon SQS").

use chrono::{DateTime, TimeDelta, Utc};
use event_pattern::{FlatEvent, Pattern};
use seeded_dice::Key;
use serde_json::{Map, Value, json};

use super::batch_response::failed_items;
use super::invocation;
use crate::lambda::{Batch, BatchItems, Poller};
use crate::sqs::Received;
use crate::stack::EventSource;
use crate::state::CloudState;

/// Invocations at a time for a standard queue without a limit of its own, as Lambda begins.
const CONCURRENCY_AT_FIRST: usize = 5;
/// Messages that one receive takes.
const RECEIVE_MAX: usize = 10;

/// When a poll finds something next.
pub(crate) fn next_poll(state: &CloudState) -> Option<DateTime<Utc>> {
    (0..state.pollers.len())
        .filter(|index| has_room(state, *index))
        .filter_map(|index| poll_at(state, index))
        .min()
}

/// A batch is taken when it is full, or when its window since the first message is over.
fn poll_at(state: &CloudState, index: usize) -> Option<DateTime<Utc>> {
    let mapping = &state.pollers[index].mapping;
    let first = state.sqs.next_visible(&mapping.source_arn)?;
    if mapping.maximum_batching_window_seconds == 0 {
        return Some(first);
    }
    let window = TimeDelta::seconds(mapping.maximum_batching_window_seconds.into());
    let size = mapping.batch_size as usize;
    let full = state.sqs.visible_from(&mapping.source_arn, size);
    Some(full.map_or(first + window, |full| full.min(first + window)))
}

/// Whether the mapping polls a queue and may invoke its function once more.
fn has_room(state: &CloudState, index: usize) -> bool {
    let EventSource::Queue(source) = &state.pollers[index].mapping.source else {
        return false;
    };
    let most = source
        .maximum_concurrency
        .map_or(CONCURRENCY_AT_FIRST, |most| most as usize);
    state.lambda.polling(index) < most
}

pub(crate) fn poll(state: &mut CloudState, now: DateTime<Utc>) {
    for index in 0..state.pollers.len() {
        while has_room(state, index) && poll_at(state, index).is_some_and(|at| at <= now) {
            let messages = gather(state, now, index);
            if messages.is_empty() {
                break;
            }
            let poller = &state.pollers[index];
            let payload =
                event_of(&messages, &poller.mapping.source_arn, &state.account.region).to_string();
            let arn = poller.function_arn.clone();
            let cause = messages
                .iter()
                .fold(Key::of("batch").text(&arn), |cause, received| {
                    cause.key(received.message.cause_of_receive())
                });
            let ticket = state.lambda.accept_batch(
                now,
                &arn,
                payload,
                Batch {
                    mapping: index,
                    items: BatchItems::Messages(messages),
                },
                cause,
            );
            invocation::plan(state, now, ticket, cause);
        }
    }
}

/// Receives up to a batch. Messages that match no filter are deleted.
fn gather(state: &mut CloudState, now: DateTime<Utc>, index: usize) -> Vec<Received> {
    let Poller {
        mapping, filters, ..
    } = state.pollers[index].clone();
    let mut batch = Vec::new();
    while batch.len() < mapping.batch_size as usize {
        let most = (mapping.batch_size as usize - batch.len()).min(RECEIVE_MAX);
        let received = state
            .sqs
            .receive(now, &mapping.source_arn, most, None)
            .unwrap_or_default();
        if received.is_empty() {
            break;
        }
        let (wanted, unwanted): (Vec<_>, Vec<_>) = received
            .into_iter()
            .partition(|received| passes(&filters, received));
        for message in unwanted {
            // Received just now, so its receipt is good.
            let _deleted = state
                .sqs
                .delete(now, &mapping.source_arn, &message.receipt_handle);
        }
        batch.extend(wanted);
    }
    batch
}

/// Deletes the messages that the function is done with.
pub(crate) fn end_batch(
    state: &mut CloudState,
    now: DateTime<Utc>,
    mapping: usize,
    messages: &[Received],
    response: Option<&Value>,
) {
    let mapping = &state.pollers[mapping].mapping;
    let source = mapping.source_arn.clone();
    let failed = match response {
        None => return,
        Some(response) if mapping.report_batch_item_failures => failures(response, messages),
        Some(_) => Some(Vec::new()),
    };
    let Some(failed) = failed else { return };
    let is_fifo = state.sqs.fifo(&source) == Some(true);
    for received in messages {
        if failed.contains(&received.message.id.to_string().as_str()) {
            // A FIFO queue's order ends at the first failure.
            if is_fifo {
                return;
            }
            continue;
        }
        // A message whose visibility timeout is over meanwhile is delivered again, as on AWS.
        let _deleted = state.sqs.delete(now, &source, &received.receipt_handle);
    }
}

/// The messages that failed; nothing where the whole batch counts as failed.
fn failures<'a>(response: &'a Value, messages: &[Received]) -> Option<Vec<&'a str>> {
    let failed = failed_items(response)?;
    let is_known = |id: &&str| {
        let mut known = messages.iter();
        known.any(|received| received.message.id.to_string() == *id)
    };
    failed.iter().all(is_known).then_some(failed)
}

fn passes(filters: &[Pattern], received: &Received) -> bool {
    let body = serde_json::from_str::<Value>(&received.message.body)
        .unwrap_or_else(|_| Value::from(&*received.message.body));
    let seen = json!({ "body": body, "messageId": received.message.id }).to_string();
    filters.is_empty()
        || FlatEvent::parse(&seen)
            .is_ok_and(|event| filters.iter().any(|filter| filter.matches(&event)))
}

/// The event that the function sees.
fn event_of(messages: &[Received], queue_arn: &str, region: &str) -> Value {
    let records = messages.iter().map(|received| {
        let message = &received.message;
        let attributes: Map<String, Value> = message
            .attributes
            .iter()
            .map(|(name, attribute)| {
                let mut shown = json!({ "stringListValues": [], "binaryListValues": [], "dataType": attribute.data_type });
                for (member, value) in attribute.to_json().as_object().into_iter().flatten() {
                    match member.as_str() {
                        "StringValue" => shown["stringValue"] = value.clone(),
                        "BinaryValue" => shown["binaryValue"] = value.clone(),
                        _ => {}
                    }
                }
                (name.clone(), shown)
            })
            .collect();
        json!({
            "messageId": message.id,
            "receiptHandle": received.receipt_handle,
            "body": message.body,
            "attributes": message.system_attributes(),
            "messageAttributes": attributes,
            "md5OfBody": message.md5_of_body(),
            "eventSource": "aws:sqs",
            "eventSourceARN": queue_arn,
            "awsRegion": region,
        })
    });
    json!({ "Records": records.collect::<Vec<_>>() })
}
