use std::collections::BTreeMap;

use super::Finding;
use crate::journal::Journal;
use crate::projection::events;

/// One event id never has two contents, however often the event is published.
pub(super) fn check(journal: &Journal) -> Vec<Finding> {
    let mut contents: BTreeMap<String, String> = BTreeMap::new();
    let mut findings = Vec::new();
    for event in events(journal) {
        let Some(id) = event.detail["event_id"].as_str() else { continue };
        let text = event.detail.to_string();
        let first = contents.entry(id.to_owned()).or_insert_with(|| text.clone());
        if *first != text {
            findings.push(Finding::plain("one content an id", format!("{} {id} was published with two contents", event.detail_type)));
        }
    }
    findings
}
