//! What the cloud does at its edges, seen as a client sees it: requests in, messages and
//! invocations out.

mod archive;
mod delivery;
mod dynamodb;
mod lambda;
mod polling;
mod put_events;
mod roles;
mod rules;
mod schedules;
mod sns;
mod streams;

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use http::Request;
use serde_json::{Value, json};
use simulated_cloud::Cloud;
use simulated_cloud::cloud_event::{AlarmState, CloudEvent};
use simulated_cloud::fault_hook::{DeliveryStep, DeliveryVerdict, FaultHook};
use simulated_cloud::knobs::Knobs;
use simulated_cloud::lambda::{Invocation, InvocationResult};
use simulated_cloud::sqs::Message;
use simulated_cloud::stack::{Account, Stack};
use simulated_cloud::template::load;

/// A cloud under test, with a clock that the test moves.
struct World {
    cloud: Cloud,
    now: DateTime<Utc>,
    records: Vec<CloudEvent>,
    invocations: Vec<Invocation>,
}

fn opening() -> DateTime<Utc> {
    "2026-03-02T09:00:00Z".parse().expect("as AWS shapes it")
}

fn account() -> Account {
    let words = |text: &str| text.to_owned();
    Account {
        stack: words("test"),
        ..Account::default()
    }
}

fn stack() -> Stack {
    load(
        "template.yaml",
        include_str!("template.yaml"),
        &BTreeMap::new(),
        &account(),
    )
    .expect("a sound template")
}

fn queue(name: &str) -> String {
    format!("arn:aws:sqs:us-east-1:123456789012:{name}")
}

fn bus(name: &str) -> String {
    format!("arn:aws:events:us-east-1:123456789012:event-bus/{name}")
}

impl World {
    fn new() -> Self {
        Self::with(|_| {}, Knobs::default())
    }

    /// The stack with a change, and these settings.
    fn with(change: impl FnOnce(&mut Stack), knobs: Knobs) -> Self {
        let mut stack = stack();
        change(&mut stack);
        Self::of(&stack, knobs)
    }

    /// The cloud of a stack.
    fn of(stack: &Stack, knobs: Knobs) -> Self {
        let cloud = Cloud::new(stack, account(), knobs, 7, opening()).expect("a cloud");
        Self {
            cloud,
            now: opening(),
            records: Vec::new(),
            invocations: Vec::new(),
        }
    }

    /// Lets time pass, with everything that happens in it at its time. Invocations wait for the
    /// test to answer them.
    fn wait(&mut self, seconds: i64) {
        let end = self.now + TimeDelta::seconds(seconds);
        while let Some(due) = self.cloud.next_due().filter(|due| *due <= end) {
            self.now = due.max(self.now);
            let started = self.cloud.advance(self.now);
            self.invocations.extend(started);
        }
        self.now = end;
        self.records.extend(self.cloud.take_records());
    }

    /// Calls a service as a client does; status and body.
    fn call(&mut self, target: &str, input: &Value) -> (u16, Value) {
        let request = Request::builder()
            .header("x-amz-target", target)
            .body(Bytes::from(input.to_string()))
            .expect("as AWS shapes it");
        let response = self.cloud.handle(self.now, &request);
        let body = serde_json::from_slice(response.body()).expect("as AWS shapes it");
        self.records.extend(self.cloud.take_records());
        (response.status().as_u16(), body)
    }

    /// Calls SNS as its clients do: a form, signed for the service. Status and XML.
    fn sns(&mut self, operation: &str, parameters: &[(&str, &str)]) -> (u16, String) {
        let mut form = format!("Action={operation}&Version=2010-03-31");
        for (name, value) in parameters {
            form.push_str(&format!("&{name}={}", encoded(value)));
        }
        let request = Request::post("/")
            .header("content-type", "application/x-www-form-urlencoded")
            .header(
                "authorization",
                "AWS4-HMAC-SHA256 Credential=test/20260302/us-east-1/sns/aws4_request, Signature=x",
            )
            .body(Bytes::from(form))
            .expect("a request");
        let response = self.cloud.handle(self.now, &request);
        self.records.extend(self.cloud.take_records());
        let body = String::from_utf8(response.body().to_vec()).expect("as AWS shapes it");
        (response.status().as_u16(), body)
    }

    fn events(&mut self, operation: &str, input: &Value) -> (u16, Value) {
        self.call(&format!("AWSEvents.{operation}"), input)
    }

    fn table(&mut self, operation: &str, input: &Value) -> (u16, Value) {
        self.call(&format!("DynamoDB_20120810.{operation}"), input)
    }

    fn ok(&mut self, operation: &str, input: &Value) -> Value {
        let (status, body) = self.events(operation, input);
        assert_eq!(status, 200, "{operation} {input}: {body}");
        body
    }

    /// Code and text of a refusal.
    fn refusal(&mut self, operation: &str, input: &Value) -> (String, String) {
        let (status, body) = self.events(operation, input);
        assert_eq!(status, 400, "{operation} {input}: {body}");
        (
            body["__type"]
                .as_str()
                .expect("as AWS shapes it")
                .to_owned(),
            body["message"]
                .as_str()
                .expect("as AWS shapes it")
                .to_owned(),
        )
    }

    /// Puts an event of that type on the bus; gives its id.
    fn put(&mut self, detail_type: &str, detail: &Value) -> String {
        let answer = self.ok(
            "PutEvents",
            &json!({ "Entries": [entry(detail_type, &detail.to_string())] }),
        );
        answer["Entries"][0]["EventId"]
            .as_str()
            .unwrap_or_else(|| panic!("{answer}"))
            .to_owned()
    }

    /// Takes every message out of a queue.
    fn take(&mut self, name: &str) -> Vec<Message> {
        let messages: Vec<Message> = self
            .cloud
            .sqs()
            .messages(&queue(name))
            .into_iter()
            .cloned()
            .collect();
        assert_eq!(
            self.cloud.drain_queue(self.now, &queue(name)).len(),
            messages.len(),
            "all messages of {name} are visible"
        );
        messages
    }

    fn bodies(&mut self, name: &str) -> Vec<Value> {
        self.take(name)
            .iter()
            .map(|message| serde_json::from_str(&message.body).expect("as AWS shapes it"))
            .collect()
    }

    /// Answers the oldest invocation that waits; gives it.
    fn answer(&mut self, result: &InvocationResult) -> Invocation {
        assert!(!self.invocations.is_empty(), "no invocation waits");
        let invocation = self.invocations.remove(0);
        self.cloud
            .finished(self.now, &invocation, result, Duration::from_millis(5));
        self.records.extend(self.cloud.take_records());
        invocation
    }

    /// Why messages were lost.
    fn lost(&self) -> Vec<&str> {
        let reasons = self.records.iter().filter_map(|record| match record {
            CloudEvent::Lost { reason, .. } => Some(reason.as_str()),
            _ => None,
        });
        reasons.collect()
    }

    /// How each attempt to deliver ended.
    fn outcomes(&self) -> Vec<String> {
        let outcomes = self.records.iter().filter_map(|record| match record {
            CloudEvent::Delivery { outcome, .. } => Some(outcome.to_string()),
            _ => None,
        });
        outcomes.collect()
    }

    /// The alarms that went off: each is named after its metric.
    fn alarms(&self) -> Vec<&str> {
        let names = self.records.iter().filter_map(|record| match record {
            CloudEvent::AlarmChanged { alarm, state, .. } if *state == AlarmState::Alarm => {
                Some(alarm.as_str())
            }
            _ => None,
        });
        names.collect()
    }

    /// The occurrences of schedules.
    fn fired(&self) -> Vec<&str> {
        let times = self.records.iter().filter_map(|record| match record {
            CloudEvent::ScheduleFired { scheduled_time, .. } => Some(scheduled_time.as_str()),
            _ => None,
        });
        times.collect()
    }
}

fn entry(detail_type: &str, detail: &str) -> Value {
    json!({ "EventBusName": "shop", "Source": "shop.orders", "DetailType": detail_type, "Detail": detail })
}

/// As a form has it.
fn encoded(text: &str) -> String {
    let encode = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(encode).collect()
}

/// Type and value of each attribute.
fn attributes(message: &Message) -> BTreeMap<String, (String, String)> {
    let attributes = message.attributes.iter().map(|(name, attribute)| {
        let value = attribute.to_json()["StringValue"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        (name.clone(), (attribute.data_type.clone(), value))
    });
    attributes.collect()
}

fn failed() -> InvocationResult {
    InvocationResult::Failed {
        error_type: "Broken".to_owned(),
        message: "it broke".to_owned(),
    }
}

/// Fails the first deliveries with a code that is tried again.
#[derive(Debug)]
struct Failing(u32);

impl FaultHook for Failing {
    fn on_delivery(&mut self, _step: &DeliveryStep<'_>) -> DeliveryVerdict {
        if self.0 == 0 {
            return DeliveryVerdict::Pass;
        }
        self.0 -= 1;
        DeliveryVerdict::Fail("THROTTLING")
    }

    fn on_entry(&mut self, _detail_type: &str) -> Option<(&'static str, &'static str)> {
        None
    }
}
