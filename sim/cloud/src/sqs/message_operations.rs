use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use super::attribute::{self, MessageAttribute};
use super::batch::Batch;
use super::error::{invalid_parameter, missing, unknown_attribute};
use super::message::{NewMessage, Received, Sent};
use super::operations::nothing;
use super::request::{integer, required, text, texts};
use super::service::Sqs;
use crate::error::ServiceError;

const SYSTEM_ATTRIBUTES: [&str; 10] = [
    "All",
    "SenderId",
    "SentTimestamp",
    "ApproximateReceiveCount",
    "ApproximateFirstReceiveTimestamp",
    "SequenceNumber",
    "MessageDeduplicationId",
    "MessageGroupId",
    "AWSTraceHeader",
    "DeadLetterQueueSourceArn",
];

impl Sqs {
    /// How long a `ReceiveMessage` request waits for a message: its own wish, else the queue's. 0
    /// is a short poll.
    pub fn wait_seconds(&self, input: &Value) -> u32 {
        let own = input
            .get("WaitTimeSeconds")
            .and_then(Value::as_u64)
            .and_then(|seconds| u32::try_from(seconds).ok());
        let queue = self
            .queue_arn(input)
            .ok()
            .and_then(|arn| self.queues.get(&arn));
        own.or(queue.map(|queue| queue.settings.receive_wait_seconds))
            .unwrap_or(0)
    }

    pub(super) fn send_message(
        &mut self,
        now: DateTime<Utc>,
        input: &Value,
    ) -> Result<Value, ServiceError> {
        let arn = self.queue_arn(input)?;
        self.send_entry(now, &arn, input)
    }

    pub(super) fn send_message_batch(
        &mut self,
        now: DateTime<Utc>,
        input: &Value,
    ) -> Result<Value, ServiceError> {
        let arn = self.queue_arn(input)?;
        let batch = Batch::read(input, "SendMessageBatchRequestEntry")?;
        batch.check_size(|entry| new_message(entry).map_or(0, |message| message.size_bytes()))?;
        Ok(batch.run(|entry| self.send_entry(now, &arn, entry)))
    }

    fn send_entry(
        &mut self,
        now: DateTime<Utc>,
        arn: &str,
        input: &Value,
    ) -> Result<Value, ServiceError> {
        let message = new_message(input)?;
        let system = message.trace_header.as_ref().map(|header| {
            [(
                "AWSTraceHeader".to_owned(),
                MessageAttribute::string(header),
            )]
            .into()
        });
        let sent = self.send(now, arn, message)?;
        Ok(answer(sent, system.as_ref().and_then(attribute::digest)))
    }

    pub(super) fn receive_message(
        &mut self,
        now: DateTime<Utc>,
        input: &Value,
    ) -> Result<Value, ServiceError> {
        let arn = self.queue_arn(input)?;
        let maximum = integer(
            input,
            "MaxNumberOfMessages",
            1..=10,
            "Must be between 1 and 10, if provided.",
        )?
        .unwrap_or(1);
        let visibility = integer(
            input,
            "VisibilityTimeout",
            0..=43_200,
            "Must be between 0 and 43200, if provided.",
        )?;
        integer(
            input,
            "WaitTimeSeconds",
            0..=20,
            "Must be >= 0 and <= 20, if provided.",
        )?;
        let mut system = texts(input, "AttributeNames");
        system.extend(texts(input, "MessageSystemAttributeNames"));
        if let Some(unknown) = system.iter().find(|name| !SYSTEM_ATTRIBUTES.contains(name)) {
            return Err(unknown_attribute(unknown));
        }
        let wanted = texts(input, "MessageAttributeNames");
        let short_poll = self.wait_seconds(input) == 0;
        let received = self.take(now, &arn, maximum as usize, visibility, short_poll)?;
        if received.is_empty() {
            return Ok(nothing());
        }
        let messages: Vec<Value> = received
            .iter()
            .map(|received| show(received, &system, &wanted))
            .collect();
        Ok(json!({ "Messages": messages }))
    }

    pub(super) fn delete_message(
        &mut self,
        now: DateTime<Utc>,
        input: &Value,
    ) -> Result<Value, ServiceError> {
        let arn = self.queue_arn(input)?;
        self.delete(now, &arn, required(input, "ReceiptHandle")?)
            .map(|()| nothing())
    }

    pub(super) fn delete_message_batch(
        &mut self,
        now: DateTime<Utc>,
        input: &Value,
    ) -> Result<Value, ServiceError> {
        let arn = self.queue_arn(input)?;
        let batch = Batch::read(input, "DeleteMessageBatchRequestEntry")?;
        Ok(batch.run(|entry| {
            self.delete(now, &arn, required(entry, "ReceiptHandle")?)
                .map(|()| nothing())
        }))
    }

    pub(super) fn change_message_visibility(
        &mut self,
        now: DateTime<Utc>,
        input: &Value,
    ) -> Result<Value, ServiceError> {
        let arn = self.queue_arn(input)?;
        self.change_entry(now, &arn, input)
    }

    pub(super) fn change_message_visibility_batch(
        &mut self,
        now: DateTime<Utc>,
        input: &Value,
    ) -> Result<Value, ServiceError> {
        let arn = self.queue_arn(input)?;
        let batch = Batch::read(input, "ChangeMessageVisibilityBatchRequestEntry")?;
        Ok(batch.run(|entry| self.change_entry(now, &arn, entry)))
    }

    fn change_entry(
        &mut self,
        now: DateTime<Utc>,
        arn: &str,
        input: &Value,
    ) -> Result<Value, ServiceError> {
        let handle = required(input, "ReceiptHandle")?;
        let seconds = integer(
            input,
            "VisibilityTimeout",
            0..=43_200,
            "Must be between 0 and 43200, if provided.",
        )?;
        let seconds = seconds.ok_or_else(|| missing("VisibilityTimeout"))?;
        self.change_visibility(now, arn, handle, seconds)
            .map(|()| nothing())
    }
}

fn new_message(input: &Value) -> Result<NewMessage, ServiceError> {
    let system = attribute::read_all(input.get("MessageSystemAttributes"))?;
    if let Some(unknown) = system.keys().find(|name| *name != "AWSTraceHeader") {
        return Err(invalid_parameter(format!(
            "Message system attribute name '{unknown}' is invalid."
        )));
    }
    let trace_header = system
        .into_values()
        .next()
        .and_then(|attribute| match attribute.value {
            attribute::AttributeValue::Text(text) => Some(text),
            attribute::AttributeValue::Bytes(_) => None,
        });
    Ok(NewMessage {
        body: required(input, "MessageBody")?.to_owned(),
        attributes: attribute::read_all(input.get("MessageAttributes"))?,
        group_id: text(input, "MessageGroupId").map(str::to_owned),
        deduplication_id: text(input, "MessageDeduplicationId").map(str::to_owned),
        delay_seconds: integer(
            input,
            "DelaySeconds",
            0..=900,
            "DelaySeconds must be >= 0 and <= 900.",
        )?,
        trace_header,
        cause: None,
    })
}

fn answer(sent: Sent, md5_of_system_attributes: Option<String>) -> Value {
    let fields = [
        ("MessageId", Some(sent.message_id)),
        ("MD5OfMessageBody", Some(sent.md5_of_body)),
        ("MD5OfMessageAttributes", sent.md5_of_attributes),
        ("MD5OfMessageSystemAttributes", md5_of_system_attributes),
        ("SequenceNumber", sent.sequence_number),
    ];
    fields
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), Value::from(value?))))
        .collect::<Map<_, _>>()
        .into()
}

/// A received message with what the request asked for; the MD5 is that of the attributes shown.
fn show(received: &Received, system: &[&str], wanted: &[&str]) -> Value {
    let message = &received.message;
    let mut shown = json!({
        "MessageId": message.id,
        "ReceiptHandle": received.receipt_handle,
        "MD5OfBody": message.md5_of_body(),
        "Body": message.body,
    });
    let asked = |name: &str| system.contains(&"All") || system.contains(&name);
    let system: Map<String, Value> = message
        .system_attributes()
        .into_iter()
        .filter(|(name, _)| asked(name))
        .map(|(name, value)| (name, value.into()))
        .collect();
    if !system.is_empty() {
        shown["Attributes"] = Value::Object(system);
    }
    let attributes = attribute::select(&message.attributes, wanted);
    if let Some(digest) = attribute::digest(&attributes) {
        shown["MD5OfMessageAttributes"] = digest.into();
        shown["MessageAttributes"] = attributes
            .iter()
            .map(|(name, attribute)| (name.clone(), attribute.to_json()))
            .collect::<Map<_, _>>()
            .into();
    }
    shown
}
