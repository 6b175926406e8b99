//! The least cloud that a router can work with: claims are kept, no workflow was ever begun, every
//! event is taken.

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
        ScriptedHttp::new(move |asked| {
            answer(
                &mut claims.lock().unwrap_or_else(PoisonError::into_inner),
                asked,
            )
        })
    }

    /// The same with a broker whose market is open on the day of [`opening`](super::opening): a
    /// command to trade finds all it needs.
    pub fn open_market() -> ScriptedHttp {
        let claims = Mutex::new(Claims::new());
        ScriptedHttp::new(move |asked| {
            broker(asked).unwrap_or_else(|| {
                answer(
                    &mut claims.lock().unwrap_or_else(PoisonError::into_inner),
                    asked,
                )
            })
        })
    }
}

fn broker(asked: &Asked) -> Option<Answer> {
    let path = asked.target.split('?').next().unwrap_or_default();
    let body = match (asked.method.as_str(), path) {
        ("GET", "/v2/calendar") => {
            let day = |date: &str| json!({"date": date, "open": "09:30", "close": "16:00"});
            json!([day("2025-10-09"), day("2025-10-10")])
        }
        ("GET", "/v2/account") => json!({
            "account_number": "PA1", "cash": "10000", "buying_power": "50000", "portfolio_value": "100000", "trading_blocked": false,
        }),
        ("GET", "/v2/account/portfolio/history") => {
            json!({"timestamp": [1_759_795_200, 1_760_054_400], "equity": [100_000, 101_250.5]})
        }
        _ => return None,
    };
    Some(Ok((200, body.to_string())))
}

fn answer(claims: &mut Claims, asked: &Asked) -> Answer {
    match asked.operation.as_deref() {
        Some("UpdateItem") => update(claims, &asked.body),
        Some("GetItem" | "TransactWriteItems") => Ok((200, "{}".to_owned())),
        Some("PutEvents") => Ok((
            200,
            json!({"FailedEntryCount": 0, "Entries": [{"EventId": "put-1"}]}).to_string(),
        )),
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
        return Ok(condition_failed(
            &json!({"owner": {"S": "another"}, "state": {"S": "completed"}}),
        ));
    }
    *is_complete |= expression.contains(":completed,");
    let owner = &request["ExpressionAttributeValues"][":owner"];
    Ok((
        200,
        json!({"Attributes": {"owner": owner, "state": {"S": "claimed"}, "fence": {"N": "1"}}})
            .to_string(),
    ))
}

fn condition_failed(item: &Value) -> (u16, String) {
    let exception = "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException";
    (
        400,
        json!({"__type": exception, "message": "The conditional request failed", "Item": item})
            .to_string(),
    )
}
