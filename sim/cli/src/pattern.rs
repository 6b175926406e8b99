use std::path::{Path, PathBuf};

use clap::Args;

use crate::command_line::{Mistake, say};
use alchemiser_binding::text_file::read_text;
use event_pattern::{FlatEvent, Pattern, Row};

/// What `pattern` takes.
#[derive(Debug, Args)]
#[command(arg_required_else_help = true)]
pub struct PatternArguments {
    /// A file of cases, one JSON object a line: name, event, pattern, expect (match, no_match or
    /// error), error.
    #[arg(conflicts_with_all = ["pattern", "event"])]
    cases: Option<PathBuf>,
    /// An event pattern: JSON, or @ and the path of a file.
    #[arg(long, requires = "event")]
    pattern: Option<String>,
    /// An event: JSON, or @ and the path of a file.
    #[arg(long, requires = "pattern")]
    event: Option<String>,
}

/// Judges event patterns: a file of cases, or one pattern and one event.
pub fn pattern(arguments: &PatternArguments) -> Result<bool, Mistake> {
    match (&arguments.cases, &arguments.pattern, &arguments.event) {
        (Some(cases), ..) => judge_cases(cases),
        (None, Some(pattern), Some(event)) => explain(pattern, event),
        _ => Err("either a file of cases, or --pattern and --event".to_owned()),
    }
}

/// Prints each case in which the engine answers otherwise, and how many there are.
fn judge_cases(path: &Path) -> Result<bool, Mistake> {
    let shown = path.display();
    let text = read_text(Path::new(path)).map_err(|error| format!("{shown}: {error}"))?;
    let mut rows = Vec::new();
    for (index, line) in text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
    {
        let number = index + 1;
        rows.push((
            number,
            Row::parse(line).map_err(|error| format!("{shown}:{number}:{error}"))?,
        ));
    }
    if rows.is_empty() {
        return Err(format!("{shown}: there is no case in it"));
    }
    let mut disagreements = 0;
    for (number, row) in &rows {
        if let Err(disagreement) = row.judge() {
            disagreements += 1;
            say(&format!("{shown}:{number}: {disagreement}\n"))?;
        }
    }
    say(&format!(
        "{} cases, {disagreements} disagreements\n",
        rows.len()
    ))?;
    Ok(disagreements == 0)
}

fn explain(pattern: &str, event: &str) -> Result<bool, Mistake> {
    let (place, text) = document("--pattern", pattern)?;
    let pattern = Pattern::parse(&text).map_err(|error| format!("{place}: {}", error.message()))?;
    let (place, text) = document("--event", event)?;
    let event = FlatEvent::parse(&text).map_err(|error| format!("{place}: {error}"))?;
    let explanation = pattern.explain(&event);
    say(&explanation.to_string())?;
    Ok(explanation.is_match())
}

/// The text of an argument, or of the file behind its `@`, and where it comes from.
fn document(option: &str, argument: &str) -> Result<(String, String), Mistake> {
    match argument.strip_prefix('@') {
        None => Ok((option.to_owned(), argument.to_owned())),
        Some(path) => match read_text(Path::new(path)) {
            Ok(text) => Ok((path.to_owned(), text)),
            Err(error) => Err(format!("{path}: {error}")),
        },
    }
}
