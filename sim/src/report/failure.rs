use std::fmt::Write as _;

use crate::journal::Journal;
use crate::run::Run;

/// Why a run failed: each cause in a sentence, the journal entries in conflict, and the command that repeats it.
#[must_use]
pub fn failure(run: &Run) -> String {
    let mut text = String::new();
    for finding in &run.findings {
        // Writing to a string does not fail.
        let _ = writeln!(text, "FAILED {}: {}", finding.check, finding.problem);
        for sequence in &finding.entries {
            let _ = writeln!(text, "  {}", line(&run.journal, *sequence));
        }
    }
    let _ = writeln!(text, "repeat with: cargo sim run {} --seed {}", run.scenario, run.seed);
    text
}

fn line(journal: &Journal, sequence: u64) -> String {
    let entry = usize::try_from(sequence).ok().and_then(|place| journal.entries().get(place.saturating_sub(1)));
    let json = entry.and_then(|entry| serde_json::to_string(&serde_json::to_value(entry).ok()?).ok()).unwrap_or_default();
    format!("#{sequence} {}", json.chars().take(220).collect::<String>())
}
