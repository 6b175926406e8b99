//! Transactions.

mod get;
mod write;

pub(super) use self::get::transact_get_items;
pub(super) use self::write::transact_write_items;
use crate::constraint::Constraints;
use crate::error::{Error, Reason};
use crate::java::{self, Shape};

/// The most actions of a transaction.
const ACTIONS: usize = 100;

/// Checks how many actions there are.
fn constrain_count(count: Option<usize>, input: &str, shape: Shape) -> Result<(), Error> {
    let mut constraints = Constraints::default();
    let path = "transactItems";
    match count {
        None => constraints.null(path),
        Some(0) => {
            let bound = "Member must have length greater than or equal to 1";
            constraints.value("[]", path, bound);
        }
        Some(count) if count > ACTIONS => {
            let bound = format!("Member must have length less than or equal to {ACTIONS}");
            constraints.value(java::member(input, "TransactItems", shape), path, &bound);
        }
        Some(_) => {}
    }
    constraints.check()
}

/// Why an action did not happen, where an error is one of those that cancel a transaction.
fn reason(error: Error) -> Result<Reason, Error> {
    let message = Some(error.to_string());
    match error {
        Error::ConditionalCheckFailed { item } => Ok(Reason {
            code: "ConditionalCheckFailed",
            message,
            item,
        }),
        Error::Validation(_) => Ok(Reason {
            code: "ValidationError",
            message,
            item: None,
        }),
        Error::TransactionConflict => Ok(Reason {
            code: "TransactionConflict",
            message,
            item: None,
        }),
        other => Err(other),
    }
}

/// The actions' results, or the cancellation of them all.
fn all_or_none<T>(results: Vec<Result<T, Error>>) -> Result<Vec<T>, Error> {
    if results.iter().all(Result::is_ok) {
        return results.into_iter().collect();
    }
    let reasons = results.into_iter().map(|result| match result {
        Ok(_) => Ok(Reason::none()),
        Err(error) => reason(error),
    });
    Err(Error::TransactionCanceled(
        reasons.collect::<Result<_, _>>()?,
    ))
}

/// What is said of two actions on one item.
fn twice() -> Error {
    Error::validation("Transaction request cannot include multiple operations on one item")
}
