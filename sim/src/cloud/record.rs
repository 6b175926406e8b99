//! What the cloud tells its observer: every step it takes, in order.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

/// One step of the cloud.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "record", rename_all = "snake_case")]
pub enum Record {
    /// An event was accepted by a bus.
    EventPut {
        /// The bus.
        bus: String,
        /// The id that PutEvents gave.
        id: String,
        /// The sender.
        source: String,
        /// The type.
        detail_type: String,
        /// The content.
        detail: Value,
        /// The rules that matched, by name.
        matched: Vec<String>,
        /// The replay that put it, if any.
        #[serde(skip_serializing_if = "Option::is_none")]
        replay: Option<String>,
    },
    /// An entry of PutEvents was refused.
    EventRefused {
        /// The sender.
        source: String,
        /// The type.
        detail_type: String,
        /// AWS's code.
        code: String,
        /// AWS's words.
        message: String,
    },
    /// An event was put on a bus that does not exist: AWS says yes and drops it.
    EventVanished {
        /// The bus that is not there.
        bus: String,
        /// The type.
        detail_type: String,
    },
    /// A rule's target was tried.
    Delivery {
        /// The event's id.
        event: String,
        /// The type.
        detail_type: String,
        /// The rule.
        rule: String,
        /// The target's id.
        target: String,
        /// 1 for the first attempt.
        attempt: u32,
        /// `delivered`, or the error code.
        outcome: String,
    },
    /// A message was given up and put in a dead-letter queue, or a failure destination.
    DeadLettered {
        /// The queue.
        queue: String,
        /// Who gave up: a rule, a schedule, a function.
        from: String,
        /// Why: AWS's code or condition.
        reason: String,
        /// The message.
        body: Value,
    },
    /// A message was given up and is gone.
    Lost {
        /// Who gave up.
        from: String,
        /// Why.
        reason: String,
        /// The message.
        body: Value,
    },
    /// A function was invoked.
    InvocationStarted {
        /// Numbers attempts through the whole run.
        invocation: u64,
        /// The function's name.
        function: String,
        /// The same for all attempts.
        request_id: String,
        /// 1 for the first attempt.
        attempt: u32,
        /// What it was given.
        payload: Value,
    },
    /// An invocation came to its end.
    InvocationEnded {
        /// Its number.
        invocation: u64,
        /// `success`, `failed`, `timed_out` or `crashed`.
        outcome: String,
        /// What it answered.
        response: Value,
        /// Milliseconds.
        duration_ms: u64,
    },
    /// A schedule fired.
    ScheduleFired {
        /// Its name.
        schedule: String,
        /// The occurrence.
        scheduled_time: String,
    },
    /// An alarm changed its state.
    AlarmChanged {
        /// Its name.
        alarm: String,
        /// What it watches.
        metric: String,
        /// Whose metric, by the names of the dimensions.
        dimensions: BTreeMap<String, String>,
        /// `ALARM` or `OK`.
        state: String,
        /// The value that did it.
        value: String,
    },
    /// A replay began or ended.
    ReplayChanged {
        /// Its name.
        replay: String,
        /// AWS's state.
        state: String,
    },
}

/// The events that an answer of PutEvents says are accepted, as far as request and answer tell: not which rules matched.
#[must_use]
pub fn accepted(request: &Value, answer: &Value) -> Vec<Record> {
    let entries = request["Entries"].as_array().into_iter().flatten();
    let results = answer["Entries"].as_array().into_iter().flatten();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let record = |(entry, result): (&Value, &Value)| {
        Some(Record::EventPut {
            bus: text(&entry["EventBusName"]),
            id: result["EventId"].as_str()?.to_owned(),
            source: text(&entry["Source"]),
            detail_type: text(&entry["DetailType"]),
            detail: serde_json::from_str(entry["Detail"].as_str()?).ok()?,
            matched: Vec::new(),
            replay: None,
        })
    };
    entries.zip(results).filter_map(record).collect()
}

/// What woke a function, as sites and scenarios name it: the event's type, or the command's action or mode.
#[must_use]
pub fn trigger_of(payload: &Value) -> String {
    if let Some(observed) = payload.get("observe") {
        return format!("observe {}", trigger_of(observed));
    }
    let named = ["detail-type", "action", "mode"].iter().find_map(|name| payload.get(name).and_then(Value::as_str));
    named.unwrap_or("trade").to_owned()
}
