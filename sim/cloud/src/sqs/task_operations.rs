use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::error::{invalid_parameter, resource_not_found};
use super::message::{Hold, Message};
use super::move_task::{MoveTask, Status};
use super::request::{integer, required, text};
use super::service::{Sqs, sequence_number};
use crate::error::ServiceError;

impl Sqs {
    pub(super) fn start_message_move_task(
        &mut self,
        now: DateTime<Utc>,
        input: &Value,
    ) -> Result<Value, ServiceError> {
        let source_arn = self.existing(input, "SourceArn")?;
        if self.sources_of(&source_arn).next().is_none() {
            return Err(invalid_parameter(
                "Source queue must be configured as a Dead Letter Queue.",
            ));
        }
        let destination_arn = text(input, "DestinationArn")
            .map(|_| self.existing(input, "DestinationArn"))
            .transpose()?;
        let rate = integer(
            input,
            "MaxNumberOfMessagesPerSecond",
            1..=500,
            "Must be between 1 and 500, if provided.",
        )?;
        if self
            .tasks
            .iter()
            .any(|task| task.source_arn == source_arn && task.is_active())
        {
            let message = "There is already a task running. Only one active task is allowed for a source queue arn at a given time.";
            return Err(invalid_parameter(message));
        }
        let interval = TimeDelta::nanoseconds(
            1_000_000_000 / i64::from(rate.unwrap_or(self.knobs.moves_per_second).max(1)),
        );
        let task = MoveTask {
            handle: self.next_id(),
            to_move: self.visible(now, &source_arn),
            source_arn,
            destination_arn,
            rate,
            started_at: now,
            status: Status::Running,
            moved: 0,
            failure_reason: None,
            interval,
            next_move_at: now + interval,
        };
        let answer = json!({"TaskHandle": task.handle});
        self.tasks.push(task);
        Ok(answer)
    }

    pub(super) fn list_message_move_tasks(&mut self, input: &Value) -> Result<Value, ServiceError> {
        let source_arn = self.existing(input, "SourceArn")?;
        let limit = integer(
            input,
            "MaxResults",
            1..=10,
            "Must be between 1 and 10, if provided.",
        )?
        .unwrap_or(1);
        let newest_first = self
            .tasks
            .iter()
            .rev()
            .filter(|task| task.source_arn == source_arn);
        let results: Vec<Value> = newest_first
            .take(limit as usize)
            .map(MoveTask::to_json)
            .collect();
        Ok(json!({ "Results": results }))
    }

    /// The task stops before its next message; what was moved stays moved.
    pub(super) fn cancel_message_move_task(
        &mut self,
        now: DateTime<Utc>,
        input: &Value,
    ) -> Result<Value, ServiceError> {
        let handle = required(input, "TaskHandle")?;
        let task = self.tasks.iter_mut().find(|task| task.handle == handle);
        let task = task.ok_or_else(|| resource_not_found("Task does not exist."))?;
        if task.status != Status::Running {
            return Err(ServiceError::client(
                "UnsupportedOperation",
                "Only active tasks can be cancelled.",
            ));
        }
        task.status = Status::Cancelling;
        task.next_move_at = task.next_move_at.max(now);
        Ok(json!({"ApproximateNumberOfMessagesMoved": task.moved}))
    }

    /// Takes every step of the move tasks that is due, one message a step.
    pub(super) fn run_tasks(&mut self, now: DateTime<Utc>) {
        for index in 0..self.tasks.len() {
            while self.tasks[index].is_active() && self.tasks[index].next_move_at <= now {
                let mut task = self.tasks[index].clone();
                self.step(&mut task);
                task.next_move_at += task.interval;
                self.tasks[index] = task;
            }
        }
    }

    /// Moves one message, or ends the task.
    fn step(&mut self, task: &mut MoveTask) {
        if task.status == Status::Cancelling {
            task.status = Status::Cancelled;
            return;
        }
        let now = task.next_move_at;
        let taken = self.queues.get_mut(&task.source_arn).map(|queue| {
            queue.expire(now);
            queue.take_first(now)
        });
        let (order, message) = match taken {
            None => return fail(task, "AWS.SimpleQueueService.NonExistentQueue"),
            Some(None) => {
                task.status = Status::Completed;
                return;
            }
            Some(Some(taken)) => taken,
        };
        let destination = task
            .destination_arn
            .as_ref()
            .or(message.dead_letter_source_arn.as_ref());
        let reason = match destination {
            None => "CouldNotDetermineMessageSource",
            Some(arn) if self.fifo(arn) == self.fifo(&task.source_arn) => {
                let arn = arn.clone();
                self.revive(now, &arn, message);
                task.moved += 1;
                return;
            }
            Some(arn) if self.exists(arn) => "AWS.SimpleQueueService.UnsupportedOperation",
            Some(_) => "AWS.SimpleQueueService.NonExistentQueue",
        };
        if let Some(queue) = self.queues.get_mut(&task.source_arn) {
            queue.put_back(order, message);
        }
        fail(task, reason);
    }

    /// A redriven message is a new one: new id, new time, never received.
    fn revive(&mut self, now: DateTime<Utc>, arn: &str, message: Message) {
        let (order, id) = (self.next_number(), self.next_id());
        let Some(queue) = self.queues.get_mut(arn) else {
            return;
        };
        let message = Message {
            id,
            cause: message.cause.text("redriven"),
            sequence_number: queue.settings.fifo.then(|| sequence_number(order)),
            dead_letter_source_arn: None,
            sent_at: now,
            receive_count: 0,
            first_received_at: None,
            visible_at: now + TimeDelta::seconds(queue.settings.delay_seconds.into()),
            hold: Hold::Delay,
            receives_here: 0,
            received_at: now,
            ..message
        };
        queue.add(order, message);
    }

    fn existing(&self, input: &Value, parameter: &str) -> Result<String, ServiceError> {
        let arn = required(input, parameter)?;
        let missing = || {
            resource_not_found(format!(
                "The resource that you specified for the {parameter} parameter doesn't exist."
            ))
        };
        self.queues
            .get(arn)
            .map(|queue| queue.arn.clone())
            .ok_or_else(missing)
    }
}

fn fail(task: &mut MoveTask, reason: &str) {
    task.status = Status::Failed;
    task.failure_reason = Some(reason.to_owned());
}
