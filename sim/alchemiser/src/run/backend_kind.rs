//! Where a scenario can run, and what each place can do.

use crate::scenario::{Capability, Lambda, Scenario};
use harness::world::{Backend, ExternalWorld, SimulatedWorld, WorldError, WorldSetup};

/// A place to run scenarios in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BackendKind {
    /// Everything in memory, in virtual time.
    Virtual,
    /// The same, reached over loopback sockets.
    Wire,
    /// EventBridge, SQS and DynamoDB behind an endpoint: LocalStack's, or any that speaks like it.
    Endpoint(String),
}

impl BackendKind {
    /// As the command line names it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Virtual => "virtual",
            Self::Wire => "wire",
            Self::Endpoint(_) => "localstack",
        }
    }

    /// What it cannot do, and why. What LocalStack might learn one day (dead letters, replay,
    /// disabled rules, quoted texts) is tried by `cargo test --test localstack`, so that it is
    /// noticed; the others lie in how it is used here.
    #[must_use]
    pub fn limits(&self) -> &'static [(Capability, &'static str)] {
        match self {
            Self::Virtual => &[(Capability::Programs, "a program needs sockets")],
            Self::Wire => &[],
            Self::Endpoint(_) => &[
                (
                    Capability::DeliveryFaults,
                    "deliveries happen inside, where nothing can be made to go wrong",
                ),
                (
                    Capability::Replay,
                    "StartReplay answers 500 once the archive holds an event",
                ),
                (
                    Capability::DeadLetters,
                    "retry policy and dead-letter queue of a target are kept and never acted on",
                ),
                (
                    Capability::DisabledRules,
                    "a rule that is disabled goes on matching",
                ),
                (
                    Capability::QuotedText,
                    "an input transformer loses events whose texts hold quotes",
                ),
                (Capability::Roles, "no policy of a role is looked at"),
                (
                    Capability::Programs,
                    "functions end in the state Failed, so rules lead to a queue that is emptied here",
                ),
            ],
        }
    }

    /// What the scenario needs and this cannot do.
    #[must_use]
    pub fn missing(&self, scenario: &Scenario) -> Vec<Capability> {
        scenario
            .needs()
            .filter(|need| self.limits().iter().any(|(limit, _)| limit == need))
            .collect()
    }

    pub(crate) fn has_sockets(&self) -> bool {
        !matches!(self, Self::Virtual)
    }

    /// The account's number there.
    pub(crate) fn account(&self) -> &'static str {
        match self {
            Self::Virtual | Self::Wire => "123456789012",
            Self::Endpoint(_) => "000000000000",
        }
    }

    /// Begins a world there.
    pub(crate) async fn begin(
        &self,
        setup: WorldSetup,
        lambda: Lambda,
    ) -> Result<Box<dyn Backend>, WorldError> {
        Ok(match (self, lambda) {
            (Self::Virtual, _) => Box::new(SimulatedWorld::new(setup)?),
            (Self::Wire, Lambda::InProcess) => Box::new(SimulatedWorld::over_sockets(setup)?),
            (Self::Wire, Lambda::Binary) => Box::new(SimulatedWorld::of_programs(setup)?),
            (Self::Endpoint(endpoint), _) => Box::new(ExternalWorld::new(setup, endpoint).await?),
        })
    }
}
