use std::collections::BTreeSet;

use harness::journal::{Entry, Journal, JournalEvent};

/// The log lines of one workflow, as JSON, one a line.
#[must_use]
pub fn log_lines(journal: &Journal, correlation_id: &str) -> Vec<String> {
    let line = |entry: &Entry| match &entry.fact {
        JournalEvent::Log {
            level,
            message,
            fields,
        } if fields.view().at("correlation_id").as_str() == Some(correlation_id) => Some(
            serde_json::json!({
                "timestamp": entry.at.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string(),
                "level": level,
                "message": message,
                "fields": fields,
            })
            .to_string(),
        ),
        _ => None,
    };
    journal.entries().iter().filter_map(line).collect()
}

/// The correlation ids that log lines name.
#[must_use]
pub fn workflows(journal: &Journal) -> BTreeSet<String> {
    let named = |entry: &Entry| match &entry.fact {
        JournalEvent::Log { fields, .. } => fields
            .view()
            .at("correlation_id")
            .as_str()
            .map(str::to_owned),
        _ => None,
    };
    journal.entries().iter().filter_map(named).collect()
}
