use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::Expect;

/// The word for [`Expectation::Sound`].
const SOUND: &str = "sound";

/// What must hold in the end, beside all invariants.
#[derive(Clone, Debug)]
pub enum Expectation {
    /// `sound`: nothing more. For a run of which nobody knows beforehand how it ends, but that it
    /// breaks no rule.
    Sound,
    /// All of this.
    Exactly(Box<Expect>),
}

impl Expectation {
    /// What is demanded beside the invariants, if anything is.
    #[must_use]
    pub fn exact(&self) -> Option<&Expect> {
        match self {
            Self::Sound => None,
            Self::Exactly(expect) => Some(expect),
        }
    }
}

impl<'de> Deserialize<'de> for Expectation {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ExpectationVisitor)
    }
}

struct ExpectationVisitor;

impl<'de> Visitor<'de> for ExpectationVisitor {
    type Value = Expectation;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "the word `{SOUND}`, or what must hold: cash, positions, mails, ..."
        )
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Expectation, E> {
        if text == SOUND {
            Ok(Expectation::Sound)
        } else {
            Err(E::invalid_value(serde::de::Unexpected::Str(text), &self))
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Expectation, A::Error> {
        Expect::deserialize(MapAccessDeserializer::new(map))
            .map(|expect| Expectation::Exactly(Box::new(expect)))
    }
}

impl JsonSchema for Expectation {
    fn schema_name() -> Cow<'static, str> {
        "Expectation".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let exact = generator.subschema_for::<Expect>();
        json_schema!({
            "description": "What must hold in the end, beside all invariants: all of this, or nothing more where it is `sound`.",
            "anyOf": [{ "const": SOUND }, exact],
        })
    }
}
