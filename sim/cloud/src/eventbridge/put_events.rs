use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::{BusEvent, EventBridge};
use crate::error::ServiceError;
use crate::json_text::compact;

const DETAIL_TYPE_CHARACTERS_MAX: usize = 128;

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
    Accepted(BusEvent),
    /// The bus does not exist: AWS says yes, and the event is gone (semantics 2.2).
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
        let (source, detail_type) = (text("Source").to_owned(), text("DetailType").to_owned());
        let refused = |code, message: String| Put::Refused {
            code,
            message,
            source: source.clone(),
            detail_type: detail_type.clone(),
            is_injected: false,
        };
        for name in ["Source", "DetailType", "Detail"] {
            if text(name).is_empty() {
                return refused(
                    "InvalidArgument",
                    format!(
                        "Parameter {name} is not valid. Reason: {name} is a required argument."
                    ),
                );
            }
        }
        if source.starts_with("aws.") {
            return refused(
                "NotAuthorizedForSourceException",
                "Not authorized for the source.".to_owned(),
            );
        }
        let detail = compact(text("Detail")).filter(|detail| detail.starts_with('{'));
        let Some(detail) = detail.filter(|detail| serde_json::from_str::<Value>(detail).is_ok())
        else {
            return refused("MalformedDetail", "Detail is malformed.".to_owned());
        };
        if detail_type.chars().count() > DETAIL_TYPE_CHARACTERS_MAX {
            let reason =
                format!("DetailType must be at most {DETAIL_TYPE_CHARACTERS_MAX} characters long.");
            return refused(
                "InvalidArgument",
                format!("Parameter DetailType is not valid. Reason: {reason}"),
            );
        }
        let id = self.next_id("event");
        let bus = self.bus_name(entry.get("EventBusName").and_then(Value::as_str));
        if !self.buses.contains_key(&bus) {
            return Put::Vanished {
                id,
                bus,
                detail_type,
            };
        }
        let resources = entry
            .get("Resources")
            .and_then(Value::as_array)
            .map(Vec::as_slice)
            .unwrap_or_default();
        let resources = resources
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect();
        let time = entry
            .get("Time")
            .and_then(Value::as_f64)
            .and_then(seconds)
            .unwrap_or(now);
        Put::Accepted(self.event(Entry {
            bus,
            id,
            source,
            detail_type,
            time,
            resources,
            detail,
            replay: None,
        }))
    }

    /// Gives an entry its envelope: compact, keys in AWS's order, time in seconds (semantics 2.3).
    pub(super) fn event(&self, entry: Entry) -> BusEvent {
        let quoted = |text: &str| Value::String(text.to_owned()).to_string();
        let replay = entry
            .replay
            .as_ref()
            .map(|name| format!("\"replay-name\":{},", quoted(name)))
            .unwrap_or_default();
        let resources: Vec<String> = entry
            .resources
            .iter()
            .map(|resource| quoted(resource))
            .collect();
        let envelope = format!(
            "{{\"version\":\"0\",\"id\":{},\"detail-type\":{},\"source\":{},\"account\":{},\"time\":{},\"region\":{},{replay}\"resources\":[{}],\"detail\":{}}}",
            quoted(&entry.id),
            quoted(&entry.detail_type),
            quoted(&entry.source),
            quoted(&self.pseudo.account),
            quoted(&entry.time.format("%Y-%m-%dT%H:%M:%SZ").to_string()),
            quoted(&self.pseudo.region),
            resources.join(","),
            entry.detail,
        );
        BusEvent {
            bus: entry.bus,
            id: entry.id,
            source: entry.source,
            detail_type: entry.detail_type,
            time: entry.time,
            // Only a nesting beyond what PutEvents takes is no value.
            detail: serde_json::from_str(&entry.detail).unwrap_or_default(),
            envelope,
            replay: entry.replay,
            filter: Vec::new(),
            is_forwarded: false,
        }
    }
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

/// Counted: 14 for a time, and the UTF-8 bytes of source, type, detail and resources (semantics
/// 2.1).
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
