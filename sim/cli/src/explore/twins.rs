use clap::Args;
use serde_json::json;

use super::{BaseArguments, counted, document_of};
use crate::error::CliError;
use crate::output::say;
use crate::parallel::in_order;
use alchemiser_binding::explore::{Twin, judged_with_twin};
use alchemiser_binding::scenario::{Library, Loaded};

/// What `explore twins` takes.
#[derive(Debug, Args)]
pub struct TwinsArguments {
    #[command(flatten)]
    base: BaseArguments,
    /// This one only: symbols, files, money, day, alone or strays.
    #[arg(long, value_name = "NAME", value_parser = twin)]
    twin: Option<Twin>,
}

/// The twin of that name.
pub(super) fn twin(name: &str) -> Result<Twin, String> {
    let mut all = Twin::ALL.into_iter();
    all.find(|twin| twin.as_str() == name).ok_or_else(|| {
        let names = Twin::ALL.map(Twin::as_str).join(", ");
        format!("there is no such twin; there are {names}")
    })
}

/// Holds scenarios against their twins. True where each ends as they do.
pub fn twins(arguments: &TwinsArguments) -> Result<bool, CliError> {
    let search = |library: &Library, scenario: &Loaded| of_one(arguments, library, scenario);
    arguments.base.each(search)
}

fn of_one(
    arguments: &TwinsArguments,
    library: &Library,
    scenario: &Loaded,
) -> Result<bool, CliError> {
    let mut document = document_of(scenario)?;
    document.0["expect"] = json!("sound");
    document.0["seed"] = json!(arguments.base.seed(scenario));
    let all = Twin::ALL.into_iter();
    let chosen: Vec<Twin> = all
        .filter(|twin| arguments.twin.is_none_or(|chosen| chosen == *twin))
        .collect();
    let work = |twin: &Twin| judged_with_twin(library, &document, *twin);
    let (mut tried, mut differ) = (0, 0);
    in_order(&chosen, arguments.base.jobs(), work, |twin, judged| {
        let Some(judged) = judged? else {
            return Ok(());
        };
        tried += 1;
        let Some(violation) = judged.violations.first() else {
            return Ok(());
        };
        differ += 1;
        let (name, twin) = (&scenario.name, twin.as_str());
        say(&format!("FOUND {violation}\n  in {name}, twin {twin}\n"))
    })?;
    let (name, tried) = (&scenario.name, counted(tried, "twin"));
    say(&format!("{name}: {tried}, {differ} otherwise\n"))?;
    Ok(differ == 0)
}
