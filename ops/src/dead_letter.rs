//! The forms of a dead letter: of a rule, of a schedule, of a function's failure destination, of a
//! function's dead-letter queue.

use std::collections::BTreeMap;

use alchemiser::payload::Payload;
use alchemiser::timestamp::Timestamp;
use serde_json::{Value, json};

use crate::routes::Sendable;

/// Who gave it up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// EventBridge could not hand the event to the target of a rule; the body is the event.
    Rule,
    /// Scheduler could not hand its input to the target; the body is the input.
    Schedule,
    /// The function failed on it; the body is a record around what the function was given.
    Destination,
    /// The function failed on it and has a dead-letter queue; the body is what the function was
    /// given.
    FunctionQueue,
    /// No dead letter: somebody's message.
    Other,
}

impl Form {
    fn as_str(self) -> &'static str {
        match self {
            Self::Rule => "rule",
            Self::Schedule => "schedule",
            Self::Destination => "function",
            Self::FunctionQueue => "function queue",
            Self::Other => "other",
        }
    }
}

/// What was to be done with what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// An event.
    Event(Original),
    /// The copy of an event that was to be looked at only.
    Observation(Original),
    /// Input of the function that is no event, such as a schedule's.
    Command(Value),
    /// Neither.
    Unreadable(Unreadable),
}

/// Why a dead letter holds nothing that can be put again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    #[error("the body is not JSON")]
    NotJson,
    #[error("the key `{0}` is there twice in one object")]
    RepeatedKey(String),
    #[error("the body is neither an event nor a command")]
    Neither,
    #[error("the event has no `detail` object")]
    NoDetail,
    #[error("the event has no `source`")]
    NoSource,
    #[error("the event has no `detail-type`")]
    NoDetailType,
}

/// The event as it was before anybody gave it up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Original {
    /// What to put.
    pub event: Sendable,
    /// The event's own id, which stays the same however often it is put; else the envelope's.
    pub id: String,
    /// The workflow.
    pub correlation_id: Option<String>,
}

/// A message of a dead-letter queue.
#[derive(Clone, Debug)]
pub struct DeadLetter {
    /// SQS's id.
    pub message_id: String,
    /// What deletes it.
    pub receipt: String,
    /// When it was sent.
    pub sent: Option<Timestamp>,
    /// The text.
    pub body: String,
    /// Its attributes, as text.
    pub attributes: BTreeMap<String, String>,
    /// Who gave it up.
    pub form: Form,
    /// The rule, schedule or function.
    pub sender: String,
    /// Why: a code and a sentence.
    pub reason: String,
    /// What was given up.
    pub content: Content,
}

impl DeadLetter {
    /// Reads a message.
    pub fn read(
        message_id: String,
        receipt: String,
        sent: Option<Timestamp>,
        body: String,
        attributes: BTreeMap<String, String>,
    ) -> Self {
        let payload = Payload::parse(&body).ok();
        let parsed = payload.as_ref().map(Payload::value);
        let record = parsed
            .filter(|value| value.get("requestContext").is_some())
            .and_then(|value| value.get("requestPayload"));
        let attribute = |name: &str| attributes.get(name).map(String::as_str).unwrap_or_default();
        let last = |arn: &str| arn.rsplit(['/', ':']).next().unwrap_or(arn).to_owned();
        let reason = || joined(attribute("ERROR_CODE"), attribute("ERROR_MESSAGE"));
        let (form, sender, reason) = if attributes.contains_key("RULE_ARN") {
            (Form::Rule, last(attribute("RULE_ARN")), reason())
        } else if attributes.contains_key("SCHEDULE_ARN") {
            (Form::Schedule, last(attribute("SCHEDULE_ARN")), reason())
        } else if let (Some(value), Some(_)) = (parsed, record) {
            (Form::Destination, function_of(value), failure_of(value))
        } else if attributes.contains_key("RequestID") {
            (
                Form::FunctionQueue,
                String::new(),
                attribute("ErrorMessage").to_owned(),
            )
        } else {
            (Form::Other, String::new(), String::new())
        };
        let content = match (payload.as_ref().and_then(Payload::repeated), record, parsed) {
            (Some(key), ..) => Content::Unreadable(Unreadable::RepeatedKey(key.to_owned())),
            (None, Some(payload), _) => content_of(payload),
            (None, None, Some(value)) => content_of(value),
            (None, None, None) => Content::Unreadable(Unreadable::NotJson),
        };
        Self {
            message_id,
            receipt,
            sent,
            body,
            attributes,
            form,
            sender,
            reason,
            content,
        }
    }

    /// The event in it.
    pub fn original(&self) -> Option<&Original> {
        match &self.content {
            Content::Event(original) | Content::Observation(original) => Some(original),
            Content::Command(_) | Content::Unreadable(_) => None,
        }
    }

    /// The workflow that it belongs to, as far as it says.
    pub fn correlation_id(&self) -> Option<&str> {
        match &self.content {
            Content::Event(original) | Content::Observation(original) => {
                original.correlation_id.as_deref()
            }
            Content::Command(command) => command["correlation_id"].as_str(),
            Content::Unreadable(_) => None,
        }
    }

    /// Who gave it up, in a few words.
    pub fn from(&self) -> String {
        format!("{} {}", self.form.as_str(), self.sender)
            .trim_end()
            .to_owned()
    }

    /// What was given up, in a few words.
    pub fn what(&self) -> String {
        match &self.content {
            Content::Event(original) => original.event.detail_type.clone(),
            Content::Observation(original) => format!("observe {}", original.event.detail_type),
            Content::Command(command) => {
                format!(
                    "command {}",
                    command["mode"]
                        .as_str()
                        .or(command["action"].as_str())
                        .unwrap_or("to trade")
                )
            }
            Content::Unreadable(reason) => format!("unreadable: {reason}"),
        }
    }

    /// All of it.
    pub fn to_json(&self) -> Value {
        json!({
            "message_id": self.message_id, "sent_at": self.sent, "form": self.form.as_str(), "sender": self.sender,
            "reason": self.reason, "what": self.what(), "event_id": self.original().map(|original| &original.id),
            "correlation_id": self.correlation_id(),
            "attributes": self.attributes, "body": self.body,
        })
    }
}

fn joined(code: &str, message: &str) -> String {
    [code, message]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(": ")
}

/// `arn:aws:lambda:REGION:ACCOUNT:function:NAME:$LATEST` names the function in its seventh part.
fn function_of(record: &Value) -> String {
    let arn = record["requestContext"]["functionArn"]
        .as_str()
        .unwrap_or_default();
    arn.split(':').nth(6).unwrap_or(arn).to_owned()
}

fn failure_of(record: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (context, response) = (&record["requestContext"], &record["responsePayload"]);
    let error = joined(
        &text(&response["errorType"]),
        &text(&response["errorMessage"]),
    );
    let attempts = context["approximateInvokeCount"]
        .as_i64()
        .unwrap_or_default();
    joined(
        &format!("{} after {attempts} attempts", text(&context["condition"])),
        &error,
    )
}

/// What a payload of the function is.
fn content_of(payload: &Value) -> Content {
    let observed = payload
        .as_object()
        .filter(|object| object.len() == 1)
        .and_then(|object| object.get("observe"));
    match (observed, payload.get("detail-type")) {
        (Some(event), _) => {
            original_of(event).map_or_else(Content::Unreadable, Content::Observation)
        }
        (None, Some(_)) => original_of(payload).map_or_else(Content::Unreadable, Content::Event),
        (None, None) if payload.is_object() => Content::Command(payload.clone()),
        (None, None) => Content::Unreadable(Unreadable::Neither),
    }
}

fn original_of(envelope: &Value) -> Result<Original, Unreadable> {
    let text = |name: &str| {
        envelope
            .get(name)
            .and_then(Value::as_str)
            .map(str::to_owned)
    };
    let detail = envelope
        .get("detail")
        .filter(|detail| detail.is_object())
        .ok_or(Unreadable::NoDetail)?;
    let of_detail = |name: &str| detail.get(name).and_then(Value::as_str).map(str::to_owned);
    let resources = envelope
        .get("resources")
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default();
    Ok(Original {
        event: Sendable {
            source: text("source").ok_or(Unreadable::NoSource)?,
            detail_type: text("detail-type").ok_or(Unreadable::NoDetailType)?,
            detail: detail.to_string(),
            resources: resources
                .iter()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect(),
            time: text("time")
                .and_then(|time| time.parse::<Timestamp>().ok())
                .map(|time| time.get().timestamp()),
        },
        id: of_detail("event_id")
            .or_else(|| text("id"))
            .unwrap_or_default(),
        correlation_id: of_detail("correlation_id"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event() -> Value {
        json!({
            "version": "0", "id": "envelope-1", "detail-type": "TradeExecuted", "source": "alchemiser.execution", "account": "1",
            "time": "2025-10-10T13:36:00Z", "region": "us-east-1", "resources": ["correlation:wf-1"],
            "detail": {"event_id": "event-1", "correlation_id": "wf-1"},
        })
    }

    fn letter(body: &Value, attributes: &[(&str, &str)]) -> DeadLetter {
        let attributes = attributes
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        DeadLetter::read(
            "m-1".to_owned(),
            "r-1".to_owned(),
            None,
            body.to_string(),
            attributes,
        )
    }

    #[test]
    fn a_rule_leaves_the_event_itself() {
        let rule = "arn:aws:events:us-east-1:1:rule/bus/alchemiser-trade-executed-dev";
        let read = letter(
            &event(),
            &[
                ("RULE_ARN", rule),
                ("ERROR_CODE", "NO_PERMISSIONS"),
                ("ERROR_MESSAGE", "not allowed"),
            ],
        );
        assert_eq!(
            (read.from(), read.reason.as_str()),
            (
                "rule alchemiser-trade-executed-dev".to_owned(),
                "NO_PERMISSIONS: not allowed"
            )
        );
        let original = read.original().expect("an event");
        assert_eq!(
            (original.id.as_str(), original.correlation_id.as_deref()),
            ("event-1", Some("wf-1"))
        );
        assert_eq!(original.event.time, Some(1_760_103_360));
        assert_eq!(original.event.resources, ["correlation:wf-1"]);
    }

    #[test]
    fn a_function_leaves_a_record_around_what_it_was_given() {
        let record = |payload: Value| {
            json!({
                "version": "1.0", "requestPayload": payload,
                "requestContext": {"functionArn": "arn:aws:lambda:us-east-1:1:function:trader:$LATEST", "condition": "RetriesExhausted",
                    "approximateInvokeCount": 3},
                "responsePayload": {"errorType": "BrokerUnavailable", "errorMessage": "503"},
            })
        };
        let read = letter(&record(event()), &[]);
        assert_eq!(
            (read.form, read.sender.as_str()),
            (Form::Destination, "trader")
        );
        assert_eq!(
            read.reason,
            "RetriesExhausted after 3 attempts: BrokerUnavailable: 503"
        );
        assert_eq!(read.what(), "TradeExecuted");
        let observed = letter(&record(json!({"observe": event()})), &[]);
        assert_eq!(observed.what(), "observe TradeExecuted");
        assert_eq!(observed.original(), read.original());
        assert_eq!(
            letter(&record(json!({"mode": "watchdog"})), &[]).content,
            Content::Command(json!({"mode": "watchdog"}))
        );
    }

    #[test]
    fn the_other_forms_are_told_by_their_attributes() {
        let schedule = [
            (
                "SCHEDULE_ARN",
                "arn:aws:scheduler:us-east-1:1:schedule/default/daily",
            ),
            ("ERROR_CODE", "THROTTLING"),
        ];
        let read = letter(&json!({"mode": "trade"}), &schedule);
        assert_eq!(
            (read.from(), read.reason.as_str()),
            ("schedule daily".to_owned(), "THROTTLING")
        );
        let read = letter(
            &event(),
            &[
                ("RequestID", "request-1"),
                ("ErrorCode", "200"),
                ("ErrorMessage", "boom"),
            ],
        );
        assert_eq!(
            (read.form, read.reason.as_str(), read.what().as_str()),
            (Form::FunctionQueue, "boom", "TradeExecuted")
        );
        assert_eq!(letter(&event(), &[]).form, Form::Other);
        let twice = r#"{"mode":"watchdog","mode":"trade"}"#.to_owned();
        let ambiguous =
            DeadLetter::read("m".to_owned(), "r".to_owned(), None, twice, BTreeMap::new());
        assert_eq!(
            ambiguous.what(),
            "unreadable: the key `mode` is there twice in one object"
        );
        let nothing = DeadLetter::read(
            "m".to_owned(),
            "r".to_owned(),
            None,
            "hello".to_owned(),
            BTreeMap::new(),
        );
        assert_eq!(nothing.what(), "unreadable: the body is not JSON");
    }
}
