//! The search for what goes wrong: one command a way of searching.

mod certify;
mod findings;
mod matrix;
mod random;
mod shrink;
mod sweep;

use clap::{Args, Subcommand};

use self::certify::CertifyArguments;
use self::matrix::MatrixArguments;
use self::random::RandomArguments;
use self::shrink::ShrinkArguments;
use self::sweep::SweepArguments;
use crate::error::CliError;

/// What `explore` takes.
#[derive(Debug, Args)]
pub struct ExploreArguments {
    #[command(subcommand)]
    command: Exploration,
}

#[derive(Debug, Subcommand)]
enum Exploration {
    /// Tries every fault at every point of a scenario, one a run.
    Sweep(SweepArguments),
    /// Makes worlds of chance, and lets faults strike them.
    Random(RandomArguments),
    /// Makes a scenario that does not hold as small as it goes.
    Shrink(ShrinkArguments),
    /// Runs scenarios again under ten circumstances that must not matter, and says where they do.
    Certify(CertifyArguments),
    /// Shows what was tried of all that may go wrong, and which knobs go with which actions.
    Matrix(MatrixArguments),
}

/// Searches for what goes wrong. True where nothing does.
pub fn explore(arguments: &ExploreArguments) -> Result<bool, CliError> {
    match &arguments.command {
        Exploration::Sweep(arguments) => sweep::sweep(arguments),
        Exploration::Random(arguments) => random::random(arguments),
        Exploration::Shrink(arguments) => shrink::shrink(arguments),
        Exploration::Certify(arguments) => certify::certify(arguments),
        Exploration::Matrix(arguments) => matrix::matrix(arguments),
    }
}

fn counted(number: usize, noun: &str) -> String {
    let end = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{end}")
}
