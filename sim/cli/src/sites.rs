use clap::Args;

use crate::error::CliError;
use crate::output::say;
use crate::selection::Selection;
use alchemiser_binding::explore::{ALPHABET, fault_line, points_of};
use alchemiser_binding::scenario::Library;
use harness::explore::Trial;

/// What `sites` takes.
#[derive(Debug, Args)]
pub struct SitesArguments {
    /// The scenarios: names, parts of them, globs, or paths.
    #[arg(required = true)]
    scenarios: Vec<String>,
    /// The seed of the worlds. Without it, the scenario's own, or 1.
    #[arg(long)]
    seed: Option<u64>,
}

/// Prints every point of a run at which a fault may strike, with what may strike there.
pub fn sites(arguments: &SitesArguments) -> Result<bool, CliError> {
    let library = Library::of_this_project()?;
    for scenario in Selection::sound(&library, &arguments.scenarios)? {
        let seed = arguments.seed.unwrap_or(scenario.scenario.seed);
        let mut text = format!("# {} (seed {seed})\nfaults:\n", scenario.name);
        for point in points_of(&library, &scenario, seed)? {
            text.push_str(&format!("# {point}\n"));
            for effect in ALPHABET.effects(&point)? {
                let point = point.clone();
                text.push_str(&format!("  {}\n", fault_line(&Trial { point, effect })));
            }
        }
        say(&text)?;
    }
    Ok(true)
}
