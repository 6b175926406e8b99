//! Errors that leave an invocation.
//!
//! Transient errors only raise: Lambda retries, and in the end the event is in the dead-letter
//! queue. Permanent outcomes are no errors here: they become events, and the invocation succeeds
//! (rules.md A5).

/// Why an invocation cannot be answered now.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StepError {
    /// The event cannot be read; it belongs in the dead-letter queue.
    #[error("invalid event: {0}")]
    InvalidEvent(#[from] crate::event::EventError),
    /// Another attempt works on the same step and its lease has not ended.
    #[error("in progress: {key} is leased to another attempt for {remaining_ms} ms more")]
    InProgress {
        /// The claim.
        key: String,
        /// How long the other attempt's lease still lasts.
        remaining_ms: i64,
    },
    /// This attempt's lease was taken over by another.
    #[error("lease lost: {key} was taken over by another attempt")]
    LeaseLost {
        /// The claim.
        key: String,
    },
    /// DynamoDB could not be used.
    #[error("store unavailable: {0}")]
    StoreUnavailable(String),
    /// An event could not be published.
    #[error("publish failed: {0}")]
    PublishFailed(String),
    /// The broker could not be reached, or asked to come back later.
    #[error("broker unavailable: {0}")]
    BrokerUnavailable(String),
    /// The mail could not be handed over.
    #[error("mail not delivered: {0}")]
    MailNotDelivered(String),
    /// The work was not done within the step's own deadline.
    #[error("deadline exceeded: {0}")]
    DeadlineExceeded(String),
}

impl StepError {
    /// The error class that Lambda reports as `errorType`.
    #[must_use]
    pub fn class(&self) -> &'static str {
        match self {
            Self::InvalidEvent(_) => "InvalidEvent",
            Self::InProgress { .. } => "InProgress",
            Self::LeaseLost { .. } => "LeaseLost",
            Self::StoreUnavailable(_) => "StoreUnavailable",
            Self::PublishFailed(_) => "PublishFailed",
            Self::BrokerUnavailable(_) => "BrokerUnavailable",
            Self::MailNotDelivered(_) => "MailNotDelivered",
            Self::DeadlineExceeded(_) => "DeadlineExceeded",
        }
    }
}

/// A permanent outcome: trying again would end the same way.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Refusal {
    /// A sentence for the reader of the mail.
    pub reason: String,
}

impl Refusal {
    /// A refusal with its reason.
    pub fn new(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
        }
    }
}

/// How the work of a step may end without a result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StepFailure {
    /// A later attempt may succeed: the invocation fails, and Lambda tries again.
    #[error(transparent)]
    Retry(#[from] StepError),
    /// No later attempt would succeed: the refusal becomes an event.
    #[error(transparent)]
    Reject(#[from] Refusal),
}
