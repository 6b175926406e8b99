//! Placeholders of a request: `ExpressionAttributeNames` and `ExpressionAttributeValues`.

use super::error::Flaw;
use super::parser::Symbol;
use crate::value::{Checked, Rules, Shared, Value, ValueError};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

/// `ExpressionAttributeNames`: names of attributes by placeholder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names(BTreeMap<Arc<str>, Shared>);

/// `ExpressionAttributeValues`: values by placeholder, or why they are refused.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Values(BTreeMap<Arc<str>, Checked<Value>>);

/// What is wrong with the placeholders of a request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlaceholderError {
    /// A map without placeholders.
    #[error("{0} must not be empty")]
    NoneGiven(&'static str),
    /// A placeholder that does not start with `#` or `:`, or holds other than letters, digits and
    /// underscores.
    #[error("{map} contains invalid key: Syntax error; key: \"{key}\"")]
    Key {
        /// The parameter.
        map: &'static str,
        /// The placeholder.
        key: String,
    },
    /// A placeholder that stands for the empty name.
    #[error("ExpressionAttributeNames contains invalid value: Empty attribute name for key {0}")]
    EmptyName(String),
    /// A value that is refused.
    #[error("{}", .error.text_for_placeholder(.key, *.rules))]
    Value {
        /// The placeholder.
        key: String,
        /// Why the value is refused.
        error: ValueError,
        /// The rules that the request is read by.
        rules: Rules,
    },
    /// Placeholders that no expression uses, in the order of their names.
    #[error("Value provided in {map} unused in expressions: keys: {{{keys}}}")]
    Unused {
        /// The parameter.
        map: &'static str,
        /// The placeholders, after each other.
        keys: String,
    },
}

const NAMES: &str = "ExpressionAttributeNames";
const VALUES: &str = "ExpressionAttributeValues";

impl Names {
    /// Checks what can be told without the expressions.
    pub fn check(&self) -> Result<(), PlaceholderError> {
        if self.0.is_empty() {
            return Err(PlaceholderError::NoneGiven(NAMES));
        }
        self.0
            .keys()
            .try_for_each(|key| check_key(NAMES, '#', key))?;
        match self.0.iter().find(|(_, name)| name.0.is_empty()) {
            Some((key, _)) => Err(PlaceholderError::EmptyName(key.to_string())),
            None => Ok(()),
        }
    }
}

impl Values {
    /// Checks what can be told without the expressions.
    pub fn check(&self, rules: Rules) -> Result<(), PlaceholderError> {
        if self.0.is_empty() {
            return Err(PlaceholderError::NoneGiven(VALUES));
        }
        self.0
            .keys()
            .try_for_each(|key| check_key(VALUES, ':', key))?;
        for (key, value) in &self.0 {
            if let Err(error) = &value.0 {
                let (key, error) = (key.to_string(), error.clone());
                return Err(PlaceholderError::Value { key, error, rules });
            }
        }
        Ok(())
    }
}

fn check_key(map: &'static str, mark: char, key: &str) -> Result<(), PlaceholderError> {
    let name = key.strip_prefix(mark).unwrap_or_default();
    let valid = !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if valid {
        Ok(())
    } else {
        Err(PlaceholderError::Key {
            map,
            key: key.to_string(),
        })
    }
}

/// The placeholders of one request, which remember those that its expressions use.
#[derive(Debug)]
pub struct Placeholders<'a> {
    names: Option<&'a Names>,
    values: Option<&'a Values>,
    used_names: BTreeSet<&'a str>,
    used_values: BTreeSet<&'a str>,
}

impl<'a> Placeholders<'a> {
    /// Placeholders that no expression has used yet.
    pub fn new(names: Option<&'a Names>, values: Option<&'a Values>) -> Placeholders<'a> {
        Placeholders {
            names,
            values,
            used_names: BTreeSet::new(),
            used_values: BTreeSet::new(),
        }
    }

    /// Refuses placeholders that no expression used.
    pub fn check_all_used(&self) -> Result<(), PlaceholderError> {
        if let Some(names) = self.names {
            check_used(NAMES, &names.0, &self.used_names)?;
        }
        match self.values {
            Some(values) => check_used(VALUES, &values.0, &self.used_values),
            None => Ok(()),
        }
    }

    /// The name that a symbol of an expression stands for.
    pub(super) fn name(&mut self, symbol: &Symbol) -> Result<Arc<str>, Flaw> {
        match symbol {
            Symbol::Attribute(name) => Ok(name.clone()),
            Symbol::Placeholder(placeholder) => {
                let found = self
                    .names
                    .and_then(|names| names.0.get_key_value(placeholder));
                let (key, name) =
                    found.ok_or_else(|| Flaw::UndefinedName(placeholder.to_string()))?;
                self.used_names.insert(key);
                Ok(name.0.clone())
            }
        }
    }

    /// The value that a placeholder stands for.
    pub(super) fn value(&mut self, placeholder: &Arc<str>) -> Result<Value, Flaw> {
        let found = self
            .values
            .and_then(|values| values.0.get_key_value(placeholder));
        match found {
            Some((key, Checked(Ok(value)))) => {
                self.used_values.insert(key);
                Ok(value.clone())
            }
            // Refused values are told by `Values::check`, before expressions are bound.
            Some((_, Checked(Err(_)))) | None => Err(Flaw::UndefinedValue(placeholder.to_string())),
        }
    }
}

fn check_used<T>(
    map: &'static str,
    given: &BTreeMap<Arc<str>, T>,
    used: &BTreeSet<&str>,
) -> Result<(), PlaceholderError> {
    if used.len() == given.len() {
        return Ok(());
    }
    let unused = given
        .keys()
        .map(AsRef::as_ref)
        .filter(|key| !used.contains(key));
    Err(PlaceholderError::Unused {
        map,
        keys: unused.collect::<Vec<_>>().join(", "),
    })
}

impl<'de> Deserialize<'de> for Names {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer
            .deserialize_map(Entries(PhantomData))
            .map(Names)
    }
}

impl<'de> Deserialize<'de> for Values {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer
            .deserialize_map(Entries(PhantomData))
            .map(Values)
    }
}

/// Reads a map from placeholders.
struct Entries<V>(PhantomData<V>);

impl<'de, V: Deserialize<'de>> Visitor<'de> for Entries<V> {
    type Value = BTreeMap<Arc<str>, V>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("placeholders")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Value, A::Error> {
        let mut map = BTreeMap::new();
        while let Some(Shared(key)) = object.next_key()? {
            map.insert(key, object.next_value()?);
        }
        Ok(map)
    }
}
