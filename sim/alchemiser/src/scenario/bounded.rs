//! Values that only make sense within limits.

use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::Deserialize;

use super::Amount;
use crate::check;
use suggestion::unknown;

/// So many of a thousand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "u32")]
pub struct PerMille(pub u32);

impl TryFrom<u32> for PerMille {
    type Error = String;

    fn try_from(number: u32) -> Result<Self, String> {
        if number <= 1000 {
            Ok(Self(number))
        } else {
            Err(format!(
                "{number} of a thousand is too many: write 0 to 1000"
            ))
        }
    }
}

/// The HTTP status of an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "u16")]
pub struct ErrorStatus(pub u16);

impl TryFrom<u16> for ErrorStatus {
    type Error = String;

    fn try_from(status: u16) -> Result<Self, String> {
        if (400..=599).contains(&status) {
            Ok(Self(status))
        } else {
            Err(format!("{status} is no error status: write 400 to 599"))
        }
    }
}

/// A part of a whole in percent, quoted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "Amount")]
pub struct Percent(#[schemars(with = "Amount")] pub Decimal);

impl TryFrom<Amount> for Percent {
    type Error = String;

    fn try_from(amount: Amount) -> Result<Self, String> {
        if amount.0 <= Decimal::ONE_HUNDRED {
            Ok(Self(amount.0))
        } else {
            Err(format!("{amount} percent is more than the whole"))
        }
    }
}

/// Counts from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "u32")]
pub struct Ordinal(pub u32);

impl TryFrom<u32> for Ordinal {
    type Error = String;

    fn try_from(number: u32) -> Result<Self, String> {
        if number > 0 {
            Ok(Self(number))
        } else {
            Err("0 is no place: the first is 1".to_owned())
        }
    }
}

/// How often, at least once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "u32")]
pub struct Times(pub u32);

impl TryFrom<u32> for Times {
    type Error = String;

    fn try_from(number: u32) -> Result<Self, String> {
        if number > 0 {
            Ok(Self(number))
        } else {
            Err("0 times is never: write 1 or more, or leave it out".to_owned())
        }
    }
}

/// The name of a file in the folder that is meant: no path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
pub struct FileName(pub String);

impl TryFrom<String> for FileName {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        let is_plain =
            |character: char| character.is_ascii_alphanumeric() || "._-".contains(character);
        if name.is_empty() || name.starts_with('.') || !name.chars().all(is_plain) {
            return Err(format!(
                "{name:?} is no name of a file: write letters, digits, `.`, `_` and `-`, such as half.clj"
            ));
        }
        Ok(Self(name))
    }
}

/// The name of an invariant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
pub struct Invariant(pub String);

impl TryFrom<String> for Invariant {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        let names = check::names();
        if names.contains(&name.as_str()) {
            return Ok(Self(name));
        }
        Err(unknown("invariant", &name, names.iter().copied()))
    }
}
