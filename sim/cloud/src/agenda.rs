//! What is to happen, and when.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

/// Things to do in the order of their time; those of one instant in the order in which they were
/// put down.
#[derive(Debug)]
pub struct Agenda<T> {
    entries: BTreeMap<(DateTime<Utc>, u64), Entry<T>>,
    sequence: u64,
}

#[derive(Debug)]
struct Entry<T> {
    task: T,
    is_recurring: bool,
}

impl<T> Default for Agenda<T> {
    fn default() -> Self {
        Self {
            entries: BTreeMap::new(),
            sequence: 0,
        }
    }
}

impl<T> Agenda<T> {
    /// Puts down something to do once.
    pub fn put(&mut self, at: DateTime<Utc>, task: T) {
        self.insert(at, task, false);
    }

    /// Puts down something that will put itself down again: it keeps nobody waiting.
    pub fn put_recurring(&mut self, at: DateTime<Utc>, task: T) {
        self.insert(at, task, true);
    }

    fn insert(&mut self, at: DateTime<Utc>, task: T, is_recurring: bool) {
        self.sequence += 1;
        self.entries
            .insert((at, self.sequence), Entry { task, is_recurring });
    }

    /// Takes the next thing that is due by `now`, with the time it was due.
    pub fn take_due(&mut self, now: DateTime<Utc>) -> Option<(DateTime<Utc>, T)> {
        let (at, _) = *self.entries.keys().next().filter(|(at, _)| *at <= now)?;
        self.entries.pop_first().map(|(_, entry)| (at, entry.task))
    }

    /// All that is to be done.
    pub fn tasks(&self) -> impl Iterator<Item = &T> {
        self.entries.values().map(|entry| &entry.task)
    }

    /// When the next thing is due.
    #[must_use]
    pub fn next_due(&self) -> Option<DateTime<Utc>> {
        self.entries.keys().next().map(|(at, _)| *at)
    }

    /// When the next thing is due that does not come back by itself.
    #[must_use]
    pub fn next_pending(&self) -> Option<DateTime<Utc>> {
        self.entries
            .iter()
            .find(|(_, entry)| !entry.is_recurring)
            .map(|((at, _), _)| *at)
    }

    /// Drops what `keep` does not want.
    pub fn retain(&mut self, mut keep: impl FnMut(&T) -> bool) {
        self.entries.retain(|_, entry| keep(&entry.task));
    }
}
