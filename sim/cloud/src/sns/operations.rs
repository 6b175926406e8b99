//! The operations on topics and subscriptions.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::error::{invalid, no_subscription, no_topic};
use super::publication::{Publication, Published};
use super::{Sns, Subscription, Topic};
use crate::api::error::ServiceError;
use crate::api::parameters::{pairs, tags, text, texts};
use crate::id::derive_id;
use crate::stack::PolicyDocument;

const PROTOCOLS: [&str; 9] = [
    "application",
    "email",
    "email-json",
    "firehose",
    "http",
    "https",
    "lambda",
    "sms",
    "sqs",
];
/// Items of a page of a list.
const PAGE: usize = 100;
const ENTRIES_MAX: usize = 10;
const BATCH_BYTES_MAX: usize = 262_144;

impl Sns {
    /// CreateTopic: a topic that is there is given again, if it is the same.
    pub(crate) fn create_topic(&mut self, input: &Value) -> Result<Value, ServiceError> {
        let name = text(input, "Name").unwrap_or_default();
        let attributes = pairs(input, "Attributes");
        let is_fifo = attributes.contains(&("FifoTopic", "true"));
        check_name(name, is_fifo)?;
        let arn = self.account.arn("sns", name);
        let mut topic = Topic::new(arn.clone(), name, is_fifo);
        topic.tags = tags(input);
        for (name, value) in attributes {
            set_topic_attribute(&mut topic, name, value)?;
        }
        match self.topics.get(&arn) {
            Some(known) => {
                let changed = topic.attributes.iter().any(|(name, value)| {
                    let own = known.attributes.get(name).map_or("", String::as_str);
                    own != value
                });
                if changed || known.is_fifo != is_fifo {
                    return Err(invalid(
                        "Attributes Reason: Topic already exists with different attributes",
                    ));
                }
                if topic.tags != known.tags {
                    return Err(invalid(
                        "Tags Reason: Topic already exists with different tags",
                    ));
                }
            }
            None => drop(self.topics.insert(arn.clone(), topic)),
        }
        Ok(json!({ "TopicArn": arn }))
    }

    /// DeleteTopic, with its subscriptions; one that is not there is no error.
    pub(crate) fn delete_topic(&mut self, input: &Value) -> Result<Value, ServiceError> {
        let arn = topic_arn(input, "TopicArn")?;
        self.topics.remove(arn);
        self.subscriptions.retain(|known| known.topic_arn != arn);
        Ok(json!({}))
    }

    pub(crate) fn get_topic_attributes(&self, input: &Value) -> Result<Value, ServiceError> {
        let topic = self.topic(topic_arn(input, "TopicArn")?)?;
        let subscriptions = self.subscriptions_of(&topic.arn);
        let (confirmed, pending): (Vec<_>, Vec<_>) =
            subscriptions.partition(|known| known.is_confirmed());
        let mut shown: Map<String, Value> = topic
            .attributes
            .iter()
            .map(|(name, value)| (name.clone(), value.as_str().into()))
            .collect();
        let owner = self.account.id.as_str();
        for (name, value) in [
            ("TopicArn", topic.arn.clone()),
            ("Owner", owner.to_owned()),
            ("SubscriptionsConfirmed", confirmed.len().to_string()),
            ("SubscriptionsPending", pending.len().to_string()),
            ("SubscriptionsDeleted", topic.deleted.to_string()),
        ] {
            shown.insert(name.to_owned(), value.into());
        }
        let default = default_policy(&topic.arn, owner).to_string();
        shown.entry("Policy").or_insert_with(|| default.into());
        shown.entry("DisplayName").or_insert_with(|| "".into());
        shown
            .entry("EffectiveDeliveryPolicy")
            .or_insert_with(|| effective_delivery_policy().to_string().into());
        if topic.is_fifo {
            let by_content = topic.deduplicates_by_content.to_string();
            shown.insert("FifoTopic".to_owned(), "true".into());
            shown.insert("ContentBasedDeduplication".to_owned(), by_content.into());
        }
        Ok(json!({ "Attributes": shown }))
    }

    pub(crate) fn set_topic_attributes(&mut self, input: &Value) -> Result<Value, ServiceError> {
        let topic = self.topic_mut(topic_arn(input, "TopicArn")?)?;
        let name = text(input, "AttributeName").ok_or_else(|| invalid("AttributeName"))?;
        if name == "FifoTopic" {
            return Err(invalid("AttributeName"));
        }
        let value = text(input, "AttributeValue").unwrap_or_default();
        set_topic_attribute(topic, name, value)?;
        Ok(json!({}))
    }

    pub(crate) fn list_topics(&self, input: &Value) -> Result<Value, ServiceError> {
        let topics = self.topics.keys().map(|arn| json!({ "TopicArn": arn }));
        page(input, "Topics", topics.collect())
    }

    /// Subscribe: the same topic, protocol and endpoint again are the same subscription.
    pub(crate) fn subscribe(&mut self, input: &Value) -> Result<Value, ServiceError> {
        let topic = self.topic(topic_arn(input, "TopicArn")?)?;
        let protocol = text(input, "Protocol").unwrap_or_default();
        let endpoint = text(input, "Endpoint").unwrap_or_default();
        check_receiver(topic, protocol, endpoint)?;
        let mut made = Subscription::new(&topic.arn, protocol, endpoint);
        // The scope first: the policy is judged by it.
        let mut attributes = pairs(input, "Attributes");
        attributes.sort_by_key(|(name, _)| *name != "FilterPolicyScope");
        for (name, value) in attributes {
            made.set(name, value).map_err(in_subscribe)?;
        }
        let known = self.subscriptions.iter().find(|known| {
            known.topic_arn == made.topic_arn
                && known.protocol == protocol
                && known.endpoint == endpoint
        });
        let arn = match known {
            Some(known) if known.attributes != made.attributes => {
                return Err(invalid(
                    "Attributes Reason: Subscription already exists with different attributes",
                ));
            }
            Some(known) => known.arn.clone(),
            None => {
                self.sequence += 1;
                let id = derive_id(self.seed, "subscription", self.sequence);
                made.arn = format!("{}:{id}", made.topic_arn);
                self.subscriptions.push(made.clone());
                made.arn.clone()
            }
        };
        let wants_arn = text(input, "ReturnSubscriptionArn") == Some("true");
        let shown = if made.is_confirmed() || wants_arn {
            arn
        } else {
            "pending confirmation".to_owned()
        };
        Ok(json!({ "SubscriptionArn": shown }))
    }

    /// Unsubscribe; a subscription that is not there is no error.
    pub(crate) fn unsubscribe(&mut self, input: &Value) -> Result<Value, ServiceError> {
        let arn = subscription_arn(input)?;
        let place = self.subscriptions.iter().position(|known| known.arn == arn);
        if let Some(place) = place {
            let gone = self.subscriptions.remove(place);
            if let Some(topic) = self.topics.get_mut(&gone.topic_arn) {
                topic.deleted += 1;
            }
        }
        Ok(json!({}))
    }

    pub(crate) fn get_subscription_attributes(&self, input: &Value) -> Result<Value, ServiceError> {
        let known = self
            .subscription(subscription_arn(input)?)
            .ok_or_else(no_subscription)?;
        let is_pending = !known.is_confirmed();
        let owner = self.account.id.clone();
        let mut shown: BTreeMap<&str, String> = BTreeMap::from([
            ("SubscriptionArn", known.arn.clone()),
            ("TopicArn", known.topic_arn.clone()),
            ("Protocol", known.protocol.clone()),
            ("Endpoint", known.endpoint.clone()),
            ("Owner", owner.clone()),
            ("PendingConfirmation", is_pending.to_string()),
            ("ConfirmationWasAuthenticated", (!is_pending).to_string()),
            ("RawMessageDelivery", known.is_raw.to_string()),
            (
                "SubscriptionPrincipal",
                self.account.global_arn("iam", "root"),
            ),
        ]);
        for (name, value) in &known.attributes {
            shown.insert(name, value.clone());
        }
        Ok(json!({ "Attributes": shown }))
    }

    pub(crate) fn set_subscription_attributes(
        &mut self,
        input: &Value,
    ) -> Result<Value, ServiceError> {
        let arn = subscription_arn(input)?.to_owned();
        let known = self.subscriptions.iter_mut().find(|known| known.arn == arn);
        let known = known.ok_or_else(no_subscription)?;
        let name = text(input, "AttributeName").ok_or_else(|| invalid("AttributeName"))?;
        known.set(name, text(input, "AttributeValue").unwrap_or_default())?;
        Ok(json!({}))
    }

    pub(crate) fn list_subscriptions(&self, input: &Value) -> Result<Value, ServiceError> {
        let shown = self.subscriptions.iter().map(|known| self.show(known));
        page(input, "Subscriptions", shown.collect())
    }

    pub(crate) fn list_subscriptions_by_topic(&self, input: &Value) -> Result<Value, ServiceError> {
        let topic = self.topic(topic_arn(input, "TopicArn")?)?;
        let shown = self
            .subscriptions_of(&topic.arn)
            .map(|known| self.show(known));
        page(input, "Subscriptions", shown.collect())
    }

    fn show(&self, known: &Subscription) -> Value {
        let arn = if known.is_confirmed() {
            known.arn.as_str()
        } else {
            "PendingConfirmation"
        };
        json!({
            "SubscriptionArn": arn,
            "Owner": self.account.id,
            "Protocol": known.protocol,
            "Endpoint": known.endpoint,
            "TopicArn": known.topic_arn,
        })
    }

    pub(crate) fn tag_resource(&mut self, input: &Value) -> Result<Value, ServiceError> {
        let new = tags(input);
        self.tagged(input)?.tags.extend(new);
        Ok(json!({}))
    }

    pub(crate) fn untag_resource(&mut self, input: &Value) -> Result<Value, ServiceError> {
        let gone = texts(input, "TagKeys");
        let topic = self.tagged(input)?;
        topic.tags.retain(|key, _| !gone.contains(&key.as_str()));
        Ok(json!({}))
    }

    pub(crate) fn list_tags_for_resource(&mut self, input: &Value) -> Result<Value, ServiceError> {
        let tags = self.tagged(input)?.tags.iter();
        let shown: Vec<Value> = tags
            .map(|(key, value)| json!({ "Key": key, "Value": value }))
            .collect();
        Ok(json!({ "Tags": shown }))
    }

    fn tagged(&mut self, input: &Value) -> Result<&mut Topic, ServiceError> {
        let arn = text(input, "ResourceArn").unwrap_or_default();
        self.topics.get_mut(arn).ok_or_else(|| ServiceError {
            status: 404,
            ..ServiceError::client("ResourceNotFound", "Resource does not exist")
        })
    }

    fn topic(&self, arn: &str) -> Result<&Topic, ServiceError> {
        self.topics.get(arn).ok_or_else(no_topic)
    }

    fn topic_mut(&mut self, arn: &str) -> Result<&mut Topic, ServiceError> {
        self.topics.get_mut(arn).ok_or_else(no_topic)
    }

    /// The ARN of the topic to which Publish publishes.
    pub(crate) fn published_to<'a>(&self, input: &'a Value) -> Result<&'a str, ServiceError> {
        let name = if text(input, "TopicArn").is_some() {
            "TopicArn"
        } else {
            "TargetArn"
        };
        if text(input, name).is_none() {
            return Err(invalid(
                "TopicArn or TargetArn Reason: no value for required parameter",
            ));
        }
        topic_arn(input, name)
    }
}

/// The entries of PublishBatch with their ids.
///
/// # Errors
/// What SNS says against the batch or an entry, whatever its topic.
pub(crate) fn publish_batch_entries(
    input: &Value,
) -> Result<Vec<(String, Publication)>, ServiceError> {
    let entries = input["PublishBatchRequestEntries"].as_array();
    let entries = entries.map(Vec::as_slice).unwrap_or_default();
    let refuse = |code: &str, message: &str| Err(ServiceError::client(code, message));
    if entries.is_empty() {
        return refuse(
            "EmptyBatchRequest",
            "The batch request doesn't contain any entries.",
        );
    }
    if entries.len() > ENTRIES_MAX {
        return refuse(
            "TooManyEntriesInBatchRequest",
            "The batch request contains more entries than permissible.",
        );
    }
    let mut read: Vec<(String, Publication)> = Vec::new();
    for entry in entries {
        let id = text(entry, "Id").unwrap_or_default();
        let is_id = (1..=80).contains(&id.len())
            && id
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
        if !is_id {
            return refuse(
                "InvalidBatchEntryId",
                "The Id of a batch entry in a batch request doesn't abide by the specification.",
            );
        }
        if read.iter().any(|(known, _)| known == id) {
            return refuse(
                "BatchEntryIdsNotDistinct",
                "Two or more batch entries in the request have the same Id.",
            );
        }
        read.push((id.to_owned(), Publication::read(entry)?));
    }
    let size: usize = read.iter().map(|(_, entry)| entry.size_bytes()).sum();
    if size > BATCH_BYTES_MAX {
        return refuse(
            "BatchRequestTooLong",
            "The length of all the batch messages put together is more than the limit.",
        );
    }
    Ok(read)
}

/// The answer of PublishBatch: what became of each entry.
pub(crate) fn publish_batch_answer(
    results: Vec<(String, Result<Published, ServiceError>)>,
) -> Value {
    let (mut successful, mut failed) = (Vec::new(), Vec::new());
    for (id, result) in results {
        match result {
            Ok(published) => {
                let mut shown = json!({ "Id": id, "MessageId": published.id });
                if let Some(number) = published.sequence_number {
                    shown["SequenceNumber"] = number.into();
                }
                successful.push(shown);
            }
            Err(error) => failed.push(json!({
                "Id": id,
                "Code": error.code,
                "Message": error.message,
                "SenderFault": true,
            })),
        }
    }
    json!({ "Successful": successful, "Failed": failed })
}

fn topic_arn<'a>(input: &'a Value, name: &str) -> Result<&'a str, ServiceError> {
    let arn = text(input, name).unwrap_or_default();
    let is_arn = arn.split(':').count() == 6 && arn.split(':').nth(2) == Some("sns");
    is_arn.then_some(arn).ok_or_else(|| {
        let parts = arn.split(':').count();
        invalid(format!(
            "{name} Reason: An ARN must have at least 6 elements, not {parts}"
        ))
    })
}

fn subscription_arn(input: &Value) -> Result<&str, ServiceError> {
    let arn = text(input, "SubscriptionArn").unwrap_or_default();
    let is_arn = arn.split(':').count() == 7 && arn.split(':').nth(2) == Some("sns");
    is_arn.then_some(arn).ok_or_else(|| {
        invalid("SubscriptionArn Reason: An ARN of a subscription is that of its topic, a colon, and an id")
    })
}

fn check_name(name: &str, is_fifo: bool) -> Result<(), ServiceError> {
    let bare = name.strip_suffix(".fifo");
    let is_name = |name: &str| {
        (1..=256).contains(&name.len())
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    match (is_fifo, bare) {
        (true, Some(bare)) if is_name(bare) && name.len() <= 256 => Ok(()),
        (true, _) => Err(invalid(
            "Topic Name Reason: a FIFO topic's name ends with .fifo, and is made up of letters, digits, underscores and hyphens, 256 characters at most",
        )),
        (false, None) if is_name(name) => Ok(()),
        (false, _) => Err(invalid("Topic Name")),
    }
}

fn set_topic_attribute(topic: &mut Topic, name: &str, value: &str) -> Result<(), ServiceError> {
    const OTHERS: [&str; 7] = [
        "ArchivePolicy",
        "DataProtectionPolicy",
        "DeliveryPolicy",
        "FifoThroughputScope",
        "KmsMasterKeyId",
        "SignatureVersion",
        "TracingConfig",
    ];
    match name {
        "FifoTopic" | "DisplayName" => {}
        "ContentBasedDeduplication" if topic.is_fifo => {
            topic.deduplicates_by_content = value == "true";
        }
        "ContentBasedDeduplication" => {
            return Err(invalid(
                "Attributes Reason: ContentBasedDeduplication is only supported for FIFO topics",
            ));
        }
        "Policy" => {
            let policy = PolicyDocument::parse(value)
                .map_err(|error| invalid(format!("Policy Error: {error}")))?;
            topic.policy = Some(policy);
        }
        name if OTHERS.contains(&name) || name.ends_with("FeedbackRoleArn") => {}
        name if name.ends_with("FeedbackSampleRate") => {}
        _ => return Err(invalid("AttributeName")),
    }
    topic.attributes.insert(name.to_owned(), value.to_owned());
    Ok(())
}

fn check_receiver(topic: &Topic, protocol: &str, endpoint: &str) -> Result<(), ServiceError> {
    if !PROTOCOLS.contains(&protocol) {
        return Err(invalid(format!(
            "Amazon SNS does not support this protocol string: {protocol}"
        )));
    }
    let service = endpoint.split(':').nth(2).unwrap_or_default();
    let is_fifo_queue = protocol == "sqs" && endpoint.ends_with(".fifo");
    match protocol {
        "sqs" if service != "sqs" => return Err(invalid("SQS endpoint ARN")),
        "lambda" if service != "lambda" => return Err(invalid("Lambda endpoint ARN")),
        _ if endpoint.is_empty() => return Err(invalid("Endpoint")),
        _ => {}
    }
    if is_fifo_queue && !topic.is_fifo {
        return Err(invalid(
            "Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics",
        ));
    }
    if topic.is_fifo && protocol != "sqs" {
        return Err(invalid(
            "Invalid parameter: Endpoint Reason: Please use FIFO SQS queue",
        ));
    }
    Ok(())
}

/// Subscribe names the member that it judges before what is wrong.
fn in_subscribe(error: ServiceError) -> ServiceError {
    let prefix = "Invalid parameter: ";
    let reason = error.message.strip_prefix(prefix).unwrap_or(&error.message);
    invalid(format!("Attributes Reason: {reason}"))
}

fn default_policy(arn: &str, owner: &str) -> Value {
    let actions = [
        "SNS:GetTopicAttributes",
        "SNS:SetTopicAttributes",
        "SNS:AddPermission",
        "SNS:RemovePermission",
        "SNS:DeleteTopic",
        "SNS:Subscribe",
        "SNS:ListSubscriptionsByTopic",
        "SNS:Publish",
    ];
    json!({
        "Version": "2008-10-17",
        "Id": "__default_policy_ID",
        "Statement": [{
            "Sid": "__default_statement_ID",
            "Effect": "Allow",
            "Principal": { "AWS": "*" },
            "Action": actions,
            "Resource": arn,
            "Condition": { "StringEquals": { "AWS:SourceOwner": owner } },
        }],
    })
}

fn effective_delivery_policy() -> Value {
    json!({ "http": {
        "defaultHealthyRetryPolicy": {
            "minDelayTarget": 20,
            "maxDelayTarget": 20,
            "numRetries": 3,
            "numMaxDelayRetries": 0,
            "numNoDelayRetries": 0,
            "numMinDelayRetries": 0,
            "backoffFunction": "linear",
        },
        "disableSubscriptionOverrides": false,
        "defaultRequestPolicy": { "headerContentType": "text/plain; charset=UTF-8" },
    } })
}

/// One page of a list. The token is the place where the next page begins.
fn page(input: &Value, list: &str, items: Vec<Value>) -> Result<Value, ServiceError> {
    let start = match text(input, "NextToken") {
        Some(token) => token
            .parse::<usize>()
            .map_err(|_| invalid("NextToken Reason: it is not of an answer of this list"))?,
        None => 0,
    };
    let end = start.saturating_add(PAGE).min(items.len());
    let mut answer = json!({ list: items.get(start..end).unwrap_or_default() });
    if end < items.len() {
        answer["NextToken"] = end.to_string().into();
    }
    Ok(answer)
}
