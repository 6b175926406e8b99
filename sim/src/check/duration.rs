use std::collections::BTreeMap;

use super::Finding;
use crate::cloud::record::Record;
use crate::journal::Journal;
use crate::scenario::trigger_of;

const NAME: &str = "bounded durations";
/// What a step may take, with room for the calls around its work.
const STEP_MS: u64 = 60_000;
/// What an execution may take, and an invocation that does the whole day by itself.
const EXECUTION_MS: u64 = 900_000;

/// No invocation runs longer than its budget, unless it was frozen by a fault and ended by Lambda.
pub(super) fn check(journal: &Journal) -> Vec<Finding> {
    let mut triggers = BTreeMap::new();
    let mut findings = Vec::new();
    for (entry, record) in journal.records() {
        match record {
            Record::InvocationStarted { invocation, payload, .. } => {
                triggers.insert(*invocation, trigger_of(payload));
            }
            Record::InvocationEnded { invocation, outcome, duration_ms, .. } if outcome != "timed_out" => {
                let trigger = triggers.get(invocation).map_or("", String::as_str);
                let is_long = trigger == "RebalancePlanned" || journal_is_local(journal, *invocation);
                let budget = if is_long { EXECUTION_MS } else { STEP_MS };
                if *duration_ms > budget {
                    let problem = format!("the invocation {invocation} by {trigger} took {duration_ms} ms, its budget is {budget} ms");
                    findings.push(Finding::at(NAME, problem, vec![entry.sequence]));
                }
            }
            _ => {}
        }
    }
    findings
}

/// Whether the invocation handled events of its own, as it does with a bus in memory.
fn journal_is_local(journal: &Journal, invocation: u64) -> bool {
    use crate::journal::Fact;
    journal.entries().iter().any(|entry| {
        entry.invocation == Some(invocation) && matches!(&entry.fact, Fact::Log { message, .. } if message == "local event handled")
    })
}
