//! How often and when a rule or a schedule tries its target again.

use chrono::TimeDelta;
use seeded_dice::{Dice, Key};

use crate::knobs::Knobs;
use crate::stack::RetryPolicy;

/// The wait after an attempt. Exponential, with half of it jitter, below the cap: the shape is not
/// published by AWS.
pub(crate) fn backoff(knobs: &Knobs, dice: Dice, attempt: u32, cause: Key) -> TimeDelta {
    let base = u64::try_from(knobs.retry_backoff_base.as_millis()).unwrap_or(u64::MAX);
    let cap = u64::try_from(knobs.retry_backoff_cap.as_millis()).unwrap_or(u64::MAX);
    let full = base
        .saturating_mul(2_u64.saturating_pow(attempt.saturating_sub(1)))
        .min(cap);
    let jitter = dice.between(
        cause.text("backoff").number(u64::from(attempt)),
        0,
        full / 2,
    );
    TimeDelta::milliseconds(i64::try_from(full / 2 + jitter).unwrap_or(i64::MAX))
}

/// Which bound of the retry policy the next attempt would break, if any.
pub(crate) fn exhausted(policy: RetryPolicy, attempt: u32, age: TimeDelta) -> Option<&'static str> {
    if attempt > policy.maximum_retry_attempts {
        return Some("MaximumRetryAttempts");
    }
    (age > TimeDelta::seconds(i64::from(policy.maximum_event_age_seconds)))
        .then_some("MaximumEventAgeInSeconds")
}
