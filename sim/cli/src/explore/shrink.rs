use std::path::PathBuf;

use clap::Args;

use super::document_of;
use super::findings::{SHRINK_RUNS, keep};
use super::twins::twin;
use crate::error::CliError;
use crate::output::say;
use alchemiser_binding::explore::{Finding, Twin, judged, judged_with_twin};
use alchemiser_binding::scenario::{Library, load_scenario};

/// What `explore shrink` takes.
#[derive(Debug, Args)]
pub struct ShrinkArguments {
    /// A scenario that does not hold.
    file: PathBuf,
    /// How many runs it may take.
    #[arg(long, default_value_t = SHRINK_RUNS)]
    runs: usize,
    /// It shows beside this twin only: symbols, files, money, day, alone or strays.
    #[arg(long, value_name = "NAME", value_parser = twin)]
    twin: Option<Twin>,
    /// Write the small scenario into this folder.
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
}

/// Makes a scenario that shows something small, as long as it shows the same. True always: what it
/// shows was known before.
pub fn shrink(arguments: &ShrinkArguments) -> Result<bool, CliError> {
    let library = Library::of_this_project()?;
    let path = &arguments.file;
    // All mistakes of a scenario that is none are told, each with its place.
    let loaded = load_scenario(&library, path, &path.display().to_string())?;
    let nothing = || CliError::NothingFound(path.clone());
    let mut document = document_of(&loaded)?;
    document.0["expect"] = serde_json::json!("sound");
    let judged = match arguments.twin {
        Some(twin) => judged_with_twin(&library, &document, twin)?.ok_or_else(nothing)?,
        None => judged(&library, &document)?,
    };
    let signature = judged.signature.ok_or_else(nothing)?;
    let small = Finding::new(signature, document).shrunk(&library, arguments.runs);
    say(&small.file())?;
    if let Some(folder) = &arguments.out {
        keep(folder, &small)?;
    }
    Ok(true)
}
