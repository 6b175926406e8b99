//! What happens to orders without a request, in time order.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

/// What a timer does to an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
    /// It reaches the market.
    Acknowledge,
    /// It meets the quote, if the quote is good enough.
    Match,
    /// It fills in full: at the opposite quote, or at its limit where the quote is worse.
    Fill,
    /// Its scripted part fills, likewise.
    FillPart,
    /// The market refuses it.
    Reject,
    /// Its cancellation is done.
    Cancel,
    /// Its scripted state ends.
    ShowNoMore,
    /// Nothing more of it is executed in this session.
    EndDay,
    /// Another session begins for an order that was done for the day.
    NextDay,
    /// Its session ends.
    Expire,
}

/// Timers by time; those of one instant in the order in which they were set.
#[derive(Debug, Default)]
pub(super) struct TimerQueue {
    entries: BTreeMap<(DateTime<Utc>, u64), (usize, Due)>,
    /// Timers of orders whose symbols do not trade now; they are set again when trading resumes.
    parked: Vec<(usize, Due)>,
    put: u64,
}

impl TimerQueue {
    pub(super) fn put(&mut self, at: DateTime<Utc>, order: usize, due: Due) {
        self.put += 1;
        self.entries.insert((at, self.put), (order, due));
    }

    /// When the next timer runs.
    pub(super) fn next(&self) -> Option<DateTime<Utc>> {
        self.entries.first_key_value().map(|((at, _), _)| *at)
    }

    /// Takes the next timer that is due by `now`.
    pub(super) fn take(&mut self, now: DateTime<Utc>) -> Option<(DateTime<Utc>, usize, Due)> {
        let entry = self
            .entries
            .first_entry()
            .filter(|entry| entry.key().0 <= now)?;
        let at = entry.key().0;
        let (order, due) = entry.remove();
        Some((at, order, due))
    }

    /// Forgets what was to become of `order` at the market: it is to happen now. It still ends with
    /// its session.
    pub(super) fn bring_forward(&mut self, order: usize) {
        self.entries
            .retain(|_, (of, due)| *of != order || *due == Due::Expire);
    }

    /// Keeps what cannot happen to `order` until its symbol trades again.
    pub(super) fn park(&mut self, order: usize, due: Due) {
        self.parked.push((order, due));
    }

    /// Lets happen at `at` what was kept for those orders.
    pub(super) fn resume(&mut self, at: DateTime<Utc>, is_meant: impl Fn(usize) -> bool) {
        for (order, due) in std::mem::take(&mut self.parked) {
            if is_meant(order) {
                self.put(at, order, due);
            } else {
                self.parked.push((order, due));
            }
        }
    }

    /// Forgets all about `order`.
    pub(super) fn forget(&mut self, order: usize) {
        self.parked.retain(|(of, _)| *of != order);
        self.entries.retain(|_, (of, _)| *of != order);
    }
}
