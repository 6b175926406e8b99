use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What became of one item of a campaign.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemResult {
    /// Which.
    pub item: String,
    /// How it ended, in a word.
    pub outcome: String,
    /// How many runs it took.
    pub runs: u64,
    /// The hash of the journal of its last run; empty where there is none.
    pub journal: String,
    /// What it found.
    pub found: Option<Found>,
    /// How often each landmark was passed.
    pub landmarks: BTreeMap<String, u64>,
    /// How often each invariant had something to judge.
    pub premises: BTreeMap<String, u64>,
}

/// A finding, and how to see it again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// What it is about, without what differs from run to run.
    pub signature: String,
    /// The scenario that shows it.
    pub plan: String,
}
