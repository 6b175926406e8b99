use std::cell::Cell;

use chrono::{DateTime, TimeDelta, Utc};

/// The machine's clock, and how far clients let it jump.
#[derive(Debug, Default)]
pub(super) struct OffsetClock {
    offset: Cell<TimeDelta>,
}

impl OffsetClock {
    pub fn now(&self) -> DateTime<Utc> {
        #[expect(
            clippy::disallowed_methods,
            reason = "clients of a socket live in real time"
        )]
        let wall = Utc::now();
        wall + self.offset.get()
    }

    pub fn offset(&self) -> TimeDelta {
        self.offset.get()
    }

    /// Jumps to `to`, unless that is past.
    pub fn jump_to(&self, to: DateTime<Utc>) {
        let ahead = to - self.now();
        if ahead > TimeDelta::zero() {
            self.offset.set(self.offset.get() + ahead);
        }
    }

    /// Goes back to the machine's time.
    pub fn reset(&self) {
        self.offset.set(TimeDelta::zero());
    }
}
