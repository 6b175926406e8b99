use std::collections::{BTreeMap, BTreeSet};

use super::Finding;
use crate::cloud::record::{Record, trigger_of};
use crate::journal::{Fact, Journal};

const NAME: &str = "bounded durations";
/// What a step may take, with room for the calls around its work.
const STEP_MS: u64 = 60_000;
/// What an execution may take, and an invocation that does the whole day by itself.
const EXECUTION_MS: u64 = 900_000;

/// No invocation runs longer than its budget, unless it was frozen by a fault and ended by Lambda.
pub(super) fn check(journal: &Journal) -> Vec<Finding> {
    let (mut triggers, local) = (BTreeMap::new(), local_invocations(journal));
    let mut findings = Vec::new();
    for (entry, record) in journal.records() {
        match record {
            Record::InvocationStarted { invocation, payload, .. } => {
                triggers.insert(*invocation, trigger_of(payload));
            }
            Record::InvocationEnded { invocation, outcome, duration_ms, .. } if outcome != "timed_out" => {
                let trigger = triggers.get(invocation).map_or("", String::as_str);
                let is_long = trigger == "RebalancePlanned" || local.contains(invocation);
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

/// The invocations that handled events of their own, as they do with a bus in memory.
fn local_invocations(journal: &Journal) -> BTreeSet<u64> {
    let local =
        journal.entries().iter().filter(|entry| matches!(&entry.fact, Fact::Log { message, .. } if message == "local event handled"));
    local.filter_map(|entry| entry.invocation).collect()
}
