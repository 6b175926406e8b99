//! The command line of the harness.

use std::process::ExitCode;

use clap::Parser;

/// A fifth of a run is allocation.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    alchemiser_sim::cli::main(alchemiser_sim::cli::Cli::parse())
}
