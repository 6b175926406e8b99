//! The command line of the harness.

use std::process::ExitCode;

use clap::Parser;

/// A fifth of a run is allocation. Without huge pages an idle server takes 6 MB less.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    alchemiser_sim::cli::main(alchemiser_sim::cli::Cli::parse())
}
