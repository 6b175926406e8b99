//! What AWS leaves open, as settings of a run. Whatever is random is drawn from the run's seed.

use std::time::Duration;

use seeded_dice::{Dice, Key};

/// A span to draw from, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The least, in milliseconds.
    pub from_ms: u64,
    /// The most, in milliseconds.
    pub to_ms: u64,
}

impl Span {
    /// A span of milliseconds.
    #[must_use]
    pub const fn millis(from_ms: u64, to_ms: u64) -> Self {
        Self { from_ms, to_ms }
    }

    /// Draws from the span, for what `key` says.
    #[must_use]
    pub fn draw(self, dice: Dice, key: Key) -> Duration {
        Duration::from_millis(dice.between(key, self.from_ms, self.to_ms))
    }
}

/// The settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Knobs {
    /// From PutEvents to the first delivery attempt.
    pub delivery_latency: Span,
    /// From an accepted asynchronous invocation to its start.
    pub invocation_latency: Span,
    /// The wait before a rule's first retry; it doubles. Not published by AWS.
    pub retry_backoff_base: Duration,
    /// The longest wait between a rule's retries. 185 attempts in 24 hours imply some minutes.
    pub retry_backoff_cap: Duration,
    /// How many of a thousand deliveries come twice.
    pub duplicates_per_mille: u32,
    /// How many of a thousand deliveries are held back, so that later events overtake them.
    pub reordered_per_mille: u32,
    /// How long a delivery is held back.
    pub reorder_window: Span,
    /// How many of a thousand deliveries are over the account's quota of invocations: late, never
    /// lost.
    pub throttled_per_mille: u32,
    /// How much later a delivery over the quota comes.
    pub throttle_delay: Duration,
    /// How many of a thousand accepted asynchronous invocations a function gets twice, with the
    /// same request id.
    pub async_duplicates_per_mille: u32,
    /// How many invocations the account may run at once; one more is throttled.
    pub concurrency: usize,
    /// How long a rule that was enabled or disabled still behaves as before.
    pub rule_propagation_delay: Duration,
    /// How many of a thousand DynamoDB calls are throttled.
    pub dynamodb_throttles_per_mille: u32,
    /// How many of a thousand DynamoDB writes are answered with an internal error though they were
    /// applied.
    pub dynamodb_lost_answers_per_mille: u32,
    /// How many of a thousand DynamoDB writes meet a transaction on their item, and are not done.
    pub dynamodb_conflicts_per_mille: u32,
    /// How old what an eventually consistent read of DynamoDB sees is at most.
    pub dynamodb_stale_reads: Duration,
    /// How far a global index of DynamoDB is behind its table at most.
    pub dynamodb_index_lag: Duration,
    /// How many of a thousand messages received from a standard queue stay visible, and so come
    /// twice.
    pub sqs_duplicates_per_mille: u32,
    /// How many of a thousand visible messages a short poll misses.
    pub sqs_short_poll_misses_per_mille: u32,
    /// From Publish to the first attempt to deliver to a subscription.
    pub sns_latency: Span,
    /// How many of a thousand notifications of standard topics come twice.
    pub sns_duplicates_per_mille: u32,
    /// The largest PutEvents request: 262,144 bytes until January 2026, 1,048,576 since.
    pub put_events_limit_bytes: usize,
    /// How long events take into the archive.
    pub archive_delay: Duration,
    /// How long after its expiry an item is swept.
    pub ttl_lag: Duration,
    /// Within which part of the minute a schedule fires.
    pub schedule_jitter: Span,
    /// Whether a role that the template does not declare may do everything. There is no IAM to ask
    /// about it.
    pub unknown_roles_may_everything: bool,
}

impl Default for Knobs {
    fn default() -> Self {
        Self {
            delivery_latency: Span::millis(40, 180),
            invocation_latency: Span::millis(8, 60),
            retry_backoff_base: Duration::from_secs(1),
            retry_backoff_cap: Duration::from_secs(540),
            duplicates_per_mille: 0,
            reordered_per_mille: 0,
            reorder_window: Span::millis(1_000, 30_000),
            throttled_per_mille: 0,
            throttle_delay: Duration::from_secs(60),
            async_duplicates_per_mille: 0,
            concurrency: 1_000,
            rule_propagation_delay: Duration::ZERO,
            dynamodb_throttles_per_mille: 0,
            dynamodb_lost_answers_per_mille: 0,
            dynamodb_conflicts_per_mille: 0,
            dynamodb_stale_reads: Duration::ZERO,
            dynamodb_index_lag: Duration::ZERO,
            sqs_duplicates_per_mille: 0,
            sqs_short_poll_misses_per_mille: 0,
            sns_latency: Span::millis(10, 60),
            sns_duplicates_per_mille: 0,
            put_events_limit_bytes: 1_048_576,
            archive_delay: Duration::from_secs(420),
            ttl_lag: Duration::from_secs(48 * 3600),
            schedule_jitter: Span::millis(0, 0),
            unknown_roles_may_everything: false,
        }
    }
}
