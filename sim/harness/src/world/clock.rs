use chrono::{DateTime, TimeDelta, Utc};
use tokio::time::Instant;

use crate::ports::Clock;

use super::transport::RealTime;

/// Virtual time: an instant of the past, and what the paused runtime has let pass since, but for
/// the waits on sockets. So an answer comes at the same instant however slow the machine behind the
/// socket is.
#[derive(Clone, Debug)]
pub(super) struct WorldClock {
    epoch: DateTime<Utc>,
    started: Instant,
    real: RealTime,
}

impl WorldClock {
    /// A clock that shows `epoch` now, and stands still while `real` time passes.
    pub fn starting_at(epoch: DateTime<Utc>, real: RealTime) -> Self {
        Self {
            epoch,
            started: Instant::now(),
            real,
        }
    }
}

impl Clock for WorldClock {
    fn now(&self) -> DateTime<Utc> {
        self.epoch
            + TimeDelta::from_std(self.real.virtual_since(self.started)).unwrap_or(TimeDelta::MAX)
    }
}

/// The clock of an execution environment, which is off by so much for as long as that lives.
#[derive(Clone, Debug)]
pub(super) struct EnvironmentClock {
    pub world: WorldClock,
    /// How much later than the world's it shows.
    pub ahead: TimeDelta,
}

impl Clock for EnvironmentClock {
    fn now(&self) -> DateTime<Utc> {
        self.world.now() + self.ahead
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn waits_for_sockets_take_no_time_of_the_world() {
        let real = RealTime::default();
        let clock = WorldClock::starting_at(DateTime::UNIX_EPOCH, real.clone());
        let before = Instant::now();
        let (one, other) = (real.wait(), real.wait());
        tokio::time::sleep(Duration::from_millis(5)).await;
        drop(one);
        assert_eq!(clock.now(), DateTime::UNIX_EPOCH, "one still waits");
        drop(other);
        assert!(
            before.elapsed() >= Duration::from_millis(5),
            "the runtime's time went on"
        );
        assert_eq!(clock.now(), DateTime::UNIX_EPOCH);
        tokio::time::sleep(Duration::from_hours(1)).await;
        let late = clock.now() - (DateTime::UNIX_EPOCH + TimeDelta::hours(1));
        assert!(
            TimeDelta::zero() <= late && late <= TimeDelta::milliseconds(1),
            "timers go by the millisecond"
        );
    }
}
