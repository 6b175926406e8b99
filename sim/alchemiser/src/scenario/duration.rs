use std::borrow::Cow;
use std::str::FromStr;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer};

/// The longest span that a scenario may name.
const LONGEST: Duration = Duration::from_secs(3_653 * 86_400);

/// A span of time as people write it: `500ms`, `45s`, `20m`, `1h30m`, `2d`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span(pub Duration);

/// Why a text is not a span of time.
#[derive(Debug, thiserror::Error)]
pub enum SpanError {
    /// It has no number, no unit, or an unknown unit.
    #[error("invalid span of time {0:?}: write 500ms, 45s, 20m, 1h30m or 2d")]
    Malformed(String),
    /// It is longer than a scenario may last.
    #[error("{0:?} is longer than ten years")]
    TooLong(String),
}

impl FromStr for Span {
    type Err = SpanError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || SpanError::Malformed(text.to_owned());
        let mut total = Duration::ZERO;
        let mut rest = text;
        while !rest.is_empty() {
            let digits = rest
                .find(|character: char| !character.is_ascii_digit())
                .ok_or_else(wrong)?;
            let number: u64 = rest[..digits].parse().map_err(|_| wrong())?;
            rest = &rest[digits..];
            let letters = rest
                .find(|character: char| character.is_ascii_digit())
                .unwrap_or(rest.len());
            let unit = match &rest[..letters] {
                "ms" => Duration::from_millis(1),
                "s" => Duration::from_secs(1),
                "m" => Duration::from_secs(60),
                "h" => Duration::from_secs(3_600),
                "d" => Duration::from_secs(86_400),
                _ => return Err(wrong()),
            };
            let part = unit
                .checked_mul(u32::try_from(number).map_err(|_| wrong())?)
                .ok_or_else(wrong)?;
            total = total
                .checked_add(part)
                .filter(|total| *total <= LONGEST)
                .ok_or_else(|| SpanError::TooLong(text.to_owned()))?;
            rest = &rest[letters..];
        }
        if text.is_empty() {
            Err(wrong())
        } else {
            Ok(Self(total))
        }
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Span {
    fn schema_name() -> Cow<'static, str> {
        "Span".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^([0-9]+(ms|s|m|h|d))+$", "description": "A span of time: 500ms, 45s, 20m, 1h30m, 2d." })
    }
}
