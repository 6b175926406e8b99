use std::borrow::Cow;
use std::fmt;

use rust_decimal::Decimal;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer};

/// The largest amount that a scenario may name: products of two still have their cents.
const LARGEST: Decimal = Decimal::from_parts(1_316_134_912, 2_328, 0, false, 0);

/// An exact decimal, which must be quoted: YAML would turn 10000.10 into 10000.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Amount(pub Decimal);

impl fmt::Display for Amount {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// What is said of a number that stands where an amount should, before its digits.
pub(super) const UNQUOTED: &str = "an amount must be quoted, because YAML rounds numbers: write";

struct AmountVisitor;

impl Visitor<'_> for AmountVisitor {
    type Value = Amount;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a quoted amount such as \"10000.10\"")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Amount, E> {
        Amount::parse(text)
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Amount, E> {
        Err(Amount::unquoted(number))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Amount, E> {
        Err(Amount::unquoted(number))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Amount, E> {
        Err(Amount::unquoted(number))
    }
}

impl Amount {
    /// An amount from its digits.
    pub(super) fn parse<E: Error>(text: &str) -> Result<Self, E> {
        let amount = Decimal::from_str_exact(text).map_err(|_| {
            E::custom(format!(
                "invalid amount {text:?}: write digits such as \"10000.10\""
            ))
        })?;
        if amount.is_sign_negative() || amount > LARGEST {
            return Err(E::custom(format!(
                "{text} is out of bounds: write an amount from 0 to {LARGEST}"
            )));
        }
        Ok(Self(amount))
    }

    /// That a number stands where an amount should.
    pub(super) fn unquoted<E: Error>(number: impl fmt::Display) -> E {
        E::custom(format!("{UNQUOTED} \"{number}\""))
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AmountVisitor)
    }
}

impl JsonSchema for Amount {
    fn schema_name() -> Cow<'static, str> {
        "Amount".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[0-9]+(\\.[0-9]+)?$", "description": "An exact decimal, quoted." })
    }
}
