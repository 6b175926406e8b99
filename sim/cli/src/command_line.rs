//! The command line: `cargo sim ...`. Exit code 0 where all holds, 1 where a check fails, 2 for a
//! mistake in the input, 3 where a campaign is not at its end.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::{
    bench, broker, diff, explore, invoke, list, pattern, run, schema, serve, sites, strategy,
};

/// Runs trading days, and everything that can go wrong in them, in virtual time.
#[derive(Debug, Parser)]
#[command(
    name = "cargo sim",
    bin_name = "cargo sim",
    version,
    arg_required_else_help = true
)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs scenarios: all of them, or those named.
    Run(run::RunArguments),
    /// Lists every point of a scenario at which a fault may strike, with what may strike there: lines
    /// for `faults`.
    Sites(sites::SitesArguments),
    /// Searches for faults that the system does not stand.
    Explore(explore::ExploreArguments),
    /// Lists scenarios with what they show: all of them, or those that hold a text.
    List(list::ListArguments),
    /// Runs scenarios on several backends and prints where their histories part.
    Diff(diff::DiffArguments),
    /// Sends one event through the router and prints the response.
    Invoke(invoke::InvokeArguments),
    /// Judges event patterns: a file of cases, or one pattern and one event.
    Pattern(pattern::PatternArguments),
    /// Decides what a strategy file wants to hold on a day, and prints its decision tree.
    Strategy(strategy::StrategyArguments),
    /// Measures, with one world after another on one core.
    Bench(bench::BenchArguments),
    /// Puts the simulated cloud on a port of this machine, for AWS clients in any language.
    Serve(serve::ServeArguments),
    /// Puts the simulated broker on a port of this machine: Alpaca's REST, trading and market data.
    Broker(broker::BrokerArguments),
    /// Prints the JSON Schema of scenario files, or writes those of the events into the template.
    Schema(schema::SchemaArguments),
}

/// Does what the command line says.
#[must_use]
pub fn main(cli: Cli) -> ExitCode {
    let outcome = match cli.command {
        Command::Run(arguments) => run::run(&arguments),
        Command::Sites(arguments) => sites::sites(&arguments),
        Command::Explore(arguments) => explore::explore(&arguments),
        Command::List(arguments) => list::list(&arguments),
        Command::Diff(arguments) => diff::diff(&arguments),
        Command::Invoke(arguments) => invoke::invoke(&arguments),
        Command::Pattern(arguments) => pattern::pattern(&arguments),
        Command::Strategy(arguments) => strategy::strategy(&arguments),
        Command::Bench(arguments) => bench::bench(&arguments),
        Command::Serve(arguments) => serve::serve(&arguments),
        Command::Broker(arguments) => broker::broker(&arguments),
        Command::Schema(arguments) => schema::schema(&arguments),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(error.exit_code())
        }
    }
}
