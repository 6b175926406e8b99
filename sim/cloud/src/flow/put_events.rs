//! PutEvents: from the entries of a request to the rules.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::route::route_put;
use crate::api::error::ServiceError;
use crate::cloud_event::CloudEvent;
use crate::eventbridge::{Put, put_answer};
use crate::state::CloudState;

/// Answers PutEvents.
///
/// # Errors
/// Where the whole request is refused.
pub(crate) fn put_events(
    state: &mut CloudState,
    now: DateTime<Utc>,
    input: &Value,
) -> Result<Value, ServiceError> {
    put(state, now, input).map(|results| put_answer(&results))
}

/// Puts entries, and gives what became of each.
///
/// # Errors
/// Where the whole request is refused.
pub(crate) fn put(
    state: &mut CloudState,
    now: DateTime<Utc>,
    input: &Value,
) -> Result<Vec<Put>, ServiceError> {
    let mut results = state.eventbridge.put_events(now, input)?;
    for result in &mut results {
        if let Put::Accepted(event) = result
            && let Some((code, message)) = state.fault_hook.on_entry(&event.detail_type)
        {
            let (source, detail_type) = (event.source.clone(), event.detail_type.clone());
            *result = Put::Refused {
                code,
                message: message.to_owned(),
                source,
                detail_type,
                is_injected: true,
            };
        }
    }
    for result in &results {
        match result {
            Put::Accepted(event) => route_put(state, now, Arc::clone(event)),
            Put::Vanished {
                bus, detail_type, ..
            } => state.records.push(CloudEvent::EventVanished {
                bus: bus.clone(),
                detail_type: detail_type.clone(),
            }),
            Put::Refused {
                code,
                message,
                source,
                detail_type,
                is_injected,
            } => state.records.push(CloudEvent::EventRefused {
                source: source.clone(),
                detail_type: detail_type.clone(),
                code: (*code).to_owned(),
                message: message.clone(),
                is_injected: *is_injected,
            }),
        }
    }
    Ok(results)
}
