//! Money is decimal: the number types of the wire, each with its own rounding.
//!
//! Decimals travel as JSON strings. On input a string, an integer or a JSON number is accepted, a
//! number through its shortest text, so that `10.005` means exactly 10.005. Quantising happens on
//! input, before any range check (rules.md 1.4).

use std::fmt;
use std::str::FromStr;

use rust_decimal::{Decimal, RoundingStrategy};
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Number, Value};

/// What cannot be read as a decimal.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum DecimalError {
    /// A text or a number that is no finite decimal of at most 28 digits.
    #[error("{text:?} is not a decimal ({error})")]
    Text {
        /// The text.
        text: String,
        /// What is wrong with it.
        error: rust_decimal::Error,
    },
    /// JSON of another kind.
    #[error("{0} is not a decimal: write it as a string such as \"12.50\"")]
    Json(Value),
}

/// Reads a decimal from a JSON string, integer or number, exactly.
///
/// # Errors
/// [`DecimalError`], which names the offending value.
pub fn decimal_from_json(value: &Value) -> Result<Decimal, DecimalError> {
    match value {
        Value::String(text) => decimal_from_text(text),
        Value::Number(number) => decimal_from_text(&number.to_string()),
        other => Err(DecimalError::Json(other.clone())),
    }
}

/// Reads a decimal from text; blanks around it are ignored and an exponent is understood.
///
/// # Errors
/// [`DecimalError::Text`]
pub fn decimal_from_text(text: &str) -> Result<Decimal, DecimalError> {
    let trimmed = text.trim();
    let parsed = if trimmed.contains(['e', 'E']) {
        Decimal::from_scientific(trimmed)
    } else {
        Decimal::from_str_exact(trimmed)
    };
    parsed.map_err(|error| DecimalError::Text {
        text: text.to_owned(),
        error,
    })
}

/// Reads a decimal without a [`Value`] in between: an answer of the broker has thousands of them.
struct DecimalVisitor;

impl<'de> Visitor<'de> for DecimalVisitor {
    type Value = Decimal;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a decimal such as \"12.50\"")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Decimal, E> {
        decimal_from_text(text).map_err(E::custom)
    }

    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Decimal, E> {
        Ok(number.into())
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Decimal, E> {
        Ok(number.into())
    }

    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Decimal, E> {
        match Number::from_f64(number) {
            Some(number) => decimal_from_text(&number.to_string()).map_err(E::custom),
            None => Err(E::custom(DecimalError::Json(Value::Null))),
        }
    }

    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<Decimal, E> {
        Err(E::custom(DecimalError::Json(value.into())))
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<Decimal, E> {
        Err(E::custom(DecimalError::Json(Value::Null)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<Decimal, A::Error> {
        let value = Value::deserialize(SeqAccessDeserializer::new(items))?;
        Err(A::Error::custom(DecimalError::Json(value)))
    }

    fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<Decimal, A::Error> {
        let value = Value::deserialize(MapAccessDeserializer::new(fields))?;
        Err(A::Error::custom(DecimalError::Json(value)))
    }
}

/// A decimal, read exactly: for where there may be none, or several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exact(pub Decimal);

impl<'de> Deserialize<'de> for Exact {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(DecimalVisitor).map(Self)
    }
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
    use super::{Decimal, DecimalVisitor, Deserializer, Serializer};

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
        deserializer.deserialize_any(DecimalVisitor)
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
            type Err = DecimalError;

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
                deserializer.deserialize_any(DecimalVisitor).map(Self::new)
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

    #[test]
    fn text_is_read_like_a_value_and_refused_in_the_same_words() {
        for json in [
            "1.10",
            "100",
            "-3",
            "1e2",
            "18446744073709551616",
            "0.1",
            "\"12.50\"",
            "\" 7 \"",
            "\"\\u0031\"",
            "null",
            "true",
            "[1, {\"a\": 2}]",
            "{\"a\": [1]}",
            "\"ten\"",
            "1e99",
        ] {
            let value: Value = serde_json::from_str(json).expect("JSON");
            let by_value = decimal_from_json(&value).map_err(|error| error.to_string());
            let by_text = serde_json::from_str::<Exact>(json)
                .map(|exact| exact.0)
                .map_err(|error| error.to_string());
            match (&by_value, &by_text) {
                (Err(one), Err(other)) => assert!(other.starts_with(one), "{one} {other}"),
                _ => assert_eq!(by_value, by_text, "{json}"),
            }
        }
    }
}
