//! Invocations of functions, from acceptance to the start (`lambda` of semantics.md).

use chrono::{DateTime, Utc};
use seeded_dice::Key;
use serde_json::Value;

use crate::api::ApiRequest;
use crate::api::error::ServiceError;
use crate::api::parameters::{choice, text};
use crate::cloud_event::CloudEvent;
use crate::lambda::{Begun, GivenUp, Returned, Started};
use crate::state::CloudState;
use crate::task::Task;
use crate::timer_queue::delta;

/// Takes an event for a function. `cause` is what this invocation is to the dice: no other has it.
pub(crate) fn accept(
    state: &mut CloudState,
    now: DateTime<Utc>,
    arn: &str,
    payload: &str,
    cause: Key,
) {
    let ticket = state.lambda.accept(now, arn, payload, cause);
    plan(state, now, ticket, cause);
    let copy = cause.text("queued twice");
    if state
        .dice
        .happens(copy, state.knobs.async_duplicates_per_mille)
        && let Some(ticket) = state.lambda.duplicate(ticket, copy)
    {
        plan(state, now, ticket, copy);
    }
}

/// Plans the start of an accepted invocation.
pub(crate) fn plan(state: &mut CloudState, now: DateTime<Utc>, ticket: u64, cause: Key) {
    let spread = state.knobs.invocation_latency;
    let latency = spread.draw(state.dice, cause.text("latency"));
    state.timers.put(now + delta(latency), Task::Invoke(ticket));
}

/// What became of an invocation that was due and did not start.
#[derive(Debug)]
pub(crate) enum NotStarted {
    GivenUp(Box<GivenUp>),
    Returned(Box<Returned>),
}

/// Starts the next attempt of an accepted invocation, unless the function is throttled.
pub(crate) fn start(state: &mut CloudState, now: DateTime<Utc>, ticket: u64) -> Option<NotStarted> {
    match state.lambda.start(ticket, now) {
        Started::Invoke(invocation) => {
            state.records.push(CloudEvent::InvocationStarted {
                invocation: invocation.number,
                function: invocation.function.clone(),
                request_id: invocation.request_id.clone(),
                attempt: invocation.attempt,
                payload: invocation.event.clone(),
            });
            state.starting.push(invocation);
        }
        Started::Throttled(function, again) => {
            count_throttle(state, now, &function);
            state.timers.put(again, Task::Invoke(ticket));
        }
        Started::GivenUp(given_up) => {
            count_throttle(state, now, &given_up.function);
            return Some(NotStarted::GivenUp(given_up));
        }
        Started::Returned(returned) => {
            count_throttle(state, now, &returned.function);
            return Some(NotStarted::Returned(returned));
        }
        Started::Gone => {}
    }
    None
}

fn count_throttle(state: &mut CloudState, now: DateTime<Utc>, function: &str) {
    let dimensions = [("FunctionName", function)];
    state.count(now, "AWS/Lambda", "Throttles", &dimensions, 1.0);
}

/// Invoke, but for the invocations whose answer somebody waits for.
pub(crate) fn invoke(
    state: &mut CloudState,
    now: DateTime<Utc>,
    input: &Value,
) -> Result<Value, ServiceError> {
    let arn = state.lambda.function_of(input)?.arn.clone();
    let kinds = ["Event", "RequestResponse", "DryRun"];
    match choice(input, "InvocationType", &kinds)? {
        Some("Event") => {
            let payload = text(input, "Payload").unwrap_or("{}");
            let cause = state.tally.next(cause_of(&arn, payload));
            accept(state, now, &arn, payload, cause);
            Ok(Value::Null)
        }
        Some("DryRun") => Ok(Value::Null),
        _ => Err(ServiceError {
            status: 500,
            ..ServiceError::client(
                "ServiceException",
                "Nobody waits here for the answer of a synchronous invocation.",
            )
        }),
    }
}

/// Begins the synchronous invocation with these parameters.
pub(crate) fn begin(state: &mut CloudState, request: &ApiRequest, input: &Value) -> Begun {
    let started = state
        .lambda
        .function_of(input)
        .map(|function| function.arn.clone())
        .and_then(|arn| {
            let payload = text(input, "Payload").unwrap_or("{}");
            let cause = state.tally.next(cause_of(&arn, payload));
            let started = state.lambda.start_direct(&arn, payload, cause);
            started.ok_or_else(too_many_requests)
        });
    match started {
        Ok(invocation) => {
            state.records.push(CloudEvent::InvocationStarted {
                invocation: invocation.number,
                function: invocation.function.clone(),
                request_id: invocation.request_id.clone(),
                attempt: 1,
                payload: invocation.event.clone(),
            });
            Begun::Running(invocation)
        }
        Err(error) => {
            let request_id = state.next_request_id();
            Begun::Refused(request.answer(Err(error), &request_id))
        }
    }
}

fn too_many_requests() -> ServiceError {
    let error = ServiceError {
        status: 429,
        ..ServiceError::client("TooManyRequestsException", "Rate Exceeded.")
    };
    error.with(
        "Reason",
        "ReservedFunctionConcurrentInvocationLimitExceeded".into(),
    )
}

/// What an invocation with this payload is to the dice: the event's own id where its maker gave it
/// one, so that the same event is the same cause whenever it comes.
pub(crate) fn cause_of(function_arn: &str, payload: &str) -> Key {
    let function = Key::of("invoke").text(function_arn);
    let value: Value = serde_json::from_str(payload).unwrap_or_default();
    match event_of(&value) {
        Some((name, id)) => function.text(&name).text(id),
        None => function.text(payload),
    }
}

/// The type of an event and the id in its detail; of one that is wrapped under a name, that name
/// goes before the type.
fn event_of(value: &Value) -> Option<(String, &str)> {
    if let Some(id) = own_id(value) {
        return Some((detail_type(value).to_owned(), id));
    }
    let members = value.as_object()?;
    members.iter().find_map(|(name, inner)| {
        let id = own_id(inner)?;
        Some((format!("{name} {}", detail_type(inner)), id))
    })
}

fn own_id(event: &Value) -> Option<&str> {
    event.pointer("/detail/event_id")?.as_str()
}

fn detail_type(event: &Value) -> &str {
    event["detail-type"].as_str().unwrap_or_default()
}
