use std::io::Write;
use std::path::PathBuf;
use std::process::Command;

use clap::Args;
use serde_json::json;

use super::CampaignError;
use super::explorer::Explorer;
use super::files::CampaignFiles;
use super::index::index;
use super::supervisor::{PATIENCE, supervise};
use crate::error::CliError;
use crate::output::say;
use alchemiser_binding::scenario::Library;
use harness::campaign::{Found, ItemResult, Part, share};

/// What `explore campaign part` takes.
#[derive(Debug, Args)]
pub struct PartArguments {
    /// The folder of the campaign.
    folder: PathBuf,
    /// The round. Without it, the newest that is planned.
    #[arg(long, value_name = "R")]
    round: Option<u64>,
    /// Which part, from 0 on. Without it, what the environment says: JOB_COMPLETION_INDEX,
    /// AWS_BATCH_JOB_ARRAY_INDEX, SLURM_ARRAY_TASK_ID or HQ_TASK_ID.
    #[arg(long, value_name = "I")]
    index: Option<u64>,
    /// Do the items of the part from this one on in this process, and print what becomes of them.
    #[arg(long, value_name = "ITEM", hide = true)]
    from: Option<u64>,
}

/// Does a part, unless it is done. What it finds is data: true wherever it is done.
pub fn part(arguments: &PartArguments) -> Result<bool, CliError> {
    let library = Library::of_this_project()?;
    let files = CampaignFiles::open(&arguments.folder)?;
    // Who is sent one round need not have those before.
    let newest = || files.newest().ok_or(CampaignError::NoRound(0));
    let round = arguments.round.map_or_else(newest, Ok)?;
    let index = match arguments.index {
        Some(index) => index,
        None => index(|name| std::env::var(name).ok())?,
    };
    let parts = files.terms.parts;
    if index >= parts {
        let error = CampaignError::NoPart {
            round,
            index,
            parts,
        };
        return Err(error.into());
    }
    if let Some(first) = arguments.from {
        return explore(&files, &library, round, index, first);
    }
    files.terms.hold(&library)?;
    let plan = files.plan_hash(round)?;
    if files.part(round, index, &plan)?.is_some() {
        say(&format!("part {index} of round {round} is there\n"))?;
        return Ok(true);
    }
    let done = supervised(&files, Part::new(round, index, &plan))?;
    files.write_part(&done)?;
    let items = done.tally.items;
    say(&format!("part {index} of round {round}: {items} items\n"))?;
    Ok(true)
}

/// Has the items of a part done by another process, so that one that aborts costs itself alone.
fn supervised(files: &CampaignFiles, mut part: Part) -> Result<Part, CliError> {
    let program = std::env::current_exe().map_err(CliError::System)?;
    let (round, index) = (part.round, part.index);
    let process = |first: u64| {
        let mut command = Command::new(&program);
        command
            .args(["explore", "campaign", "part"])
            .arg(files.folder());
        let numbers = [("--round", round), ("--index", index), ("--from", first)];
        for (option, number) in numbers {
            command.arg(option).arg(number.to_string());
        }
        command
    };
    let items = share(files.terms.items(round), files.terms.parts, index);
    let killer = |place, how: &str| killed(files, round, place, how);
    supervise(items, PATIENCE, process, killer, |result| part.take(result))?;
    Ok(part)
}

/// An item whose process ended again and again.
fn killed(files: &CampaignFiles, round: u64, place: u64, how: &str) -> ItemResult {
    let item = files.terms.item(round, place);
    let item = item.map(|item| item.to_string()).unwrap_or_default();
    let signature = format!("kills the explorer: {how}");
    let parts = files.terms.parts;
    let in_part = |index: &u64| share(files.terms.items(round), parts, *index).contains(&place);
    let index = (0..parts).find(in_part).unwrap_or_default();
    let again = format!("campaign part FOLDER --round {round} --index {index} --from {place}");
    ItemResult {
        outcome: "killed".to_owned(),
        found: Some(Found {
            plan: format!("# {signature}\n# {item}\n# again: sim explore {again}\n"),
            signature,
        }),
        item,
        ..ItemResult::default()
    }
}

/// Does the items of a part from the one at place `first` on, and prints a line each. Ends where
/// nobody reads.
fn explore(
    files: &CampaignFiles,
    library: &Library,
    round: u64,
    index: u64,
    first: u64,
) -> Result<bool, CliError> {
    let terms = &files.terms;
    let share = share(terms.items(round), terms.parts, index);
    let places = share.start.max(first)..share.end;
    let mut explorer = Explorer::new(library);
    for item in places.filter_map(|place| terms.item(round, place)) {
        let result = explorer.explore(&item)?;
        let line = format!("{}\n", json!(result));
        let mut output = std::io::stdout().lock();
        let written = output
            .write_all(line.as_bytes())
            .and_then(|()| output.flush());
        written.map_err(CliError::Output)?;
    }
    Ok(true)
}
