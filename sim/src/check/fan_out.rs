use std::collections::BTreeMap;

use super::Finding;
use crate::cloud::record::Record;
use crate::journal::Journal;

const NAME: &str = "bounded fan-out";
/// Six steps, each by two rules at most, each delivered twice and tried three times, and room for the watchdog.
const MOST: usize = 6 * 2 * 2 * 3 + 18;

/// The command, six events, and one to spare.
const LONGEST: usize = 8;

/// The invocations of one workflow are bounded, and so is every chain in which an invocation puts an event that wakes
/// the next: a loop that takes another name each time round is a loop too.
pub(super) fn check(journal: &Journal) -> Vec<Finding> {
    let mut findings = crowds(journal);
    findings.extend(chain(journal));
    findings
}

/// The first chain that is too long.
fn chain(journal: &Journal) -> Option<Finding> {
    let mut of_invocations: BTreeMap<u64, usize> = BTreeMap::new();
    let mut of_events: BTreeMap<&str, usize> = BTreeMap::new();
    for (entry, record) in journal.records() {
        match record {
            Record::EventPut { id, replay: None, .. } => {
                let length = entry.invocation.and_then(|number| of_invocations.get(&number)).copied().unwrap_or(0);
                of_events.insert(id, length);
            }
            Record::InvocationStarted { invocation, payload, .. } => {
                let event = payload.get("observe").unwrap_or(payload);
                let length = event["id"].as_str().and_then(|id| of_events.get(id)).map_or(1, |length| length + 1);
                if length > LONGEST {
                    let problem = format!("a chain of {length} invocations, each woken by an event of the one before; {LONGEST} are sound");
                    return Some(Finding::at(NAME, problem, vec![entry.sequence]));
                }
                of_invocations.insert(*invocation, length);
            }
            _ => {}
        }
    }
    None
}

fn crowds(journal: &Journal) -> Vec<Finding> {
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
