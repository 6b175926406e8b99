//! So many requests a minute (rules.md 7.8). The count begins with a minute's first request
//! and starts anew when that minute is over: "how many calls you can make until the account's rate
//! counter is reset" (forum.alpaca.markets, "Executing Orders").

use chrono::{DateTime, TimeDelta, Timelike, Utc};

/// The requests of the minute that is under way.
#[derive(Debug)]
pub(super) struct RateLimit {
    most: u32,
    taken: u32,
    /// When the count starts anew: `None` before the first request.
    resets: Option<DateTime<Utc>>,
}

impl RateLimit {
    pub(super) fn new(most: u32) -> Self {
        Self {
            most,
            taken: 0,
            resets: None,
        }
    }

    /// Counts one request at `now` and says whether it passes. A refused request does not count.
    pub(super) fn take(&mut self, now: DateTime<Utc>) -> bool {
        self.take_up_to(now, 1) == 1
    }

    /// Counts as many of `wanted` requests at `now` as pass, and says how many those are.
    pub(super) fn take_up_to(&mut self, now: DateTime<Utc>, wanted: u32) -> u32 {
        if self.resets.is_none_or(|resets| resets <= now) {
            self.taken = 0;
            self.resets = Some(now + TimeDelta::seconds(60));
        }
        let passed = wanted.min(self.remaining());
        self.taken += passed;
        passed
    }

    /// The most requests a minute.
    pub(super) fn most(&self) -> u32 {
        self.most
    }

    /// How many more requests would pass now.
    pub(super) fn remaining(&self) -> u32 {
        self.most - self.taken
    }

    /// When the count starts anew, in whole seconds: who comes then is not too early.
    pub(super) fn resets_at(&self, now: DateTime<Utc>) -> i64 {
        let resets = self.resets.unwrap_or(now + TimeDelta::seconds(60));
        resets.timestamp() + i64::from(resets.nanosecond() > 0)
    }
}
