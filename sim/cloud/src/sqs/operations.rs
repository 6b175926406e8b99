use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::error::{invalid_parameter, queue_does_not_exist};
use super::request::required;
use super::service::Sqs;
use crate::error::ServiceError;

impl Sqs {
    /// Answers one request of the JSON protocol (`AmazonSQS.Operation`). `ReceiveMessage` answers
    /// at once; a caller that serves long polls asks [`Self::wait_seconds`] first.
    ///
    /// # Errors
    /// The error shapes of the JSON protocol; `UnknownOperationException` for an operation that is
    /// not simulated.
    pub fn handle(
        &mut self,
        now: DateTime<Utc>,
        operation: &str,
        input: &Value,
    ) -> Result<Value, ServiceError> {
        self.advance(now);
        match operation {
            "SendMessage" => self.send_message(now, input),
            "SendMessageBatch" => self.send_message_batch(now, input),
            "ReceiveMessage" => self.receive_message(now, input),
            "DeleteMessage" => self.delete_message(now, input),
            "DeleteMessageBatch" => self.delete_message_batch(now, input),
            "ChangeMessageVisibility" => self.change_message_visibility(now, input),
            "ChangeMessageVisibilityBatch" => self.change_message_visibility_batch(now, input),
            "CreateQueue" => self.create_queue(now, input),
            "DeleteQueue" => self.delete_queue(now, input),
            "PurgeQueue" => self.purge_queue(now, input),
            "GetQueueUrl" => self.get_queue_url(input),
            "GetQueueAttributes" => self.get_queue_attributes(now, input),
            "SetQueueAttributes" => self.set_queue_attributes(now, input),
            "ListQueues" => self.list_queues(input),
            "ListDeadLetterSourceQueues" => self.list_dead_letter_source_queues(input),
            "TagQueue" => self.tag_queue(input),
            "UntagQueue" => self.untag_queue(input),
            "ListQueueTags" => self.list_queue_tags(input),
            "StartMessageMoveTask" => self.start_message_move_task(now, input),
            "ListMessageMoveTasks" => self.list_message_move_tasks(input),
            "CancelMessageMoveTask" => self.cancel_message_move_task(now, input),
            _ => Err(ServiceError::client(
                "UnknownOperationException",
                format!("The operation {operation} is not simulated."),
            )),
        }
    }

    /// The ARN of the queue a request names by `QueueUrl`. The host does not matter, so that a
    /// local endpoint works.
    ///
    /// # Errors
    /// `MissingParameter`, `QueueDoesNotExist`, and `InvalidAddress` for what is no queue URL.
    pub fn queue_arn(&self, input: &Value) -> Result<String, ServiceError> {
        let url = required(input, "QueueUrl")?;
        let mut parts = url.trim_end_matches('/').rsplit('/');
        let (name, account) = (
            parts.next().unwrap_or_default(),
            parts.next().unwrap_or_default(),
        );
        if account.is_empty() || name.is_empty() {
            let message = format!("The address {url} is not valid for this endpoint.");
            return Err(ServiceError {
                code: "InvalidAddress".to_owned(),
                ..invalid_parameter(message)
            });
        }
        let queue = self
            .queues
            .values()
            .find(|queue| queue.name == name && account == self.account);
        queue
            .map(|queue| queue.arn.clone())
            .ok_or_else(queue_does_not_exist)
    }
}

/// The answer of an operation that has none.
pub(super) fn nothing() -> Value {
    json!({})
}
