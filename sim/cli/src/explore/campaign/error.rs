use std::path::PathBuf;
use std::process::ExitStatus;

use harness::campaign::PartError;

use super::index::VARIABLES;

/// Why a campaign does not go on.
#[derive(Debug, thiserror::Error)]
pub enum CampaignError {
    #[error("{}: there is no campaign; `sim explore campaign plan` begins one", .0.display())]
    None(PathBuf),
    #[error("{}: a campaign begins in an empty folder", .0.display())]
    NotEmpty(PathBuf),
    #[error(
        "a campaign needs a part at least, and a world a round: --parts and --worlds-a-round begin at 1"
    )]
    TooSmall,
    #[error("--{option}: this campaign began with {began}; another one needs another folder")]
    OtherTerms { option: &'static str, began: String },
    #[error(
        "this is not what the campaign began with: {what} has SHA-256 {ours}, and the campaign {theirs}"
    )]
    Other {
        what: String,
        ours: String,
        theirs: String,
    },
    #[error("no round {0} is planned")]
    NoRound(u64),
    #[error("there is no part {index}; round {round} has {parts}, from 0 on")]
    NoPart { round: u64, index: u64, parts: u64 },
    #[error("which part? --index says so, or one of {}", VARIABLES.join(", "))]
    NoIndex,
    #[error("which part? {}; --index decides", .0.join(", "))]
    ManyIndexes(Vec<String>),
    #[error("{variable}={value:?}: a number is needed")]
    Index {
        variable: &'static str,
        value: String,
    },
    #[error("{}: {source}", path.display())]
    Part { path: PathBuf, source: PartError },
    #[error("{}: it is a part of another campaign or another round", .0.display())]
    Stray(PathBuf),
    #[error("{}: {round} was planned after another state", path.display(), round = format!("round {round}"))]
    OtherState { path: PathBuf, round: u64 },
    #[error("a part cannot be done here: see above")]
    Refused,
    #[error("part {index} of round {round}: its process ended with {status}, {tries} times")]
    Given {
        round: u64,
        index: u64,
        status: ExitStatus,
        tries: u32,
    },
    #[error("round {round} is incomplete: {missing} of {parts} parts are missing")]
    Incomplete {
        round: u64,
        missing: u64,
        parts: u64,
    },
    #[error("{}: {problem}; a line is `NAME: REASON`", path.display())]
    Allow { path: PathBuf, problem: String },
}

impl CampaignError {
    /// Whether it is no mistake: somebody has to go on.
    pub fn is_incomplete(&self) -> bool {
        matches!(self, Self::Incomplete { .. } | Self::Given { .. })
    }
}
