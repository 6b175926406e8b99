//! What an operation answers instead of a result.

use std::sync::Arc;

use serde::{Serialize, Serializer};
use serde_json::json;

use crate::value::{Attributes, Item};

/// An error answer of DynamoDB. Its text is the message that AWS gives.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Error {
    /// The request breaks a rule of the API.
    #[error("{0}")]
    Validation(String),
    /// A key attribute is empty. To the outside this is a broken rule like any other; a transaction
    /// does not take it for a reason of cancellation.
    #[error("{0}")]
    EmptyKey(String),
    /// The request is no JSON of this operation.
    #[error("{0}")]
    Serialization(String),
    /// There is no such table, index, stream or shard.
    #[error("{0}")]
    ResourceNotFound(String),
    /// There is no such table, for operations on its backups.
    #[error("{0}")]
    TableNotFound(String),
    /// The table exists already, or is being changed.
    #[error("{0}")]
    ResourceInUse(String),
    /// Too many changes of tables or indexes at a time.
    #[error("{0}")]
    LimitExceeded(String),
    /// A condition of a write does not hold.
    #[error("The conditional request failed")]
    ConditionalCheckFailed {
        /// The item as it stands, where the request asks for it.
        item: Option<Arc<Item>>,
    },
    /// A transaction was cancelled.
    #[error(
        "Transaction cancelled, please refer cancellation reasons for specific reasons [{}]",
        codes(.0)
    )]
    TransactionCanceled(Vec<Reason>),
    /// Another transaction holds the item.
    #[error("Transaction is ongoing for the item")]
    TransactionConflict,
    /// A token of a transaction comes again with another content.
    #[error(
        "DynamoDB rejected the request because you retried a request with a different payload but \
         with an idempotent token that was already used."
    )]
    IdempotentParameterMismatch,
    /// The caller may not do this, or must not learn that there is nothing.
    #[error("{0}")]
    AccessDenied(String),
    /// A shard iterator is older than 15 minutes.
    #[error(
        "Iterator expired. The iterator was created at time {0} which is older than 15 minutes"
    )]
    ExpiredIterator(String),
    /// The records at this place of the stream are gone after 24 hours.
    #[error("The operation attempted to read past the oldest stream record in a shard")]
    TrimmedDataAccess,
    /// More requests than the throughput of the table.
    #[error(
        "The level of configured provisioned throughput for the table was exceeded. Consider \
         increasing your provisioning level with the UpdateTable API."
    )]
    ThroughputExceeded,
    /// DynamoDB's own failure. A write may have been applied all the same.
    #[error("Internal server error")]
    Internal,
    /// No operation of DynamoDB has this name.
    #[error("There is no operation {0:?}")]
    UnknownOperation(String),
    /// An operation of DynamoDB that this engine does not have.
    #[error("{operation} is not simulated; simulated are: {known}")]
    NotSimulated {
        /// The operation.
        operation: String,
        /// The operations that there are.
        known: String,
    },
}

/// Why one action of a transaction did not happen; code `None` where it was not to blame.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Reason {
    /// `None`, `ConditionalCheckFailed`, `ValidationError` or `TransactionConflict`.
    #[serde(rename = "Code")]
    pub code: &'static str,
    /// What was wrong.
    #[serde(rename = "Message", skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The item as it stands, where the action asks for it.
    #[serde(
        rename = "Item",
        skip_serializing_if = "Option::is_none",
        serialize_with = "write_item"
    )]
    pub item: Option<Arc<Item>>,
}

impl Reason {
    /// Of an action that was not to blame.
    #[must_use]
    pub fn none() -> Self {
        Self {
            code: "None",
            message: None,
            item: None,
        }
    }
}

fn write_item<S: Serializer>(item: &Option<Arc<Item>>, serializer: S) -> Result<S::Ok, S::Error> {
    item.as_deref().map(Attributes).serialize(serializer)
}

fn codes(reasons: &[Reason]) -> String {
    reasons
        .iter()
        .map(|reason| reason.code)
        .collect::<Vec<_>>()
        .join(", ")
}

impl Error {
    /// A broken rule.
    pub(crate) fn validation(message: impl Into<String>) -> Self {
        Self::Validation(message.into())
    }

    /// A broken rule of one parameter.
    pub(crate) fn invalid(message: impl std::fmt::Display) -> Self {
        Self::Validation(format!(
            "One or more parameter values were invalid: {message}"
        ))
    }

    /// The HTTP status of the answer.
    #[must_use]
    pub fn status(&self) -> u16 {
        match self {
            Self::Internal => 500,
            _ => 400,
        }
    }

    /// The value of `__type`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Validation(_) | Self::EmptyKey(_) => {
                "com.amazon.coral.validate#ValidationException"
            }
            Self::Serialization(_) => "com.amazon.coral.service#SerializationException",
            Self::UnknownOperation(_) | Self::NotSimulated { .. } => {
                "com.amazon.coral.service#UnknownOperationException"
            }
            Self::ResourceNotFound(_) => {
                "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException"
            }
            Self::TableNotFound(_) => "com.amazonaws.dynamodb.v20120810#TableNotFoundException",
            Self::ResourceInUse(_) => "com.amazonaws.dynamodb.v20120810#ResourceInUseException",
            Self::LimitExceeded(_) => "com.amazonaws.dynamodb.v20120810#LimitExceededException",
            Self::ConditionalCheckFailed { .. } => {
                "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException"
            }
            Self::TransactionCanceled(_) => {
                "com.amazonaws.dynamodb.v20120810#TransactionCanceledException"
            }
            Self::TransactionConflict => {
                "com.amazonaws.dynamodb.v20120810#TransactionConflictException"
            }
            Self::IdempotentParameterMismatch => {
                "com.amazonaws.dynamodb.v20120810#IdempotentParameterMismatchException"
            }
            Self::AccessDenied(_) => "com.amazon.coral.service#AccessDeniedException",
            Self::ExpiredIterator(_) => "com.amazonaws.dynamodb.v20120810#ExpiredIteratorException",
            Self::TrimmedDataAccess => {
                "com.amazonaws.dynamodb.v20120810#TrimmedDataAccessException"
            }
            Self::ThroughputExceeded => {
                "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException"
            }
            Self::Internal => "com.amazonaws.dynamodb.v20120810#InternalServerError",
        }
    }

    /// The JSON body of the answer.
    #[must_use]
    pub fn body(&self) -> String {
        let message = self.to_string();
        match self {
            // These two spell the member with a capital.
            Self::TransactionCanceled(reasons) => json!({
                "__type": self.kind(), "Message": message, "CancellationReasons": reasons,
            }),
            Self::Serialization(_) | Self::AccessDenied(_) => {
                json!({ "__type": self.kind(), "Message": message })
            }
            Self::ConditionalCheckFailed { item: Some(item) } => {
                json!({ "__type": self.kind(), "message": message, "Item": Attributes(item) })
            }
            _ => json!({ "__type": self.kind(), "message": message }),
        }
        .to_string()
    }
}
