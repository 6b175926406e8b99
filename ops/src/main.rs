//! The operator's command line: test events, dead letters, replays, rules and the records of
//! workflows.
//!
//! What changes something is a dry run until `--yes` is given. Exit code 0 where all was done, 1
//! where something failed or was refused, 2 for wrong usage.

mod account;
mod claim_chain;
mod dead_letter;
mod dlq;
mod event_file;
mod outcome;
mod publish;
mod queue;
mod replay;
mod routes;
mod rules;
mod shell;
mod table;
mod workflow;

use std::io::ErrorKind;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use self::account::{Account, Stage};
use self::outcome::{Outcome, Problem, Screen};

/// Looks after a deployed trading system.
#[derive(Debug, Parser)]
#[command(name = "ops", version, arg_required_else_help = true, after_help = ENDING)]
struct Cli {
    /// The stage whose stack is meant.
    #[arg(long, global = true, value_enum, default_value_t = Stage::Dev)]
    stage: Stage,
    /// Print one JSON object instead of text; errors too, on standard error.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

const ENDING: &str = "Whatever changes something only says what it would do until --yes is given.
Credentials, region and AWS_ENDPOINT_URL are found as every AWS client finds them.
Exit code: 0 done, 1 something failed or was refused, 2 wrong usage. Runbooks: docs/runbooks/";

#[derive(Debug, Subcommand)]
enum Command {
    /// Puts an event on the bus, and says which rules take it.
    Publish(publish::PublishArguments),
    /// Looks at dead letters, gives their events to the bus again, or deletes them.
    Dlq {
        #[command(subcommand)]
        command: dlq::DlqCommand,
    },
    /// Plays events of the archive onto the bus again.
    Replay {
        #[command(subcommand)]
        command: replay::ReplayCommand,
    },
    /// Shows the rules of the bus, and switches them on and off.
    Rules {
        #[command(subcommand)]
        command: rules::RulesCommand,
    },
    /// Shows what is recorded of one workflow.
    Workflow {
        #[command(subcommand)]
        command: workflow::WorkflowCommand,
    },
}

/// The word that makes a change happen.
#[derive(Clone, Copy, Debug, Args)]
struct Confirmation {
    /// Do it; without this nothing is changed.
    #[arg(long)]
    yes: bool,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    let screen = Screen { as_json: cli.json };
    let (shown, code) = match carry_out(&cli, screen).await {
        Ok(outcome) => (
            screen.show(&outcome),
            if outcome.is_complete() { 0 } else { 1 },
        ),
        Err(problem) => (screen.complain(&problem), problem.exit_code()),
    };
    match shown {
        // A reader that went away early, as `head` does, is no mistake.
        Err(error) if error.kind() != ErrorKind::BrokenPipe => ExitCode::from(1),
        _ => ExitCode::from(code),
    }
}

async fn carry_out(cli: &Cli, screen: Screen) -> Result<Outcome, Problem> {
    let account = Account::open(cli.stage).await?;
    match &cli.command {
        Command::Publish(arguments) => publish::publish(&account, arguments).await,
        Command::Dlq { command } => dlq::dlq(&account, command, screen).await,
        Command::Replay { command } => replay::replay(&account, command).await,
        Command::Rules { command } => rules::rules(&account, command).await,
        Command::Workflow { command } => workflow::workflow(&account, command).await,
    }
}
