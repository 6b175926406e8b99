use schemars::JsonSchema;
use serde::Deserialize;

use super::{Ordinal, PerMille, Span};
use simulated_cloud::knobs;

/// What AWS leaves open.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Knobs {
    /// How many of a thousand deliveries come twice.
    pub duplicates_per_mille: Option<PerMille>,
    /// How long events take into the archive.
    pub archive_delay: Option<Span>,
    /// How long after its expiry an item is swept.
    pub ttl_lag: Option<Span>,
    /// The largest PutEvents request.
    pub put_events_limit_bytes: Option<usize>,
    /// How many of a thousand deliveries are held back, so that later events overtake them.
    pub reordered_per_mille: Option<PerMille>,
    /// How many of a thousand deliveries are over the quota of invocations: late, never lost.
    pub throttled_per_mille: Option<PerMille>,
    /// How much later a delivery over the quota comes.
    pub throttle_delay: Option<Span>,
    /// How many of a thousand asynchronous invocations come twice, with the same request id.
    pub async_duplicates_per_mille: Option<PerMille>,
    /// How many invocations the account may run at once; one more is throttled.
    pub concurrency: Option<Ordinal>,
    /// How long a rule that was enabled or disabled still behaves as before.
    pub rule_propagation_delay: Option<Span>,
    /// The wait before a rule's or schedule's first retry; it doubles.
    pub retry_backoff_base: Option<Span>,
    /// The longest wait between two retries.
    pub retry_backoff_cap: Option<Span>,
    /// How late in its minute a schedule fires at most.
    pub schedule_jitter: Option<Span>,
    /// How many of a thousand DynamoDB calls are throttled.
    pub dynamodb_throttles_per_mille: Option<PerMille>,
    /// How many of a thousand DynamoDB writes are applied and yet answered with an internal error.
    pub dynamodb_lost_answers_per_mille: Option<PerMille>,
    /// How many of a thousand DynamoDB writes meet a transaction on their item, and are not done.
    pub dynamodb_conflicts_per_mille: Option<PerMille>,
    /// How old what an eventually consistent read of DynamoDB sees is at most.
    pub dynamodb_stale_reads: Option<Span>,
    /// How far a global index of DynamoDB is behind its table at most.
    pub dynamodb_index_lag: Option<Span>,
    /// How many of a thousand messages received from a standard queue come twice.
    pub sqs_duplicates_per_mille: Option<PerMille>,
    /// How many of a thousand visible messages a short poll misses.
    pub sqs_short_poll_misses_per_mille: Option<PerMille>,
    /// How far the clock of an execution environment is off at most, before or after the world's.
    pub clock_skew: Option<Span>,
    /// How many of a thousand calls kill the function's execution environment, before or after the
    /// work.
    pub crashes_per_mille: PerMille,
}

impl Knobs {
    /// The cloud's settings: what is not given is as AWS documents it, or off.
    #[must_use]
    pub fn settings(&self) -> knobs::Knobs {
        let defaults = knobs::Knobs::default();
        knobs::Knobs {
            duplicates_per_mille: self
                .duplicates_per_mille
                .map_or(defaults.duplicates_per_mille, |many| many.0),
            reordered_per_mille: self
                .reordered_per_mille
                .map_or(defaults.reordered_per_mille, |many| many.0),
            throttled_per_mille: self
                .throttled_per_mille
                .map_or(defaults.throttled_per_mille, |many| many.0),
            async_duplicates_per_mille: self
                .async_duplicates_per_mille
                .map_or(defaults.async_duplicates_per_mille, |many| many.0),
            dynamodb_throttles_per_mille: self
                .dynamodb_throttles_per_mille
                .map_or(defaults.dynamodb_throttles_per_mille, |many| many.0),
            dynamodb_lost_answers_per_mille: self
                .dynamodb_lost_answers_per_mille
                .map_or(defaults.dynamodb_lost_answers_per_mille, |many| many.0),
            dynamodb_conflicts_per_mille: self
                .dynamodb_conflicts_per_mille
                .map_or(defaults.dynamodb_conflicts_per_mille, |many| many.0),
            dynamodb_stale_reads: self
                .dynamodb_stale_reads
                .map_or(defaults.dynamodb_stale_reads, |span| span.0),
            dynamodb_index_lag: self
                .dynamodb_index_lag
                .map_or(defaults.dynamodb_index_lag, |span| span.0),
            sqs_duplicates_per_mille: self
                .sqs_duplicates_per_mille
                .map_or(defaults.sqs_duplicates_per_mille, |many| many.0),
            sqs_short_poll_misses_per_mille: self
                .sqs_short_poll_misses_per_mille
                .map_or(defaults.sqs_short_poll_misses_per_mille, |many| many.0),
            throttle_delay: self
                .throttle_delay
                .map_or(defaults.throttle_delay, |span| span.0),
            rule_propagation_delay: self
                .rule_propagation_delay
                .map_or(defaults.rule_propagation_delay, |span| span.0),
            retry_backoff_base: self
                .retry_backoff_base
                .map_or(defaults.retry_backoff_base, |span| span.0),
            retry_backoff_cap: self
                .retry_backoff_cap
                .map_or(defaults.retry_backoff_cap, |span| span.0),
            archive_delay: self
                .archive_delay
                .map_or(defaults.archive_delay, |span| span.0),
            ttl_lag: self.ttl_lag.map_or(defaults.ttl_lag, |span| span.0),
            schedule_jitter: self
                .schedule_jitter
                .map_or(defaults.schedule_jitter, |span| {
                    knobs::Span::millis(0, u64::try_from(span.0.as_millis()).unwrap_or(u64::MAX))
                }),
            put_events_limit_bytes: self
                .put_events_limit_bytes
                .unwrap_or(defaults.put_events_limit_bytes),
            concurrency: self
                .concurrency
                .map(|many| many.0 as usize)
                .unwrap_or(defaults.concurrency),
            ..defaults
        }
    }
}
