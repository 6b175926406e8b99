use std::collections::VecDeque;

use chrono::{DateTime, Utc};

use crate::journal::{Entry, Fact};

/// Entries that are kept: a server may run for weeks.
const ENTRIES_MAX: usize = 100_000;

/// The latest history, one line of JSON an entry.
#[derive(Debug, Default)]
pub(super) struct WireJournal {
    lines: VecDeque<String>,
    /// Entries ever written.
    written: u64,
}

impl WireJournal {
    pub fn push(&mut self, at: DateTime<Utc>, fact: Fact) {
        self.written += 1;
        let entry = Entry::new(at, self.written, None, fact);
        if self.lines.len() == ENTRIES_MAX {
            self.lines.pop_front();
        }
        self.lines.push_back(serde_json::to_string(&entry).expect("an entry has string keys only") + "\n");
    }

    /// The lines after the `seen` first ones, and how many there are now.
    pub fn after(&self, seen: u64) -> (String, u64) {
        let dropped = self.written - self.lines.len() as u64;
        let skip = usize::try_from(seen.saturating_sub(dropped)).unwrap_or(usize::MAX);
        (self.lines.iter().skip(skip).map(String::as_str).collect(), self.written)
    }
}
