use std::collections::BTreeSet;

use super::Finding;
use crate::journal::{Fact, Journal};
use crate::projection::events;

const NAME: &str = "one causation tree";

/// The causation ids of a workflow's events form a tree whose root is the workflow's own id: each names an event that
/// was put before, or the root.
pub(super) fn check(journal: &Journal) -> Vec<Finding> {
    let mut known = kept_from_the_bus(journal);
    let mut findings = Vec::new();
    for event in events(journal) {
        let field = |name: &str| event.detail[name].as_str().unwrap_or_default().to_owned();
        let (id, cause, workflow) = (field("event_id"), field("causation_id"), field("correlation_id"));
        let is_ours = event.source.starts_with("alchemiser.") && !id.is_empty() && event.detail_type != "ErrorNotificationRequested";
        // An event that a scenario puts by hand is a root of its own.
        let is_root = cause == workflow || !event.detail["source_component"].is_string();
        if is_ours && !is_root && !known.contains(&cause) {
            findings
                .push(Finding::plain(NAME, format!("{} {id} names the cause {cause:?}, which is no event of this run", event.detail_type)));
        }
        if is_ours && workflow.is_empty() {
            findings.push(Finding::plain(NAME, format!("{} {id} has no correlation id", event.detail_type)));
        }
        known.insert(id);
    }
    findings
}

/// Events that a shadow bus failed to publish: the workflow went on with them in memory.
fn kept_from_the_bus(journal: &Journal) -> BTreeSet<String> {
    let id = |entry: &crate::journal::Entry| match &entry.fact {
        Fact::Log { message, fields, .. } if message == "shadow publish failed" => fields["event_id"].as_str().map(str::to_owned),
        _ => None,
    };
    journal.entries().iter().filter_map(id).collect()
}
