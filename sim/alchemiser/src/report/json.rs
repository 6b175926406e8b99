use serde_json::{Map, Value, json};

use super::NotRun;
use crate::check::Violation;
use crate::run::Run;

/// One object a scenario, for machines.
#[must_use]
pub fn verdict(run: &Run) -> Value {
    let shown = |violation: &Violation| json!({ "check": violation.check, "problem": violation.problem, "entries": violation.entries });
    let failures: Vec<Value> = run.violations.iter().map(shown).collect();
    let expected: Vec<Value> = run.expected.iter().map(shown).collect();
    let premises: Map<String, Value> = run
        .premises
        .iter()
        .map(|premise| (premise.check.to_owned(), premise.times.into()))
        .collect();
    json!({
        "scenario": run.scenario,
        "verdict": if run.passed() { "pass" } else { "fail" },
        "seed": run.seed,
        "journal_hash": run.journal.hash(),
        "virtual_ms": run.virtual_time.num_milliseconds(),
        "wall_us": u64::try_from(run.wall_time.as_micros()).unwrap_or(u64::MAX),
        "failures": failures,
        "mistakes": run.mistakes,
        "expected_violations": expected,
        "premises": premises,
    })
}

/// One object for a scenario that was not run: it neither passed nor failed.
#[must_use]
pub fn not_run_verdict(one: &NotRun) -> Value {
    json!({ "scenario": one.scenario, "verdict": one.verdict(), "reason": one.words() })
}
