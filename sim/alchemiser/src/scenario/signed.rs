use std::borrow::Cow;
use std::fmt;

use rust_decimal::Decimal;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer};

use super::Amount;

/// An exact decimal that may be below zero, quoted: shares held short, cash owed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SignedAmount(pub Decimal);

impl fmt::Display for SignedAmount {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

struct SignedVisitor;

impl Visitor<'_> for SignedVisitor {
    type Value = SignedAmount;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a quoted amount such as \"10000.10\" or \"-10\"")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<SignedAmount, E> {
        match text.strip_prefix('-') {
            Some(digits) => Amount::parse(digits).map(|amount| SignedAmount(-amount.0)),
            None => Amount::parse(text).map(|amount| SignedAmount(amount.0)),
        }
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<SignedAmount, E> {
        Err(Amount::unquoted(number))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<SignedAmount, E> {
        Err(Amount::unquoted(number))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<SignedAmount, E> {
        Err(Amount::unquoted(number))
    }
}

impl<'de> Deserialize<'de> for SignedAmount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SignedVisitor)
    }
}

impl JsonSchema for SignedAmount {
    fn schema_name() -> Cow<'static, str> {
        "SignedAmount".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^-?[0-9]+(\\.[0-9]+)?$", "description": "An exact decimal, quoted, that may be below zero." })
    }
}
