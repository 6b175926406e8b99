//! The REST protocol with JSON, as Scheduler and Lambda speak it: the operation is in method and
//! path, parameters are in path, query and body.

use bytes::Bytes;
use http::{Method, Request, Response};
use serde_json::{Value, json};

use super::call::Call;
use super::error::ServiceError;
use super::form::{decode, pairs};
use super::json::object;
use super::operation::unknown_operation;
use super::service::Service;
use super::with_body;

/// Where Lambda's paths begin.
const LAMBDA: &str = "2015-03-31";

/// Reads a request, if its path is one of a service that speaks REST.
pub(super) fn read(request: &Request<Bytes>) -> Option<Result<Call, ServiceError>> {
    let path = request.uri().path().trim_matches('/');
    let (head, rest) = path.split_once('/').unwrap_or((path, ""));
    match head {
        "schedules" | "schedule-groups" => Some(scheduler(request, head, rest)),
        LAMBDA => Some(lambda(request, rest)),
        _ => None,
    }
}

fn scheduler(request: &Request<Bytes>, collection: &str, name: &str) -> Result<Call, ServiceError> {
    let noun = if collection == "schedules" {
        "Schedule"
    } else {
        "ScheduleGroup"
    };
    let operation = match (request.method(), name.is_empty()) {
        (&Method::GET, true) => format!("List{noun}s"),
        (&Method::POST, false) => format!("Create{noun}"),
        (&Method::GET, false) => format!("Get{noun}"),
        (&Method::PUT, false) if noun == "Schedule" => "UpdateSchedule".to_owned(),
        (&Method::DELETE, false) => format!("Delete{noun}"),
        _ => return Err(unroutable(request)),
    };
    let mut input = object(request.body())?;
    for (key, value) in pairs(request.uri().query().unwrap_or_default()) {
        // The names in the query are those of the members in lower case, but for the group.
        let member = match key.as_str() {
            "ScheduleGroup" | "groupName" => "GroupName".to_owned(),
            "clientToken" => "ClientToken".to_owned(),
            _ => key,
        };
        input[member.as_str()] = match value.parse::<u32>() {
            Ok(number) if member == "MaxResults" => number.into(),
            _ => value.into(),
        };
    }
    if !name.is_empty() {
        input["Name"] = decode(name).into();
    }
    Ok(Call {
        service: Service::Scheduler,
        operation,
        parameters: Ok(input),
    })
}

fn lambda(request: &Request<Bytes>, rest: &str) -> Result<Call, ServiceError> {
    let mut segments = rest.split('/').filter(|segment| !segment.is_empty());
    if segments.next() != Some("functions") {
        return Err(unroutable(request));
    }
    let name = segments.next().map(decode);
    let operation = match (request.method(), &name, segments.next()) {
        (&Method::GET, None, None) => "ListFunctions",
        (&Method::GET, Some(_), None) => "GetFunction",
        (&Method::GET, Some(_), Some("configuration")) => "GetFunctionConfiguration",
        (&Method::POST, Some(_), Some("policy")) => "AddPermission",
        (&Method::POST, Some(_), Some("invocations")) => "Invoke",
        _ => return Err(unroutable(request)),
    };
    let mut input = if operation == "Invoke" {
        invocation(request)?
    } else {
        object(request.body())?
    };
    if let Some(name) = name {
        input["FunctionName"] = name.into();
    }
    Ok(Call {
        service: Service::Lambda,
        operation: operation.to_owned(),
        parameters: Ok(input),
    })
}

/// The payload stays the text that it is.
fn invocation(request: &Request<Bytes>) -> Result<Value, ServiceError> {
    let kind = request
        .headers()
        .get("x-amz-invocation-type")
        .and_then(|value| value.to_str().ok())
        .unwrap_or("RequestResponse");
    let refuse = |reason: String| {
        ServiceError::client(
            "InvalidRequestContentException",
            format!("Could not parse request body into json: {reason}"),
        )
    };
    let payload = if request.body().is_empty() {
        "{}"
    } else {
        std::str::from_utf8(request.body()).map_err(|error| refuse(error.to_string()))?
    };
    serde_json::from_str::<serde::de::IgnoredAny>(payload)
        .map_err(|error| refuse(error.to_string()))?;
    Ok(json!({ "InvocationType": kind, "Payload": payload }))
}

fn unroutable(request: &Request<Bytes>) -> ServiceError {
    let error = unknown_operation(format!(
        "{} {} is not simulated",
        request.method(),
        request.uri().path()
    ));
    ServiceError {
        status: 404,
        ..error
    }
}

/// An answer with a JSON body.
pub(crate) fn answer(status: u16, body: String, request_id: &str) -> Response<Bytes> {
    with_body(status, "application/json", body, request_id, &[])
}

/// The answer to an asynchronous invocation, and to a dry run: nothing but a status.
pub(crate) fn accepted(status: u16, request_id: &str) -> Response<Bytes> {
    with_body(status, "application/json", String::new(), request_id, &[])
}

pub(super) fn error_answer(error: &ServiceError, request_id: &str) -> Response<Bytes> {
    let kind = if error.status < 500 {
        "User"
    } else {
        "Service"
    };
    let body = json!({ "Type": kind, "Message": error.message, "message": error.message });
    with_body(
        error.status,
        "application/json",
        body.to_string(),
        request_id,
        &[("x-amzn-errortype", &error.code)],
    )
}
