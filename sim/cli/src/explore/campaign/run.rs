use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};

use clap::Args;

use super::CampaignError;
use super::files::CampaignFiles;
use super::plan::{TermsArguments, begun, next_round};
use super::status::tell;
use super::supervisor::TRIES;
use crate::error::CliError;
use crate::output::say;
use crate::parallel::{cores, in_order};
use crate::progress::progress;

/// What `explore campaign run` takes.
#[derive(Debug, Args)]
pub struct RunArguments {
    /// The folder of the campaign: an empty one, or one that is to be gone on with.
    folder: PathBuf,
    #[command(flatten)]
    terms: TermsArguments,
    /// How many rounds the campaign has in the end.
    #[arg(long, value_name = "N", default_value_t = 1)]
    rounds: u64,
    /// How many parts are done at a time, each in a process of its own: as many as this machine has
    /// cores. What is printed is the same.
    #[arg(long, value_name = "N")]
    jobs: Option<NonZeroUsize>,
}

/// Plans and does all rounds on this machine. True where nothing was found or missed.
pub fn run(arguments: &RunArguments) -> Result<bool, CliError> {
    let files = begun(&arguments.folder, &arguments.terms)?;
    let jobs = arguments.jobs.unwrap_or_else(cores);
    loop {
        let known = files.known()?;
        let is_complete = known.missing.is_empty();
        match known.newest {
            Some(round) if !is_complete => do_parts(&files, round, &known.missing, jobs)?,
            Some(newest) if newest + 1 >= arguments.rounds => break,
            _ => say(&format!("{}\n", next_round(&files, &known)?))?,
        }
    }
    tell(&files, &files.known()?)
}

fn do_parts(
    files: &CampaignFiles,
    round: u64,
    missing: &[u64],
    jobs: NonZeroUsize,
) -> Result<(), CliError> {
    let program = std::env::current_exe().map_err(CliError::System)?;
    let bar = progress(missing.len(), false, "parts, {eta} left");
    let once = |index: u64| {
        let mut command = Command::new(&program);
        command
            .args(["explore", "campaign", "part"])
            .arg(files.folder());
        command.args(["--round", &round.to_string(), "--index", &index.to_string()]);
        command
            .stdout(Stdio::null())
            .status()
            .map_err(CliError::System)
    };
    let work = |index: &u64| again_and_again(|| once(*index));
    in_order(missing, jobs, work, |index, status| {
        let status = status?;
        bar.inc(1);
        match status.code() {
            Some(0) => Ok(()),
            Some(2) => Err(CampaignError::Refused.into()),
            _ => Err(CampaignError::Given {
                round,
                index: *index,
                status,
                tries: TRIES,
            }
            .into()),
        }
    })?;
    bar.finish_and_clear();
    Ok(())
}

/// Tries until something ends well, or was a mistake: whatever else ends a process that watches over
/// another one, such as too little memory, may not come again.
fn again_and_again(
    once: impl Fn() -> Result<ExitStatus, CliError>,
) -> Result<ExitStatus, CliError> {
    let mut status = once()?;
    for _ in 1..TRIES {
        if matches!(status.code(), Some(0 | 2)) {
            break;
        }
        status = once()?;
    }
    Ok(status)
}
