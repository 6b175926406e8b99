//! What IAM asks of the caller of an operation.

use serde::Serialize;
use serde_json::{Map, Value};

use super::api::operation::Resource;
use super::api::{Call, Service};
use super::operations::facts_of;
use crate::stack::Account;

/// An action that a caller's role must allow, and on what.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct RequiredPermission {
    /// Such as `dynamodb:GetItem`.
    pub action: String,
    /// The ARN.
    pub resource: String,
}

/// What a call requires, each permission once. A transaction requires what each of its parts would
/// require alone; an operation that is not simulated is required on everything.
#[must_use]
pub fn required_permissions(call: &Call, account: &Account) -> Vec<RequiredPermission> {
    let nothing = Value::Null;
    let input = call.parameters.as_ref().unwrap_or(&nothing);
    let facts = facts_of(call);
    let action = facts.and_then(|facts| facts.action).map_or_else(
        || format!("{}:{}", call.service.name(), call.operation),
        str::to_owned,
    );
    let resources = match facts.map_or(unlisted(call.service), |facts| facts.resource) {
        Resource::Any => vec!["*".to_owned()],
        Resource::Buses => items(&input["Entries"])
            .map(|entry| {
                arn(
                    account,
                    "events",
                    "event-bus/",
                    entry["EventBusName"].as_str(),
                )
            })
            .collect(),
        Resource::Queue => {
            let url = input["QueueUrl"].as_str().unwrap_or_default();
            vec![arn(account, "sqs", "", url.rsplit('/').next())]
        }
        Resource::Topic => {
            let named = ["TopicArn", "TargetArn", "ResourceArn"]
                .iter()
                .find_map(|name| input[*name].as_str());
            vec![named.unwrap_or("*").to_owned()]
        }
        Resource::Function => {
            vec![arn(
                account,
                "lambda",
                "function:",
                input["FunctionName"].as_str(),
            )]
        }
        Resource::Table => {
            let table = table_arn(account, &input["TableName"]);
            let index = input["IndexName"].as_str();
            vec![index.map_or(table.clone(), |index| format!("{table}/index/{index}"))]
        }
        Resource::BatchTables => {
            let tables = input["RequestItems"].as_object();
            tables
                .into_iter()
                .flat_map(Map::keys)
                .map(|table| arn(account, "dynamodb", "table/", Some(table)))
                .collect()
        }
        Resource::Stream => {
            // An iterator begins with the ARN of its stream.
            let iterator = input["ShardIterator"].as_str();
            let read = iterator.and_then(|text| text.split('|').next());
            let stream = input["StreamArn"].as_str().or(read);
            vec![stream.unwrap_or("*").to_owned()]
        }
        Resource::Streams => {
            let table = input["TableName"].as_str().unwrap_or("*");
            vec![format!("{}/stream/*", table_arn(account, &table.into()))]
        }
        Resource::TransactionParts => return parts_of_a_transaction(input, account),
    };
    distinct(
        resources
            .into_iter()
            .map(|resource| RequiredPermission {
                action: action.clone(),
                resource,
            })
            .collect(),
    )
}

/// On what an operation is that the table does not have.
fn unlisted(service: Service) -> Resource {
    match service {
        Service::DynamoDb => Resource::Table,
        Service::Sqs => Resource::Queue,
        _ => Resource::Any,
    }
}

fn parts_of_a_transaction(input: &Value, account: &Account) -> Vec<RequiredPermission> {
    let parts =
        items(&input["TransactItems"]).flat_map(|item| item.as_object().into_iter().flatten());
    distinct(
        parts
            .map(|(part, inner)| RequiredPermission {
                action: part_action(part),
                resource: table_arn(account, &inner["TableName"]),
            })
            .collect(),
    )
}

fn distinct(mut permissions: Vec<RequiredPermission>) -> Vec<RequiredPermission> {
    permissions.sort();
    permissions.dedup();
    permissions
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

fn table_arn(account: &Account, name: &Value) -> String {
    arn(account, "dynamodb", "table/", name.as_str())
}

/// The ARN of what a request names, which may be an ARN already; no name is the default of its
/// kind.
fn arn(account: &Account, service: &str, kind: &str, name: Option<&str>) -> String {
    match name {
        Some(arn) if arn.starts_with("arn:") => arn.to_owned(),
        name => account.arn(service, &format!("{kind}{}", name.unwrap_or("default"))),
    }
}
