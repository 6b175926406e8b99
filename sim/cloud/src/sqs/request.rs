use serde_json::Value;

use super::error::{invalid_value, missing};
use crate::error::ServiceError;

/// A string that may be absent; an empty one counts as absent.
pub(super) fn text<'a>(input: &'a Value, name: &str) -> Option<&'a str> {
    input
        .get(name)
        .and_then(Value::as_str)
        .filter(|text| !text.is_empty())
}

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

/// The strings of a list; an absent list is empty.
pub(super) fn texts<'a>(input: &'a Value, name: &str) -> Vec<&'a str> {
    input
        .get(name)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

/// The string entries of a map; an absent map is empty.
pub(super) fn pairs<'a>(input: &'a Value, name: &str) -> Vec<(&'a str, &'a str)> {
    let entries = input
        .get(name)
        .and_then(Value::as_object)
        .into_iter()
        .flatten();
    entries
        .filter_map(|(key, value)| Some((key.as_str(), value.as_str()?)))
        .collect()
}
