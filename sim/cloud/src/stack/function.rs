use std::collections::BTreeMap;

use crate::stack::{EventSourceMapping, InvokeConfig, Secret};

/// A Lambda function (`AWS::Lambda::Function` or `AWS::Serverless::Function`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// The name inside the template.
    pub logical_id: String,
    /// Physical name, at most 64 characters.
    pub name: String,
    /// `arn:...:function:NAME`.
    pub arn: String,
    /// Such as `provided.al2023`; `None` for a container image.
    pub runtime: Option<String>,
    /// Entry point.
    pub handler: Option<String>,
    /// The execution role.
    pub role_arn: String,
    /// An invocation is stopped after this, 1 to 900 s, default 3.
    pub timeout_seconds: u32,
    /// 128 to 10240 MB, default 128.
    pub memory_mb: u32,
    /// Environment variables, with dynamic references as the template writes them.
    pub environment: BTreeMap<String, String>,
    /// The environment variables whose value holds a dynamic reference.
    pub secrets: BTreeMap<String, Secret>,
    /// Most invocations at a time; `None` shares the account's limit.
    pub reserved_concurrency: Option<u32>,
    /// Retries and destinations of asynchronous invocations.
    pub invoke_config: InvokeConfig,
    /// ARN of the queue or topic of the older `DeadLetterConfig`.
    pub dead_letter_arn: Option<String>,
    /// Queues and streams that Lambda polls for it.
    pub event_source_mappings: Vec<EventSourceMapping>,
    /// Name of the log group; `None` is `/aws/lambda/NAME`.
    pub log_group: Option<String>,
}
