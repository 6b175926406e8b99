//! A search that many processes share. Between two rounds there is nothing but files: `plan` makes
//! the next round of what is known, `part` does one part of it, in any process and on any machine
//! that sees the folder or is sent two files of it, and `status` says what all parts show.

mod allow;
mod error;
mod explorer;
mod files;
mod index;
mod part;
mod plan;
mod run;
mod status;
mod supervisor;
mod terms;

use std::path::PathBuf;

use clap::{Args, Subcommand};

pub use self::error::CampaignError;
use self::part::PartArguments;
use self::plan::TermsArguments;
use self::run::RunArguments;
use self::status::StatusArguments;
use crate::error::CliError;

/// What `explore campaign` takes.
#[derive(Debug, Args)]
pub struct CampaignArguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Begins a campaign in an empty folder, or plans its next round where all parts of the last are
    /// there.
    Plan {
        /// The folder of the campaign.
        folder: PathBuf,
        #[command(flatten)]
        terms: TermsArguments,
    },
    /// Does one part of a round, unless it is done.
    Part(PartArguments),
    /// Plans and does all rounds on this machine.
    Run(RunArguments),
    /// Says what the parts that are there show.
    Status(StatusArguments),
}

/// Shares a search among processes. True where nothing was found, and nothing was missed.
pub fn campaign(arguments: &CampaignArguments) -> Result<bool, CliError> {
    match &arguments.command {
        Command::Plan { folder, terms } => plan::plan(folder, terms),
        Command::Part(arguments) => part::part(arguments),
        Command::Run(arguments) => run::run(arguments),
        Command::Status(arguments) => status::status(arguments),
    }
}
