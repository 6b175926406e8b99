//! The JSON protocols: `X-Amz-Target` names the operation, JSON in and out.

use bytes::Bytes;
use http::Response;
use serde_json::{Value, json};

use super::error::ServiceError;
use super::with_body;

/// Reads a body that holds an object; an empty one is `{}`.
///
/// # Errors
/// AWS's SerializationException.
pub fn object(body: &[u8]) -> Result<Value, ServiceError> {
    if body.is_empty() {
        return Ok(json!({}));
    }
    let refuse = |message: String| ServiceError::client("SerializationException", message);
    let input: Value = serde_json::from_slice(body).map_err(|error| refuse(error.to_string()))?;
    if input.is_object() {
        Ok(input)
    } else {
        Err(refuse(
            "Start of structure or map found where not expected.".to_owned(),
        ))
    }
}

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
pub(super) fn sqs_error_answer(error: &ServiceError, request_id: &str) -> Response<Bytes> {
    let mut body = error_body(error);
    body["__type"] = format!("com.amazonaws.sqs#{}", error.code).into();
    let fault = if error.status < 500 {
        "Sender"
    } else {
        "Receiver"
    };
    let header = format!("{};{fault}", error.query_code());
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
