use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::error::{invalid_parameter, queue_does_not_exist};
use super::request::required;
use super::service::Sqs;
use crate::api::error::ServiceError;
use crate::api::operation::{Operation, Resource, run};

/// The operations of SQS.
#[rustfmt::skip]
pub(crate) static OPERATIONS: [Operation<Sqs>; 21] = [
    Operation::adds("SendMessage", Resource::Queue, Sqs::send_message),
    Operation::adds("SendMessageBatch", Resource::Queue, Sqs::send_message_batch),
    Operation::frees("ReceiveMessage", Resource::Queue, Sqs::receive_message),
    Operation::frees("DeleteMessage", Resource::Queue, Sqs::delete_message),
    Operation::frees("DeleteMessageBatch", Resource::Queue, Sqs::delete_message_batch),
    Operation::frees("ChangeMessageVisibility", Resource::Queue, Sqs::change_message_visibility),
    Operation::frees("ChangeMessageVisibilityBatch", Resource::Queue, Sqs::change_message_visibility_batch),
    Operation::adds("CreateQueue", Resource::Queue, Sqs::create_queue),
    Operation::frees("DeleteQueue", Resource::Queue, Sqs::delete_queue),
    Operation::frees("PurgeQueue", Resource::Queue, Sqs::purge_queue),
    Operation::reads("GetQueueUrl", Resource::Queue, |sqs, _, input| sqs.get_queue_url(input)),
    Operation::reads("GetQueueAttributes", Resource::Queue, Sqs::get_queue_attributes),
    Operation::adds("SetQueueAttributes", Resource::Queue, Sqs::set_queue_attributes),
    Operation::reads("ListQueues", Resource::Queue, |sqs, _, input| sqs.list_queues(input)),
    Operation::reads("ListDeadLetterSourceQueues", Resource::Queue, |sqs, _, input| sqs.list_dead_letter_source_queues(input)),
    Operation::adds("TagQueue", Resource::Queue, |sqs, _, input| sqs.tag_queue(input)),
    Operation::frees("UntagQueue", Resource::Queue, |sqs, _, input| sqs.untag_queue(input)),
    Operation::reads("ListQueueTags", Resource::Queue, |sqs, _, input| sqs.list_queue_tags(input)),
    Operation::adds("StartMessageMoveTask", Resource::Queue, Sqs::start_message_move_task),
    Operation::reads("ListMessageMoveTasks", Resource::Queue, |sqs, _, input| sqs.list_message_move_tasks(input)),
    Operation::frees("CancelMessageMoveTask", Resource::Queue, Sqs::cancel_message_move_task),
];

impl Sqs {
    /// Answers one request. `ReceiveMessage` answers at once; a caller that serves long polls asks
    /// [`Self::wait_seconds`] first.
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
        run(&OPERATIONS, self, now, operation, input)
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
