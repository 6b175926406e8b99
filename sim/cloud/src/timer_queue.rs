//! Timers of a simulation.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

/// A span as the clock adds it; one beyond its range is the longest that it has.
pub(crate) fn delta(duration: Duration) -> TimeDelta {
    TimeDelta::from_std(duration).unwrap_or(TimeDelta::MAX)
}

/// Tasks in the order of their time; those of one instant in the order in which they were put.
#[derive(Debug)]
pub struct TimerQueue<T> {
    entries: BTreeMap<(DateTime<Utc>, u64), Entry<T>>,
    sequence: u64,
}

#[derive(Debug)]
struct Entry<T> {
    task: T,
    is_recurring: bool,
}

impl<T> Default for TimerQueue<T> {
    fn default() -> Self {
        Self {
            entries: BTreeMap::new(),
            sequence: 0,
        }
    }
}

impl<T> TimerQueue<T> {
    /// Adds a task that runs once.
    pub fn put(&mut self, at: DateTime<Utc>, task: T) {
        self.insert(at, task, false);
    }

    /// Adds a task that adds itself again when it runs: nothing waits for it to be done.
    pub fn put_recurring(&mut self, at: DateTime<Utc>, task: T) {
        self.insert(at, task, true);
    }

    fn insert(&mut self, at: DateTime<Utc>, task: T, is_recurring: bool) {
        self.sequence += 1;
        self.entries
            .insert((at, self.sequence), Entry { task, is_recurring });
    }

    /// Takes the next task that is due by `now`, with the time it was due.
    pub fn take_due(&mut self, now: DateTime<Utc>) -> Option<(DateTime<Utc>, T)> {
        let (at, _) = *self.entries.keys().next().filter(|(at, _)| *at <= now)?;
        self.entries.pop_first().map(|(_, entry)| (at, entry.task))
    }

    /// All tasks.
    pub fn tasks(&self) -> impl Iterator<Item = &T> {
        self.entries.values().map(|entry| &entry.task)
    }

    /// When the next task is due.
    #[must_use]
    pub fn next_due(&self) -> Option<DateTime<Utc>> {
        self.entries.keys().next().map(|(at, _)| *at)
    }

    /// When the next task is due that runs once.
    #[must_use]
    pub fn next_pending(&self) -> Option<DateTime<Utc>> {
        self.entries
            .iter()
            .find(|(_, entry)| !entry.is_recurring)
            .map(|((at, _), _)| *at)
    }

    /// Drops the tasks for which `keep` says no.
    pub fn retain(&mut self, mut keep: impl FnMut(&T) -> bool) {
        self.entries.retain(|_, entry| keep(&entry.task));
    }
}
