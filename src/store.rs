//! What the two tables have in common: attribute values, and the meaning of a failed condition.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::error::{DisplayErrorContext, SdkError};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{AttributeValue, CancellationReason};

use crate::error::StepError;

/// Claims and workflow records live longer than the archive's 365 days, so that a replay of
/// anything in it still finds them. An item that has expired but is not yet swept still counts.
pub const RECORD_LIFETIME_DAYS: i64 = 400;

/// An item, in the order of its attribute names.
pub type Item = BTreeMap<String, AttributeValue>;

/// A string attribute.
#[must_use]
pub fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

/// A number attribute.
#[must_use]
pub fn number(value: i64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

/// Reads a string attribute.
#[must_use]
pub fn get_text(item: &Item, name: &str) -> Option<String> {
    item.get(name).and_then(|value| value.as_s().ok()).cloned()
}

/// Reads a number attribute.
#[must_use]
pub fn get_number(item: &Item, name: &str) -> Option<i64> {
    item.get(name)
        .and_then(|value| value.as_n().ok())
        .and_then(|digits| digits.parse().ok())
}

/// The SDK's unordered map as an ordered one.
#[expect(
    clippy::disallowed_types,
    reason = "the SDK gives items as hash maps; here they become ordered"
)]
pub fn ordered(item: std::collections::HashMap<String, AttributeValue>) -> Item {
    item.into_iter().collect()
}

/// An error of the store fails the invocation; it never means "proceed".
pub fn unavailable<E, R>(error: &SdkError<E, R>) -> StepError
where
    E: std::error::Error + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    StepError::StoreUnavailable(DisplayErrorContext(error).to_string())
}

/// The reason of a part of a transaction whose condition did not hold.
pub(crate) const CONDITION_FAILED: &str = "ConditionalCheckFailed";

/// Why each part of a transaction was cancelled; empty where something else went wrong.
pub(crate) fn cancellation_reasons(failure: &TransactWriteItemsError) -> &[CancellationReason] {
    match failure {
        TransactWriteItemsError::TransactionCanceledException(canceled) => {
            canceled.cancellation_reasons()
        }
        _ => &[],
    }
}

/// Whether conditions that do not hold are all that cancelled a transaction: no conflict, no
/// throttling.
pub(crate) fn only_conditions_failed(reasons: &[CancellationReason]) -> bool {
    let failed = |reason: &CancellationReason| reason.code() == Some(CONDITION_FAILED);
    reasons.iter().any(failed)
        && reasons
            .iter()
            .all(|reason| failed(reason) || reason.code() == Some("None"))
}
