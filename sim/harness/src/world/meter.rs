use std::fmt;

use chrono::{DateTime, SecondsFormat, Utc};

/// How much may happen in a run. One in which more happens is taken for one that never ends, and is
/// ended. Nothing of it hangs on how fast the machine is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bound {
    /// Entries of the journal.
    pub entries: u64,
    /// Turns: looks at what is due, and steps of a function's code from one wait to the next. They
    /// count where nothing is noted in the journal.
    pub turns: u64,
}

impl Default for Bound {
    /// Six times what a year of trading days takes, and more.
    fn default() -> Self {
        Self {
            entries: 200_000,
            turns: 5_000_000,
        }
    }
}

/// A run that went beyond its bound, and was ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Runaway {
    /// When that was.
    pub at: DateTime<Utc>,
    /// How many entries its journal had.
    pub entries: u64,
    /// How many turns it had taken.
    pub turns: u64,
}

impl fmt::Display for Runaway {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = self.at.to_rfc3339_opts(SecondsFormat::Secs, true);
        write!(
            formatter,
            "the run does not end: by {at} it had {} journal entries and had taken {} turns, and something was still \
             under way",
            self.entries, self.turns
        )
    }
}

/// Counts what happens in a run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Meter {
    bound: Bound,
    turns: u64,
    runaway: Option<Runaway>,
}

impl Meter {
    pub fn of(bound: Bound) -> Self {
        Self {
            bound,
            turns: 0,
            runaway: None,
        }
    }

    /// One more turn. False where the run is over because it does not end.
    pub fn turn(&mut self, now: DateTime<Utc>, entries: u64) -> bool {
        self.turns += 1;
        let is_beyond = entries > self.bound.entries || self.turns > self.bound.turns;
        if is_beyond && self.runaway.is_none() {
            self.runaway = Some(Runaway {
                at: now,
                entries,
                turns: self.turns,
            });
        }
        self.runaway.is_none()
    }

    pub fn runaway(&self) -> Option<Runaway> {
        self.runaway
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_has_so_many_entries_and_turns() {
        let now: DateTime<Utc> = "2012-03-14T13:30:00Z".parse().expect("an instant");
        let bound = Bound {
            entries: 10,
            turns: 100,
        };
        let mut meter = Meter::of(bound);
        assert!((0..100).all(|_| meter.turn(now, 10)));
        assert!(!meter.turn(now, 10), "nothing is noted, and it goes on");
        assert_eq!(meter.runaway().map(|runaway| runaway.turns), Some(101));
        let mut meter = Meter::of(bound);
        assert!(!meter.turn(now, 11));
        assert!(!meter.turn(now, 0), "once is enough");
        assert_eq!(meter.runaway().map(|runaway| runaway.entries), Some(11));
    }
}
