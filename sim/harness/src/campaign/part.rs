use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::merged::keep_smaller;
use super::{ItemResult, Tally};
use crate::chain::sha256;

/// What one process made of its items, and the file that holds it: a head, a line an item, the sum,
/// and a hash of all that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Of which round.
    pub round: u64,
    /// Which part of it.
    pub index: u64,
    /// SHA-256 of the plan of the round.
    pub plan: String,
    /// The sum of its items.
    pub tally: Tally,
    /// The smallest scenario that shows each finding.
    pub plans: BTreeMap<String, String>,
    /// A line an item, for people.
    lines: Vec<String>,
}

/// Why a text is no part that is whole.
#[derive(Debug, thiserror::Error)]
pub enum PartError {
    /// Its end is missing, or something in it was changed.
    #[error("it is torn: its last line is not the hash of the lines before")]
    Torn,
    /// It was written by another program.
    #[error("it is no part of a campaign: {0}")]
    Foreign(#[from] serde_json::Error),
}

#[derive(Serialize, Deserialize)]
struct Head {
    round: u64,
    part: u64,
    plan: String,
}

#[derive(Serialize, Deserialize)]
struct Sum {
    tally: Tally,
    findings: BTreeMap<String, String>,
}

#[derive(Serialize, Deserialize)]
struct Seal {
    sha256: String,
}

impl Part {
    /// A part of which nothing is done yet.
    #[must_use]
    pub fn new(round: u64, index: u64, plan: &str) -> Self {
        Self {
            round,
            index,
            plan: plan.to_owned(),
            tally: Tally::default(),
            plans: BTreeMap::new(),
            lines: Vec::new(),
        }
    }

    /// Takes the result of the next item.
    pub fn take(&mut self, result: &ItemResult) {
        self.tally.count(result);
        if let Some(found) = &result.found {
            let (signature, plan) = (found.signature.clone(), found.plan.clone());
            keep_smaller(&mut self.plans, signature, plan);
        }
        let line = json!({
            "item": result.item,
            "outcome": result.outcome,
            "finding": result.found.as_ref().map(|found| &found.signature),
            "runs": result.runs,
            "journal_hash": result.journal,
        });
        self.lines.push(line.to_string());
    }

    /// The text of its file.
    #[must_use]
    pub fn write(&self) -> String {
        let head = Head {
            round: self.round,
            part: self.index,
            plan: self.plan.clone(),
        };
        let sum = Sum {
            tally: self.tally.clone(),
            findings: self.plans.clone(),
        };
        let mut text = format!("{}\n", json!(head));
        for line in &self.lines {
            text.push_str(&format!("{line}\n"));
        }
        text.push_str(&format!("{}\n", json!(sum)));
        let seal = Seal {
            sha256: sha256(text.as_bytes()),
        };
        text.push_str(&format!("{}\n", json!(seal)));
        text
    }

    /// Reads the text of a file.
    ///
    /// # Errors
    /// It is not whole.
    pub fn read(text: &str) -> Result<Self, PartError> {
        let whole = text.strip_suffix('\n').ok_or(PartError::Torn)?;
        let (before, last) = whole.rsplit_once('\n').ok_or(PartError::Torn)?;
        let seal: Seal = serde_json::from_str(last).map_err(|_| PartError::Torn)?;
        if seal.sha256 != sha256(format!("{before}\n").as_bytes()) {
            return Err(PartError::Torn);
        }
        let mut lines = before.lines();
        let head: Head = serde_json::from_str(lines.next().unwrap_or_default())?;
        let sum: Sum = serde_json::from_str(lines.next_back().unwrap_or_default())?;
        Ok(Self {
            round: head.round,
            index: head.part,
            plan: head.plan,
            tally: sum.tally,
            plans: sum.findings,
            lines: lines.map(str::to_owned).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::campaign::Found;

    fn part() -> Part {
        let mut part = Part::new(3, 7, "0123");
        for number in 0..3 {
            part.take(&ItemResult {
                item: format!("world {number}"),
                outcome: "told".to_owned(),
                runs: number,
                found: (number > 0).then(|| Found {
                    signature: "silent: it ends".to_owned(),
                    plan: "about: x\n".repeat(3),
                }),
                landmarks: BTreeMap::from([("a lease is taken over".to_owned(), number)]),
                ..ItemResult::default()
            });
        }
        part
    }

    #[test]
    fn what_is_written_is_read_as_it_was() {
        for part in [part(), Part::new(0, 0, "")] {
            assert_eq!(Part::read(&part.write()).expect("it is whole"), part);
        }
    }

    #[test]
    fn a_part_that_is_torn_or_changed_is_refused() {
        let text = part().write();
        for end in 0..text.len() {
            let torn = Part::read(&text[..end]);
            assert!(matches!(torn, Err(PartError::Torn)), "{end}");
        }
        let changed = text.replace("told", "bold");
        assert!(matches!(Part::read(&changed), Err(PartError::Torn)));
        let foreign = format!("{{}}\n{{\"sha256\":\"{}\"}}\n", sha256(b"{}\n"));
        assert!(matches!(Part::read(&foreign), Err(PartError::Foreign(_))));
    }
}
