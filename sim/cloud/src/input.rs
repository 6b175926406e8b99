//! The parameters of a request, read and judged as AWS's front door does it: the same words for
//! every service.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::ops::RangeInclusive;

use serde_json::{Value, json};

use super::error::ServiceError;

/// A string that may be absent; an empty one counts as absent.
pub(super) fn text<'a>(input: &'a Value, name: &str) -> Option<&'a str> {
    input
        .get(name)
        .and_then(Value::as_str)
        .filter(|text| !text.is_empty())
}

/// A string that must be there.
pub(super) fn required<'a>(input: &'a Value, name: &str) -> Result<&'a str, ServiceError> {
    text(input, name).ok_or_else(|| violated("null", name, "Member must not be null"))
}

/// A name of letters, digits, dots, hyphens and underscores that must be there.
pub(super) fn required_name<'a>(
    input: &'a Value,
    parameter: &str,
    most: usize,
) -> Result<&'a str, ServiceError> {
    let name = required(input, parameter)?;
    check_name(name, &member(parameter), most)?;
    Ok(name)
}

/// Refuses what is no name; `place` is the parameter as AWS spells it.
pub(super) fn check_name(name: &str, place: &str, most: usize) -> Result<(), ServiceError> {
    if name.chars().count() > most {
        return Err(violated_at(
            format!("'{name}'"),
            place,
            format!("Member must have length less than or equal to {most}"),
        ));
    }
    if name.is_empty()
        || !name
            .chars()
            .all(|letter| letter.is_ascii_alphanumeric() || ".-_".contains(letter))
    {
        return Err(violated_at(
            format!("'{name}'"),
            place,
            r"Member must satisfy regular expression pattern: [\.\-_A-Za-z0-9]+",
        ));
    }
    Ok(())
}

/// A whole number within a range, if it is there.
pub(super) fn integer(
    input: &Value,
    name: &str,
    range: RangeInclusive<u32>,
) -> Result<Option<u32>, ServiceError> {
    let value = match input.get(name) {
        None | Some(Value::Null) => return Ok(None),
        Some(value) => value,
    };
    let Some(number) = value.as_i64() else {
        return Err(ServiceError::client(
            "SerializationException",
            format!("{name} must be a whole number"),
        ));
    };
    if number < i64::from(*range.start()) {
        return Err(violated(
            &format!("'{number}'"),
            name,
            &format!(
                "Member must have value greater than or equal to {}",
                range.start()
            ),
        ));
    }
    u32::try_from(number)
        .ok()
        .filter(|number| range.contains(number))
        .map(Some)
        .ok_or_else(|| {
            violated(
                &format!("'{number}'"),
                name,
                &format!(
                    "Member must have value less than or equal to {}",
                    range.end()
                ),
            )
        })
}

/// One of several words, if it is there.
pub(super) fn choice<'a>(
    input: &'a Value,
    name: &str,
    words: &[&str],
) -> Result<Option<&'a str>, ServiceError> {
    match text(input, name) {
        Some(word) if !words.contains(&word) => {
            let allowed = words.join(", ");
            Err(violated(
                &format!("'{word}'"),
                name,
                &format!("Member must satisfy enum value set: [{allowed}]"),
            ))
        }
        word => Ok(word),
    }
}

/// The strings of a list; an absent list is empty.
pub(super) fn texts(input: &Value, name: &str) -> Vec<String> {
    input
        .get(name)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect()
}

/// The entries of `Tags`: a list of `Key` and `Value`.
pub(super) fn tags(input: &Value) -> BTreeMap<String, String> {
    let entries = input
        .get("Tags")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    entries
        .filter_map(|tag| {
            Some((
                text(tag, "Key")?.to_owned(),
                tag.get("Value")?.as_str()?.to_owned(),
            ))
        })
        .collect()
}

/// One page of a list. The token is the place where the next page begins.
pub(super) fn page(
    input: &Value,
    limit_name: &str,
    list_name: &str,
    items: Vec<Value>,
) -> Result<Value, ServiceError> {
    let limit = integer(input, limit_name, 1..=100)?.map_or(100, |limit| limit as usize);
    let start = match text(input, "NextToken") {
        Some(token) => token
            .parse::<usize>()
            .map_err(|_| ServiceError::validation("The next token is not valid."))?,
        None => 0,
    };
    let end = start.saturating_add(limit).min(items.len());
    let mut answer = json!({ list_name: items.get(start..end).unwrap_or_default() });
    if end < items.len() {
        answer["NextToken"] = end.to_string().into();
    }
    Ok(answer)
}

/// A constraint of one parameter that does not hold.
pub(super) fn violated(value: &str, parameter: &str, constraint: &str) -> ServiceError {
    violated_at(value.to_owned(), &member(parameter), constraint)
}

/// The same, with the place as AWS spells it.
pub(super) fn violated_at(value: String, place: &str, constraint: impl Display) -> ServiceError {
    ServiceError::validation(format!(
        "1 validation error detected: Value {value} at '{place}' failed to satisfy constraint: {constraint}"
    ))
}

/// AWS's texts begin the names of members in lower case.
fn member(parameter: &str) -> String {
    let mut letters = parameter.chars();
    letters
        .next()
        .map(|first| first.to_lowercase().chain(letters).collect())
        .unwrap_or_default()
}
