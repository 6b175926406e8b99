//! What an incoming JSON is: an error notification, a domain event, an observation, a command, or
//! something to refuse. [`classify`] is total: any JSON value gets one answer.

use serde_json::Value;

use crate::command::{Command, CommandError};
use crate::event::{DetailType, EventError};
use crate::id::check_id;
use crate::payload::Payload;
use crate::timestamp::Timestamp;

/// The source prefix of every event of this system, its dot included.
pub const SOURCE_PREFIX: &str = "alchemiser.";

/// What an incoming JSON is.
#[derive(Clone, Debug, PartialEq)]
pub enum Incoming {
    /// The circuit breaker: answered "skipped" before anything is parsed, wherever it hides.
    ErrorNotification,
    /// An event of this system, to be handled.
    Domain(Envelope),
    /// A copy of an event of this system, to be looked at only.
    Observation(Envelope),
    /// Something to do.
    Command(Command, Trigger),
    /// An event of this system that cannot be read.
    Unreadable(EventError),
    /// None of these.
    Refused(CommandError),
}

/// The parts of an EventBridge envelope that matter here.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Envelope {
    /// The id that PutEvents gave.
    pub id: Option<String>,
    /// The sender, such as `alchemiser.strategy`.
    pub source: String,
    /// The type's name.
    pub detail_type: String,
    /// The event's own content.
    pub detail: Value,
    /// The replay that brought it, if any.
    pub replay_name: Option<String>,
}

/// What woke the function, as far as the envelope tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trigger {
    /// The envelope's id.
    pub envelope_id: Option<String>,
    /// The envelope's time.
    pub time: Option<Timestamp>,
}

/// Whether `value` is a domain event: an object whose detail-type is known and whose source begins
/// with `alchemiser.` (rules.md 3.2).
#[must_use]
pub fn is_domain_event(value: &Value) -> bool {
    let known = text(value, "detail-type")
        .and_then(DetailType::from_name)
        .is_some_and(DetailType::is_routed);
    known && text(value, "source").is_some_and(|source| source.starts_with(SOURCE_PREFIX))
}

/// The payload within all envelopes around it; unwrapping it again changes nothing.
#[must_use]
pub fn unwrap(value: &Value) -> &Value {
    let mut inner = value;
    while is_envelope(inner) {
        inner = &inner["detail"];
    }
    inner
}

/// Says what `value` is.
#[must_use]
pub fn classify(value: &Value) -> Incoming {
    if holds_error_notification(value) {
        return Incoming::ErrorNotification;
    }
    if let Some(observed) = observed(value) {
        return match Envelope::read(observed) {
            Some(envelope) => Incoming::Observation(envelope),
            None => refused(
                "an observation must hold an event: {\"observe\": {\"detail-type\": ..., \"source\": ..., \"detail\": ...}}",
            ),
        };
    }
    if is_domain_event(value) {
        return Envelope::read(value)
            .map_or_else(|| refused("an event needs a `detail`"), Incoming::Domain);
    }
    if is_envelope(value) {
        classify_wrapped(value)
    } else {
        classify_command(value, Trigger::default())
    }
}

/// Says what `payload` is; an ambiguous one neither trades nor is an event.
#[must_use]
pub fn classify_payload(payload: &Payload<'_>) -> Incoming {
    match (payload.repeated(), classify(payload.value())) {
        (Some(key), Incoming::Domain(Envelope { detail_type, .. })) => {
            Incoming::Unreadable(EventError::RepeatedKey {
                detail_type,
                key: key.to_owned(),
            })
        }
        (Some(key), Incoming::Command(..)) => ambiguous(key),
        (_, incoming) => incoming,
    }
}

/// What becomes of an input that has `key` twice: nobody knows which of the two was meant.
fn ambiguous(key: &str) -> Incoming {
    refused(format!(
        "the key `{key}` is there twice in one object: say what is meant once"
    ))
}

fn refused(reason: impl Into<String>) -> Incoming {
    Incoming::Refused(CommandError(reason.into()))
}

fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key).and_then(Value::as_str)
}

fn is_envelope(value: &Value) -> bool {
    value.get("detail-type").is_some() && value.get("detail").is_some()
}

/// The event inside `{"observe": event}`, which must be the only key.
fn observed(value: &Value) -> Option<&Value> {
    value
        .as_object()
        .filter(|object| object.len() == 1)
        .and_then(|object| object.get("observe"))
}

/// Looks through every observation and envelope, however deep; the innermost detail itself is never
/// read.
fn holds_error_notification(value: &Value) -> bool {
    let mut open = vec![value];
    while let Some(inner) = open.pop() {
        if text(inner, "detail-type") == Some("ErrorNotificationRequested") {
            return true;
        }
        open.extend(inner.get("observe"));
        open.extend(inner.get("detail").filter(|_| is_envelope(inner)));
    }
    false
}

/// The senders of `value` and of every envelope in it, from the outermost.
fn senders(value: &Value) -> Vec<(&str, &str)> {
    let envelopes = std::iter::successors(Some(value), |envelope| envelope.get("detail"))
        .take_while(|inner| is_envelope(inner));
    envelopes
        .map(|inner| {
            (
                text(inner, "source").unwrap_or_default(),
                text(inner, "detail-type").unwrap_or_default(),
            )
        })
        .collect()
}

/// A command inside an envelope. A scheduled rule's detail is always `{}`, and the rule is the
/// command; from any other sender, one inside another's envelope too, an empty detail means that
/// somebody forgot the input.
fn classify_wrapped(value: &Value) -> Incoming {
    let senders = senders(value);
    if let Some((source, detail_type)) = senders
        .iter()
        .find(|(source, _)| source.starts_with(SOURCE_PREFIX))
    {
        return refused(format!(
            "{detail_type:?} from {source:?} is no event that this function handles; it handles {}",
            handled_types()
        ));
    }
    let id = text(value, "id");
    if let Some(Err(reason)) = id.map(check_id) {
        return refused(format!("the envelope's `id`: {reason}"));
    }
    let trigger = Trigger {
        envelope_id: id.map(str::to_owned),
        time: text(value, "time").and_then(|time| time.parse().ok()),
    };
    let parsed;
    let detail = match unwrap(value) {
        Value::String(json) => match Payload::parse(json) {
            Ok(payload) => {
                if let Some(key) = payload.repeated() {
                    return ambiguous(key);
                }
                parsed = payload;
                parsed.value()
            }
            Err(error) => return refused(format!("the detail is text that is not JSON: {error}")),
        },
        other => other,
    };
    let is_empty = detail.as_object().is_some_and(serde_json::Map::is_empty);
    let is_scheduled_rule =
        senders == [("aws.events", "Scheduled Event")] && value["detail"].is_object();
    if is_empty && !is_scheduled_rule {
        let whose = senders
            .last()
            .map(|(source, _)| *source)
            .unwrap_or_default();
        return refused(format!(
            "the event from {whose:?} has an empty detail: give the schedule an input such as {{\"mode\":\"trade\"}}"
        ));
    }
    if !detail.is_object() {
        return refused("a command must be a JSON object such as {\"mode\":\"trade\"}");
    }
    classify_command(detail, trigger)
}

fn classify_command(value: &Value, trigger: Trigger) -> Incoming {
    let nothing = Value::Object(serde_json::Map::new());
    match Command::parse(if value.is_null() { &nothing } else { value }) {
        Ok(command) => Incoming::Command(command, trigger),
        Err(error) => Incoming::Refused(error),
    }
}

fn handled_types() -> String {
    let names: Vec<&str> = DetailType::ALL
        .iter()
        .filter(|kind| kind.is_routed())
        .map(|kind| kind.as_str())
        .collect();
    names.join(", ")
}

impl Envelope {
    fn read(value: &Value) -> Option<Self> {
        Some(Self {
            id: text(value, "id").map(str::to_owned),
            source: text(value, "source")?.to_owned(),
            detail_type: text(value, "detail-type")?.to_owned(),
            detail: value.get("detail").cloned().unwrap_or(Value::Null),
            replay_name: text(value, "replay-name").map(str::to_owned),
        })
    }

    /// The workflow that the event belongs to, as far as its detail tells.
    #[must_use]
    pub fn correlation_id(&self) -> &str {
        text(&self.detail, "correlation_id").unwrap_or("unknown")
    }
}
