use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Args;

use super::run::{Place, carried, find};
use super::{Mistake, say};
use crate::report::difference;
use crate::scenario::{Library, run_on};

/// What `diff` takes.
#[derive(Debug, Args)]
pub(super) struct DiffArguments {
    /// Scenarios by name or path; all where none is named.
    scenarios: Vec<String>,
    /// The backends to compare, the first with each other.
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = [Place::Virtual, Place::Localstack])]
    backends: Vec<Place>,
    /// Write what was found as a page.
    #[arg(long, value_name = "FILE")]
    page: Option<PathBuf>,
    /// The seed.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Runs scenarios on several backends and prints where their histories part.
pub(super) fn diff(arguments: &DiffArguments) -> Result<bool, Mistake> {
    let library = Library::of_this_project().map_err(|error| error.to_string())?;
    let [first, others @ ..] = arguments.backends.as_slice() else { return Err("name two backends at least".to_owned()) };
    let mut agrees = true;
    let mut page = String::from("# Differences between backends\n\nWritten by `cargo sim diff --page docs/differences.md`.\n");
    for other in others {
        let (first, other) = (first.backend(), other.backend());
        let (loaded, skipped) = carried(&other, find(&library, &arguments.scenarios)?);
        let (mut same, mut parted) = (0, 0);
        // Writing to a string does not fail.
        let _ = writeln!(page, "\n## {} and {}\n\n| scenario | result |\n|---|---|", first.name(), other.name());
        for scenario in &loaded {
            let here = run_on(&first, &library, scenario, arguments.seed).map_err(|error| error.to_string())?;
            let there = run_on(&other, &library, scenario, arguments.seed).map_err(|error| error.to_string())?;
            let lines = difference((first.name(), &here.journal), (other.name(), &there.journal));
            if lines.is_empty() {
                same += 1;
                let _ = writeln!(page, "| {} | the same |", scenario.name);
                say(&format!("same  {}\n", scenario.name))?;
            } else {
                parted += 1;
                let _ = writeln!(page, "| {} | {} |", scenario.name, lines.join("<br>").replace('|', "\\|"));
                say(&format!("PARTS {}\n{}", scenario.name, lines.iter().map(|line| format!("  {line}\n")).collect::<String>()))?;
            }
        }
        for line in &skipped {
            let _ = writeln!(page, "| {} |", line.trim_start_matches("SKIPPED ").replacen(": ", " | skipped: ", 1));
        }
        say(&skipped.iter().map(|line| format!("{line}\n")).collect::<String>())?;
        say(&format!("{} and {}: {same} the same, {parted} part, {} skipped\n", first.name(), other.name(), skipped.len()))?;
        agrees &= parted == 0;
    }
    if let Some(path) = &arguments.page {
        std::fs::write(path, page).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(agrees)
}
