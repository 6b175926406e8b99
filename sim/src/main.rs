//! The command line of the harness.

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    alchemiser_sim::cli::main(alchemiser_sim::cli::Cli::parse())
}
