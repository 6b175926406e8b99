//! Attribute values and items: reading, writing, size and order.

mod number;

pub use number::{Number, NumberError};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// An item, or a map within one: attributes by name.
pub type Item = BTreeMap<Arc<str>, Value>;

/// An attribute value. A clone shares all that is long.
#[derive(Clone, Debug, PartialEq, Eq)]
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
