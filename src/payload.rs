//! What the function is given, read so that nothing of it is lost: of two equal keys an ordinary
//! reader keeps the last, and nobody can say which of them was meant.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use crate::secrets::Secrets;

/// A JSON value, and whether it is ambiguous.
#[derive(Clone, Debug)]
pub struct Payload<'a> {
    value: Cow<'a, Value>,
    repeated: Option<String>,
}

impl Payload<'_> {
    /// The same without any of our own secrets.
    #[must_use]
    pub fn without(&self, secrets: &Secrets) -> Payload<'_> {
        Payload {
            value: secrets.mask_value(&self.value),
            repeated: self.repeated.clone(),
        }
    }

    /// Reads JSON text.
    ///
    /// # Errors
    /// Where it is none.
    pub fn parse(text: &str) -> Result<Payload<'static>, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// The value.
    #[must_use]
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// The first key that some object in it has twice.
    #[must_use]
    pub fn repeated(&self) -> Option<&str> {
        self.repeated.as_deref()
    }
}

/// A value that was never text is not ambiguous.
impl<'a> From<&'a Value> for Payload<'a> {
    fn from(value: &'a Value) -> Self {
        Self {
            value: Cow::Borrowed(value),
            repeated: None,
        }
    }
}

impl<'de> Deserialize<'de> for Payload<'static> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut repeated = None;
        let value = Watched {
            repeated: &mut repeated,
        }
        .deserialize(deserializer)?;
        Ok(Self {
            value: Cow::Owned(value),
            repeated,
        })
    }
}

/// Reads a value, and remembers the first key that is there twice.
struct Watched<'r> {
    repeated: &'r mut Option<String>,
}

impl<'de> DeserializeSeed<'de> for Watched<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Watched<'_> {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value)
            .map(Value::Number)
            .ok_or_else(|| E::custom("a number that JSON does not have"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut all = Vec::new();
        while let Some(item) = items.next_element_seed(Watched {
            repeated: &mut *self.repeated,
        })? {
            all.push(item);
        }
        Ok(Value::Array(all))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut all = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            let value = entries.next_value_seed(Watched {
                repeated: &mut *self.repeated,
            })?;
            if all.insert(key.clone(), value).is_some() {
                self.repeated.get_or_insert(key);
            }
        }
        Ok(Value::Object(all))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_is_the_value_that_everybody_reads() {
        for text in [
            "null",
            "true",
            "-1",
            "18446744073709551615",
            "0.1",
            "1e300",
            "\"a\\u0000b\"",
            "[1,[2,{}]]",
            "{\"a\":{\"b\":[null]}}",
        ] {
            let payload = Payload::parse(text).expect("JSON");
            assert_eq!(
                payload.value(),
                &serde_json::from_str::<Value>(text).expect("JSON"),
                "{text}"
            );
            assert_eq!(payload.repeated(), None, "{text}");
        }
        for text in ["", "{", "{\"a\":1,}", "1 2", "NaN", &"[".repeat(200)] {
            assert!(Payload::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_first_key_that_is_there_twice_is_remembered_at_any_depth() {
        for (text, key) in [
            (r#"{"mode":"bot","mode":"trade"}"#, "mode"),
            (r#"{"mode":"trade","mode":"trade"}"#, "mode"),
            (r#"{"mode":"trade","m\u006fde":"trade"}"#, "mode"),
            (r#"{"a":[{"b":{"c":1,"d":2,"c":3}}],"a":1}"#, "c"),
        ] {
            assert_eq!(
                Payload::parse(text).expect("JSON").repeated(),
                Some(key),
                "{text}"
            );
        }
        assert_eq!(
            Payload::parse(r#"{"a":{"a":1},"b":{"a":1}}"#)
                .expect("JSON")
                .repeated(),
            None
        );
    }
}
