use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::ItemResult;
use crate::chain::sha256;

/// What some items showed, summed up.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Tally {
    /// How many items.
    pub items: u64,
    /// How many runs they took.
    pub runs: u64,
    /// How many ended in which way.
    pub outcomes: BTreeMap<String, u64>,
    /// How many showed each finding.
    pub findings: BTreeMap<String, u64>,
    /// How often each landmark was passed; 0 where nobody came by.
    pub landmarks: BTreeMap<String, u64>,
    /// How often each invariant had something to judge; 0 where it never had.
    pub premises: BTreeMap<String, u64>,
    /// A hash over the names and journals of all items, in their order.
    pub histories: String,
}

impl Tally {
    /// Counts one more item.
    pub fn count(&mut self, result: &ItemResult) {
        let found = result.found.iter().map(|found| found.signature.clone());
        let line = format!("{}\n{}\n{}", self.histories, result.item, result.journal);
        self.add(&Self {
            items: 1,
            runs: result.runs,
            outcomes: BTreeMap::from([(result.outcome.clone(), 1)]),
            findings: found.map(|signature| (signature, 1)).collect(),
            landmarks: result.landmarks.clone(),
            premises: result.premises.clone(),
            histories: String::new(),
        });
        self.histories = sha256(line.as_bytes());
    }

    /// The sum of tallies in this order.
    pub fn sum<'a>(tallies: impl Iterator<Item = &'a Self>) -> Self {
        let mut sum = Self::default();
        for tally in tallies {
            sum.add(tally);
            sum.histories = sha256(format!("{}\n{}", sum.histories, tally.histories).as_bytes());
        }
        sum
    }

    /// Adds all counts.
    fn add(&mut self, other: &Self) {
        self.items += other.items;
        self.runs += other.runs;
        for (ours, theirs) in [
            (&mut self.outcomes, &other.outcomes),
            (&mut self.findings, &other.findings),
            (&mut self.landmarks, &other.landmarks),
            (&mut self.premises, &other.premises),
        ] {
            for (name, times) in theirs {
                *ours.entry(name.clone()).or_default() += times;
            }
        }
    }
}
