use std::path::Path;

use clap::Args;
use serde_json::json;

use crate::error::CliError;
use crate::output::say;
use crate::selection::Selection;
use alchemiser_binding::report::{Paper, columns};
use alchemiser_binding::scenario::{Capability, Library, Loaded};

/// What `list` takes.
#[derive(Debug, Args)]
pub struct ListArguments {
    /// Only scenarios whose name or sentence holds this text.
    text: Option<String>,
    /// Print one JSON object a scenario.
    #[arg(long)]
    json: bool,
}

/// Prints each scenario with what it shows.
pub fn list(arguments: &ListArguments) -> Result<bool, CliError> {
    let library = Library::of_this_project()?;
    let selection = Selection::every(&library)?;
    let wanted = arguments.text.as_deref().unwrap_or_default().to_lowercase();
    let is_wanted = |loaded: &&Loaded| {
        loaded.name.to_lowercase().contains(&wanted)
            || loaded.scenario.about.to_lowercase().contains(&wanted)
    };
    let chosen: Vec<&Loaded> = selection.loaded.iter().filter(is_wanted).collect();
    if arguments.json {
        for loaded in &chosen {
            say(&format!("{}\n", object(loaded, library.root())))?;
        }
    } else {
        say(&columns(
            &chosen
                .iter()
                .map(|loaded| [loaded.name.clone(), sentence(loaded)].to_vec())
                .collect::<Vec<_>>(),
            Paper::of_stdout(),
        ))?;
    }
    let broken: Vec<String> = selection.broken.iter().map(ToString::to_string).collect();
    match (broken.as_slice(), chosen.as_slice()) {
        ([], []) => Err(CliError::NothingListed(
            arguments.text.clone().unwrap_or_default(),
        )),
        ([], _) => Ok(true),
        (..) => Err(CliError::Scenarios(broken)),
    }
}

fn sentence(loaded: &Loaded) -> String {
    let long = if loaded.scenario.long {
        " (takes long: runs where it is named)"
    } else {
        ""
    };
    format!("{}{long}", loaded.scenario.about)
}

fn object(loaded: &Loaded, root: &Path) -> serde_json::Value {
    json!({
        "scenario": loaded.name,
        "about": loaded.scenario.about,
        "path": loaded.path.strip_prefix(root).unwrap_or(&loaded.path).display().to_string(),
        "needs": loaded.scenario.needs().map(Capability::name).collect::<Vec<_>>(),
        "long": loaded.scenario.long,
    })
}
