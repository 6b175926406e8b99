use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::error::invalid;
use super::filter::{FilterPolicy, Scope};
use super::publication::Publication;
use crate::api::error::ServiceError;
use crate::stack;

/// Who receives what is published to a topic.
#[derive(Clone, Debug, Default)]
pub struct Subscription {
    /// The topic's ARN, a colon, and an id.
    pub arn: String,
    /// ARN of the topic.
    pub topic_arn: String,
    /// `sqs`, `lambda`, `email`, ...
    pub protocol: String,
    /// ARN or address of the receiver.
    pub endpoint: String,
    /// Without SNS's envelope.
    pub is_raw: bool,
    /// ARN of the queue for messages that could not be delivered.
    pub dead_letter_arn: Option<String>,
    filter: Option<FilterPolicy>,
    scope: Scope,
    /// The attributes that were set, as they were set.
    pub(super) attributes: BTreeMap<String, String>,
}

impl Subscription {
    /// A new subscription without attributes.
    pub(super) fn new(topic_arn: &str, protocol: &str, endpoint: &str) -> Self {
        Self {
            topic_arn: topic_arn.to_owned(),
            protocol: protocol.to_owned(),
            endpoint: endpoint.to_owned(),
            ..Self::default()
        }
    }

    pub(super) fn of_template(declared: &stack::Subscription) -> Result<Self, ServiceError> {
        let mut made = Self {
            arn: declared.arn.clone(),
            topic_arn: declared.topic_arn.clone(),
            protocol: declared.protocol.clone(),
            endpoint: declared.endpoint.clone(),
            ..Self::default()
        };
        let redrive = declared
            .dead_letter_arn
            .as_ref()
            .map(|arn| json!({ "deadLetterTargetArn": arn }).to_string());
        let raw = declared.raw_message_delivery.then(|| "true".to_owned());
        let filter = declared.filter_policy.clone();
        let scope = Some(declared.filter_policy_scope.clone());
        let scope = scope.filter(|_| filter.is_some());
        for (name, value) in [
            ("FilterPolicyScope", scope),
            ("FilterPolicy", filter),
            ("RawMessageDelivery", raw),
            ("RedrivePolicy", redrive),
        ] {
            if let Some(value) = value {
                made.set(name, &value)?;
            }
        }
        Ok(made)
    }

    /// Sets an attribute.
    ///
    /// # Errors
    /// A name or a value that SNS does not take.
    pub(super) fn set(&mut self, name: &str, value: &str) -> Result<(), ServiceError> {
        match name {
            "RawMessageDelivery" => {
                let is_raw = match value.to_ascii_lowercase().as_str() {
                    "true" => true,
                    "false" => false,
                    _ => {
                        return Err(invalid(format!(
                            "RawMessageDelivery: Invalid value [{value}]. Must be true or false."
                        )));
                    }
                };
                if is_raw && !["sqs", "http", "https", "firehose"].contains(&&*self.protocol) {
                    return Err(invalid(format!(
                        "RawMessageDelivery: Delivery protocol [{}] does not support raw message delivery.",
                        self.protocol
                    )));
                }
                self.is_raw = is_raw;
            }
            "FilterPolicyScope" => {
                let scope = Scope::named(value).ok_or_else(|| {
                    invalid(format!("FilterPolicyScope: Invalid value [{value}]. Please use either MessageBody or MessageAttributes"))
                })?;
                if let Some(text) = self.attributes.get("FilterPolicy") {
                    self.filter = Some(FilterPolicy::parse(text, scope).map_err(invalid)?);
                }
                self.scope = scope;
            }
            "FilterPolicy" if value.is_empty() || value == "{}" => {
                self.filter = None;
                self.attributes.remove(name);
                return Ok(());
            }
            "FilterPolicy" => {
                self.filter = Some(FilterPolicy::parse(value, self.scope).map_err(invalid)?);
            }
            "RedrivePolicy" if value.is_empty() => {
                self.dead_letter_arn = None;
                self.attributes.remove(name);
                return Ok(());
            }
            "RedrivePolicy" => self.dead_letter_arn = Some(self.dead_letter_queue(value)?),
            "DeliveryPolicy" | "SubscriptionRoleArn" => {}
            _ => return Err(invalid("AttributeName")),
        }
        self.attributes.insert(name.to_owned(), value.to_owned());
        Ok(())
    }

    fn dead_letter_queue(&self, policy: &str) -> Result<String, ServiceError> {
        let policy: Value = serde_json::from_str(policy)
            .map_err(|_| invalid("RedrivePolicy: failed to parse JSON."))?;
        let arn = policy["deadLetterTargetArn"].as_str().unwrap_or_default();
        if arn.split(':').nth(2) != Some("sqs") {
            return Err(invalid(
                "RedrivePolicy: deadLetterTargetArn is an invalid arn",
            ));
        }
        if self.topic_arn.ends_with(".fifo") != arn.ends_with(".fifo") {
            return Err(invalid(
                "RedrivePolicy: must use a FIFO queue as DLQ for a FIFO topic, and a standard queue for a standard topic",
            ));
        }
        Ok(arn.to_owned())
    }

    /// Whether a message passes the filter policy.
    pub(crate) fn wants(&self, publication: &Publication) -> bool {
        self.filter
            .as_ref()
            .is_none_or(|filter| filter.passes(publication))
    }

    /// Whether the receiver is one that is simulated. The others wait for a confirmation that never
    /// comes.
    #[must_use]
    pub fn is_confirmed(&self) -> bool {
        ["sqs", "lambda"].contains(&self.protocol.as_str())
    }
}
