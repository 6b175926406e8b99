//! Attribute values and items: reading, writing, size and order.

mod error;
mod number;
mod read;
mod size;
mod write;

pub use error::{Rules, SetKind, ValueError};
pub use number::{Number, NumberError};
pub use read::{Checked, Flag, Shared};
pub use size::item_size;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;
pub use write::Attributes;

/// An item, or a map within one: attributes by name.
pub type Item = BTreeMap<Arc<str>, Value>;

/// An attribute value. A clone shares all that is long.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Value {
    /// Text.
    S(Arc<str>),
    /// A number.
    N(Number),
    /// Bytes.
    B(Arc<[u8]>),
    /// True or false.
    Bool(bool),
    /// Nothing.
    Null,
    /// A set of texts.
    Ss(Arc<BTreeSet<Arc<str>>>),
    /// A set of numbers.
    Ns(Arc<BTreeSet<Number>>),
    /// A set of bytes.
    Bs(Arc<BTreeSet<Arc<[u8]>>>),
    /// A list of values of any types.
    L(Arc<Vec<Value>>),
    /// A map of values of any types.
    M(Arc<Item>),
}

/// The value of a key attribute, ordered as DynamoDB orders keys of one type: text by its UTF-8
/// bytes, numbers by value, bytes as unsigned.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyValue {
    /// Text.
    S(Arc<str>),
    /// A number.
    N(Number),
    /// Bytes.
    B(Arc<[u8]>),
}

/// The type of an attribute value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Type {
    /// Text.
    S,
    /// A number.
    N,
    /// Bytes.
    B,
    /// True or false.
    Bool,
    /// Nothing.
    Null,
    /// A set of texts.
    Ss,
    /// A set of numbers.
    Ns,
    /// A set of bytes.
    Bs,
    /// A list.
    L,
    /// A map.
    M,
}

impl Type {
    /// Every type.
    pub const ALL: [Type; 10] = [
        Type::S,
        Type::N,
        Type::B,
        Type::Bool,
        Type::Null,
        Type::Ss,
        Type::Ns,
        Type::Bs,
        Type::L,
        Type::M,
    ];

    /// The name as it stands in JSON: `S`, `BOOL`, `NULL`, ..
    pub fn name(self) -> &'static str {
        match self {
            Type::S => "S",
            Type::N => "N",
            Type::B => "B",
            Type::Bool => "BOOL",
            Type::Null => "NULL",
            Type::Ss => "SS",
            Type::Ns => "NS",
            Type::Bs => "BS",
            Type::L => "L",
            Type::M => "M",
        }
    }

    /// The type of that name in JSON.
    pub fn named(name: &str) -> Option<Type> {
        Type::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

impl fmt::Display for Type {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl Value {
    /// The type of the value.
    pub fn kind(&self) -> Type {
        match self {
            Value::S(_) => Type::S,
            Value::N(_) => Type::N,
            Value::B(_) => Type::B,
            Value::Bool(_) => Type::Bool,
            Value::Null => Type::Null,
            Value::Ss(_) => Type::Ss,
            Value::Ns(_) => Type::Ns,
            Value::Bs(_) => Type::Bs,
            Value::L(_) => Type::L,
            Value::M(_) => Type::M,
        }
    }

    /// The value as that of a key attribute; `None` for a type that no key may have.
    pub fn as_key(&self) -> Option<KeyValue> {
        match self {
            Value::S(text) => Some(KeyValue::S(text.clone())),
            Value::N(number) => Some(KeyValue::N(*number)),
            Value::B(bytes) => Some(KeyValue::B(bytes.clone())),
            _ => None,
        }
    }

    /// The order of two values of one type that has an order (S, N, B); `None` for others.
    pub fn order(&self, other: &Value) -> Option<std::cmp::Ordering> {
        match (self, other) {
            (Value::S(one), Value::S(other)) => Some(one.cmp(other)),
            (Value::N(one), Value::N(other)) => Some(one.cmp(other)),
            (Value::B(one), Value::B(other)) => Some(one.cmp(other)),
            _ => None,
        }
    }

    /// A value of text.
    pub fn text(text: &str) -> Value {
        Value::S(Arc::from(text))
    }
}

impl From<KeyValue> for Value {
    fn from(key: KeyValue) -> Value {
        match key {
            KeyValue::S(text) => Value::S(text),
            KeyValue::N(number) => Value::N(number),
            KeyValue::B(bytes) => Value::B(bytes),
        }
    }
}
