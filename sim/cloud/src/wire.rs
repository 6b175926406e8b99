//! The protocols of AWS: which service and operation a request is for, its parameters, and answers
//! in its shape.

mod query;
mod rest;
mod xml;

use bytes::Bytes;
use http::{Method, Request, Response};
use serde_json::{Value, json};

use super::error::ServiceError;

/// A request, as far as its header tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Such as `events`.
    pub service: Service,
    /// Such as `PutEvents`.
    pub operation: String,
}

/// A simulated service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// Amazon EventBridge.
    EventBridge,
    /// Amazon SQS.
    Sqs,
    /// Amazon DynamoDB.
    DynamoDb,
    /// EventBridge Scheduler.
    Scheduler,
    /// AWS Lambda.
    Lambda,
}

impl Service {
    /// As people write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::EventBridge => "events",
            Self::Sqs => "sqs",
            Self::DynamoDb => "dynamodb",
            Self::Scheduler => "scheduler",
            Self::Lambda => "lambda",
        }
    }
}

/// How a client speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// `X-Amz-Target`, JSON in and out.
    Json,
    /// Method and path, JSON in and out.
    Rest,
    /// A form in, XML out: SQS as older clients speak it.
    Query,
}

/// A request that was understood, or why it was not, with what an answer needs to know.
#[derive(Debug)]
pub struct Heard {
    /// How the client speaks.
    pub protocol: Protocol,
    /// What it asks for, with the parameters.
    pub asked: Result<(Call, Value), ServiceError>,
}

/// Reads a request of any protocol.
#[must_use]
pub fn hear(request: &Request<Bytes>) -> Heard {
    if request.headers().contains_key("x-amz-target") {
        let asked = match call_of(request) {
            // The database reads its own input.
            Some(call) if call.service == Service::DynamoDb => Ok((call, Value::Null)),
            Some(call) => input_of(request).map(|input| (call, input)),
            None => Err(unknown_operation(
                "the header X-Amz-Target names no simulated service and operation",
            )),
        };
        return Heard {
            protocol: Protocol::Json,
            asked,
        };
    }
    if let Some(asked) = rest::read(request) {
        return Heard {
            protocol: Protocol::Rest,
            asked,
        };
    }
    if let Some(asked) = query::read(request) {
        return Heard {
            protocol: Protocol::Query,
            asked,
        };
    }
    Heard {
        protocol: Protocol::Json,
        asked: Err(unknown_operation(
            "the request names no operation of a simulated service",
        )),
    }
}

pub(super) fn unknown_operation(message: impl Into<String>) -> ServiceError {
    ServiceError::client("UnknownOperationException", message)
}

/// Reads `X-Amz-Target`.
#[must_use]
pub fn call_of<B>(request: &Request<B>) -> Option<Call> {
    let target = request.headers().get("x-amz-target")?.to_str().ok()?;
    let (prefix, operation) = target.split_once('.')?;
    let service = match prefix {
        "AWSEvents" => Service::EventBridge,
        "AmazonSQS" => Service::Sqs,
        prefix if prefix.starts_with("DynamoDB_") || prefix.starts_with("DynamoDBStreams_") => {
            Service::DynamoDb
        }
        _ => return None,
    };
    Some(Call {
        service,
        operation: operation.to_owned(),
    })
}

/// Reads a JSON body; an empty one is `{}`.
///
/// # Errors
/// AWS's SerializationException.
pub fn input_of(request: &Request<Bytes>) -> Result<Value, ServiceError> {
    if request.body().is_empty() {
        return Ok(json!({}));
    }
    let refuse = |message: String| ServiceError::client("SerializationException", message);
    let input: Value =
        serde_json::from_slice(request.body()).map_err(|error| refuse(error.to_string()))?;
    if input.is_object() {
        Ok(input)
    } else {
        Err(refuse(
            "Start of structure or map found where not expected.".to_owned(),
        ))
    }
}

impl Heard {
    /// Whether a web page could have sent this: a plain GET, without a header that only programs
    /// set, which changes something.
    #[must_use]
    pub fn is_unsafe_get(&self, request: &Request<Bytes>) -> bool {
        let reads = |call: &Call| {
            ["Get", "List", "Describe"]
                .iter()
                .any(|verb| call.operation.starts_with(verb))
        };
        let is_get = matches!(*request.method(), Method::GET | Method::HEAD);
        let is_signed = || {
            ["authorization", "x-amz-target"]
                .iter()
                .any(|name| request.headers().contains_key(*name))
        };
        is_get && !is_signed() && self.asked.as_ref().is_ok_and(|(call, _)| !reads(call))
    }

    /// The answer in the client's protocol.
    #[must_use]
    pub fn answer(&self, result: Result<Value, ServiceError>, request_id: &str) -> Response<Bytes> {
        match (self.protocol, result) {
            (Protocol::Query, result) => query::answer(
                self.asked
                    .as_ref()
                    .map(|(call, _)| call.operation.as_str())
                    .ok(),
                result,
                request_id,
            ),
            (Protocol::Rest, Ok(output)) => rest::answer(200, output.to_string(), request_id),
            (Protocol::Rest, Err(error)) => rest::error_answer(&error, request_id),
            (Protocol::Json, Ok(output)) => answer(200, output.to_string(), request_id),
            (Protocol::Json, Err(error)) => {
                let is_sqs = self
                    .asked
                    .as_ref()
                    .is_ok_and(|(call, _)| call.service == Service::Sqs);
                if is_sqs {
                    sqs_error_answer(&error, request_id)
                } else {
                    error_answer(&error, request_id)
                }
            }
        }
    }
}

pub(super) use rest::{accepted as rest_accepted, answer as rest_answer};

/// An answer with a JSON body.
#[must_use]
pub fn answer(status: u16, body: String, request_id: &str) -> Response<Bytes> {
    with_body(status, "application/x-amz-json-1.1", body, request_id, &[])
}

/// An error answer.
#[must_use]
pub fn error_answer(error: &ServiceError, request_id: &str) -> Response<Bytes> {
    answer(error.status, error_body(error).to_string(), request_id)
}

/// SQS also says the code that the error had in the query protocol: clients go by it.
fn sqs_error_answer(error: &ServiceError, request_id: &str) -> Response<Bytes> {
    let mut body = error_body(error);
    body["__type"] = format!("com.amazonaws.sqs#{}", error.code).into();
    let header = format!(
        "{};{}",
        query::code_of(&error.code),
        if error.status < 500 {
            "Sender"
        } else {
            "Receiver"
        }
    );
    with_body(
        error.status,
        "application/x-amz-json-1.0",
        body.to_string(),
        request_id,
        &[("x-amzn-query-error", &header)],
    )
}

fn error_body(error: &ServiceError) -> Value {
    let mut body = json!({ "__type": error.code, "message": error.message });
    for (name, value) in &error.fields {
        body[name] = value.clone();
    }
    body
}

fn with_body(
    status: u16,
    content_type: &str,
    body: String,
    request_id: &str,
    headers: &[(&str, &str)],
) -> Response<Bytes> {
    let mut response = Response::builder()
        .status(status)
        .header("content-type", content_type)
        .header("x-amzn-requestid", request_id)
        .header("content-length", body.len());
    for (name, value) in headers {
        response = response.header(*name, *value);
    }
    response
        .body(Bytes::from(body))
        .expect("the parts of an answer are well formed")
}
