//! Writing values in the JSON of DynamoDB: `{"S": "text"}`.

use super::{Number, Value};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::ser::{Serialize, SerializeMap as _, Serializer};

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_map(Some(1))?;
        object.serialize_key(self.kind().name())?;
        match self {
            Value::S(text) => object.serialize_value(text.as_ref())?,
            Value::N(number) => object.serialize_value(number)?,
            Value::B(bytes) => object.serialize_value(&STANDARD.encode(bytes))?,
            Value::Bool(flag) => object.serialize_value(flag)?,
            Value::Null => object.serialize_value(&true)?,
            Value::Ss(set) => object.serialize_value(&Members(|| set.iter().map(AsRef::as_ref)))?,
            Value::Ns(set) => object.serialize_value(&Members(|| set.iter()))?,
            Value::Bs(set) => {
                object
                    .serialize_value(&Members(|| set.iter().map(|bytes| STANDARD.encode(bytes))))?;
            }
            Value::L(list) => object.serialize_value(list.as_slice())?,
            Value::M(map) => {
                object.serialize_value(&Attributes(map))?;
            }
        }
        object.end()
    }
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.with_text(|text| serializer.serialize_str(text))
    }
}

/// The members of a set, in their order: DynamoDB gives sets back sorted.
struct Members<F>(F);

impl<F, I> Serialize for Members<F>
where
    F: Fn() -> I,
    I: Iterator,
    I::Item: Serialize,
{
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq((self.0)())
    }
}

/// An item to write, so that no feature of serde is needed for `Arc`.
pub struct Attributes<'a>(pub &'a super::Item);

impl Serialize for Attributes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name.as_ref(), value)))
    }
}
