//! The clock port.

use std::fmt::Debug;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

/// Tells the time. Sleeping is tokio's business, so a paused runtime with its own clock is a whole
/// virtual world.
pub trait Clock: Send + Sync + Debug {
    /// The present instant.
    fn now(&self) -> DateTime<Utc>;
}

/// How far apart two clocks may be: ours and the broker's, or those of two execution environments.
/// What another clock has stamped so shortly before an instant of ours may have come after it.
pub const CLOCKS_APART: TimeDelta = TimeDelta::seconds(5);

/// A clock that can be handed around.
pub type SharedClock = Arc<dyn Clock>;

/// The machine's own clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place where production reads the wall clock"
    )]
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }
}
