use clap::Args;

use super::{BaseArguments, counted, sound_base};
use crate::error::CliError;
use crate::output::say;
use crate::parallel::in_order;
use crate::progress::progress;
use alchemiser_binding::explore::{Grade, fault_line};
use alchemiser_binding::scenario::{Library, Loaded};
use harness::explore::Trial;

/// What `explore inevitable` takes.
#[derive(Debug, Args)]
pub struct InevitableArguments {
    #[command(flatten)]
    pub base: BaseArguments,
}

/// Lets the power fail at every call. True where no state is beyond help.
pub fn inevitable(arguments: &InevitableArguments) -> Result<bool, CliError> {
    let search = |library: &Library, scenario: &Loaded| of_one(arguments, library, scenario);
    arguments.base.each(search)
}

fn of_one(
    arguments: &InevitableArguments,
    library: &Library,
    scenario: &Loaded,
) -> Result<bool, CliError> {
    let seed = arguments.base.seed(scenario);
    let base = sound_base(library, scenario, seed)?;
    let losses = base.power_losses()?;
    let jobs = arguments.base.jobs();
    let bar = progress(losses.len(), false, "{eta} left");
    let (mut alone, mut helped, mut never) = (0, 0, 0);
    let mut last_well: Option<Trial> = None;
    let work = |loss: &Trial| base.fate(library, loss);
    say(&format!(
        "{} (seed {seed}): {}\n",
        scenario.name,
        counted(losses.len(), "power loss")
    ))?;
    in_order(&losses, jobs, work, |loss, fate| {
        bar.inc(1);
        let line = fault_line(loss);
        match fate?.grade {
            Grade::ByItself => alone += 1,
            Grade::ByRunbook(name) => {
                helped += 1;
                bar.suspend(|| say(&format!("BY THE RUNBOOK {name}  {line}\n")))?;
            }
            Grade::Never => {
                never += 1;
                let edge = last_well.as_ref().map_or_else(
                    || "from the beginning".to_owned(),
                    |well| format!("still well: {}", fault_line(well)),
                );
                return bar.suspend(|| say(&format!("NO WAY BACK  {line}\n  {edge}\n")));
            }
        }
        last_well = Some(loss.clone());
        Ok(())
    })?;
    bar.finish_and_clear();
    say(&format!(
        "  {alone:>6} end well by themselves\n  {helped:>6} by a runbook\n  {never:>6} never\n"
    ))?;
    Ok(never == 0)
}
