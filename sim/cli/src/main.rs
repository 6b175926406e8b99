//! The program `sim`: runs trading days, and everything that can go wrong in them, in virtual time.

mod bench;
mod broker;
mod command_line;
mod diff;
mod error;
mod explore;
mod invoke;
mod list;
mod output;
mod parallel;
mod pattern;
mod pattern_bench;
mod progress;
mod run;
mod schema;
mod seeds;
mod selection;
mod serve;
mod sites;
mod strategy;

use std::process::ExitCode;

use clap::Parser;

use self::command_line::Cli;

/// A fifth of a run is allocation. Without huge pages an idle server takes 6 MB less.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    command_line::main(Cli::parse())
}
