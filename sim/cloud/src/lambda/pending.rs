use chrono::{DateTime, Utc};

use super::Batch;
use seeded_dice::Key;

/// One asynchronous event on its way through the function's queue.
#[derive(Clone, Debug)]
pub(super) struct Pending {
    pub(super) function_arn: String,
    pub(super) request_id: String,
    pub(super) payload: String,
    pub(super) accepted: DateTime<Utc>,
    pub(super) cause: Key,
    /// Tries so far; throttles do not count.
    pub(super) attempts: u32,
    pub(super) throttles: u32,
    /// The batch, where Lambda polls a queue for the function instead of being given an event.
    pub(super) batch: Option<Batch>,
}
