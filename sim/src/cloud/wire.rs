//! The AWS JSON protocol: which service and operation a request is for, and answers in its shape.

use bytes::Bytes;
use http::{Request, Response};
use serde_json::{Value, json};

use super::error::ServiceError;

/// A request, as far as its header tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// `events`, `sqs` or `dynamodb`.
    pub service: Service,
    /// Such as `PutEvents`.
    pub operation: String,
}

/// A service that speaks the AWS JSON protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// Amazon EventBridge.
    EventBridge,
    /// Amazon SQS.
    Sqs,
    /// Amazon DynamoDB.
    DynamoDb,
}

impl Service {
    /// As people write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::EventBridge => "events",
            Self::Sqs => "sqs",
            Self::DynamoDb => "dynamodb",
        }
    }
}

/// Reads `X-Amz-Target`.
#[must_use]
pub fn call_of<B>(request: &Request<B>) -> Option<Call> {
    let target = request.headers().get("x-amz-target")?.to_str().ok()?;
    let (prefix, operation) = target.split_once('.')?;
    let service = match prefix {
        "AWSEvents" => Service::EventBridge,
        "AmazonSQS" => Service::Sqs,
        prefix if prefix.starts_with("DynamoDB_") => Service::DynamoDb,
        _ => return None,
    };
    Some(Call { service, operation: operation.to_owned() })
}

/// Reads a JSON body; an empty one is `{}`.
///
/// # Errors
/// AWS's SerializationException.
pub fn input_of(request: &Request<Bytes>) -> Result<Value, ServiceError> {
    if request.body().is_empty() {
        return Ok(json!({}));
    }
    serde_json::from_slice(request.body()).map_err(|error| ServiceError::client("SerializationException", error.to_string()))
}

/// An answer with a JSON body.
#[must_use]
pub fn answer(status: u16, body: String, request_id: &str) -> Response<Bytes> {
    Response::builder()
        .status(status)
        .header("content-type", "application/x-amz-json-1.1")
        .header("x-amzn-requestid", request_id)
        .header("content-length", body.len())
        .body(Bytes::from(body))
        .expect("the parts of an answer are well formed")
}

/// An error answer.
#[must_use]
pub fn error_answer(error: &ServiceError, request_id: &str) -> Response<Bytes> {
    let mut body = json!({ "__type": error.code, "message": error.message });
    for (name, value) in &error.fields {
        body[name] = value.clone();
    }
    answer(error.status, body.to_string(), request_id)
}
