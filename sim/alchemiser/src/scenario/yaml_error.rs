//! What the reader of YAML says of a file, in the words and with the places of all other mistakes.

use serde_saphyr::{Error, MessageFormatter, UserMessageFormatter};

use super::amount::UNQUOTED;
use super::{Mistake, Places};
use simulated_cloud::stack::Position;
use suggestion::{not_allowed, unknown};

/// The mistake that keeps a file from being read.
pub(super) fn mistake(error: &Error, places: &Places) -> Mistake {
    let error = error.without_snippet();
    let location = error.location().unwrap_or(serde_saphyr::Location::UNKNOWN);
    let number = |number: u64| usize::try_from(number).unwrap_or(usize::MAX).max(1);
    let at = Position {
        line: number(location.line()),
        column: number(location.column()),
    };
    if let Some(mistake) = too_deep(at, places) {
        return mistake;
    }
    match error {
        Error::SerdeUnknownField {
            field, expected, ..
        } => Mistake::at_position(at, unknown("key", field, expected.iter().copied())),
        Error::SerdeUnknownVariant {
            variant, expected, ..
        } => Mistake::at_position(at, not_allowed(variant, expected.iter().copied())),
        Error::SerdeMissingField { field, .. } => missing_key(field, at, places),
        // Where no value begins, one is missing: behind the last text.
        Error::Unexpected { .. }
        | Error::UnexpectedMappingEnd { .. }
        | Error::UnexpectedSequenceEnd { .. }
            if !places.has_value_at(at) && places.text_before(at).is_some() =>
        {
            let (of_the_text, text) = places.text_before(at).unwrap_or((at, ""));
            Mistake::at_position(
                of_the_text,
                format!("{text:?} needs a value: write `{text}: ` and the value"),
            )
        }
        Error::Unexpected { expected, .. } => {
            Mistake::at_position(at, format!("{} is expected here", plain(expected)))
        }
        Error::SerdeInvalidType {
            unexpected,
            expected,
            ..
        }
        | Error::SerdeInvalidValue {
            unexpected,
            expected,
            ..
        } => {
            let value = places
                .value_of_key_at(at, unexpected == "map")
                .unwrap_or(at);
            Mistake::at_position(
                value,
                format!("{expected} is expected here, not {}", plain(unexpected)),
            )
        }
        Error::InvalidScalar { ty, .. } => not_of_type(ty, at, places),
        Error::ExpectedMappingEndAfterEnumVariantValue { .. } => {
            Mistake::at_position(at, "only one of these at a time: this key is one too many")
        }
        Error::UnexpectedValueForUnitEnumVariant { .. } => {
            Mistake::at_position(at, "no value is expected here: write the word alone")
        }
        // The reader has rounded the number already: what is written is meant.
        Error::Message { msg, .. } if msg.starts_with(UNQUOTED) => {
            let written = places.text_at(at).unwrap_or_default();
            Mistake::at_position(at, format!("{UNQUOTED} {written:?}"))
        }
        // What a value says of itself.
        Error::Message { msg, .. } => {
            Mistake::at_position(of_the_key(at, msg, places), msg.clone())
        }
        other => Mistake::at_position(at, UserMessageFormatter.format_message(other)),
    }
}

/// A mapping without a key that it needs.
fn missing_key(field: &str, at: Position, places: &Places) -> Mistake {
    let mapping = places
        .mapping_at(at)
        .and_then(|pointer| places.value(pointer));
    let words = format!("the key {field:?} is missing");
    Mistake::at_position(mapping.unwrap_or(at), words)
}

/// A text where a value of another type is needed.
fn not_of_type(ty: &str, at: Position, places: &Places) -> Mistake {
    let wanted = match ty {
        "boolean" => "true or false",
        number if number.starts_with('u') => "a whole number, 0 or more,",
        number if number.starts_with(['i', 'f']) => "a number",
        other => other,
    };
    let written = places.text_at(at).unwrap_or_default();
    Mistake::at_position(at, format!("{wanted} is expected here, not {written:?}"))
}

/// The reader's words for the parts of YAML, in those of people.
fn plain(words: &str) -> &str {
    match words {
        "string scalar" | "scalar" => "a text",
        "sequence start" | "sequence" => "a list",
        "mapping start" | "map" => "a mapping",
        "unit value" => "nothing",
        other => other,
    }
}

/// A complaint about a whole mapping names the key that is wrong first, in backquotes: where it is
/// written is meant.
fn of_the_key(at: Position, words: &str, places: &Places) -> Position {
    let Some(mapping) = places.mapping_at(at) else {
        return at;
    };
    let quoted = words.split('`').skip(1).step_by(2);
    quoted
        .filter_map(|word| places.own_key(mapping, word))
        .next()
        .unwrap_or(at)
}

/// A key that is indented deeper than the one above it continues that one's text, which then makes
/// no sense.
fn too_deep(at: Position, places: &Places) -> Option<Mistake> {
    let mut lines = places.text().lines().skip(at.line.saturating_sub(1));
    let (above, below) = (lines.next()?, lines.next()?);
    let indent = |line: &str| {
        line.chars()
            .take_while(|character| *character == ' ')
            .count()
    };
    let key = |line: &str| {
        line.trim_start()
            .split_once(": ")
            .map(|(key, value)| (key.to_owned(), value.trim().to_owned()))
    };
    let ((_, value), (name, _)) = (key(above)?, key(below)?);
    let is_plain = value.starts_with(|first: char| first.is_ascii_alphanumeric());
    let is_name = name
        .chars()
        .all(|character| character.is_ascii_alphanumeric() || "-_".contains(character));
    (is_plain && is_name && indent(below) > indent(above)).then(|| {
        let place = Position {
            line: at.line + 1,
            column: indent(below) + 1,
        };
        Mistake::at_position(
            place,
            format!("`{name}` is indented too deep: so it continues the text of the line above"),
        )
    })
}
