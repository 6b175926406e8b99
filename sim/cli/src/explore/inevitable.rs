use clap::Args;

use super::{BaseArguments, counted, sound_base};
use crate::error::CliError;
use crate::output::say;
use crate::parallel::in_order;
use crate::progress::progress;
use alchemiser_binding::explore::{Fate, Grade, fault_line};
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
    // The state before, and whether there was no way back from it either.
    let mut last: Option<(Trial, bool)> = None;
    let work = |loss: &Trial| base.fate(library, loss);
    say(&format!(
        "{} (seed {seed}): {}\n",
        scenario.name,
        counted(losses.len(), "power loss")
    ))?;
    let mut tell = |loss: &Trial, fate: Fate| {
        let line = fault_line(loss);
        let told = match &fate.grade {
            Grade::ByItself => {
                alone += 1;
                String::new()
            }
            Grade::ByRunbooks(pages) => {
                helped += 1;
                format!("BY THE RUNBOOK {}  {line}\n", pages.join(", "))
            }
            Grade::Never => {
                never += 1;
                let edge = edge(last.as_ref());
                format!("NO WAY BACK  {line}\n{edge}  {}\n", fate.trouble())
            }
        };
        last = Some((loss.clone(), fate.grade == Grade::Never));
        told
    };
    in_order(&losses, jobs, work, |loss, fate| {
        bar.inc(1);
        let told = tell(loss, fate?);
        bar.suspend(|| say(&told))
    })?;
    bar.finish_and_clear();
    say(&format!(
        "  {alone:>6} end well by themselves\n  {helped:>6} by a runbook\n  {never:>6} never\n"
    ))?;
    Ok(never == 0)
}

/// The point of no return, where one was passed just now.
fn edge(before: Option<&(Trial, bool)>) -> String {
    match before {
        None => "  from the beginning\n".to_owned(),
        Some((well, false)) => format!(
            "  the point of no return; still well: {}\n",
            fault_line(well)
        ),
        Some((_, true)) => String::new(),
    }
}
