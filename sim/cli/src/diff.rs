use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Args;

use crate::error::CliError;
use crate::output::say;
use crate::run::{BackendName, lacks};
use crate::selection::Selection;
use alchemiser_binding::report::difference;
use alchemiser_binding::run::{BackendKind, run_on};
use alchemiser_binding::scenario::Library;

/// What `diff` takes.
#[derive(Debug, Args)]
pub struct DiffArguments {
    /// Scenarios by name or path; all where none is named.
    scenarios: Vec<String>,
    /// The backends to compare, the first with each other; commas between them.
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = [BackendName::Virtual, BackendName::Localstack])]
    backends: Vec<BackendName>,
    /// Write what was found as a page.
    #[arg(long, value_name = "FILE")]
    page: Option<PathBuf>,
    /// The seed of the worlds. Without it, the scenario's own, or 1.
    #[arg(long)]
    seed: Option<u64>,
}

const INTRODUCTION: &str = "# Differences between backends

Written by `cargo sim diff --backends virtual,wire,localstack --page docs/differences.md`. Compared are events,
invocations, orders, mails, dead letters and the account; not times, nor the order and the further copies that the
contract of delivery leaves open. The tables show what parts and what was skipped.
";

/// How a scenario did on two backends.
enum Outcome {
    Same,
    Parts(Vec<String>),
    Skipped(String),
}

/// Runs scenarios on several backends and prints where their histories part.
pub fn diff(arguments: &DiffArguments) -> Result<bool, CliError> {
    let library = Library::of_this_project()?;
    let [first, others @ ..] = arguments.backends.as_slice() else {
        return Err(CliError::TooFewBackends);
    };
    if others.is_empty() {
        return Err(CliError::TooFewBackends);
    }
    let first = first.backend();
    let mut agrees = true;
    let mut page = String::from(INTRODUCTION);
    for other in others {
        let other = other.backend();
        let outcomes = compare(&library, arguments, &first, &other)?;
        agrees &= !outcomes
            .iter()
            .any(|(_, outcome)| matches!(outcome, Outcome::Parts(_)));
        say(&format!(
            "{} and {}: {}\n",
            first.name(),
            other.name(),
            counts(&outcomes)
        ))?;
        page += &chapter(&first, &other, &outcomes);
    }
    if let Some(path) = &arguments.page {
        std::fs::write(path, page).map_err(|source| CliError::Write {
            path: path.clone(),
            source,
        })?;
    }
    Ok(agrees)
}

fn compare(
    library: &Library,
    arguments: &DiffArguments,
    first: &BackendKind,
    other: &BackendKind,
) -> Result<Vec<(String, Outcome)>, CliError> {
    let mut outcomes = Vec::new();
    for scenario in Selection::sound(library, &arguments.scenarios)? {
        let lacking = [first, other]
            .into_iter()
            .find_map(|backend| lacks(backend, &scenario));
        let outcome = match lacking {
            Some(reason) => Outcome::Skipped(reason),
            None => {
                let seed = arguments.seed.unwrap_or(scenario.scenario.seed);
                let here = run_on(first, library, &scenario, seed)?;
                let there = run_on(other, library, &scenario, seed)?;
                let lines = difference(
                    (first.name(), &here.journal),
                    (other.name(), &there.journal),
                );
                if lines.is_empty() {
                    Outcome::Same
                } else {
                    Outcome::Parts(lines)
                }
            }
        };
        say(&match &outcome {
            Outcome::Same => format!("same  {}\n", scenario.name),
            Outcome::Parts(lines) => {
                format!(
                    "PARTS {}\n{}",
                    scenario.name,
                    lines
                        .iter()
                        .map(|line| format!("  {line}\n"))
                        .collect::<String>()
                )
            }
            Outcome::Skipped(reason) => format!("SKIPPED {}: {reason}\n", scenario.name),
        })?;
        outcomes.push((scenario.name, outcome));
    }
    Ok(outcomes)
}

fn counts(outcomes: &[(String, Outcome)]) -> String {
    let count =
        |is: fn(&Outcome) -> bool| outcomes.iter().filter(|(_, outcome)| is(outcome)).count();
    let same = count(|outcome| matches!(outcome, Outcome::Same));
    let parted = count(|outcome| matches!(outcome, Outcome::Parts(_)));
    format!(
        "{same} the same, {parted} part, {} skipped",
        outcomes.len() - same - parted
    )
}

/// What the page says about two backends. Writing to a string does not fail.
fn chapter(first: &BackendKind, other: &BackendKind, outcomes: &[(String, Outcome)]) -> String {
    let mut text = format!(
        "\n## {} and {}\n\n{}.\n",
        first.name(),
        other.name(),
        counts(outcomes)
    );
    for backend in [first, other] {
        for (limit, evidence) in backend.limits() {
            let _ = write!(
                text,
                "\n- {} has no `{}`: {evidence}.",
                backend.name(),
                limit.name()
            );
        }
    }
    let _ = writeln!(text, "\n\n| scenario | result |\n|---|---|");
    for (name, outcome) in outcomes {
        let result = match outcome {
            Outcome::Same => continue, // the counts tell how many
            Outcome::Parts(lines) => lines.join("<br>").replace('|', "\\|"),
            Outcome::Skipped(reason) => format!("skipped: {reason}"),
        };
        let _ = writeln!(text, "| {name} | {result} |");
    }
    text
}
