//! The parameters of SQS, whose errors have words of their own.

use serde_json::Value;

use super::error::{invalid_value, missing};
use crate::api::error::ServiceError;
pub(super) use crate::api::parameters::{pairs, text, texts};

/// A string that must be there.
pub(super) fn required<'a>(input: &'a Value, name: &str) -> Result<&'a str, ServiceError> {
    text(input, name).ok_or_else(|| missing(name))
}

/// An integer within a range; `reason` is AWS's text for one outside.
pub(super) fn integer(
    input: &Value,
    name: &str,
    range: std::ops::RangeInclusive<u32>,
    reason: &str,
) -> Result<Option<u32>, ServiceError> {
    let value = match input.get(name) {
        None | Some(Value::Null) => return Ok(None),
        Some(value) => value,
    };
    let number = value
        .as_u64()
        .and_then(|number| u32::try_from(number).ok())
        .filter(|number| range.contains(number));
    number
        .map(Some)
        .ok_or_else(|| invalid_value(value, name, reason))
}
