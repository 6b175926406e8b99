use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::NotRun;
use crate::run::Run;

/// The runs as a JUnit document, with what was not run.
#[must_use]
pub fn junit(runs: &[Run], not_run: &[NotRun]) -> String {
    let failed = runs.iter().filter(|run| !run.passed()).count();
    let skipped = not_run.iter().filter(|one| one.is_skipped()).count();
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"scenarios\" tests=\"{}\" failures=\"{failed}\" errors=\"{}\" skipped=\"{skipped}\">\n",
        runs.len() + not_run.len(),
        not_run.len() - skipped,
    );
    let seeds: BTreeSet<u64> = runs.iter().map(|run| run.seed).collect();
    for run in runs {
        let seed = if seeds.len() > 1 {
            format!(" (seed {})", run.seed)
        } else {
            String::new()
        };
        // Writing to a string does not fail.
        let _ = write!(
            text,
            "  <testcase name=\"{}{seed}\" time=\"{:.6}\"",
            escape(&run.scenario),
            run.wall_time.as_secs_f64()
        );
        if run.passed() {
            text.push_str("/>\n");
            continue;
        }
        text.push_str(">\n");
        for violation in &run.violations {
            let _ = writeln!(
                text,
                "    <failure type=\"{}\" message=\"{}\"/>",
                escape(&violation.check),
                escape(&violation.problem)
            );
        }
        text.push_str("  </testcase>\n");
    }
    for one in not_run {
        let element = if one.is_skipped() { "skipped" } else { "error" };
        let (name, words) = (escape(&one.scenario), escape(one.words()));
        let _ = writeln!(
            text,
            "  <testcase name=\"{name}\">\n    <{element} message=\"{words}\"/>\n  </testcase>"
        );
    }
    text.push_str("</testsuite>\n");
    text
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\n', "&#10;")
}
