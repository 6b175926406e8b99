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
    /// The seed of the worlds.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Prints every point of a run at which a fault may strike, with what may strike there.
pub fn sites(arguments: &SitesArguments) -> Result<bool, CliError> {
    let library = Library::of_this_project()?;
    for scenario in Selection::sound(&library, &arguments.scenarios)? {
        let mut text = format!("# {} (seed {})\nfaults:\n", scenario.name, arguments.seed);
        for point in points_of(&library, &scenario, arguments.seed)? {
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
