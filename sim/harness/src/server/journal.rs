use std::collections::VecDeque;

use chrono::{DateTime, Utc};

use crate::journal::{Entry, JournalEvent};

/// Entries that are kept: a server may run for weeks.
const ENTRIES_MAX: usize = 100_000;
/// Bytes that they may take, as far as that is told without writing them: an entry may hold an event
/// of a megabyte.
const BYTES_MAX: usize = 256 * 1024 * 1024;
/// Bytes that are given at once, unless a single entry is longer.
const PIECE_BYTES: usize = 256 * 1024;

/// The latest history, one line of JSON an entry. Lines are written when somebody reads them: most
/// servers are never asked.
#[derive(Debug, Default)]
pub(super) struct WireJournal {
    /// With what each takes, in bytes.
    entries: VecDeque<(Entry, usize)>,
    /// Of all entries.
    bytes: usize,
    /// Entries ever written.
    written: u64,
}

impl WireJournal {
    pub fn push(&mut self, at: DateTime<Utc>, fact: JournalEvent) {
        self.written += 1;
        let bytes = match &fact {
            JournalEvent::Cloud { record } => record.held_bytes(),
            JournalEvent::Action { what } => what.len(),
            _ => 0,
        };
        let entry = Entry::new(at, self.written, None, fact);
        self.bytes += bytes;
        self.entries.push_back((entry, bytes));
        while self.entries.len() > ENTRIES_MAX || self.bytes > BYTES_MAX {
            self.bytes -= self.entries.pop_front().map_or(0, |(_, bytes)| bytes);
        }
    }

    /// How many entries were ever written.
    pub fn written(&self) -> u64 {
        self.written
    }

    /// The next lines after the `seen` first ones, as many as fit into a piece, and how many were
    /// seen with them.
    pub fn after(&self, seen: u64) -> (String, u64) {
        let dropped = self.written - self.entries.len() as u64;
        let mut seen = seen.max(dropped);
        let mut piece = String::new();
        let skip = usize::try_from(seen - dropped).unwrap_or(usize::MAX);
        for (entry, _) in self.entries.iter().skip(skip) {
            let line = serde_json::to_string(entry).expect("an entry has string keys only");
            if !piece.is_empty() && piece.len() + line.len() >= PIECE_BYTES {
                break;
            }
            piece.push_str(&line);
            piece.push('\n');
            seen += 1;
        }
        (piece, seen)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn journal(entries: usize, length: usize) -> WireJournal {
        let mut journal = WireJournal::default();
        for _ in 0..entries {
            journal.push(
                DateTime::UNIX_EPOCH,
                JournalEvent::Action {
                    what: "a".repeat(length),
                },
            );
        }
        journal
    }

    #[test]
    fn the_latest_entries_are_kept_as_far_as_their_bytes_allow() {
        let journal = journal(300, 1024 * 1024);
        assert!(
            journal.bytes <= BYTES_MAX && journal.bytes > BYTES_MAX - 2 * 1024 * 1024,
            "{}",
            journal.bytes
        );
        assert_eq!(
            journal.bytes,
            journal
                .entries
                .iter()
                .map(|(_, bytes)| bytes)
                .sum::<usize>()
        );
        let (first, _) = journal.after(0);
        assert!(first.contains(&format!(
            "\"sequence\":{}",
            300 - journal.entries.len() as u64 + 1
        )));
    }

    #[test]
    fn pieces_give_every_line_once() {
        let journal = journal(1_000, 1_000);
        let (mut seen, mut lines, mut pieces) = (0, 0, 0);
        loop {
            let (piece, now) = journal.after(seen);
            if piece.is_empty() {
                break;
            }
            assert!(piece.len() <= PIECE_BYTES);
            assert_eq!(piece.lines().count() as u64, now - seen);
            lines += piece.lines().count();
            pieces += 1;
            seen = now;
        }
        assert_eq!((lines, seen), (1_000, 1_000));
        assert!(pieces > 2);
    }
}
