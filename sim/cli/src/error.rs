//! Mistakes in the input. The program prints them and ends with code 2, or with 3 where a campaign
//! is not at its end.

use std::io;
use std::path::PathBuf;

use chrono::NaiveDate;

use crate::explore::CampaignError;
use crate::selection::SelectionError;
use alchemiser_binding::explore::{FollowError, SweptError, WildError};
use alchemiser_binding::run::RunError;
use alchemiser_binding::scenario::{LoadError, MomentError};
use alchemiser_binding::text_file::TextFileError;
use event_pattern::{EventError, PatternError, RowError};
use harness::explore::UnknownOperation;
use harness::server::ServerError;
use simulated_cloud::template::TemplateErrors;

/// Why a command cannot do what the command line says.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    #[error("standard output: {0}")]
    Output(io::Error),
    #[error("{}: {source}", path.display())]
    Read {
        path: PathBuf,
        source: TextFileError,
    },
    #[error("{}: {source}", path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error("{}:{}:{}: {source}", path.display(), source.line(), source.column())]
    Json {
        path: PathBuf,
        source: serde_json::Error,
    },
    /// The operating system gives no runtime, no socket or no signals.
    #[error(transparent)]
    System(io::Error),
    #[error(transparent)]
    Server(#[from] ServerError),
    #[error(transparent)]
    Load(#[from] LoadError),
    #[error(transparent)]
    Run(#[from] RunError),
    #[error("{scenario} is no place to search from: without any further fault: {check}: {problem}")]
    UnsoundBase {
        scenario: String,
        check: String,
        problem: String,
    },
    #[error(transparent)]
    Alphabet(#[from] UnknownOperation),
    #[error("{}: all that always holds does hold, and nothing ends in silence: there is nothing to make small", .0.display())]
    NothingFound(PathBuf),
    #[error("{} (seed {seed}): it holds, and nothing ends in silence: there is nothing to explain", path.display())]
    Holds { path: PathBuf, seed: u64 },
    #[error("{}: no comment says how many seeds showed it, as in `# 3 of 10 seeds show it`: say it with --before 3/10", .0.display())]
    NobodyKnows(PathBuf),
    #[error(transparent)]
    Campaign(#[from] CampaignError),
    #[error(transparent)]
    Wild(#[from] WildError),
    #[error(transparent)]
    Follow(#[from] FollowError),
    #[error(transparent)]
    Selection(#[from] SelectionError),
    #[error("{}:{line}: {source}", path.display())]
    Swept {
        path: PathBuf,
        line: usize,
        source: SweptError,
    },
    /// The same program as another process, and why it gives no traces.
    #[error("{circumstance}: this program, started once more: {problem}")]
    Circumstance {
        circumstance: &'static str,
        problem: String,
    },
    /// Scenarios that hold mistakes, each in its own words.
    #[error("{}", .0.join("\n"))]
    Scenarios(Vec<String>),
    #[error("no scenario holds {0:?} in its name or sentence")]
    NothingListed(String),
    #[error("--plot needs one scenario")]
    PlotOfMany,
    #[error("no log line of {correlation_id:?}; there are {}", known.join(", "))]
    NoLogLine {
        correlation_id: String,
        known: Vec<String>,
    },
    #[error("two backends are needed at least, as in --backends virtual,wire")]
    TooFewBackends,
    #[error(transparent)]
    Clock(#[from] MomentError),
    #[error("the function did not answer")]
    NoAnswer,
    #[error("either a file of cases, or --pattern and --event")]
    NoPattern,
    #[error("{}: there is no case in it", .0.display())]
    NoCases(PathBuf),
    #[error("{}:{line}:{source}", path.display())]
    Case {
        path: PathBuf,
        line: usize,
        source: RowError,
    },
    /// A pattern, and where it comes from: an option or a file.
    #[error("{place}: {source}")]
    Pattern { place: String, source: PatternError },
    /// An event, and where it comes from: an option or a file.
    #[error("{place}: {source}")]
    Event { place: String, source: EventError },
    #[error("the event matches not exactly one of {rules} rules: {event}")]
    NotOneRule { rules: usize, event: String },
    #[error("{}: the lines {begin:?} and {end:?} are not there", path.display())]
    NoSchemaLines {
        path: PathBuf,
        begin: &'static str,
        end: &'static str,
    },
    #[error(transparent)]
    Template(#[from] TemplateErrors),
    #[error("--function {name}: {program}: {source}")]
    Program {
        name: String,
        program: String,
        source: io::Error,
    },
    #[error("--function {name}: the template has no such function; it has {}", known.join(", "))]
    UnknownFunction { name: String, known: Vec<String> },
    #[error("--task-root {}: {source}", path.display())]
    TaskRoot { path: PathBuf, source: io::Error },
    /// A mistake in a strategy file, with its line and a mark.
    #[error("{0}")]
    Strategy(String),
    #[error(
        "{file}: there is no price of {date} for any symbol that it measures, so it would be refused"
    )]
    NoPrices { file: String, date: NaiveDate },
    #[error("--on {on}: there are prices from {first} to {last}")]
    NoCalendar {
        on: NaiveDate,
        first: i32,
        last: i32,
    },
}

impl CliError {
    /// The exit code of the program.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Campaign(error) if error.is_incomplete() => 3,
            _ => 2,
        }
    }
}

/// Why the value of an option is refused; clap names the option.
#[derive(Debug, thiserror::Error)]
pub enum ArgumentError {
    #[error("SYMBOL=DOLLARS is needed")]
    NotAPrice,
    #[error("invalid amount {amount:?}: {source}")]
    Amount {
        amount: String,
        source: rust_decimal::Error,
    },
    #[error("the price of {0} must be above zero")]
    PriceTooLow(String),
    #[error("basic or algo_trader_plus is needed")]
    NotADataPlan,
    #[error("NAME=VALUE is needed")]
    NotAPair,
    #[error("NAME, NAME=VALUE or NAME=@FILE is needed")]
    NotAVariable,
    #[error("{name} in this environment: {source}; set it, or say {name}=VALUE or {name}=@FILE")]
    NotSet {
        name: String,
        source: std::env::VarError,
    },
    #[error("{path}: {source}; @@ begins a value with @")]
    File { path: String, source: io::Error },
    #[error("the value of {0} has a NUL, which no environment variable can have")]
    Nul(String),
    #[error("a range of seeds is written FIRST..LAST, both included, as in 1..50")]
    NotARange,
    #[error("a share is written SHOWN/OF, as in 3/10: at least one, and no more than all")]
    NotAShare,
}
