//! Reading values from the JSON of DynamoDB: `{"S": "text"}`.
//!
//! A request fails in two steps. What is not even the right kind of JSON fails while it is read:
//! that is an error of the deserializer, and its text the message of a `SerializationException`.
//! What is refused by the rules of values fails later, in an order that the operation decides:
//! [`Checked`] keeps that error beside the values until the operation asks.

use super::{Item, Number, SetKind, Type, Value, ValueError};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

/// How many lists and maps may not lie within each other around a value.
const NESTING_LIMIT: usize = 32;

/// Something of a request, or why its values are refused.
///
/// Deserializing a `Checked<Value>` or a `Checked<Item>` fails only for JSON of the wrong kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked<T>(pub Result<T, ValueError>);

impl<'de> serde::Deserialize<'de> for Checked<Value> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        ReadValue { depth: 0 }
            .deserialize(deserializer)
            .map(Checked)
    }
}

impl<'de> serde::Deserialize<'de> for Checked<Item> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer
            .deserialize_map(ReadItem { depth: 0 })
            .map(Checked)
    }
}

/// True or false of a request, or a text that means it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flag(pub bool);

impl<'de> serde::Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let flag = ReadMember {
            kind: Type::Bool,
            depth: 0,
        }
        .deserialize(deserializer)?;
        match flag {
            Some(Ok(Value::Bool(flag))) => Ok(Flag(flag)),
            _ => Err(D::Error::custom("Unexpected token received from parser")),
        }
    }
}

/// The flag that a text means where DynamoDB expects true or false.
fn text_of_flag(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "t" | "yes" | "y" | "1" => Some(true),
        "false" | "f" | "no" | "n" | "0" => Some(false),
        _ => None,
    }
}

/// Reads one attribute value that lies within `depth` lists and maps.
#[derive(Clone, Copy)]
struct ReadValue {
    depth: usize,
}

impl<'de> DeserializeSeed<'de> for ReadValue {
    type Value = Result<Value, ValueError>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

/// The error for a value where an object is expected.
fn not_an_object<E: Error>() -> E {
    E::custom("Unexpected field type")
}

macro_rules! refuse_scalars {
    ($($visit:ident: $kind:ty),*) => {
        $(fn $visit<E: Error>(self, _: $kind) -> Result<Self::Value, E> {
            Err(not_an_object())
        })*
    };
}

impl<'de> Visitor<'de> for ReadValue {
    type Value = Result<Value, ValueError>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an attribute value such as {\"S\": \"text\"}")
    }

    refuse_scalars!(visit_bool: bool, visit_i64: i64, visit_u64: u64, visit_f64: f64, visit_str: &str);

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(Err(ValueError::Empty))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<Self::Value, A::Error> {
        Err(A::Error::custom(
            "Unrecognized collection type class com.amazonaws.dynamodb.v20120810.AttributeValue",
        ))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Value, A::Error> {
        let mut found: Option<Result<Value, ValueError>> = None;
        let mut more = false;
        while let Some(kind) = object.next_key::<TypeName>()? {
            let Some(kind) = kind.0 else {
                object.next_value::<IgnoredAny>()?;
                continue;
            };
            let Some(member) = object.next_value_seed(ReadMember {
                kind,
                depth: self.depth,
            })?
            else {
                continue;
            };
            more |= found.is_some();
            // Of several types, what is wrong within one is told before that there are several.
            if !matches!(found, Some(Err(_))) {
                found = Some(member);
            }
        }
        Ok(match found {
            None => Err(ValueError::Empty),
            Some(Ok(_)) if more => Err(ValueError::MoreThanOneType),
            Some(Err(error)) if more => Err(while_reading(error)),
            Some(member) => member,
        })
    }
}

/// The key of an attribute value; unknown keys are ignored.
struct TypeName(Option<Type>);

impl<'de> serde::Deserialize<'de> for TypeName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Name;
        impl Visitor<'_> for Name {
            type Value = TypeName;
            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("the name of a type")
            }
            fn visit_str<E: Error>(self, name: &str) -> Result<TypeName, E> {
                Ok(TypeName(Type::named(name)))
            }
        }
        deserializer.deserialize_str(Name)
    }
}

/// Reads what stands beside the name of a type; `None` for null, which counts as absent.
struct ReadMember {
    kind: Type,
    depth: usize,
}

impl<'de> DeserializeSeed<'de> for ReadMember {
    type Value = Option<Result<Value, ValueError>>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl ReadMember {
    /// The error for a JSON value, named as DynamoDB names it, that is not of the type's kind.
    fn mismatch<E: Error>(&self, found: &str) -> E {
        match self.kind {
            Type::S | Type::N | Type::B => {
                E::custom(format_args!("{found} cannot be converted to String"))
            }
            Type::Bool | Type::Null => {
                E::custom(format_args!("{found} cannot be converted to Boolean"))
            }
            Type::Ss | Type::Ns | Type::Bs | Type::L | Type::M => not_an_object(),
        }
    }

    fn set<'de, A: SeqAccess<'de>>(
        &self,
        mut list: A,
    ) -> Result<Result<Value, ValueError>, A::Error> {
        let mut members: Vec<Arc<str>> = Vec::with_capacity(list.size_hint().unwrap_or(0));
        while let Some(member) = list.next_element::<Shared>()? {
            members.push(member.0);
        }
        match self.kind {
            Type::Ss => Ok(set_of_texts(members)),
            Type::Ns => Ok(set_of_numbers(&members)),
            _ => set_of_bytes(&members),
        }
    }

    fn flag(&self, flag: bool) -> Result<Value, ValueError> {
        match self.kind {
            Type::Bool => Ok(Value::Bool(flag)),
            _ if flag => Ok(Value::Null),
            _ => Err(ValueError::NullNotTrue),
        }
    }
}

impl<'de> Visitor<'de> for ReadMember {
    type Value = Option<Result<Value, ValueError>>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "a value of type {}", self.kind)
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Some(match self.kind {
            Type::S => Ok(Value::S(Arc::from(text))),
            Type::N => text.parse().map(Value::N).map_err(ValueError::Number),
            Type::B => Ok(Value::B(bytes(text)?)),
            Type::Bool | Type::Null => match text_of_flag(text) {
                Some(flag) => self.flag(flag).map_err(while_reading),
                None => return Err(E::custom("Unexpected token received from parser")),
            },
            _ => return Err(not_an_object()),
        }))
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<Self::Value, E> {
        match self.kind {
            Type::Bool | Type::Null => Ok(Some(self.flag(flag))),
            _ if flag => Err(self.mismatch("TRUE_VALUE")),
            _ => Err(self.mismatch("FALSE_VALUE")),
        }
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Self::Value, E> {
        Err(self.mismatch("NUMBER_VALUE"))
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Self::Value, E> {
        Err(self.mismatch("NUMBER_VALUE"))
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Self::Value, E> {
        Err(self.mismatch("DECIMAL_VALUE"))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        match self.kind {
            Type::Ss | Type::Ns | Type::Bs => self.set(list).map(Some),
            Type::L => {
                let mut values = Vec::with_capacity(list.size_hint().unwrap_or(0));
                let mut wrong = too_deep(self.depth);
                while let Some(value) = list.next_element_seed(ReadValue {
                    depth: self.depth + 1,
                })? {
                    keep_first(value, &mut wrong, |value| values.push(value));
                }
                Ok(Some(
                    wrong.map_or_else(|| Ok(Value::L(Arc::new(values))), Err),
                ))
            }
            Type::Bool | Type::Null => Err(A::Error::custom(
                "Unrecognized collection type class java.lang.Boolean",
            )),
            Type::M => Err(A::Error::custom(
                "Unrecognized collection type java.util.Map",
            )),
            Type::S | Type::N | Type::B => Err(A::Error::custom(
                "Unrecognized collection type class java.lang.String",
            )),
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<Self::Value, A::Error> {
        if self.kind != Type::M {
            return Err(A::Error::custom(
                "Start of structure or map found where not expected",
            ));
        }
        let map = ReadItem {
            depth: self.depth + 1,
        }
        .visit_map(object)?;
        Ok(Some(match too_deep(self.depth) {
            Some(error) => Err(error),
            None => map.map(|map| Value::M(Arc::new(map))),
        }))
    }
}

fn while_reading(error: ValueError) -> ValueError {
    match error {
        already @ ValueError::WhileReading(_) => already,
        error => ValueError::WhileReading(Box::new(error)),
    }
}

fn too_deep(depth: usize) -> Option<ValueError> {
    (depth + 1 >= NESTING_LIMIT).then_some(ValueError::TooDeep)
}

/// Keeps a value that was read, or the first error.
fn keep_first(
    read: Result<Value, ValueError>,
    wrong: &mut Option<ValueError>,
    keep: impl FnOnce(Value),
) {
    match read {
        Ok(value) => keep(value),
        Err(error) => {
            wrong.get_or_insert(error);
        }
    }
}

/// Reads a map of attributes that lies within `depth` lists and maps.
struct ReadItem {
    depth: usize,
}

impl<'de> Visitor<'de> for ReadItem {
    type Value = Result<Item, ValueError>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("attributes by name")
    }

    refuse_scalars!(visit_bool: bool, visit_i64: i64, visit_u64: u64, visit_f64: f64, visit_str: &str);

    fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<Self::Value, A::Error> {
        Err(A::Error::custom(
            "Unrecognized collection type java.util.Map",
        ))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Value, A::Error> {
        let mut item = Item::new();
        let mut wrong = None;
        while let Some(Shared(name)) = object.next_key()? {
            let value = object.next_value_seed(ReadValue { depth: self.depth })?;
            if name.is_empty() {
                wrong.get_or_insert(ValueError::EmptyName);
            }
            keep_first(value, &mut wrong, |value| {
                item.insert(name, value);
            });
        }
        Ok(wrong.map_or(Ok(item), Err))
    }
}

/// A text of a request that is kept: the name of an attribute or a member of a set.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Shared(pub Arc<str>);

impl<'de> serde::Deserialize<'de> for Shared {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = ReadMember {
            kind: Type::S,
            depth: 0,
        }
        .deserialize(deserializer)?;
        match text {
            Some(Ok(Value::S(text))) => Ok(Shared(text)),
            _ => Err(not_an_object()),
        }
    }
}

fn set_of_texts(members: Vec<Arc<str>>) -> Result<Value, ValueError> {
    if members.is_empty() {
        return Err(ValueError::EmptySet(SetKind::Texts));
    }
    let set: BTreeSet<Arc<str>> = members.iter().cloned().collect();
    if set.len() < members.len() {
        return Err(ValueError::DuplicateTexts(members));
    }
    Ok(Value::Ss(Arc::new(set)))
}

fn set_of_numbers(members: &[Arc<str>]) -> Result<Value, ValueError> {
    if members.is_empty() {
        return Err(ValueError::EmptySet(SetKind::Numbers));
    }
    let set: Result<BTreeSet<Number>, _> = members.iter().map(|text| text.parse()).collect();
    let set = set.map_err(ValueError::Number)?;
    if set.len() < members.len() {
        return Err(ValueError::DuplicateNumbers);
    }
    Ok(Value::Ns(Arc::new(set)))
}

fn set_of_bytes<E: Error>(members: &[Arc<str>]) -> Result<Result<Value, ValueError>, E> {
    if members.is_empty() {
        return Ok(Err(ValueError::EmptySet(SetKind::Bytes)));
    }
    let members: Vec<Arc<[u8]>> = members
        .iter()
        .map(|text| bytes(text))
        .collect::<Result<_, E>>()?;
    let set: BTreeSet<Arc<[u8]>> = members.iter().cloned().collect();
    if set.len() < members.len() {
        return Ok(Err(ValueError::DuplicateBytes(members)));
    }
    Ok(Ok(Value::Bs(Arc::new(set))))
}

/// The bytes that a text in base 64 stands for.
fn bytes<E: Error>(text: &str) -> Result<Arc<[u8]>, E> {
    if let Ok(bytes) = STANDARD.decode(text) {
        return Ok(Arc::from(bytes));
    }
    if !text.len().is_multiple_of(4) {
        return Err(E::custom(format_args!(
            "Base64 encoded length is expected a multiple of 4 bytes but found: {}",
            text.len()
        )));
    }
    let strange = text
        .chars()
        .find(|letter| !letter.is_ascii_alphanumeric() && !"+/=".contains(*letter));
    Err(match strange {
        Some(letter) => E::custom(format_args!("Invalid Base64 character: '{letter}'")),
        None => E::custom("Invalid last non-pad Base64 character dectected"),
    })
}

#[cfg(test)]
mod tests {
    use super::super::Rules;
    use super::*;
    use serde_json::json;

    fn read(json: &serde_json::Value) -> Result<Value, ValueError> {
        serde_json::from_str::<Checked<Value>>(&json.to_string())
            .unwrap()
            .0
    }

    fn refused(json: &serde_json::Value) -> String {
        read(json).unwrap_err().text(Rules::Current)
    }

    #[test]
    fn every_type_is_read_and_written_back() {
        for json in [
            json!({"S": "text"}),
            json!({"N": "-1.5"}),
            json!({"B": "AAEC"}),
            json!({"BOOL": false}),
            json!({"NULL": true}),
            json!({"SS": ["a", "b"]}),
            json!({"NS": ["-1", "2", "10"]}),
            json!({"BS": ["AAEC", "AQ=="]}),
            json!({"L": [{"S": ""}, {"L": []}]}),
            json!({"M": {"a": {"M": {}}, "b": {"N": "1"}}}),
        ] {
            let value = read(&json).unwrap();
            assert_eq!(serde_json::to_value(&value).unwrap(), json);
        }
    }

    #[test]
    fn values_against_the_rules_are_refused() {
        let invalid = "One or more parameter values were invalid: ";
        for (json, text) in [
            (json!({}), "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes".to_string()),
            (json!({"S": null}), "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes".into()),
            (json!({"S": "a", "N": "1"}), "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes".into()),
            (json!({"SS": []}), format!("{invalid}An string set  may not be empty")),
            (json!({"L": [{"NS": []}]}), format!("{invalid}An number set  may not be empty")),
            (json!({"SS": ["b", "a", "b", "C"]}), format!("{invalid}Input collection [\"a\", \"b\", \"b\", \"C\"] contains duplicates.")),
            (json!({"NS": ["1", "1.0"]}), format!("{invalid}Input collection contains duplicates.")),
            (json!({"BS": ["AQ==", "AQ=="]}), format!("{invalid}Input collection [\"AQ==\",\"AQ==\"]of type BS contains duplicates.")),
            (json!({"NULL": false}), format!("{invalid}Null attribute value types must have the value of true")),
            (json!({"N": "x"}), "The parameter cannot be converted to a numeric value: x".into()),
            (json!({"M": {"": {"S": "a"}}}), "Empty attribute name".into()),
        ] {
            assert_eq!(refused(&json), text, "{json}");
        }
        let older = [
            (
                json!({"S": "a", "NS": ["1", "1"]}),
                "Input collection contains duplicates",
            ),
            (
                json!({"S": "a", "N": ""}),
                "The parameter cannot be converted to a numeric value",
            ),
        ];
        for (json, text) in older {
            assert_eq!(refused(&json), text, "{json}");
        }
        let flag = read(&json!({"NULL": "no"})).unwrap_err();
        assert_eq!(
            (flag.cause(), flag.is_counted()),
            (&ValueError::NullNotTrue, false)
        );
        assert_eq!(read(&json!({"S": "a", "N": null})), Ok(Value::text("a")));
        assert_eq!(read(&json!({"BOOL": "yes"})), Ok(Value::Bool(true)));
    }

    #[test]
    fn json_of_the_wrong_kind_does_not_read() {
        for (json, text) in [
            (
                json!({"S": 1}),
                "NUMBER_VALUE cannot be converted to String",
            ),
            (
                json!({"S": 1.5}),
                "DECIMAL_VALUE cannot be converted to String",
            ),
            (
                json!({"N": true}),
                "TRUE_VALUE cannot be converted to String",
            ),
            (
                json!({"S": []}),
                "Unrecognized collection type class java.lang.String",
            ),
            (
                json!({"S": {}}),
                "Start of structure or map found where not expected",
            ),
            (
                json!({"BOOL": "perhaps"}),
                "Unexpected token received from parser",
            ),
            (json!({"SS": "a"}), "Unexpected field type"),
            (
                json!({"B": "abc"}),
                "Base64 encoded length is expected a multiple of 4 bytes but found: 3",
            ),
            (json!("text"), "Unexpected field type"),
        ] {
            let error = serde_json::from_value::<Checked<Value>>(json.clone()).unwrap_err();
            assert_eq!(error.to_string(), text, "{json}");
        }
    }

    #[test]
    fn a_value_within_thirty_two_containers_is_refused() {
        let nested = |levels| (0..levels).fold(json!({"S": "a"}), |inner, _| json!({"L": [inner]}));
        assert!(read(&nested(31)).is_ok());
        assert_eq!(read(&nested(32)), Err(ValueError::TooDeep));
    }
}
