//! JSON with the keys of every object in order, written at once: the same text as a
//! `serde_json::Value` of the data has, without the tree in between.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use serde::ser::{
    Error as _, Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant,
    SerializeTuple, SerializeTupleStruct, SerializeTupleVariant, Serializer,
};
use serde_json::Error;

/// Appends the canonical JSON of `data`.
///
/// # Errors
/// A map whose keys are no texts.
pub(super) fn write(text: &mut Vec<u8>, data: &impl Serialize) -> Result<(), Error> {
    data.serialize(Canonical { text })
}

struct Canonical<'a> {
    text: &'a mut Vec<u8>,
}

impl Canonical<'_> {
    /// Numbers, words and texts are as serde_json has them.
    fn plain(self, value: &impl Serialize) -> Result<(), Error> {
        serde_json::to_writer(self.text, value)
    }
}

/// A list that is being written.
struct List<'a> {
    text: &'a mut Vec<u8>,
    is_begun: bool,
    /// What closes it.
    end: &'static [u8],
}

impl<'a> List<'a> {
    fn begin(text: &'a mut Vec<u8>, end: &'static [u8]) -> Self {
        text.push(b'[');
        Self {
            text,
            is_begun: false,
            end,
        }
    }

    fn item(&mut self, value: &(impl Serialize + ?Sized)) -> Result<(), Error> {
        if std::mem::replace(&mut self.is_begun, true) {
            self.text.push(b',');
        }
        value.serialize(Canonical { text: self.text })
    }

    fn finish(self) {
        self.text.extend_from_slice(self.end);
    }
}

/// An object that is being written: first its members as they come, then in order.
struct Object<'a> {
    text: &'a mut Vec<u8>,
    /// Where the members begin.
    start: usize,
    members: Vec<Member>,
    end: &'static [u8],
}

/// Where a member is in the text.
struct Member {
    /// Its key, with quotes.
    key: Range<usize>,
    /// Where the member ends.
    end: usize,
}

impl<'a> Object<'a> {
    fn begin(text: &'a mut Vec<u8>, end: &'static [u8]) -> Self {
        text.push(b'{');
        Self {
            start: text.len(),
            text,
            members: Vec::new(),
            end,
        }
    }

    fn key(&mut self, key: &(impl Serialize + ?Sized)) -> Result<(), Error> {
        if !self.members.is_empty() {
            self.text.push(b',');
        }
        let start = self.text.len();
        key.serialize(Canonical { text: self.text })?;
        match self.text[start] {
            b'"' => {}
            b'{' | b'[' | b'n' => return Err(Error::custom("a key must be a text or a number")),
            _ => {
                self.text.insert(start, b'"');
                self.text.push(b'"');
            }
        }
        let key = start..self.text.len();
        self.text.push(b':');
        let end = key.end;
        self.members.push(Member { key, end });
        Ok(())
    }

    fn value(&mut self, value: &(impl Serialize + ?Sized)) -> Result<(), Error> {
        value.serialize(Canonical { text: self.text })?;
        if let Some(member) = self.members.last_mut() {
            member.end = self.text.len();
        }
        Ok(())
    }

    fn finish(self) {
        let keys = self
            .members
            .iter()
            .map(|member| unquoted(&self.text[member.key.clone()]));
        if !keys.is_sorted_by(|one, next| one < next) {
            let ordered = self.ordered();
            self.text.truncate(self.start);
            self.text.extend_from_slice(&ordered);
        }
        self.text.extend_from_slice(self.end);
    }

    /// The members in the order of their keys; of equal keys the last one counts.
    fn ordered(&self) -> Vec<u8> {
        let members = self.members.iter();
        let by_key: BTreeMap<_, _> = members
            .map(|member| (unquoted(&self.text[member.key.clone()]), member))
            .collect();
        let mut ordered = Vec::with_capacity(self.text.len() - self.start);
        for member in by_key.into_values() {
            if !ordered.is_empty() {
                ordered.push(b',');
            }
            ordered.extend_from_slice(&self.text[member.key.start..member.end]);
        }
        ordered
    }
}

/// The text of a JSON string: only where something is escaped it is another.
fn unquoted(json: &[u8]) -> Cow<'_, [u8]> {
    if !json.contains(&b'\\') {
        return Cow::Borrowed(&json[1..json.len() - 1]);
    }
    let text: String = serde_json::from_slice(json).expect("a key that was just written");
    Cow::Owned(text.into_bytes())
}

macro_rules! plain {
    ($($method:ident($kind:ty))*) => {
        $(fn $method(self, value: $kind) -> Result<(), Error> {
            self.plain(&value)
        })*
    };
}

impl<'a> Serializer for Canonical<'a> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = List<'a>;
    type SerializeTuple = List<'a>;
    type SerializeTupleStruct = List<'a>;
    type SerializeTupleVariant = List<'a>;
    type SerializeMap = Object<'a>;
    type SerializeStruct = Object<'a>;
    type SerializeStructVariant = Object<'a>;

    plain! {
        serialize_bool(bool)
        serialize_i8(i8) serialize_i16(i16) serialize_i32(i32) serialize_i64(i64)
        serialize_u8(u8) serialize_u16(u16) serialize_u32(u32) serialize_u64(u64)
        serialize_f64(f64) serialize_char(char) serialize_str(&str)
    }

    /// A value keeps numbers as doubles.
    fn serialize_f32(self, value: f32) -> Result<(), Error> {
        self.plain(&f64::from(value))
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<(), Error> {
        self.plain(&value)
    }

    fn serialize_none(self) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Error> {
        self.text.extend_from_slice(b"null");
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<(), Error> {
        self.plain(&variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        let mut object = Object::begin(self.text, b"}");
        object.key(variant)?;
        object.value(value)?;
        object.finish();
        Ok(())
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<List<'a>, Error> {
        Ok(List::begin(self.text, b"]"))
    }

    fn serialize_tuple(self, _: usize) -> Result<List<'a>, Error> {
        Ok(List::begin(self.text, b"]"))
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<List<'a>, Error> {
        Ok(List::begin(self.text, b"]"))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<List<'a>, Error> {
        self.text.push(b'{');
        serde_json::to_writer(&mut *self.text, variant)?;
        self.text.push(b':');
        Ok(List::begin(self.text, b"]}"))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Object<'a>, Error> {
        Ok(Object::begin(self.text, b"}"))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Object<'a>, Error> {
        Ok(Object::begin(self.text, b"}"))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Object<'a>, Error> {
        self.text.push(b'{');
        serde_json::to_writer(&mut *self.text, variant)?;
        self.text.push(b':');
        Ok(Object::begin(self.text, b"}}"))
    }
}

macro_rules! list {
    ($($kind:ident::$method:ident)*) => {
        $(impl $kind for List<'_> {
            type Ok = ();
            type Error = Error;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
                self.item(value)
            }

            fn end(self) -> Result<(), Error> {
                self.finish();
                Ok(())
            }
        })*
    };
}

list! {
    SerializeSeq::serialize_element
    SerializeTuple::serialize_element
    SerializeTupleStruct::serialize_field
    SerializeTupleVariant::serialize_field
}

macro_rules! object {
    ($($kind:ident)*) => {
        $(impl $kind for Object<'_> {
            type Ok = ();
            type Error = Error;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                name: &'static str,
                value: &T,
            ) -> Result<(), Error> {
                self.key(name)?;
                self.value(value)
            }

            fn end(self) -> Result<(), Error> {
                self.finish();
                Ok(())
            }
        })*
    };
}

object! { SerializeStruct SerializeStructVariant }

impl SerializeMap for Object<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        self.key(key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.value(value)
    }

    fn end(self) -> Result<(), Error> {
        self.finish();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::Serialize;
    use serde_json::{Value, json};

    use super::*;

    fn written(data: &impl Serialize) -> String {
        let mut text = Vec::new();
        write(&mut text, data).expect("keys are texts");
        String::from_utf8(text).expect("JSON is UTF-8")
    }

    #[derive(Serialize)]
    #[serde(tag = "kind")]
    enum Flat {
        Whole {
            zebra: u8,
            #[serde(flatten)]
            inner: Inner,
            apple: Option<f64>,
        },
    }

    #[derive(Serialize)]
    struct Inner {
        unit: Kind,
        one: Kind,
        pair: Kind,
        named: Kind,
        map: BTreeMap<u32, char>,
        value: Value,
    }

    #[derive(Serialize)]
    enum Kind {
        Unit,
        One(i64),
        Pair(f32, bool),
        Named { z: (), a: [u8; 2] },
    }

    #[test]
    fn data_of_every_shape_has_the_text_of_its_value() {
        let data = Flat::Whole {
            zebra: 1,
            inner: Inner {
                unit: Kind::Unit,
                one: Kind::One(-7),
                pair: Kind::Pair(0.1, true),
                named: Kind::Named { z: (), a: [1, 2] },
                map: BTreeMap::from([(10, 'x'), (9, '"')]),
                value: json!({"b\"": 1.5, "b!": [], "b": {"é": null}, "": "\u{1}"}),
            },
            apple: Some(f64::NAN),
        };
        let value = serde_json::to_value(&data).expect("keys are texts");
        assert_eq!(written(&data), value.to_string());
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 6, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                proptest::collection::btree_map("[a-c\"\\\\!\u{e9}]{0,3}", inner, 0..6)
                    .prop_map(|members| members.into_iter().collect()),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_value_has_its_own_text(value in value()) {
            prop_assert_eq!(written(&value), value.to_string());
        }
    }
}
