//! The way a price takes within one session.

use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;

use super::bar::Bar;
use crate::exchange::calendar::Session;

/// The middle price through one session, fixed by the day's open, high, low and close: straight
/// lines from the open to the first extreme, to the second, to the close, each a third of the
/// session. A day that rose visits its low first.
#[derive(Clone, Debug)]
pub struct Path {
    knots: [(DateTime<Utc>, Decimal); 4],
}

impl Path {
    /// The path of `bar` through `session`.
    pub fn new(bar: &Bar, session: Session) -> Self {
        let third = TimeDelta::seconds((session.close - session.open).num_seconds() / 3);
        let (first, second) = if bar.close >= bar.open {
            (bar.low, bar.high)
        } else {
            (bar.high, bar.low)
        };
        Self {
            knots: [
                (session.open, bar.open),
                (session.open + third, first),
                (session.open + third * 2, second),
                (session.close, bar.close),
            ],
        }
    }

    /// The middle price at `at`, unrounded; before the open it is the open, after the close the
    /// close.
    pub fn at(&self, at: DateTime<Utc>) -> Decimal {
        for pair in self.knots.windows(2) {
            let ((from, start), (to, end)) = (pair[0], pair[1]);
            if at <= from {
                return start;
            }
            if at < to {
                let (gone, whole) = ((at - from).num_seconds(), (to - from).num_seconds());
                return start + (end - start) * Decimal::from(gone) / Decimal::from(whole);
            }
        }
        self.knots[3].1
    }

    /// The instants at which the path may turn.
    pub fn turns(&self) -> impl Iterator<Item = DateTime<Utc>> {
        self.knots.iter().map(|(at, _)| *at)
    }
}
