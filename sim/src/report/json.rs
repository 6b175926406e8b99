use serde_json::{Value, json};

use crate::run::Run;

/// One object a scenario, for machines.
#[must_use]
pub fn verdict(run: &Run) -> Value {
    let failures: Vec<Value> = run
        .findings
        .iter()
        .map(|finding| json!({ "check": finding.check, "problem": finding.problem, "entries": finding.entries }))
        .collect();
    json!({
        "scenario": run.scenario,
        "verdict": if run.passed() { "pass" } else { "fail" },
        "seed": run.seed,
        "journal_hash": run.journal.hash(),
        "virtual_ms": run.virtual_time.num_milliseconds(),
        "wall_us": u64::try_from(run.wall_time.as_micros()).unwrap_or(u64::MAX),
        "failures": failures,
    })
}
