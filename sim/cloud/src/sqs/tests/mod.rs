mod fifo;
mod queues;
mod redrive;
mod standard;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::{NewMessage, Received, Sqs};
use crate::error::ServiceError;

/// A region under test with a clock that the test moves.
struct World {
    sqs: Sqs,
    now: DateTime<Utc>,
}

impl World {
    /// Standard `work` whose dead letters go to `dead` after 2 receives, and FIFO `line.fifo` with
    /// content deduplication.
    fn new() -> Self {
        let now = DateTime::from_timestamp(1_700_000_000, 0).unwrap();
        let mut world = Self {
            sqs: Sqs::new("123456789012", "us-east-1", 7),
            now,
        };
        world.create("dead", json!({}));
        world.create("work", json!({"RedrivePolicy": policy("dead", 2)}));
        world.create(
            "line.fifo",
            json!({"FifoQueue": "true", "ContentBasedDeduplication": "true"}),
        );
        world
    }

    fn create(&mut self, name: &str, attributes: Value) {
        self.ok(
            "CreateQueue",
            json!({"QueueName": name, "Attributes": attributes}),
        );
    }

    fn wait(&mut self, seconds: i64) {
        self.now += TimeDelta::seconds(seconds);
        self.sqs.advance(self.now);
    }

    fn call(&mut self, operation: &str, mut input: Value) -> Result<Value, ServiceError> {
        if let Some(queue) = input.get("queue").and_then(Value::as_str) {
            input["QueueUrl"] = json!(format!("http://localhost:4566/123456789012/{queue}"));
        }
        self.sqs.handle(self.now, operation, &input)
    }

    fn ok(&mut self, operation: &str, input: Value) -> Value {
        self.call(operation, input)
            .unwrap_or_else(|error| panic!("{operation}: {error:?}"))
    }

    /// Code and text of a refusal.
    fn error(&mut self, operation: &str, input: Value) -> (String, String) {
        let error = self
            .call(operation, input.clone())
            .map(|answer| panic!("{operation} {input}: {answer}"))
            .unwrap_err();
        (error.code, error.message)
    }

    fn refuses(&mut self, operation: &str, input: Value, code: &str, message: &str) {
        assert_eq!(
            self.error(operation, input),
            (code.to_owned(), message.to_owned())
        );
    }

    fn send(&mut self, queue: &str, body: &str) -> String {
        self.sqs
            .send(self.now, &arn(queue), NewMessage::new(body))
            .unwrap()
            .message_id
    }

    fn send_to_group(&mut self, group: &str, body: &str) -> String {
        let message = NewMessage {
            group_id: Some(group.to_owned()),
            ..NewMessage::new(body)
        };
        self.sqs
            .send(self.now, &arn("line.fifo"), message)
            .unwrap()
            .message_id
    }

    fn receive(&mut self, queue: &str) -> Vec<Received> {
        self.sqs.receive(self.now, &arn(queue), 10, None).unwrap()
    }

    fn bodies(&mut self, queue: &str) -> Vec<String> {
        self.receive(queue)
            .into_iter()
            .map(|received| received.message.body)
            .collect()
    }

    fn delete(&mut self, queue: &str, handle: &str) -> Result<(), ServiceError> {
        self.sqs.delete(self.now, &arn(queue), handle)
    }
}

fn arn(queue: &str) -> String {
    format!("arn:aws:sqs:us-east-1:123456789012:{queue}")
}

fn policy(dead: &str, count: u32) -> String {
    json!({"deadLetterTargetArn": arn(dead), "maxReceiveCount": count}).to_string()
}
