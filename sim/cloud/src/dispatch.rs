//! Requests of AWS clients to the services that answer them.

use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use dynamodb_engine::{Call as TableCall, Error as DynamoError, Place, ReadView};
use http::Response;
use seeded_dice::Key;
use serde_json::Value;

use crate::api::error::ServiceError;
use crate::api::operation::{Access, not_simulated, run};
use crate::api::{self, ApiRequest, Call, Service};
use crate::flow::stream_source;
use crate::iam::RequiredPermission;
use crate::operations::{self, facts_of};
use crate::state::CloudState;
use crate::timer_queue::delta;

/// Why the role of a function does not allow a call, if it does not.
pub(crate) fn denied(
    state: &CloudState,
    function: &str,
    required: &[RequiredPermission],
) -> Option<ServiceError> {
    let role = state.role_of(function);
    let RequiredPermission { action, resource } = required.iter().find(|required| {
        !role.is_some_and(|role| role.allows(&required.action, &required.resource))
    })?;
    let role_name = role.map_or("", |role| &role.name);
    let session = state
        .account
        .global_arn("sts", &format!("assumed-role/{role_name}/{function}"));
    let code = if action.starts_with("dynamodb:") {
        "com.amazon.coral.service#AccessDeniedException"
    } else {
        "AccessDeniedException"
    };
    Some(ServiceError::client(
        code,
        format!(
            "User: {session} is not authorized to perform: {action} on resource: {resource} because no identity-based policy \
             allows the {action} action"
        ),
    ))
}

/// Answers a request that was read before.
pub(crate) fn answer(
    state: &mut CloudState,
    now: DateTime<Utc>,
    request: &ApiRequest,
) -> Response<Bytes> {
    let request_id = state.next_request_id();
    let call = match &request.call {
        Ok(call) => call,
        Err(error) => return request.answer(Err(error.clone()), &request_id),
    };
    if call.service == Service::DynamoDb {
        let body = String::from_utf8_lossy(&request.body);
        let place = state.dynamodb.place_of(request.scope.as_ref());
        return match answer_dynamodb(state, now, &place, call, &body) {
            Ok(body) => api::answer(200, body, &request_id),
            Err(error) => api::answer(error.status(), error.body(), &request_id),
        };
    }
    let result = match &call.parameters {
        Ok(input) => carry_out(state, now, call, input),
        Err(error) => Err(error.clone()),
    };
    match request.parameters_of(Service::Lambda, "Invoke") {
        Some(input) if result.is_ok() => accepted(input, &request_id),
        _ => request.answer(result, &request_id),
    }
}

fn carry_out(
    state: &mut CloudState,
    now: DateTime<Utc>,
    call: &Call,
    input: &Value,
) -> Result<Value, ServiceError> {
    let name = call.operation.as_str();
    match call.service {
        Service::EventBridge => {
            let result = run(&operations::EVENTBRIDGE, state, now, name, input);
            if name != "PutEvents" {
                state.record_rule_changes();
            }
            result
        }
        Service::Sqs => state.sqs.handle(now, name, input),
        Service::Scheduler => run(&operations::SCHEDULER, state, now, name, input),
        Service::Lambda => run(&operations::LAMBDA, state, now, name, input),
        Service::Sns => run(&operations::SNS, state, now, name, input),
        Service::DynamoDb => Err(not_simulated(name)),
    }
}

/// DynamoDB, with what it does to a caller now and then: it throttles, shows what was there a while
/// ago, refuses for a transaction, or writes and answers an error.
fn answer_dynamodb(
    state: &mut CloudState,
    now: DateTime<Utc>,
    place: &Place,
    call: &Call,
    body: &str,
) -> Result<String, DynamoError> {
    let operation = call.operation.as_str();
    let is_data = operation.ends_with("Item")
        || operation.ends_with("Items")
        || matches!(operation, "Query" | "Scan");
    let is_write = matches!(
        operation,
        "PutItem" | "UpdateItem" | "DeleteItem" | "BatchWriteItem" | "TransactWriteItems"
    );
    let knobs = &state.knobs;
    let (throttles, losses) = (
        knobs.dynamodb_throttles_per_mille,
        knobs.dynamodb_lost_answers_per_mille,
    );
    let conflicts = knobs.dynamodb_conflicts_per_mille;
    let (stale, lag) = (knobs.dynamodb_stale_reads, knobs.dynamodb_index_lag);
    let has_chance = throttles + losses + conflicts > 0 || !(stale + lag).is_zero();
    let cause = if has_chance {
        state.tally.next(cause_of(call))
    } else {
        Key::default()
    };
    if is_data && state.dice.happens(cause.text("throttled"), throttles) {
        return Err(DynamoError::ThroughputExceeded);
    }
    let conflict = is_write && state.dice.happens(cause.text("conflict"), conflicts);
    let view = ReadView {
        stale_by: age(state, cause.text("stale"), stale),
        index_lag: age(state, cause.text("index lag"), lag),
    };
    let call = TableCall {
        view,
        conflict: conflict.then_some(0),
        ..TableCall::new(now, place)
    };
    let answer = state.dynamodb.handle(&call, operation, body)?;
    stream_source::wake(state, now);
    if is_write && state.dice.happens(cause.text("answer lost"), losses) {
        return Err(DynamoError::Internal);
    }
    Ok(answer)
}

/// How old a view is that is `most` old at most.
fn age(state: &CloudState, cause: Key, most: Duration) -> TimeDelta {
    let most = u64::try_from(most.as_micros()).unwrap_or(u64::MAX);
    delta(Duration::from_micros(state.dice.between(cause, 0, most)))
}

/// What a request does to what is stored; one that is not simulated changes nothing.
#[must_use]
pub fn access(request: &ApiRequest) -> Option<Access> {
    let call = request.call.as_ref().ok()?;
    facts_of(call).map(|facts| facts.access)
}

/// The answer to an asynchronous invocation, and to a dry run: nothing but a status.
fn accepted(input: &Value, request_id: &str) -> Response<Bytes> {
    let status = if input["InvocationType"] == "DryRun" {
        204
    } else {
        202
    };
    api::rest_accepted(status, request_id)
}

/// What a request to DynamoDB is to the dice: the operation, and the keys of the items that it is
/// about.
fn cause_of(call: &Call) -> Key {
    let nothing = Value::Null;
    let input = call.parameters.as_ref().unwrap_or(&nothing);
    let writes = input["TransactItems"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_object)
        .flat_map(|item| item.values());
    std::iter::once(input)
        .chain(writes)
        .fold(Key::of(&call.operation), |cause, write| {
            cause
                .text(write["TableName"].as_str().unwrap_or_default())
                .text(&write["Key"].to_string())
        })
}
