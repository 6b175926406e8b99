use crate::api::error::ServiceError;

/// `InvalidParameter`, in SNS's words.
pub(super) fn invalid(what: impl std::fmt::Display) -> ServiceError {
    ServiceError::client("InvalidParameter", format!("Invalid parameter: {what}"))
}

pub(super) fn no_topic() -> ServiceError {
    not_found("Topic does not exist")
}

pub(super) fn no_subscription() -> ServiceError {
    not_found("Subscription does not exist")
}

fn not_found(message: &str) -> ServiceError {
    ServiceError {
        status: 404,
        ..ServiceError::client("NotFound", message)
    }
}
