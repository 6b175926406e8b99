//! The parameters that requests had before expressions: `Expected`, `QueryFilter`, `ScanFilter`,
//! `KeyConditions`, `AttributeUpdates` and `AttributesToGet`. They are made into the same trees as
//! expressions, and evaluated like them.

mod condition;
#[cfg(test)]
mod tests;
mod update;

pub use condition::{Conditions, Connective, Expected};
pub use update::AttributeUpdates;

use super::path::Path;
use super::projection::BoundProjection;
use crate::value::{Shared, Value, ValueError};
use serde::de::{Deserialize, MapAccess, Visitor};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

/// What is wrong with a legacy parameter.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LegacyError {
    /// A value that is refused.
    #[error("{}", .0.text(crate::value::Rules::Current))]
    Value(ValueError),
    /// An attribute without a name.
    #[error("Empty attribute name")]
    EmptyName,
    /// A condition of a filter without an operator.
    #[error(
        "1 validation error detected: Value null at '{0}.member.comparisonOperator' failed to \
         satisfy constraint: Member must not be null"
    )]
    NoOperator(String),
    /// An operator that does not exist.
    #[error("One or more parameter values were invalid: Invalid comparison operator")]
    UnknownOperator,
    /// An operator with too few or too many values.
    #[error(
        "One or more parameter values were invalid: Invalid number of argument(s) for the {0} \
         ComparisonOperator"
    )]
    ArgumentCount(&'static str),
    /// An operator with a value of a type that it does not take.
    #[error(
        "One or more parameter values were invalid: ComparisonOperator {operator} is not valid for \
         {given} AttributeValue type"
    )]
    ArgumentType {
        /// The operator.
        operator: &'static str,
        /// The type of the value.
        given: &'static str,
    },
    /// Values of one condition that are of two types.
    #[error(
        "One or more parameter values were invalid: AttributeValues inside AttributeValueList must \
         be of same type"
    )]
    ArgumentTypes,
    /// A lower bound of `BETWEEN` above the upper one.
    #[error(
        "The BETWEEN condition was provided a range where the lower bound is greater than the upper \
         bound"
    )]
    BoundOrder,
    /// Parts of an expected condition that do not go together, or miss; the rule and the attribute.
    #[error("One or more parameter values were invalid: {rule} for Attribute: {attribute}")]
    Combination {
        /// The rule that is broken.
        rule: String,
        /// The attribute.
        attribute: String,
    },
    /// An action of an update that does not exist.
    #[error("Member must satisfy enum value set: [ADD, DELETE, PUT]' for Action")]
    UnknownAction,
    /// An action that needs a value, without one.
    #[error(
        "One or more parameter values were invalid: Only DELETE action is allowed when no attribute \
         value is specified"
    )]
    NoValue,
    /// `DELETE` with a value that is no set.
    #[error(
        "One or more parameter values were invalid: DELETE action with value is not supported for \
         the type {0}"
    )]
    DeleteType(&'static str),
    /// `ADD` with a value that is neither a number nor a set nor a list.
    #[error(
        "One or more parameter values were invalid: ADD action is not supported for the type {0}"
    )]
    AddType(&'static str),
    /// An attribute that is asked for twice.
    #[error("One or more parameter values were invalid: Duplicate value in attribute name: {0}")]
    DuplicateAttribute(String),
}

impl LegacyError {
    /// Whether PutItem, UpdateItem and DeleteItem put `1 validation error detected: ` in front.
    pub fn is_counted(&self) -> bool {
        match self {
            LegacyError::Value(error) => error.is_counted(),
            LegacyError::NoOperator(_)
            | LegacyError::NoValue
            | LegacyError::DeleteType(_)
            | LegacyError::AddType(_) => false,
            _ => true,
        }
    }
}

impl From<ValueError> for LegacyError {
    fn from(error: ValueError) -> LegacyError {
        LegacyError::Value(error)
    }
}

/// The projection of `AttributesToGet`, whose names are whole attributes whatever they look like.
pub fn attributes_to_get<'a>(
    names: impl IntoIterator<Item = &'a str>,
) -> Result<BoundProjection, LegacyError> {
    let mut attributes: BTreeSet<Arc<str>> = BTreeSet::new();
    for name in names {
        if name.is_empty() {
            return Err(LegacyError::EmptyName);
        }
        if !attributes.insert(Arc::from(name)) {
            return Err(LegacyError::DuplicateAttribute(name.to_string()));
        }
    }
    Ok(BoundProjection::of_attributes(attributes))
}

/// The names and values of a tree that is being made.
#[derive(Debug, Default)]
struct Slots {
    names: Vec<Arc<str>>,
    values: Vec<Value>,
}

impl Slots {
    /// The path of a whole attribute.
    fn path(&mut self, name: &Arc<str>) -> Path {
        self.names.push(name.clone());
        Path::of_attribute(slot(self.names.len()))
    }

    /// The slot of a value.
    fn value(&mut self, value: &Value) -> u32 {
        self.values.push(value.clone());
        slot(self.values.len())
    }
}

fn slot(count: usize) -> u32 {
    u32::try_from(count.saturating_sub(1)).unwrap_or(u32::MAX)
}

/// Reads a map of attributes.
struct Attributes<V>(PhantomData<V>);

impl<'de, V: Deserialize<'de>> Visitor<'de> for Attributes<V> {
    type Value = BTreeMap<Arc<str>, V>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("conditions or updates by attribute")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Value, A::Error> {
        let mut map = BTreeMap::new();
        while let Some(Shared(name)) = object.next_key()? {
            map.insert(name, object.next_value()?);
        }
        Ok(map)
    }
}
