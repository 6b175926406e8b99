use std::fmt::Write as _;

use crate::check::Violation;
use crate::run::Run;
use harness::journal::Journal;

/// Why a run failed: each cause in a sentence, the journal entries in conflict, and the command
/// that repeats it.
#[must_use]
pub fn failure(run: &Run) -> String {
    let mut text: String = run
        .violations
        .iter()
        .map(|violation| told("FAILED", run, violation))
        .collect();
    // Writing to a string does not fail.
    let _ = writeln!(
        text,
        "repeat with: cargo sim run {} --seed {}",
        run.scenario, run.seed
    );
    text
}

/// What does not hold in a run, as its scenario expects: each in a sentence, with the journal
/// entries in conflict.
#[must_use]
pub fn expected(run: &Run) -> String {
    run.expected
        .iter()
        .map(|violation| told("VIOLATED, as expected,", run, violation))
        .collect()
}

fn told(verdict: &str, run: &Run, violation: &Violation) -> String {
    let mut text = format!("{verdict} {violation}\n");
    for sequence in &violation.entries {
        // Writing to a string does not fail.
        let _ = writeln!(text, "  {}", line(&run.journal, *sequence));
    }
    text
}

fn line(journal: &Journal, sequence: u64) -> String {
    let entry = usize::try_from(sequence)
        .ok()
        .and_then(|place| journal.entries().get(place.saturating_sub(1)));
    let json = entry
        .and_then(|entry| serde_json::to_string(&serde_json::to_value(entry).ok()?).ok())
        .unwrap_or_default();
    format!("#{sequence} {}", json.chars().take(220).collect::<String>())
}
