//! So many requests a minute (specification 7.8).

use std::collections::VecDeque;

use chrono::{DateTime, TimeDelta, Utc};

/// A sliding window of one minute.
#[derive(Debug)]
pub(super) struct RateLimit {
    most: usize,
    taken: VecDeque<DateTime<Utc>>,
}

impl RateLimit {
    pub(super) fn new(most: u32) -> Self {
        Self { most: most as usize, taken: VecDeque::new() }
    }

    /// Counts one request at `now` and says whether it passes. A refused request does not count.
    pub(super) fn take(&mut self, now: DateTime<Utc>) -> bool {
        let minute_ago = now - TimeDelta::seconds(60);
        while self.taken.front().is_some_and(|at| *at <= minute_ago) {
            self.taken.pop_front();
        }
        if self.taken.len() >= self.most {
            return false;
        }
        self.taken.push_back(now);
        true
    }

    /// The most requests a minute.
    pub(super) fn most(&self) -> usize {
        self.most
    }

    /// How many more requests would pass now.
    pub(super) fn remaining(&self) -> usize {
        self.most - self.taken.len()
    }

    /// When the oldest counted request leaves the window.
    pub(super) fn resets_at(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        self.taken.front().copied().unwrap_or(now) + TimeDelta::seconds(60)
    }
}
