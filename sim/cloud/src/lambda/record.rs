use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::{InvocationResult, Pending};
use crate::stack::Function;

/// What an invocation's caller, or its destination, sees of the result.
#[must_use]
pub fn response_of(result: &InvocationResult, request_id: &str, timeout_seconds: u32) -> Value {
    match result {
        InvocationResult::Success(value) => value.clone(),
        InvocationResult::Failed {
            error_type,
            message,
        } => json!({ "errorType": error_type, "errorMessage": message }),
        InvocationResult::TimedOut => json!({
            "errorType": "Sandbox.Timedout",
            "errorMessage": format!("RequestId: {request_id} Error: Task timed out after {timeout_seconds}.00 seconds"),
        }),
        InvocationResult::Crashed => json!({
            "errorType": "Runtime.ExitError",
            "errorMessage": format!("RequestId: {request_id} Error: Runtime exited with error: signal: killed"),
        }),
    }
}

/// A destination's record (`lambda` of semantics.md). An event that was never tried has no
/// response.
pub(super) fn record(
    function: &Function,
    pending: &Pending,
    condition: &str,
    now: DateTime<Utc>,
    end: Option<(&Value, bool)>,
) -> Value {
    let mut record = json!({
        "version": "1.0",
        "timestamp": now.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string(),
        "requestContext": {
            "requestId": pending.request_id,
            "functionArn": format!("{}:$LATEST", function.arn),
            "condition": condition,
            "approximateInvokeCount": pending.attempts,
        },
        "requestPayload": serde_json::from_str::<Value>(&pending.payload).unwrap_or(Value::Null),
    });
    if let Some((response, failed)) = end {
        record["responseContext"] = json!({ "statusCode": 200, "executedVersion": "$LATEST" });
        if failed {
            record["responseContext"]["functionError"] = json!("Unhandled");
        }
        record["responsePayload"] = response.clone();
    }
    record
}
