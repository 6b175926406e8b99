use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::attribute::read_all;
use super::error::invalid;
use super::topic::Topic;
use crate::api::error::ServiceError;
use crate::api::parameters::text;
use crate::sqs::{AttributeValue, MessageAttribute};

/// The most that a message has in bytes, its attributes included.
const MESSAGE_BYTES_MAX: usize = 262_144;
const SUBJECT_CHARACTERS_MAX: usize = 100;

/// What somebody publishes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Publication {
    pub message: Arc<str>,
    /// The texts for single protocols, where the message has such a structure.
    pub per_protocol: BTreeMap<String, Arc<str>>,
    pub subject: Option<String>,
    pub attributes: BTreeMap<String, MessageAttribute>,
    pub group_id: Option<String>,
    pub deduplication_id: Option<String>,
}

/// A message that a topic took.
#[derive(Clone, Debug)]
pub(crate) struct Published {
    pub id: String,
    pub topic_arn: String,
    pub at: DateTime<Utc>,
    /// FIFO topics only.
    pub sequence_number: Option<String>,
    /// Whether it is to be delivered: a FIFO topic takes a message once.
    pub is_new: bool,
    pub publication: Arc<Publication>,
}

impl Publication {
    /// Reads the parameters of Publish, or an entry of PublishBatch.
    ///
    /// # Errors
    /// What SNS says against a message, whatever its topic.
    pub fn read(input: &Value) -> Result<Self, ServiceError> {
        let message = text(input, "Message").ok_or_else(|| invalid("Empty message"))?;
        let subject = input.get("Subject").and_then(Value::as_str);
        if subject.is_some_and(|subject| !is_subject(subject)) {
            return Err(invalid("Subject"));
        }
        let mut publication = Self {
            message: message.into(),
            subject: subject.map(str::to_owned),
            attributes: read_all(input.get("MessageAttributes"))?,
            group_id: text(input, "MessageGroupId").map(str::to_owned),
            deduplication_id: text(input, "MessageDeduplicationId").map(str::to_owned),
            ..Self::default()
        };
        match text(input, "MessageStructure") {
            None => {}
            Some("json") => publication.take_apart()?,
            Some(_) => return Err(invalid("MessageStructure")),
        }
        if publication.size_bytes() > MESSAGE_BYTES_MAX {
            return Err(invalid("Message too long"));
        }
        Ok(publication)
    }

    /// A message of a structure: an object with a text for each protocol, and one for the others.
    fn take_apart(&mut self) -> Result<(), ServiceError> {
        let structure = |what: &str| invalid(format!("Message Structure - {what}"));
        let parsed: Value = serde_json::from_str(&self.message)
            .map_err(|_| structure("JSON message body failed to parse"))?;
        let texts = parsed.as_object().into_iter().flatten();
        self.per_protocol = texts
            .filter_map(|(protocol, text)| Some((protocol.clone(), Arc::from(text.as_str()?))))
            .collect();
        match self.per_protocol.remove("default") {
            Some(message) => self.message = message,
            None => return Err(structure("No default entry in JSON message body")),
        }
        Ok(())
    }

    /// What counts against the size of a message and of a batch.
    pub fn size_bytes(&self) -> usize {
        let attributes = self.attributes.iter().map(|(name, attribute)| {
            let value = match &attribute.value {
                AttributeValue::Text(text) => text.len(),
                AttributeValue::Bytes(bytes) => bytes.len(),
            };
            name.len() + attribute.data_type.len() + value
        });
        self.message.len() + attributes.sum::<usize>()
    }

    /// The text for a protocol.
    pub fn text_for(&self, protocol: &str) -> &Arc<str> {
        self.per_protocol.get(protocol).unwrap_or(&self.message)
    }

    /// What a topic of its kind says against it.
    pub(super) fn check(&self, topic: &Topic) -> Result<(), ServiceError> {
        if !topic.is_fifo {
            return match self.deduplication_id {
                Some(_) => Err(invalid(
                    "MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that is not valid for this topic type",
                )),
                None => Ok(()),
            };
        }
        if self.group_id.is_none() {
            return Err(invalid(
                "The MessageGroupId parameter is required for FIFO topics",
            ));
        }
        if self.deduplication_id.is_none() && !topic.deduplicates_by_content {
            return Err(invalid(
                "The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly",
            ));
        }
        Ok(())
    }

    /// What makes two messages of a FIFO topic the same.
    pub fn deduplication_key(&self) -> String {
        match &self.deduplication_id {
            Some(id) => id.clone(),
            None => {
                let digest = Sha256::digest(self.message.as_bytes());
                digest.iter().map(|byte| format!("{byte:02x}")).collect()
            }
        }
    }
}

/// One line of text of at most a hundred characters that begins with something visible.
fn is_subject(subject: &str) -> bool {
    let is_plain = subject.chars().all(|letter| !letter.is_control());
    let begins_well = subject.starts_with(|letter: char| letter.is_ascii_graphic());
    is_plain && begins_well && subject.chars().count() <= SUBJECT_CHARACTERS_MAX
}
