//! Values that only make sense within limits.

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::Deserialize;

use super::Amount;
use crate::check;
use suggestion::unknown;

/// Why a value is refused: what it is, and what is allowed.
#[derive(Debug, thiserror::Error)]
pub enum OutOfBounds {
    /// More than a thousand of a thousand.
    #[error("{0} of a thousand is too many: write 0 to 1000")]
    PerMille(u32),
    /// An HTTP status that reports success, or none at all.
    #[error("status {0} is not an error: write 400 to 599")]
    ErrorStatus(u16),
    /// More than the whole.
    #[error("{0} percent is more than the whole: write 0 to 100")]
    Percent(Amount),
    /// A position before the first.
    #[error("invalid position 0: the first is 1")]
    Ordinal,
    /// Not even once.
    #[error("0 times is never: write 1 or more, or leave it out")]
    Times,
    /// A path, or characters that are not allowed.
    #[error("invalid file name {0:?}: write letters, digits, `.`, `_` and `-`, such as half.clj")]
    FileName(String),
    /// A pace that is none, or slower than anything.
    #[error("{0} times as slow is out of bounds: write 2 to 1000")]
    Pace(u32),
    /// A name that no invariant has; the text suggests one.
    #[error("{0}")]
    Invariant(String),
}

/// So many of a thousand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "u32")]
pub struct PerMille(pub u32);

impl TryFrom<u32> for PerMille {
    type Error = OutOfBounds;

    fn try_from(number: u32) -> Result<Self, OutOfBounds> {
        if number <= 1000 {
            Ok(Self(number))
        } else {
            Err(OutOfBounds::PerMille(number))
        }
    }
}

/// The HTTP status of an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "u16")]
pub struct ErrorStatus(pub u16);

impl TryFrom<u16> for ErrorStatus {
    type Error = OutOfBounds;

    fn try_from(status: u16) -> Result<Self, OutOfBounds> {
        if (400..=599).contains(&status) {
            Ok(Self(status))
        } else {
            Err(OutOfBounds::ErrorStatus(status))
        }
    }
}

/// A part of a whole in percent, quoted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "Amount")]
pub struct Percent(#[schemars(with = "Amount")] pub Decimal);

impl TryFrom<Amount> for Percent {
    type Error = OutOfBounds;

    fn try_from(amount: Amount) -> Result<Self, OutOfBounds> {
        if amount.0 <= Decimal::ONE_HUNDRED {
            Ok(Self(amount.0))
        } else {
            Err(OutOfBounds::Percent(amount))
        }
    }
}

/// Counts from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "u32")]
pub struct Ordinal(pub u32);

impl TryFrom<u32> for Ordinal {
    type Error = OutOfBounds;

    fn try_from(number: u32) -> Result<Self, OutOfBounds> {
        if number > 0 {
            Ok(Self(number))
        } else {
            Err(OutOfBounds::Ordinal)
        }
    }
}

/// How often, at least once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "u32")]
pub struct Times(pub u32);

impl TryFrom<u32> for Times {
    type Error = OutOfBounds;

    fn try_from(number: u32) -> Result<Self, OutOfBounds> {
        if number > 0 {
            Ok(Self(number))
        } else {
            Err(OutOfBounds::Times)
        }
    }
}

/// How many times as slow something becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "u32")]
pub struct Pace(pub u32);

impl TryFrom<u32> for Pace {
    type Error = OutOfBounds;

    fn try_from(factor: u32) -> Result<Self, OutOfBounds> {
        if (2..=1000).contains(&factor) {
            Ok(Self(factor))
        } else {
            Err(OutOfBounds::Pace(factor))
        }
    }
}

/// The name of a file in the folder that is meant: no path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
pub struct FileName(pub String);

impl TryFrom<String> for FileName {
    type Error = OutOfBounds;

    fn try_from(name: String) -> Result<Self, OutOfBounds> {
        let is_plain =
            |character: char| character.is_ascii_alphanumeric() || "._-".contains(character);
        if name.is_empty() || name.starts_with('.') || !name.chars().all(is_plain) {
            return Err(OutOfBounds::FileName(name));
        }
        Ok(Self(name))
    }
}

/// The name of an invariant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
pub struct Invariant(pub String);

impl TryFrom<String> for Invariant {
    type Error = OutOfBounds;

    fn try_from(name: String) -> Result<Self, OutOfBounds> {
        let names = check::names();
        if names.contains(&name.as_str()) {
            return Ok(Self(name));
        }
        Err(OutOfBounds::Invariant(unknown(
            "invariant",
            &name,
            names.iter().copied(),
        )))
    }
}
