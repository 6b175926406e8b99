//! Universal targets of schedules: `arn:aws:scheduler:::aws-sdk:SERVICE:action` calls an operation
//! with the schedule's input as parameters (Scheduler User Guide, "Using universal targets").

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use super::publication::publish_message;
use super::put_events::put_events;
use super::target::{Sender, TargetError, check};
use super::{invocation, publication};
use crate::api::error::ServiceError;
use crate::api::{Call, Service};
use crate::iam::required_permissions;
use crate::state::CloudState;

/// The service and the operation of the ARN of a universal target.
pub(crate) fn operation_of(arn: &str) -> Option<(Service, String)> {
    let (_, call) = arn.split_once(":scheduler:::aws-sdk:")?;
    let (service, action) = call.split_once(':')?;
    let service = match service {
        "eventbridge" => Service::EventBridge,
        name => Service::named(name)?,
    };
    let mut letters = action.chars();
    let first = letters.next()?.to_ascii_uppercase();
    Some((service, std::iter::once(first).chain(letters).collect()))
}

/// Calls the operation, if the sender may.
///
/// # Errors
/// What the sender may not do, what the service refuses, and operations that are not simulated
/// here.
pub(crate) fn call(
    state: &mut CloudState,
    now: DateTime<Utc>,
    sender: Sender<'_>,
    (service, operation): (Service, String),
    body: &str,
) -> Result<(), TargetError> {
    let refused = |message: String| TargetError::is_final("INVALID_PARAMETER", message);
    let input: Value = serde_json::from_str(body).map_err(|error| refused(error.to_string()))?;
    let call = Call {
        service,
        operation,
        parameters: Ok(pascal_case(input)),
    };
    for required in required_permissions(&call, &state.account) {
        check(state, sender, &required.action, &required.resource)?;
    }
    let Ok(input) = &call.parameters else {
        return Ok(());
    };
    carry_out(state, now, &call, input)
        .map(|_| ())
        .map_err(|error| refused(error.message))
}

fn carry_out(
    state: &mut CloudState,
    now: DateTime<Utc>,
    call: &Call,
    input: &Value,
) -> Result<Value, ServiceError> {
    match (call.service, call.operation.as_str()) {
        (Service::Sns, "Publish") => publish_message(state, now, input),
        (Service::Sns, "PublishBatch") => publication::publish_batch(state, now, input),
        (Service::EventBridge, "PutEvents") => put_events(state, now, input),
        (Service::Sqs, operation) => state.sqs.handle(now, operation, input),
        (Service::Lambda, "Invoke") => {
            let mut input = input.clone();
            input["InvocationType"] = "Event".into();
            invocation::invoke(state, now, &input)
        }
        (service, operation) => Err(ServiceError::validation(format!(
            "The universal target {}:{operation} is not simulated.",
            service.name()
        ))),
    }
}

/// Inputs name members as the SDK for Java does, with a capital letter; a small one is taken too.
fn pascal_case(input: Value) -> Value {
    let Value::Object(members) = input else {
        return input;
    };
    let members: Map<String, Value> = members
        .into_iter()
        .map(|(name, value)| {
            let mut letters = name.chars();
            let first = letters.next().map(|first| first.to_ascii_uppercase());
            (first.into_iter().chain(letters).collect(), value)
        })
        .collect();
    Value::Object(members)
}
