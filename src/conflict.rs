//! Writes that meet a transaction on the same item.

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_smithy_runtime_api::client::interceptors::context::InterceptorContext;
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction};

use crate::store::{CONDITION_FAILED, cancellation_reasons};

/// The reason of a part of a transaction that met another one.
const CONFLICT: &str = "TransactionConflict";

/// Lets the SDK try a write again that was refused only because another transaction held its item
/// in that moment. By itself it does not (Developer Guide, "Amazon DynamoDB transactions: how it
/// works", "Transaction conflict handling"), and a step that gives up behind its mail would send the
/// mail again.
#[derive(Debug)]
pub struct RetryConflicts;

impl ClassifyRetry for RetryConflicts {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let error = context.output_or_error().and_then(Result::err);
        let Some(error) = error.and_then(|error| error.as_operation_error()) else {
            return RetryAction::NoActionIndicated;
        };
        let transaction = error.downcast_ref::<TransactWriteItemsError>();
        let update = error.downcast_ref::<UpdateItemError>();
        let is_conflict = transaction.is_some_and(met_a_transaction)
            || update.is_some_and(UpdateItemError::is_transaction_conflict_exception);
        if is_conflict {
            RetryAction::transient_error()
        } else {
            RetryAction::NoActionIndicated
        }
    }

    fn name(&self) -> &'static str {
        "conflicts of transactions"
    }
}

/// Whether a transaction failed for a conflict, and for no condition of its own.
fn met_a_transaction(failure: &TransactWriteItemsError) -> bool {
    let codes = || {
        let reasons = cancellation_reasons(failure).iter();
        reasons.filter_map(|reason| reason.code())
    };
    codes().any(|code| code == CONFLICT) && !codes().any(|code| code == CONDITION_FAILED)
}
