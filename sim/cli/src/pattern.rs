use std::path::{Path, PathBuf};

use clap::Args;

use crate::error::CliError;
use crate::output::say;
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
pub fn pattern(arguments: &PatternArguments) -> Result<bool, CliError> {
    match (&arguments.cases, &arguments.pattern, &arguments.event) {
        (Some(cases), ..) => try_cases(cases),
        (None, Some(pattern), Some(event)) => explain(pattern, event),
        _ => Err(CliError::NoPattern),
    }
}

/// Prints each case in which the engine answers otherwise, and how many there are.
fn try_cases(path: &Path) -> Result<bool, CliError> {
    let text = text_of(path)?;
    let mut rows = Vec::new();
    for (index, line) in text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
    {
        let number = index + 1;
        let row = Row::parse(line).map_err(|source| CliError::Case {
            path: path.to_owned(),
            line: number,
            source,
        })?;
        rows.push((number, row));
    }
    if rows.is_empty() {
        return Err(CliError::NoCases(path.to_owned()));
    }
    let mut disagreements = 0;
    for (number, row) in &rows {
        if let Err(disagreement) = row.evaluate() {
            disagreements += 1;
            say(&format!("{}:{number}: {disagreement}\n", path.display()))?;
        }
    }
    say(&format!(
        "{} cases, {disagreements} disagreements\n",
        rows.len()
    ))?;
    Ok(disagreements == 0)
}

fn explain(pattern: &str, event: &str) -> Result<bool, CliError> {
    let (place, text) = document("--pattern", pattern)?;
    let pattern = Pattern::parse(&text).map_err(|source| CliError::Pattern { place, source })?;
    let (place, text) = document("--event", event)?;
    let event = FlatEvent::parse(&text).map_err(|source| CliError::Event { place, source })?;
    let explanation = pattern.explain(&event);
    say(&explanation.to_string())?;
    Ok(explanation.is_match())
}

/// The text of an argument, or of the file behind its `@`, and where it comes from.
fn document(option: &str, argument: &str) -> Result<(String, String), CliError> {
    match argument.strip_prefix('@') {
        None => Ok((option.to_owned(), argument.to_owned())),
        Some(path) => Ok((path.to_owned(), text_of(Path::new(path))?)),
    }
}

fn text_of(path: &Path) -> Result<String, CliError> {
    read_text(path).map_err(|source| CliError::Read {
        path: path.to_owned(),
        source,
    })
}
