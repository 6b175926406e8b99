//! Money is decimal: the number types of the wire, each with its own rounding.
//!
//! Decimals travel as JSON strings. On input a string, an integer or a JSON number is accepted, a
//! number through its shortest text, so that `10.005` means exactly 10.005. Quantising happens on
//! input, before any range check (rules.md 1.4).

use std::fmt;
use std::str::FromStr;

use rust_decimal::{Decimal, RoundingStrategy};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

/// Reads a decimal from a JSON string, integer or number, exactly.
///
/// # Errors
/// A sentence that names the offending value, where it is no finite decimal of at most 28 digits.
pub fn decimal_from_json(value: &Value) -> Result<Decimal, String> {
    match value {
        Value::String(text) => decimal_from_text(text),
        Value::Number(number) => decimal_from_text(&number.to_string()),
        other => Err(format!(
            "{other} is not a decimal: write it as a string such as \"12.50\""
        )),
    }
}

/// Reads a decimal from text; blanks around it are ignored and an exponent is understood.
///
/// # Errors
/// A sentence that names the offending text.
pub fn decimal_from_text(text: &str) -> Result<Decimal, String> {
    let trimmed = text.trim();
    let parsed = if trimmed.contains(['e', 'E']) {
        Decimal::from_scientific(trimmed)
    } else {
        Decimal::from_str_exact(trimmed)
    };
    parsed.map_err(|error| format!("{text:?} is not a decimal ({error})"))
}

/// Rounds half away from zero to exactly `places` decimal places.
#[must_use]
pub fn round_half_up(value: Decimal, places: u32) -> Decimal {
    let mut rounded = value.round_dp_with_strategy(places, RoundingStrategy::MidpointAwayFromZero);
    rounded.rescale(places);
    // A negative zero would travel as "-0.00".
    if rounded.is_zero() {
        rounded.set_sign_positive(true)
    }
    rounded
}

/// Serde for a plain decimal: exact text, nothing quantised.
pub mod exact {
    use super::{Decimal, Deserialize, Deserializer, Serializer, Value, decimal_from_json};
    use serde::de::Error as _;

    /// Writes the exact text as a JSON string.
    ///
    /// # Errors
    /// Only what the serializer itself reports.
    pub fn serialize<S: Serializer>(value: &Decimal, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(value)
    }

    /// Reads a string, an integer or a number.
    ///
    /// # Errors
    /// Where the value is no decimal.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
        decimal_from_json(&Value::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

macro_rules! quantised {
    ($name:ident, $places:literal, $doc:literal) => {
        #[doc = $doc]
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Decimal);

        impl $name {
            /// Decimal places on the wire.
            pub const PLACES: u32 = $places;

            /// Quantises `value`, rounding half away from zero.
            #[must_use]
            pub fn new(value: Decimal) -> Self {
                Self(round_half_up(value, Self::PLACES))
            }

            /// The quantised number.
            #[must_use]
            pub fn get(self) -> Decimal {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                let mut value = self.0;
                value.rescale(Self::PLACES);
                write!(formatter, "{value}")
            }
        }

        impl FromStr for $name {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                decimal_from_text(text).map(Self::new)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                decimal_from_json(&Value::deserialize(deserializer)?)
                    .map(Self::new)
                    .map_err(D::Error::custom)
            }
        }
    };
}

quantised!(Money, 2, "An amount in US dollars, two places.");
quantised!(Price, 2, "A price in US dollars a share, two places.");
quantised!(
    Weight,
    4,
    "A share of a portfolio where 1 is the whole, four places."
);

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn quantises_on_input_half_away_from_zero() {
        let money: Money = serde_json::from_value(json!(10.005)).expect("a number is accepted");
        assert_eq!(money.to_string(), "10.01");
        let weight: Weight =
            serde_json::from_value(json!("1.00004")).expect("a string is accepted");
        assert_eq!(weight.to_string(), "1.0000");
        let tiny: Weight = serde_json::from_value(json!("0.00004")).expect("a string is accepted");
        assert_eq!(tiny.to_string(), "0.0000");
        assert_eq!(
            serde_json::to_string(&Money::new(Decimal::new(-5, 3))).expect("writes"),
            "\"-0.01\""
        );
    }

    #[test]
    fn names_the_offending_text() {
        let error = serde_json::from_value::<Money>(json!("ten")).expect_err("no decimal");
        assert!(
            error.to_string().starts_with("\"ten\" is not a decimal"),
            "{error}"
        );
        let error = serde_json::from_value::<Money>(json!(true)).expect_err("no decimal");
        assert!(
            error.to_string().starts_with("true is not a decimal"),
            "{error}"
        );
    }
}
