//! Secondary indexes: which items they hold, and what of them.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::key::KeySchema;
use crate::constraint::Constraints;
use crate::error::Error;
use crate::request::Text;
use crate::value::Item;

/// What an index copies of an item, beside the keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Projection {
    All,
    KeysOnly,
    Include(Arc<[Arc<str>]>),
}

/// `Projection` of a request.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ProjectionSpec<'a> {
    #[serde(borrow)]
    pub projection_type: Option<Text<'a>>,
    pub non_key_attributes: Option<Vec<Text<'a>>>,
}

/// Whose partitions an index has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IndexKind {
    /// Its own.
    Global,
    /// The table's.
    Local,
}

/// An index without its entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct IndexSchema {
    pub name: Arc<str>,
    pub kind: IndexKind,
    pub key: KeySchema,
    pub projection: Projection,
}

impl ProjectionSpec<'_> {
    pub fn constrain(&self, path: &str, constraints: &mut Constraints) {
        let allowed = ["ALL", "INCLUDE", "KEYS_ONLY"];
        let kind = self.projection_type.as_deref();
        constraints.one_of(kind, format!("{path}.projectionType"), &allowed);
        let path = format!("{path}.nonKeyAttributes");
        match self.non_key_attributes.as_deref() {
            Some([]) => {
                let bound = "Member must have length greater than or equal to 1";
                constraints.value("[]", path, bound);
            }
            Some(names) if names.len() > 20 => {
                let shown: Vec<_> = names.iter().map(|name| &**name).collect();
                let bound = "Member must have length less than or equal to 20";
                constraints.value(format_args!("[{}]", shown.join(", ")), path, bound);
            }
            _ => {}
        }
    }

    pub fn projection(&self) -> Result<Projection, Error> {
        let names = self.non_key_attributes.as_deref();
        let kind = self.projection_type.as_deref().unwrap_or("null");
        match (kind, names) {
            ("ALL", None) => Ok(Projection::All),
            ("KEYS_ONLY", None) => Ok(Projection::KeysOnly),
            ("ALL" | "KEYS_ONLY", Some(_)) => Err(Error::invalid(format_args!(
                "ProjectionType is {kind}, but NonKeyAttributes is specified"
            ))),
            ("INCLUDE", None) => Err(Error::invalid(
                "ProjectionType is INCLUDE, but NonKeyAttributes is not specified",
            )),
            ("INCLUDE", Some(names)) => {
                let mut seen = BTreeSet::new();
                if let Some(again) = names.iter().find(|name| !seen.insert(&***name)) {
                    return Err(Error::invalid(format_args!(
                        "Duplicate element in NonKeyAttributes: {again}"
                    )));
                }
                Ok(Projection::Include(
                    names.iter().map(Text::shared).collect(),
                ))
            }
            _ => Err(Error::invalid(format_args!(
                "Unknown ProjectionType: {kind}"
            ))),
        }
    }
}

impl Projection {
    /// As descriptions show it.
    pub fn described(&self) -> Json {
        match self {
            Self::All => json!({ "ProjectionType": "ALL" }),
            Self::KeysOnly => json!({ "ProjectionType": "KEYS_ONLY" }),
            Self::Include(names) => {
                let names: Vec<&str> = names.iter().map(|name| &**name).collect();
                json!({ "ProjectionType": "INCLUDE", "NonKeyAttributes": names })
            }
        }
    }
}

impl IndexSchema {
    /// Whether an item is in this index: it has all attributes of the key.
    pub fn holds(&self, item: &Item) -> bool {
        self.key.names().all(|name| item.contains_key(name))
    }

    /// Whether the index has a copy of the attribute. `table` is the table's key.
    pub fn has_attribute(&self, name: &str, table: &KeySchema) -> bool {
        match &self.projection {
            Projection::All => true,
            Projection::KeysOnly => self.key.contains(name) || table.contains(name),
            Projection::Include(names) => {
                self.key.contains(name)
                    || table.contains(name)
                    || names.iter().any(|included| &**included == name)
            }
        }
    }

    /// The copy of an item that the index has. `table` is the table's key.
    pub fn projected(&self, item: &Arc<Item>, table: &KeySchema) -> Arc<Item> {
        if self.projection == Projection::All {
            return Arc::clone(item);
        }
        let copied = item
            .iter()
            .filter(|(name, _)| self.has_attribute(name, table));
        Arc::new(
            copied
                .map(|(name, value)| (Arc::clone(name), value.clone()))
                .collect(),
        )
    }
}
