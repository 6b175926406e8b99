use std::fmt::Display;

use crate::error::ServiceError;

pub(super) const VALID_CHARACTERS: &str = "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF";

/// `InvalidParameterValue` with a text of its own.
pub(super) fn invalid_parameter(message: impl Into<String>) -> ServiceError {
    ServiceError::client("InvalidParameterValue", message)
}

/// `Value V for parameter P is invalid. Reason: R`.
pub(super) fn invalid_value(
    value: impl Display,
    parameter: &str,
    reason: impl Display,
) -> ServiceError {
    invalid_parameter(format!(
        "Value {value} for parameter {parameter} is invalid. Reason: {reason}"
    ))
}

/// A required parameter is absent or empty.
pub(super) fn missing(parameter: &str) -> ServiceError {
    ServiceError::client(
        "MissingParameter",
        format!("The request must contain the parameter {parameter}."),
    )
}

pub(super) fn queue_does_not_exist() -> ServiceError {
    ServiceError::client("QueueDoesNotExist", "The specified queue does not exist.")
}

pub(super) fn unknown_attribute(name: &str) -> ServiceError {
    ServiceError::client("InvalidAttributeName", format!("Unknown Attribute {name}."))
}

pub(super) fn invalid_attribute_value(name: &str) -> ServiceError {
    ServiceError::client(
        "InvalidAttributeValue",
        format!("Invalid value for the parameter {name}."),
    )
}

/// A resource named by a move task request is not there.
pub(super) fn resource_not_found(message: impl Into<String>) -> ServiceError {
    ServiceError {
        status: 404,
        ..ServiceError::client("ResourceNotFoundException", message)
    }
}
