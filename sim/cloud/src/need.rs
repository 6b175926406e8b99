//! What IAM asks of the caller of an operation.

use bytes::Bytes;
use http::Request;
use serde::Serialize;
use serde_json::{Map, Value};

use super::template::Pseudo;
use super::wire::{Service, call_of};

/// An action that a caller's role must allow, and on what.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Need {
    /// Such as `dynamodb:GetItem`.
    pub action: String,
    /// The ARN.
    pub resource: String,
}

/// What a request needs, each thing once; nothing for a request that is not for a simulated AWS. A
/// transaction needs what each of its parts would need alone.
#[must_use]
pub fn needs_of(request: &Request<Bytes>, pseudo: &Pseudo) -> Vec<Need> {
    let Some(call) = call_of(request) else {
        return Vec::new();
    };
    let input: Value = serde_json::from_slice(request.body()).unwrap_or_default();
    let action = format!("{}:{}", call.service.name(), call.operation);
    let mut needs: Vec<Need> = match (call.service, call.operation.as_str()) {
        (Service::EventBridge, "PutEvents") => items(&input["Entries"])
            .map(|entry| Need {
                action: action.clone(),
                resource: arn(pseudo, "events", "event-bus/", &entry["EventBusName"]),
            })
            .collect(),
        (Service::DynamoDb, "TransactWriteItems" | "TransactGetItems") => {
            items(&input["TransactItems"])
                .flat_map(|item| item.as_object().into_iter().flatten())
                .map(|(part, inner)| Need {
                    action: part_action(part),
                    resource: arn(pseudo, "dynamodb", "table/", &inner["TableName"]),
                })
                .collect()
        }
        (Service::DynamoDb, "BatchGetItem" | "BatchWriteItem") => input["RequestItems"]
            .as_object()
            .into_iter()
            .flat_map(Map::keys)
            .map(|table| Need {
                action: action.clone(),
                resource: arn(pseudo, "dynamodb", "table/", &table.as_str().into()),
            })
            .collect(),
        (Service::DynamoDb, _) => {
            let table = arn(pseudo, "dynamodb", "table/", &input["TableName"]);
            let resource = input["IndexName"]
                .as_str()
                .map_or(table.clone(), |index| format!("{table}/index/{index}"));
            vec![Need { action, resource }]
        }
        (Service::Sqs, _) => {
            let queue = input["QueueUrl"]
                .as_str()
                .and_then(|url| url.rsplit('/').next())
                .unwrap_or_default();
            vec![Need {
                action,
                resource: arn(pseudo, "sqs", "", &queue.into()),
            }]
        }
        (Service::Lambda, "Invoke") => {
            let function = request.uri().path().split('/').nth(3).unwrap_or_default();
            vec![Need {
                action: "lambda:InvokeFunction".to_owned(),
                resource: arn(pseudo, "lambda", "function:", &function.into()),
            }]
        }
        _ => vec![Need {
            action,
            resource: "*".to_owned(),
        }],
    };
    needs.sort();
    needs.dedup();
    needs
}

fn items(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

/// A condition check has an action of its own; the other parts have that of the single call.
fn part_action(part: &str) -> String {
    let operation = if part == "ConditionCheck" {
        "ConditionCheckItem".to_owned()
    } else {
        format!("{part}Item")
    };
    format!("dynamodb:{operation}")
}

/// The ARN of what a request names, which may be an ARN already; no name is the default of its
/// kind.
fn arn(pseudo: &Pseudo, service: &str, kind: &str, name: &Value) -> String {
    match name.as_str() {
        Some(arn) if arn.starts_with("arn:") => arn.to_owned(),
        name => pseudo.arn(service, &format!("{kind}{}", name.unwrap_or("default"))),
    }
}
