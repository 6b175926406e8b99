use std::ops::RangeInclusive;

use serde_json::{Value, json};

use super::error::{invalid_attribute_value, invalid_parameter, invalid_value, unknown_attribute};
use crate::api::error::ServiceError;
use crate::stack;

const MAX_RECEIVE_COUNT_DEFAULT: u32 = 10;

/// The attributes of a queue that its owner sets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Settings {
    pub(super) fifo: bool,
    pub(super) content_based_deduplication: bool,
    /// Deduplication ids count per message group (`DeduplicationScope` is `messageGroup`).
    pub(super) deduplicates_per_group: bool,
    pub(super) throughput_per_group: bool,
    pub(super) visibility_timeout_seconds: u32,
    pub(super) retention_seconds: u32,
    pub(super) delay_seconds: u32,
    pub(super) maximum_message_size_bytes: u32,
    pub(super) receive_wait_seconds: u32,
    pub(super) redrive: Option<RedrivePolicy>,
    pub(super) redrive_allow_policy: Option<String>,
    /// Who may use the queue: as it was given, and read.
    pub(super) policy: Option<(String, stack::PolicyDocument)>,
    pub(super) managed_encryption: bool,
    pub(super) kms_key: Option<String>,
    pub(super) kms_reuse_seconds: Option<u32>,
}

/// Where messages go that were received too often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RedrivePolicy {
    pub(super) dead_letter_arn: String,
    pub(super) max_receive_count: u32,
}

/// Every attribute the owner sets, in the order AWS documents them.
pub(super) const NAMES: [&str; 15] = [
    "VisibilityTimeout",
    "MaximumMessageSize",
    "MessageRetentionPeriod",
    "DelaySeconds",
    "ReceiveMessageWaitTimeSeconds",
    "RedrivePolicy",
    "RedriveAllowPolicy",
    "Policy",
    "FifoQueue",
    "ContentBasedDeduplication",
    "DeduplicationScope",
    "FifoThroughputLimit",
    "KmsMasterKeyId",
    "KmsDataKeyReusePeriodSeconds",
    "SqsManagedSseEnabled",
];

impl Settings {
    /// AWS's defaults.
    pub(super) fn new(fifo: bool) -> Self {
        Self {
            fifo,
            content_based_deduplication: false,
            deduplicates_per_group: false,
            throughput_per_group: false,
            visibility_timeout_seconds: 30,
            retention_seconds: 345_600,
            delay_seconds: 0,
            maximum_message_size_bytes: 1_048_576,
            receive_wait_seconds: 0,
            redrive: None,
            redrive_allow_policy: None,
            policy: None,
            managed_encryption: true,
            kms_key: None,
            kms_reuse_seconds: None,
        }
    }

    /// What a template declares.
    pub(super) fn from_template(queue: &stack::Queue) -> Self {
        let redrive = queue.redrive.as_ref();
        Self {
            content_based_deduplication: queue.content_based_deduplication,
            deduplicates_per_group: queue.deduplication_scope.as_deref() == Some("messageGroup"),
            throughput_per_group: queue.fifo_throughput_limit.as_deref()
                == Some("perMessageGroupId"),
            visibility_timeout_seconds: queue.visibility_timeout_seconds,
            retention_seconds: queue.retention_seconds,
            delay_seconds: queue.delay_seconds,
            maximum_message_size_bytes: queue.maximum_message_size_bytes,
            receive_wait_seconds: queue.receive_wait_seconds,
            redrive: redrive.map(|redrive| RedrivePolicy {
                dead_letter_arn: redrive.dead_letter_arn.clone(),
                max_receive_count: redrive.max_receive_count,
            }),
            managed_encryption: queue.managed_encryption,
            kms_key: queue.kms_key.clone(),
            ..Self::new(queue.fifo)
        }
    }

    /// Sets one attribute from a request.
    pub(super) fn set(&mut self, name: &str, value: &str) -> Result<(), ServiceError> {
        let fifo_only = [
            "DeduplicationScope",
            "FifoThroughputLimit",
            "ContentBasedDeduplication",
        ];
        if fifo_only.contains(&name) && !self.fifo {
            let message = match name {
                "ContentBasedDeduplication" => {
                    "Unknown Attribute ContentBasedDeduplication.".to_owned()
                }
                _ => format!("You can specify the {name} only when FifoQueue is set to true."),
            };
            return Err(ServiceError::client("InvalidAttributeName", message));
        }
        match name {
            "VisibilityTimeout" => {
                self.visibility_timeout_seconds = number(name, value, 0..=43_200)?
            }
            "MaximumMessageSize" => {
                self.maximum_message_size_bytes = number(name, value, 1024..=1_048_576)?
            }
            "MessageRetentionPeriod" => {
                self.retention_seconds = number(name, value, 60..=1_209_600)?
            }
            "DelaySeconds" => self.delay_seconds = number(name, value, 0..=900)?,
            "ReceiveMessageWaitTimeSeconds" => {
                self.receive_wait_seconds = number(name, value, 0..=20)?
            }
            "RedrivePolicy" => self.redrive = redrive_policy(value)?,
            "RedriveAllowPolicy" => self.redrive_allow_policy = optional(value),
            "Policy" => self.policy = policy(value)?,
            "FifoQueue" if boolean(name, value)? == self.fifo => {}
            "FifoQueue" => return Err(unknown_attribute(name)),
            "ContentBasedDeduplication" => self.content_based_deduplication = boolean(name, value)?,
            "DeduplicationScope" => {
                self.deduplicates_per_group = choice(name, value, ["queue", "messageGroup"])?
            }
            "FifoThroughputLimit" => {
                self.throughput_per_group = choice(name, value, ["perQueue", "perMessageGroupId"])?
            }
            "KmsMasterKeyId" => {
                self.kms_key = optional(value);
                self.managed_encryption &= self.kms_key.is_none();
            }
            "KmsDataKeyReusePeriodSeconds" => {
                self.kms_reuse_seconds = Some(number(name, value, 60..=86_400)?)
            }
            "SqsManagedSseEnabled" => self.managed_encryption = boolean(name, value)?,
            _ => return Err(unknown_attribute(name)),
        }
        Ok(())
    }

    /// One attribute as an answer shows it; nothing if it is not set.
    pub(super) fn get(&self, name: &str) -> Option<String> {
        let fifo = |text: String| self.fifo.then_some(text);
        match name {
            "VisibilityTimeout" => Some(self.visibility_timeout_seconds.to_string()),
            "MaximumMessageSize" => Some(self.maximum_message_size_bytes.to_string()),
            "MessageRetentionPeriod" => Some(self.retention_seconds.to_string()),
            "DelaySeconds" => Some(self.delay_seconds.to_string()),
            "ReceiveMessageWaitTimeSeconds" => Some(self.receive_wait_seconds.to_string()),
            "RedrivePolicy" => self.redrive.as_ref().map(RedrivePolicy::to_text),
            "RedriveAllowPolicy" => self.redrive_allow_policy.clone(),
            "Policy" => self.policy.as_ref().map(|(text, _)| text.clone()),
            "FifoQueue" => fifo("true".to_owned()),
            "ContentBasedDeduplication" => fifo(self.content_based_deduplication.to_string()),
            "DeduplicationScope" => fifo(
                if self.deduplicates_per_group {
                    "messageGroup"
                } else {
                    "queue"
                }
                .to_owned(),
            ),
            "FifoThroughputLimit" => fifo(
                if self.throughput_per_group {
                    "perMessageGroupId"
                } else {
                    "perQueue"
                }
                .to_owned(),
            ),
            "KmsMasterKeyId" => self.kms_key.clone(),
            "KmsDataKeyReusePeriodSeconds" => self
                .kms_reuse_seconds
                .or(self.kms_key.is_some().then_some(300))
                .map(|seconds| seconds.to_string()),
            "SqsManagedSseEnabled" => Some(self.managed_encryption.to_string()),
            _ => None,
        }
    }
}

impl RedrivePolicy {
    fn to_text(&self) -> String {
        json!({"deadLetterTargetArn": self.dead_letter_arn, "maxReceiveCount": self.max_receive_count}).to_string()
    }
}

fn number(name: &str, value: &str, range: RangeInclusive<u32>) -> Result<u32, ServiceError> {
    value
        .parse()
        .ok()
        .filter(|number| range.contains(number))
        .ok_or_else(|| invalid_attribute_value(name))
}

fn boolean(name: &str, value: &str) -> Result<bool, ServiceError> {
    choice(name, &value.to_ascii_lowercase(), ["false", "true"])
}

/// True for the second of two words.
fn choice(name: &str, value: &str, words: [&str; 2]) -> Result<bool, ServiceError> {
    words
        .iter()
        .position(|word| *word == value)
        .map(|index| index == 1)
        .ok_or_else(|| invalid_attribute_value(name))
}

fn optional(value: &str) -> Option<String> {
    (!value.is_empty()).then(|| value.to_owned())
}

/// Reads the JSON text of a queue's policy; an empty text removes it.
fn policy(text: &str) -> Result<Option<(String, stack::PolicyDocument)>, ServiceError> {
    let Some(text) = optional(text) else {
        return Ok(None);
    };
    let document = stack::PolicyDocument::parse(&text).map_err(|reason| {
        ServiceError::client(
            "InvalidAttributeValue",
            format!("Invalid value for the parameter Policy. Reason: {reason}"),
        )
    })?;
    Ok(Some((text, document)))
}

/// Reads the JSON text of a redrive policy; an empty text removes the policy.
fn redrive_policy(text: &str) -> Result<Option<RedrivePolicy>, ServiceError> {
    if text.is_empty() {
        return Ok(None);
    }
    let policy: Value = serde_json::from_str(text).map_err(|_| {
        invalid_value(
            text,
            "RedrivePolicy",
            "Redrive policy is not a valid JSON map.",
        )
    })?;
    let dead_letter_arn = policy.get("deadLetterTargetArn").and_then(Value::as_str);
    let dead_letter_arn = dead_letter_arn
        .ok_or_else(|| {
            invalid_parameter("The required parameter 'deadLetterTargetArn' is missing")
        })?
        .to_owned();
    let Some(count) = policy.get("maxReceiveCount") else {
        return Ok(Some(RedrivePolicy {
            dead_letter_arn,
            max_receive_count: MAX_RECEIVE_COUNT_DEFAULT,
        }));
    };
    let shown = count
        .as_str()
        .map_or_else(|| count.to_string(), str::to_owned);
    let reason = format!(
        "Invalid value for maxReceiveCount: {shown}, valid values are from 1 to 1000 both inclusive."
    );
    let number = shown
        .parse()
        .ok()
        .filter(|number| (1..=1000).contains(number));
    let max_receive_count = number.ok_or_else(|| invalid_value(text, "RedrivePolicy", reason))?;
    Ok(Some(RedrivePolicy {
        dead_letter_arn,
        max_receive_count,
    }))
}
