use chrono::{DateTime, TimeDelta, Utc};
use tokio::time::Instant;

use alchemiser::clock::Clock;

/// Virtual time: an instant of the past, and what the paused runtime has let pass since.
#[derive(Clone, Copy, Debug)]
pub struct WorldClock {
    epoch: DateTime<Utc>,
    started: Instant,
}

impl WorldClock {
    /// A clock that shows `epoch` now.
    #[must_use]
    pub fn starting_at(epoch: DateTime<Utc>) -> Self {
        Self { epoch, started: Instant::now() }
    }
}

impl Clock for WorldClock {
    fn now(&self) -> DateTime<Utc> {
        self.epoch + TimeDelta::from_std(self.started.elapsed()).unwrap_or(TimeDelta::MAX)
    }
}
