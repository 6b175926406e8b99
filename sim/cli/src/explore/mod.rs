//! The search for what goes wrong: one command a way of searching.

mod campaign;
mod certify;
mod everything;
mod findings;
mod inevitable;
mod matrix;
mod pairs;
mod random;
mod shrink;
mod sweep;

use clap::{Args, Subcommand};

use self::campaign::CampaignArguments;
pub use self::campaign::CampaignError;
use self::certify::CertifyArguments;
use self::inevitable::InevitableArguments;
use self::matrix::MatrixArguments;
use self::pairs::PairsArguments;
use self::random::RandomArguments;
use self::shrink::ShrinkArguments;
use self::sweep::SweepArguments;
use crate::error::CliError;
use alchemiser_binding::explore::Base;
use alchemiser_binding::scenario::{Document, Library, Loaded};
use alchemiser_binding::text_file::read_text;

/// What `explore` takes.
#[derive(Debug, Args)]
pub struct ExploreArguments {
    #[command(subcommand)]
    command: Option<Exploration>,
}

#[derive(Debug, Subcommand)]
enum Exploration {
    /// Tries every fault at every point of a scenario, one a run.
    Sweep(SweepArguments),
    /// Tries two faults a run: one, and others in the recovery from it.
    Pairs(PairsArguments),
    /// Lets the power fail at every call, and says whether the system ends well: by itself, by a
    /// runbook, or never.
    Inevitable(InevitableArguments),
    /// Makes worlds of chance, and lets faults strike them.
    Random(RandomArguments),
    /// Shares sweeps and worlds of chance among processes and machines.
    Campaign(CampaignArguments),
    /// Makes a scenario that does not hold as small as it goes.
    Shrink(ShrinkArguments),
    /// Runs scenarios again under ten circumstances that must not matter, and says where they do.
    Certify(CertifyArguments),
    /// Shows what was tried of all that may go wrong, and which knobs go with which actions.
    Matrix(MatrixArguments),
}

/// Searches for what goes wrong. True where nothing does.
pub fn explore(arguments: &ExploreArguments) -> Result<bool, CliError> {
    let Some(command) = &arguments.command else {
        return everything::everything();
    };
    match command {
        Exploration::Sweep(arguments) => sweep::sweep(arguments),
        Exploration::Pairs(arguments) => pairs::pairs(arguments),
        Exploration::Inevitable(arguments) => inevitable::inevitable(arguments),
        Exploration::Random(arguments) => random::random(arguments),
        Exploration::Campaign(arguments) => campaign::campaign(arguments),
        Exploration::Shrink(arguments) => shrink::shrink(arguments),
        Exploration::Certify(arguments) => certify::certify(arguments),
        Exploration::Matrix(arguments) => matrix::matrix(arguments),
    }
}

/// A scenario to search from.
fn sound_base(library: &Library, scenario: &Loaded, seed: u64) -> Result<Base, CliError> {
    let base = Base::of(library, scenario, seed)?;
    match base.violations.first() {
        None => Ok(base),
        Some(violation) => Err(CliError::UnsoundBase {
            scenario: scenario.name.clone(),
            check: violation.check.clone(),
            problem: violation.problem.clone(),
        }),
    }
}

/// What the file of a scenario says.
fn document_of(scenario: &Loaded) -> Result<Document, CliError> {
    let path = &scenario.path;
    let text = read_text(path).map_err(|source| CliError::Read {
        path: path.clone(),
        source,
    })?;
    // It was read as a scenario before.
    Document::read(&text).map_err(|_| CliError::NothingFound(path.clone()))
}

fn counted(number: usize, noun: &str) -> String {
    let end = match number {
        1 => "",
        _ if noun.ends_with("ss") => "es",
        _ => "s",
    };
    format!("{number} {noun}{end}")
}
