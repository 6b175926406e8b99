use std::collections::BTreeMap;

use super::Finding;
use crate::cloud::record::Record;
use crate::journal::Journal;

const NAME: &str = "bounded fan-out";
/// Six steps, each by two rules at most, each delivered twice and tried three times, and room for the watchdog.
const MOST: usize = 6 * 2 * 2 * 3 + 18;

/// The invocations of one workflow are bounded: no event causes an unbounded chain. An error notification wakes the
/// function once for each rule, and nothing follows from it.
pub(super) fn check(journal: &Journal) -> Vec<Finding> {
    let mut counts: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for (entry, record) in journal.records() {
        if let Record::InvocationStarted { payload, .. } = record {
            let event = payload.get("observe").unwrap_or(payload);
            let id = event.pointer("/detail/correlation_id").or_else(|| event.get("correlation_id")).and_then(|id| id.as_str());
            counts.entry(id.unwrap_or("none").to_owned()).or_default().push(entry.sequence);
        }
    }
    let unbounded = counts.into_iter().filter(|(id, entries)| id != "none" && entries.len() > MOST);
    unbounded
        .map(|(id, entries)| {
            let problem = format!("the workflow {id} woke the function {} times, at most {MOST} are sound", entries.len());
            Finding::at(NAME, problem, entries.into_iter().rev().take(3).collect())
        })
        .collect()
}
