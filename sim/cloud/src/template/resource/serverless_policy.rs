use crate::stack::{Account, RolePolicy, Statement};
use crate::template::reader::fields::Fields;
use crate::template::reader::node::{Kind, Node};
use crate::template::resource::managed_policy;
use crate::template::resource::serverless_role::{inline_policy, one_statement};

const CRUD: [&str; 10] = [
    "dynamodb:GetItem",
    "dynamodb:DeleteItem",
    "dynamodb:PutItem",
    "dynamodb:Scan",
    "dynamodb:Query",
    "dynamodb:UpdateItem",
    "dynamodb:BatchWriteItem",
    "dynamodb:BatchGetItem",
    "dynamodb:DescribeTable",
    "dynamodb:ConditionCheckItem",
];
const READ: [&str; 5] = [
    "dynamodb:GetItem",
    "dynamodb:Scan",
    "dynamodb:Query",
    "dynamodb:BatchGetItem",
    "dynamodb:DescribeTable",
];
const WRITE: [&str; 3] = [
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
    "dynamodb:BatchWriteItem",
];
const POLLER: [&str; 6] = [
    "sqs:ChangeMessageVisibility",
    "sqs:ChangeMessageVisibilityBatch",
    "sqs:DeleteMessage",
    "sqs:DeleteMessageBatch",
    "sqs:GetQueueAttributes",
    "sqs:ReceiveMessage",
];

/// A SAM policy template: name, its parameter, service and resource prefix of the ARN, actions.
type Template = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static [&'static str],
);

/// The SAM policy templates that the reader knows.
const TEMPLATES: [Template; 8] = [
    (
        "DynamoDBCrudPolicy",
        "TableName",
        "dynamodb",
        "table/",
        &CRUD,
    ),
    (
        "DynamoDBReadPolicy",
        "TableName",
        "dynamodb",
        "table/",
        &READ,
    ),
    (
        "DynamoDBWritePolicy",
        "TableName",
        "dynamodb",
        "table/",
        &WRITE,
    ),
    (
        "EventBridgePutEventsPolicy",
        "EventBusName",
        "events",
        "event-bus/",
        &["events:PutEvents"],
    ),
    (
        "LambdaInvokePolicy",
        "FunctionName",
        "lambda",
        "function:",
        &["lambda:InvokeFunction"],
    ),
    (
        "SNSPublishMessagePolicy",
        "TopicName",
        "sns",
        "",
        &["sns:Publish"],
    ),
    ("SQSPollerPolicy", "QueueName", "sqs", "", &POLLER),
    (
        "SQSSendMessagePolicy",
        "QueueName",
        "sqs",
        "",
        &["sqs:SendMessage*"],
    ),
];

/// Reads `Policies` of an `AWS::Serverless::Function`: managed policies, inline documents and SAM
/// policy templates.
pub(in crate::template) fn read_all(fields: &Fields<'_>, account: &Account) -> Vec<RolePolicy> {
    let single = fields
        .node("Policies")
        .filter(|node| !matches!(node.kind, Kind::List(_)));
    let items: Vec<&Node> = single.map_or_else(
        || fields.list("Policies").iter().collect(),
        |node| vec![node],
    );
    items
        .into_iter()
        .filter_map(|item| read(item, fields, account))
        .collect()
}

fn read(item: &Node, fields: &Fields<'_>, account: &Account) -> Option<RolePolicy> {
    if let Some(name) = item.scalar() {
        let policy = managed_policy::by_name(&name);
        if policy.is_none() {
            fields.report().unknown(
                item.position,
                "managed policy",
                &name,
                fields.owner(),
                managed_policy::known_names(),
            );
        }
        return policy;
    }
    let [entry] = item.entries() else {
        return Some(inline_policy(&fields.below("Policies", item)));
    };
    if entry.key == "Statement" {
        return Some(inline_policy(&fields.below("Policies", item)));
    }
    let Some((name, parameter, service, prefix, actions)) =
        TEMPLATES.iter().find(|(name, ..)| *name == entry.key)
    else {
        let known = TEMPLATES
            .iter()
            .map(|(name, ..)| (*name).to_owned())
            .collect();
        fields.report().unknown(
            entry.position,
            "policy template",
            &entry.key,
            fields.owner(),
            known,
        );
        return None;
    };
    let value = fields.below(name, &entry.value).required_text(parameter);
    let arn = account.arn(service, &format!("{prefix}{value}"));
    let mut resources = vec![arn.clone()];
    if *service == "dynamodb" {
        resources.push(format!("{arn}/index/*"));
    }
    Some(one_statement(name, Statement::allow(actions, &resources)))
}
