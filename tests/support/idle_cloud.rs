//! The least cloud that a router can work with: claims are kept, no workflow was ever begun, every event is taken.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};

use super::http::{Answer, Asked, ScriptedHttp};

/// Claims by key, with whether they are complete.
type Claims = BTreeMap<String, bool>;

/// DynamoDB and EventBridge as far as a router without workflows uses them.
pub struct IdleCloud;

impl IdleCloud {
    /// The cloud as a connector; anything else that is asked breaks the connection.
    pub fn connector() -> ScriptedHttp {
        let claims = Mutex::new(Claims::new());
        ScriptedHttp::new(move |asked| answer(&mut claims.lock().unwrap_or_else(PoisonError::into_inner), asked))
    }
}

fn answer(claims: &mut Claims, asked: &Asked) -> Answer {
    match asked.operation.as_deref() {
        Some("UpdateItem") => update(claims, &asked.body),
        Some("GetItem" | "TransactWriteItems") => Ok((200, "{}".to_owned())),
        Some("PutEvents") => Ok((200, json!({"FailedEntryCount": 0, "Entries": [{"EventId": "put-1"}]}).to_string())),
        _ => Err("connection refused"),
    }
}

fn update(claims: &mut Claims, request: &Value) -> Answer {
    let Some(key) = request.pointer("/Key/claim_key/S").and_then(Value::as_str) else {
        // Only a claim can be updated where no workflow is.
        return Ok(condition_failed(&json!({})));
    };
    let expression = request["UpdateExpression"].as_str().unwrap_or_default();
    let is_complete = claims.entry(key.to_owned()).or_insert(false);
    if expression.starts_with("SET #owner") && *is_complete {
        return Ok(condition_failed(&json!({"owner": {"S": "another"}, "state": {"S": "completed"}})));
    }
    *is_complete |= expression.contains(":completed,");
    let owner = &request["ExpressionAttributeValues"][":owner"];
    Ok((200, json!({"Attributes": {"owner": owner, "state": {"S": "claimed"}, "fence": {"N": "1"}}}).to_string()))
}

fn condition_failed(item: &Value) -> (u16, String) {
    let exception = "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException";
    (400, json!({"__type": exception, "message": "The conditional request failed", "Item": item}).to_string())
}
