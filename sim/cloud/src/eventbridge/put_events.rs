use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::{BusEvent, EventBridge};
use crate::api::error::ServiceError;
use crate::json_text::{compacted, push_quoted, push_seconds};

const DETAIL_TYPE_CHARACTERS_MAX: usize = 128;
/// What an envelope has beside the texts of its entry, about.
const ENVELOPE_BYTES: usize = 256;

/// An event before it has its envelope.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The bus.
    pub bus: String,
    /// The id that PutEvents gives.
    pub id: String,
    /// The sender.
    pub source: String,
    /// The type.
    pub detail_type: String,
    /// The event's own time.
    pub time: DateTime<Utc>,
    /// ARNs, or whatever the sender likes.
    pub resources: Vec<String>,
    /// The content: an object, as compact JSON.
    pub detail: String,
    /// The replay that puts it.
    pub replay: Option<String>,
}

/// What PutEvents makes of one entry.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Put {
    Accepted(Arc<BusEvent>),
    /// The bus does not exist: AWS says yes, and the event is gone (`put-events-08` of
    /// semantics.md).
    Vanished {
        id: String,
        bus: String,
        detail_type: String,
    },
    Refused {
        code: &'static str,
        message: String,
        source: String,
        detail_type: String,
        /// Whether a fault did it.
        is_injected: bool,
    },
}

impl EventBridge {
    /// PutEvents: judges each entry by itself.
    ///
    /// # Errors
    /// Where the whole request is refused: none or more than ten entries, or too large.
    pub(crate) fn put_events(
        &mut self,
        now: DateTime<Utc>,
        input: &Value,
    ) -> Result<Vec<Put>, ServiceError> {
        let entries = input
            .get("Entries")
            .and_then(Value::as_array)
            .map(Vec::as_slice)
            .unwrap_or_default();
        if entries.is_empty() || entries.len() > 10 {
            let bound = if entries.is_empty() {
                "greater than or equal to 1"
            } else {
                "less than or equal to 10"
            };
            return Err(ServiceError::validation(format!(
                "1 validation error detected: Value '[{}]' at 'entries' failed to satisfy constraint: Member must have length {bound}",
                entries.iter().map(shown).collect::<Vec<_>>().join(", ")
            )));
        }
        if entries.iter().map(size).sum::<usize>() > self.limit_bytes {
            return Err(ServiceError::validation(
                "Total size of the entries in the request is over the limit.",
            ));
        }
        Ok(entries.iter().map(|entry| self.put(now, entry)).collect())
    }

    fn put(&mut self, now: DateTime<Utc>, entry: &Value) -> Put {
        let text = |name: &str| entry.get(name).and_then(Value::as_str).unwrap_or_default();
        let detail = match judged(entry) {
            Ok(detail) => detail,
            Err((code, message)) => {
                return Put::Refused {
                    code,
                    message,
                    source: text("Source").to_owned(),
                    detail_type: text("DetailType").to_owned(),
                    is_injected: false,
                };
            }
        };
        let id = self.next_id("event");
        let bus = self.bus_name(entry.get("EventBusName").and_then(Value::as_str));
        let detail_type = text("DetailType").to_owned();
        if !self.buses.contains_key(&bus) {
            return Put::Vanished {
                id,
                bus,
                detail_type,
            };
        }
        let resources = entry.get("Resources").and_then(Value::as_array);
        let resources = resources.into_iter().flatten().filter_map(Value::as_str);
        let time = entry
            .get("Time")
            .and_then(Value::as_f64)
            .and_then(seconds)
            .unwrap_or(now);
        let entry = Entry {
            bus,
            id,
            source: text("Source").to_owned(),
            detail_type,
            time,
            resources: resources.map(str::to_owned).collect(),
            detail: compacted(text("Detail")),
            replay: None,
        };
        Put::Accepted(Arc::new(self.event_with(entry, detail)))
    }

    /// Gives an entry its envelope: compact, keys in AWS's order, time in seconds (`put-events-11`
    /// of semantics.md).
    pub(super) fn event(&self, entry: Entry) -> BusEvent {
        // Only a nesting beyond what PutEvents takes is no value.
        let detail = serde_json::from_str(&entry.detail).unwrap_or_default();
        self.event_with(entry, detail)
    }

    /// The same where the detail was parsed before.
    fn event_with(&self, entry: Entry, detail: Value) -> BusEvent {
        BusEvent {
            envelope: self.envelope(&entry).into(),
            detail: detail.into(),
            bus: entry.bus,
            id: entry.id,
            source: entry.source,
            detail_type: entry.detail_type,
            time: entry.time,
            resources: entry.resources,
            replay: entry.replay,
            filter: Vec::new(),
            is_forwarded: false,
        }
    }

    /// Compact, in the order of AWS's keys.
    fn envelope(&self, entry: &Entry) -> String {
        let resources: usize = entry.resources.iter().map(|text| text.len() + 3).sum();
        let texts = entry.detail_type.len() + entry.source.len() + entry.detail.len();
        let mut text = String::with_capacity(ENVELOPE_BYTES + texts + resources);
        for (name, value) in [
            ("{\"version\":\"0\",\"id\":", &entry.id),
            (",\"detail-type\":", &entry.detail_type),
            (",\"source\":", &entry.source),
            (",\"account\":", &self.account.id),
        ] {
            text.push_str(name);
            push_quoted(&mut text, value);
        }
        text.push_str(",\"time\":\"");
        push_seconds(&mut text, entry.time);
        text.push_str("\",\"region\":");
        push_quoted(&mut text, &self.account.region);
        if let Some(replay) = &entry.replay {
            text.push_str(",\"replay-name\":");
            push_quoted(&mut text, replay);
        }
        text.push_str(",\"resources\":[");
        for (place, resource) in entry.resources.iter().enumerate() {
            if place > 0 {
                text.push(',');
            }
            push_quoted(&mut text, resource);
        }
        text.push_str("],\"detail\":");
        text.push_str(&entry.detail);
        text.push('}');
        text
    }
}

/// The detail of an entry that EventBridge takes, else its code and words.
fn judged(entry: &Value) -> Result<Value, (&'static str, String)> {
    let text = |name: &str| entry.get(name).and_then(Value::as_str).unwrap_or_default();
    for name in ["Source", "DetailType", "Detail"] {
        if text(name).is_empty() {
            let reason = format!("{name} is a required argument.");
            let message = format!("Parameter {name} is not valid. Reason: {reason}");
            return Err(("InvalidArgument", message));
        }
    }
    if text("Source").starts_with("aws.") {
        let message = "Not authorized for the source.".to_owned();
        return Err(("NotAuthorizedForSourceException", message));
    }
    let detail = serde_json::from_str::<Value>(text("Detail"));
    let Some(detail) = detail.ok().filter(Value::is_object) else {
        return Err(("MalformedDetail", "Detail is malformed.".to_owned()));
    };
    if text("DetailType").chars().count() > DETAIL_TYPE_CHARACTERS_MAX {
        let reason =
            format!("DetailType must be at most {DETAIL_TYPE_CHARACTERS_MAX} characters long.");
        let message = format!("Parameter DetailType is not valid. Reason: {reason}");
        return Err(("InvalidArgument", message));
    }
    Ok(detail)
}

/// The answer of PutEvents: one result an entry, in order.
pub(crate) fn answer(results: &[Put]) -> Value {
    let failed = results
        .iter()
        .filter(|result| matches!(result, Put::Refused { .. }))
        .count();
    let entries: Vec<Value> = results
        .iter()
        .map(|result| match result {
            Put::Accepted(event) => json!({ "EventId": event.id }),
            Put::Vanished { id, .. } => json!({ "EventId": id }),
            Put::Refused { code, message, .. } => {
                json!({ "ErrorCode": code, "ErrorMessage": message })
            }
        })
        .collect();
    json!({ "FailedEntryCount": failed, "Entries": entries })
}

fn seconds(epoch: f64) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp_millis((epoch * 1000.0).round() as i64)
}

/// Counted: 14 for a time, and the UTF-8 bytes of source, type, detail and resources
/// (`put-events-03` of semantics.md).
fn size(entry: &Value) -> usize {
    let text = |name: &str| entry.get(name).and_then(Value::as_str).map_or(0, str::len);
    let resources = entry
        .get("Resources")
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default();
    let time = if entry.get("Time").is_some() { 14 } else { 0 };
    time + text("Source")
        + text("DetailType")
        + text("Detail")
        + resources
            .iter()
            .filter_map(Value::as_str)
            .map(str::len)
            .sum::<usize>()
}

fn shown(entry: &Value) -> String {
    let field = |name: &str| {
        entry
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or("null")
            .to_owned()
    };
    format!(
        "PutEventsRequestEntry(time=null, source={}, resources=null, detailType={}, detail={}, eventBusName={}, traceHeader=null, kmsKeyIdentifier=null, internalMetadata=null)",
        field("Source"),
        field("DetailType"),
        field("Detail"),
        field("EventBusName")
    )
}
