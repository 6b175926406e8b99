//! Claim, work, record, publish, complete: the only way in which a step runs.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::types::TransactWriteItem;
use futures::future::BoxFuture;

use crate::bus::{BusEntry, EventBus};
use crate::error::StepError;
use crate::event::Event;
use crate::idempotency::{Claim, Claims, Lease, Recorded};

/// How long a step may work; execution has its own, longer limit.
pub const STEP_LIMIT: Duration = Duration::from_secs(30);

/// The result of a step's work.
#[derive(Clone, Debug, Default)]
pub struct Conclusion {
    /// The events to publish.
    pub entries: Vec<BusEntry>,
    /// The changes that must hold together with them.
    pub changes: Vec<TransactWriteItem>,
    /// What to do where a condition of the changes does not hold.
    pub if_refused: IfRefused,
}

/// What to do with a step whose changes are refused, because something has changed since they were
/// decided on.
#[derive(Clone, Debug)]
pub enum IfRefused {
    /// Complete the step and publish these events: orders, for example, are reported even then.
    Publish(Vec<BusEntry>),
    /// Drop the decision: a later attempt decides anew.
    Forget,
}

impl Default for IfRefused {
    fn default() -> Self {
        Self::Publish(Vec::new())
    }
}

/// The work of a step. Boxed, because the handlers' futures together would fill a small stack.
pub type Work<'a> = BoxFuture<'a, Result<Conclusion, StepError>>;

/// How a step ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Done, in this attempt or by publishing what an earlier one had recorded.
    Processed,
    /// Done before.
    Duplicate,
    /// Not done, because the workflow has ended or must not act. That is recorded.
    Refused,
}

/// Runs steps.
#[derive(Clone)]
pub struct Steps {
    claims: Claims,
    bus: Arc<dyn EventBus>,
    source_prefix: String,
}

impl Steps {
    /// Steps claimed in `claims`, whose events go to `bus`.
    #[must_use]
    pub fn new(claims: Claims, bus: Arc<dyn EventBus>, source_prefix: &str) -> Self {
        Self {
            claims,
            bus,
            source_prefix: source_prefix.to_owned(),
        }
    }

    /// The claims behind the steps.
    #[must_use]
    pub fn claims(&self) -> &Claims {
        &self.claims
    }

    /// `event` as it goes on the bus.
    #[must_use]
    pub fn entry(&self, event: &Event) -> BusEntry {
        BusEntry::new(event, &self.source_prefix)
    }

    /// Publishes an entry outside a step: one that was recorded elsewhere before.
    ///
    /// # Errors
    /// What the bus raises.
    pub async fn publish(&self, entry: &BusEntry) -> Result<(), StepError> {
        self.bus.publish(entry).await
    }

    /// Does the step `key` with `work`, which gets `limit` to conclude.
    ///
    /// # Errors
    /// [`StepError::InProgress`] where another attempt is at it, [`StepError::LeaseLost`] where
    /// another attempt took over, or whatever the work, the store or the bus raised. The lease is
    /// given back, so that the next attempt finds the way free.
    pub async fn run(
        &self,
        key: &str,
        limit: Duration,
        work: Work<'_>,
    ) -> Result<Outcome, StepError> {
        let (lease, recorded) = match self.claims.claim(key).await? {
            Claim::Done => return Ok(Outcome::Duplicate),
            Claim::Publish(lease, entries) => (lease, Some(entries)),
            Claim::Work(lease) => (lease, None),
        };
        let outcome = match recorded {
            Some(entries) => self
                .finish(&lease, &entries)
                .await
                .map(|()| Outcome::Processed),
            None => self.work(&lease, limit, work).await,
        };
        if let Err(error) = &outcome
            && !matches!(error, StepError::LeaseLost { .. })
            && let Err(trouble) = self.claims.release(&lease).await
        {
            tracing::warn!(%key, %trouble, "the lease could not be given back; it ends by itself");
        }
        outcome
    }

    async fn work(
        &self,
        lease: &Lease,
        limit: Duration,
        work: Work<'_>,
    ) -> Result<Outcome, StepError> {
        let limited = async {
            tokio::time::timeout(limit, work).await.unwrap_or_else(|_| {
                Err(StepError::DeadlineExceeded(format!(
                    "{} took longer than {} s",
                    lease.key(),
                    limit.as_secs()
                )))
            })
        };
        let conclusion = self.claims.hold(&[lease], limited).await??;
        let recorded = self
            .claims
            .record(lease, &conclusion.entries, conclusion.changes)
            .await?;
        match recorded {
            Recorded::Written => {
                self.finish(lease, &conclusion.entries).await?;
                Ok(Outcome::Processed)
            }
            Recorded::Refused => {
                match conclusion.if_refused {
                    IfRefused::Publish(entries) => {
                        self.claims.record(lease, &entries, Vec::new()).await?;
                        self.finish(lease, &entries).await?;
                    }
                    IfRefused::Forget => self.claims.release(lease).await?,
                }
                Ok(Outcome::Refused)
            }
        }
    }

    /// Publishes before it completes: a crash in between publishes the same bytes again.
    async fn finish(&self, lease: &Lease, entries: &[BusEntry]) -> Result<(), StepError> {
        for entry in entries {
            self.bus.publish(entry).await?;
        }
        self.claims.complete(lease).await
    }
}
