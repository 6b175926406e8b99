use crate::stack::{PolicyDocument, RolePolicy, Statement};
use crate::template::reader::fields::Fields;

const LOGS: [&str; 3] = [
    "logs:CreateLogGroup",
    "logs:CreateLogStream",
    "logs:PutLogEvents",
];
const SQS_CONSUMER: [&str; 6] = [
    "sqs:ReceiveMessage",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
    LOGS[0],
    LOGS[1],
    LOGS[2],
];

const STREAM_CONSUMER: [&str; 7] = [
    "dynamodb:DescribeStream",
    "dynamodb:GetRecords",
    "dynamodb:GetShardIterator",
    "dynamodb:ListStreams",
    LOGS[0],
    LOGS[1],
    LOGS[2],
];

/// The policies managed by AWS that the reader knows, by name, with what they allow on every
/// resource.
const KNOWN: [(&str, &[&str]); 11] = [
    ("AWSLambdaBasicExecutionRole", &LOGS),
    ("AWSLambdaDynamoDBExecutionRole", &STREAM_CONSUMER),
    ("AWSLambdaSQSQueueExecutionRole", &SQS_CONSUMER),
    (
        "AWSXRayDaemonWriteAccess",
        &["xray:PutTraceSegments", "xray:PutTelemetryRecords"],
    ),
    ("AmazonSQSFullAccess", &["sqs:*"]),
    ("AmazonSNSFullAccess", &["sns:*"]),
    ("AmazonSESFullAccess", &["ses:*"]),
    ("AmazonDynamoDBFullAccess", &["dynamodb:*"]),
    (
        "AmazonEventBridgeFullAccess",
        &["events:*", "schemas:*", "scheduler:*", "pipes:*"],
    ),
    ("CloudWatchLogsFullAccess", &["logs:*"]),
    ("AdministratorAccess", &["*"]),
];

/// A policy managed by AWS, by name or ARN.
pub(in crate::template) fn by_name(name_or_arn: &str) -> Option<RolePolicy> {
    let name = name_or_arn.rsplit('/').next().unwrap_or_default();
    let (_, actions) = KNOWN.iter().find(|(known, _)| *known == name)?;
    let statements = vec![Statement::allow(actions, &["*".to_owned()])];
    Some(RolePolicy {
        name: name_or_arn.to_owned(),
        document: PolicyDocument { statements },
    })
}

/// The names that [`by_name`] knows.
pub(in crate::template) fn known_names() -> Vec<String> {
    KNOWN.iter().map(|(name, _)| (*name).to_owned()).collect()
}

/// Reads a list of managed policies; reports those that are not known.
pub(in crate::template) fn read_all(fields: &Fields<'_>, name: &'static str) -> Vec<RolePolicy> {
    let mut policies = Vec::new();
    for item in fields.list(name) {
        let Some(arn) = item.scalar() else { continue };
        match by_name(&arn) {
            Some(policy) => policies.push(policy),
            None => fields.report().unknown(
                item.position,
                "managed policy",
                &arn,
                fields.owner(),
                known_names(),
            ),
        }
    }
    policies
}
