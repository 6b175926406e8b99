use chrono::{DateTime, Utc};
use serde_json::Value;
use simulated_cloud::cloud_event::CloudEvent;

use crate::system::System;

/// The events that an answer of PutEvents says are accepted, as far as request and answer tell: not
/// which rules matched.
pub(super) fn accepted(now: DateTime<Utc>, request: &Value, answer: &Value) -> Vec<CloudEvent> {
    let entries = request["Entries"].as_array().into_iter().flatten();
    let results = answer["Entries"].as_array().into_iter().flatten();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let record = |(entry, result): (&Value, &Value)| {
        Some(CloudEvent::EventPut {
            bus: text(&entry["EventBusName"]),
            id: result["EventId"].as_str()?.to_owned(),
            source: text(&entry["Source"]),
            detail_type: text(&entry["DetailType"]),
            time: now,
            resources: Vec::new(),
            detail: serde_json::from_str::<Value>(entry["Detail"].as_str()?)
                .ok()?
                .into(),
            matched: Vec::new(),
            replay: None,
        })
    };
    entries.zip(results).filter_map(record).collect()
}

/// The type and the system's own id of each entry that an answer of PutEvents does not say to be
/// accepted.
pub(super) fn unaccepted(
    system: &dyn System,
    request: &Value,
    answer: &Value,
) -> Vec<(String, String)> {
    let entries = request["Entries"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let mut found = Vec::new();
    for (place, entry) in entries.iter().enumerate() {
        if answer["Entries"][place]["EventId"].is_string() {
            continue;
        }
        let detail: Value = entry["Detail"]
            .as_str()
            .and_then(|text| serde_json::from_str(text).ok())
            .unwrap_or_default();
        if let Some(id) = system.event_id(&detail) {
            let detail_type = entry["DetailType"].as_str().unwrap_or_default();
            found.push((detail_type.to_owned(), id));
        }
    }
    found
}
