use std::io;

use event_pattern::PatternError;
use simulated_cloud::TriggerError;
use simulated_cloud::api::error::ServiceError;
use simulated_cloud::stack::StackError;

/// Why a world cannot be built, or cannot do what it is asked.
#[derive(Debug, thiserror::Error)]
pub enum WorldError {
    /// The simulated cloud cannot be made of this topology.
    #[error(transparent)]
    Stack(#[from] StackError),
    /// The simulated cloud has no such thing.
    #[error(transparent)]
    Trigger(#[from] TriggerError),
    /// The simulated cloud refuses a request, as AWS does.
    #[error(transparent)]
    Service(#[from] ServiceError),
    /// A replay needs an archive.
    #[error("the bus {0} has no archive")]
    NoArchive(String),
    /// A replay needs a backend that has archives.
    #[error(
        "a replay needs the capability `replay`, which this backend does not have: name it under \
         `needs`"
    )]
    NoReplay,
    /// A call of the endpoint outside fails.
    #[error("{operation}: {reason}")]
    Endpoint {
        /// The operation, as AWS names it.
        operation: &'static str,
        /// The error with all that it comes from.
        reason: String,
    },
    /// The endpoint outside answers without what the operation promises.
    #[error("{0} answered without a result")]
    NoResult(&'static str),
    /// The endpoint outside refuses a target of a rule.
    #[error("PutTargets refused a target of {rule}: {reason}")]
    TargetRefused {
        /// The rule.
        rule: String,
        /// The endpoint's words.
        reason: String,
    },
    /// A request to the endpoint outside lacks something.
    #[error(transparent)]
    Request(#[from] aws_smithy_types::error::operation::BuildError),
    /// EventBridge would refuse the pattern of a rule.
    #[error("{rule}: {source}")]
    Pattern {
        /// The rule.
        rule: String,
        /// What is wrong with it.
        source: PatternError,
    },
    /// A counterparty finds no port.
    #[error("{party}: {source}")]
    Listen {
        /// The counterparty.
        party: &'static str,
        /// The system's words.
        source: io::Error,
    },
}
