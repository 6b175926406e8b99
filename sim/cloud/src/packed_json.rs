//! JSON that is kept for long and read in parts: one piece of memory of about the size of its text,
//! where a tree of `serde_json::Value` takes some five times that. A member is found without
//! parsing, and texts are borrowed from it.

use std::fmt;
use std::sync::Arc;

use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};
use serde_json::{Number, Value};

// A value is one of these tags and what follows it. Lists and objects begin with their length, so
// that a reader steps over them at once.
const NULL: u8 = 0;
const FALSE: u8 = 1;
const TRUE: u8 = 2;
const UNSIGNED: u8 = 3;
const SIGNED: u8 = 4;
const FLOAT: u8 = 5;
const TEXT: u8 = 6;
const LIST: u8 = 7;
const OBJECT: u8 = 8;

const NUMBER_BYTES: usize = 8;
const LENGTH_BYTES: usize = 4;

/// JSON of its own. A copy shares the memory.
#[derive(Clone, PartialEq, Eq)]
pub struct PackedJson(Arc<[u8]>);

impl PackedJson {
    /// Packs JSON text; what is none is null.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        Self::from(&serde_json::from_str(text).unwrap_or(Value::Null))
    }

    /// What is in it.
    #[must_use]
    pub fn view(&self) -> Json<'_> {
        Json(&self.0)
    }

    /// How many bytes it takes.
    #[must_use]
    pub fn size_bytes(&self) -> usize {
        self.0.len()
    }
}

impl From<&Value> for PackedJson {
    fn from(value: &Value) -> Self {
        let mut bytes = Vec::new();
        pack(&mut bytes, value);
        Self(bytes.into())
    }
}

impl From<Value> for PackedJson {
    fn from(value: Value) -> Self {
        Self::from(&value)
    }
}

impl Default for PackedJson {
    fn default() -> Self {
        Self::from(&Value::Null)
    }
}

impl Serialize for PackedJson {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.view().serialize(serializer)
    }
}

impl fmt::Display for PackedJson {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.view().fmt(formatter)
    }
}

impl fmt::Debug for PackedJson {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.view().fmt(formatter)
    }
}

fn pack(bytes: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Null => bytes.push(NULL),
        Value::Bool(false) => bytes.push(FALSE),
        Value::Bool(true) => bytes.push(TRUE),
        Value::Number(number) => pack_number(bytes, number),
        Value::String(text) => {
            bytes.push(TEXT);
            pack_text(bytes, text);
        }
        Value::Array(items) => pack_within(bytes, LIST, |bytes| {
            for item in items {
                pack(bytes, item);
            }
        }),
        Value::Object(members) => pack_within(bytes, OBJECT, |bytes| {
            for (name, value) in members {
                pack_text(bytes, name);
                pack(bytes, value);
            }
        }),
    }
}

fn pack_number(bytes: &mut Vec<u8>, number: &Number) {
    let (tag, number) = if let Some(number) = number.as_u64() {
        (UNSIGNED, number.to_le_bytes())
    } else if let Some(number) = number.as_i64() {
        (SIGNED, number.to_le_bytes())
    } else {
        let number = number.as_f64().expect("a number that is no integer");
        (FLOAT, number.to_le_bytes())
    };
    bytes.push(tag);
    bytes.extend_from_slice(&number);
}

/// A text behind its length: seven bits a byte, the lowest first, and the eighth where more follow.
fn pack_text(bytes: &mut Vec<u8>, text: &str) {
    let mut length = text.len();
    while length > 0x7f {
        bytes.push(length as u8 | 0x80);
        length >>= 7;
    }
    bytes.push(length as u8);
    bytes.extend_from_slice(text.as_bytes());
}

fn pack_within(bytes: &mut Vec<u8>, tag: u8, pack_content: impl FnOnce(&mut Vec<u8>)) {
    bytes.push(tag);
    let start = bytes.len() + LENGTH_BYTES;
    bytes.extend_from_slice(&[0; LENGTH_BYTES]);
    pack_content(bytes);
    let length = u32::try_from(bytes.len() - start).expect("JSON of less than 4 GB");
    bytes[start - LENGTH_BYTES..start].copy_from_slice(&length.to_le_bytes());
}

/// A value in packed JSON. It is read as a `serde_json::Value` is.
#[derive(Clone, Copy)]
pub struct Json<'a>(&'a [u8]);

impl<'a> Json<'a> {
    /// The member of that name.
    #[must_use]
    pub fn get(self, name: &str) -> Option<Self> {
        let mut rest = self.content(OBJECT);
        while !rest.is_empty() {
            let (key, value) = (take_text_bytes(&mut rest), take_value(&mut rest));
            if key == name.as_bytes() {
                return Some(value);
            }
        }
        None
    }

    /// The member of that name; null where there is none.
    #[must_use]
    pub fn at(self, name: &str) -> Self {
        self.get(name).unwrap_or(Json(&[NULL]))
    }

    /// The text, if it is one.
    #[must_use]
    pub fn as_str(self) -> Option<&'a str> {
        let (tag, mut rest) = self.tag();
        (tag == TEXT).then(|| take_text(&mut rest))
    }

    /// Whether it is the word `true`.
    #[must_use]
    pub fn is_true(self) -> bool {
        self.tag().0 == TRUE
    }

    /// Whether it is a list.
    #[must_use]
    pub fn is_list(self) -> bool {
        self.tag().0 == LIST
    }

    /// The members of an object, by name in order; of anything else none.
    pub fn members(self) -> impl Iterator<Item = (&'a str, Self)> {
        let mut rest = self.content(OBJECT);
        std::iter::from_fn(move || {
            (!rest.is_empty()).then(|| (take_text(&mut rest), take_value(&mut rest)))
        })
    }

    /// The items of a list, in order; of anything else none.
    pub fn items(self) -> impl Iterator<Item = Self> {
        let mut rest = self.content(LIST);
        std::iter::from_fn(move || (!rest.is_empty()).then(|| take_value(&mut rest)))
    }

    /// The number, if it is one.
    #[must_use]
    pub fn as_number(self) -> Option<Number> {
        let (tag, rest) = self.tag();
        let bytes = || rest[..NUMBER_BYTES].try_into().expect("eight bytes");
        match tag {
            UNSIGNED => Some(u64::from_le_bytes(bytes()).into()),
            SIGNED => Some(i64::from_le_bytes(bytes()).into()),
            FLOAT => Number::from_f64(f64::from_le_bytes(bytes())),
            _ => None,
        }
    }

    /// The same as a tree.
    #[must_use]
    pub fn to_value(self) -> Value {
        match self.tag().0 {
            FALSE => Value::Bool(false),
            TRUE => Value::Bool(true),
            TEXT => self.as_str().into(),
            LIST => self.items().map(Self::to_value).collect(),
            OBJECT => {
                let members = self.members();
                members
                    .map(|(name, value)| (name, value.to_value()))
                    .collect()
            }
            _ => self.as_number().map_or(Value::Null, Value::Number),
        }
    }

    fn tag(self) -> (u8, &'a [u8]) {
        let (tag, rest) = self.0.split_first().expect("a value has a tag");
        (*tag, rest)
    }

    fn content(self, of: u8) -> &'a [u8] {
        let (tag, rest) = self.tag();
        if tag == of {
            &rest[LENGTH_BYTES..]
        } else {
            &[]
        }
    }
}

/// Takes the value that stands first.
fn take_value<'a>(rest: &mut &'a [u8]) -> Json<'a> {
    let (tag, mut behind) = Json(rest).tag();
    let length = match tag {
        UNSIGNED | SIGNED | FLOAT => 1 + NUMBER_BYTES,
        TEXT => {
            take_text_bytes(&mut behind);
            rest.len() - behind.len()
        }
        LIST | OBJECT => {
            let length = behind[..LENGTH_BYTES].try_into().expect("four bytes");
            1 + LENGTH_BYTES + u32::from_le_bytes(length) as usize
        }
        _ => 1,
    };
    let (value, behind) = rest.split_at(length);
    *rest = behind;
    Json(value)
}

/// Takes the text that stands first.
fn take_text<'a>(rest: &mut &'a [u8]) -> &'a str {
    std::str::from_utf8(take_text_bytes(rest)).expect("a text was packed")
}

/// The same for who only compares it, or steps over it.
fn take_text_bytes<'a>(rest: &mut &'a [u8]) -> &'a [u8] {
    let (mut length, mut shift) = (0_usize, 0);
    loop {
        let (byte, behind) = rest.split_first().expect("a length ends");
        *rest = behind;
        length |= usize::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            break;
        }
        shift += 7;
    }
    let (text, behind) = rest.split_at(length);
    *rest = behind;
    text
}

impl Serialize for Json<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.tag().0 {
            FALSE => serializer.serialize_bool(false),
            TRUE => serializer.serialize_bool(true),
            TEXT => serializer.serialize_str(self.as_str().unwrap_or_default()),
            LIST => {
                let mut list = serializer.serialize_seq(None)?;
                for item in self.items() {
                    list.serialize_element(&item)?;
                }
                list.end()
            }
            OBJECT => {
                let mut object = serializer.serialize_map(None)?;
                for (name, value) in self.members() {
                    object.serialize_entry(name, &value)?;
                }
                object.end()
            }
            _ => match self.as_number() {
                Some(number) => number.serialize(serializer),
                None => serializer.serialize_unit(),
            },
        }
    }
}

impl fmt::Display for Json<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = serde_json::to_string(self).map_err(|_| fmt::Error)?;
        formatter.write_str(&text)
    }
}

impl fmt::Debug for Json<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn parts_are_found_and_texts_are_borrowed() {
        let long = "x".repeat(20_000);
        let value = json!({"a": {"b": [1, -2, 0.5, null, true]}, "é\"": "\u{1}", "long": long});
        let packed = PackedJson::from(&value);
        let json = packed.view();
        assert_eq!(json.at("long").as_str(), Some(long.as_str()));
        assert_eq!(json.at("é\"").as_str(), Some("\u{1}"));
        assert_eq!(json.at("none").at("b").as_str(), None);
        assert!(json.get("none").is_none() && json.at("a").at("b").is_list());
        let items: Vec<Value> = json.at("a").at("b").items().map(Json::to_value).collect();
        assert_eq!(Value::Array(items), value["a"]["b"]);
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 6, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                proptest::collection::btree_map(any::<String>(), inner, 0..6)
                    .prop_map(|members| members.into_iter().collect()),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_value_comes_out_as_it_went_in(value in value()) {
            let packed = PackedJson::from(&value);
            prop_assert_eq!(packed.view().to_value(), value.clone());
            prop_assert_eq!(packed.to_string(), value.to_string());
        }
    }
}
