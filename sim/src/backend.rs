//! Where a scenario can run, and what each place can do.

use crate::scenario::Capability;
use crate::world::{LiveWorld, Place, World, WorldSetup};

/// A place to run scenarios in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Backend {
    /// Everything in memory, in virtual time.
    Virtual,
    /// EventBridge, SQS and DynamoDB behind an endpoint: LocalStack's, or any that speaks like it.
    Endpoint(String),
}

impl Backend {
    /// As the command line names it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Virtual => "virtual",
            Self::Endpoint(_) => "localstack",
        }
    }

    /// What of `needs` it cannot do.
    #[must_use]
    pub fn missing(&self, needs: &[Capability]) -> Vec<Capability> {
        let cannot: &[Capability] = match self {
            Self::Virtual => &[],
            // Each is tried by `cargo test --test localstack`, so that a LocalStack that learns one is noticed.
            Self::Endpoint(_) => &[
                Capability::DeliveryFaults,
                Capability::Replay,
                Capability::DeadLetters,
                Capability::DisabledRules,
                Capability::QuotedText,
            ],
        };
        needs.iter().copied().filter(|need| cannot.contains(need)).collect()
    }

    pub(crate) fn has_sockets(&self) -> bool {
        matches!(self, Self::Endpoint(_))
    }

    /// The account's number there.
    pub(crate) fn account(&self) -> &'static str {
        match self {
            Self::Virtual => "123456789012",
            Self::Endpoint(_) => "000000000000",
        }
    }

    /// Begins a world there.
    pub(crate) async fn begin(&self, setup: WorldSetup) -> Result<Box<dyn Place>, String> {
        Ok(match self {
            Self::Virtual => Box::new(World::new(setup)?),
            Self::Endpoint(endpoint) => Box::new(LiveWorld::new(setup, endpoint).await?),
        })
    }
}
