//! Rules between keys, definitions and indexes.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::Deserialize;

use super::attribute::AttributeDefinition;
use super::index::{IndexKind, IndexSchema, ProjectionSpec};
use super::key::{KeyElement, KeySchema};
use super::throughput::{OnDemand, ThroughputSpec};
use crate::constraint::Constraints;
use crate::error::Error;
use crate::request::Text;

/// An index of a request.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct IndexSpec<'a> {
    #[serde(borrow)]
    pub index_name: Option<Text<'a>>,
    pub key_schema: Option<Vec<KeyElement<'a>>>,
    pub projection: Option<ProjectionSpec<'a>>,
    pub provisioned_throughput: Option<ThroughputSpec>,
    pub on_demand_throughput: Option<OnDemand>,
}

/// The pattern of names of tables and indexes.
const PATTERN: &str = "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+";

impl IndexSpec<'_> {
    /// Checks the members, as members of `path`.
    pub fn constrain(&self, kind: IndexKind, path: &str, constraints: &mut Constraints) {
        let name_path = format!("{path}.indexName");
        let named = |constraints: &mut Constraints| match &self.index_name {
            None => constraints.null(&name_path),
            Some(name) => index_name(name, &name_path, constraints),
        };
        let most = match kind {
            IndexKind::Local => 2,
            IndexKind::Global => 8,
        };
        // Local indexes tell their name first, global ones last.
        if kind == IndexKind::Local {
            named(constraints);
        }
        let key = self.key_schema.as_deref();
        KeyElement::constrain(key, &format!("{path}.keySchema"), most, constraints);
        match &self.projection {
            None => constraints.null(format!("{path}.projection")),
            Some(projection) => projection.constrain(&format!("{path}.projection"), constraints),
        }
        if kind == IndexKind::Global {
            named(constraints);
        }
        if let Some(throughput) = self.provisioned_throughput {
            throughput.constrain(&format!("{path}.provisionedThroughput"), constraints);
        }
    }

    /// The name of an index that passed the constraints.
    pub fn name(&self) -> &str {
        self.index_name.as_deref().unwrap_or_default()
    }

    /// The key of an index that passed the constraints.
    pub fn key(&self) -> &[KeyElement<'_>] {
        self.key_schema.as_deref().unwrap_or_default()
    }

    /// The global index that this asks for.
    pub fn global(&self) -> Result<IndexSchema, Error> {
        let key = KeySchema::wide(self.key())?;
        self.schema(IndexKind::Global, key)
    }

    /// The local index that this asks for, of a table with this key.
    pub fn local(&self, table: &[KeyElement<'_>]) -> Result<IndexSchema, Error> {
        let (key, name) = (KeySchema::simple(self.key())?, self.name());
        if key.range.is_empty() {
            return Err(Error::invalid(format_args!(
                "Index KeySchema does not have a range key for index: {name}"
            )));
        }
        let leading = table.first().map_or("null", KeyElement::name);
        if &*key.hash[0] != leading {
            return Err(Error::invalid(format_args!(
                "Index KeySchema does not have the same leading hash key as table KeySchema for \
                 index: {name}. index hash key: {}, table hash key: {leading}",
                key.hash[0]
            )));
        }
        self.schema(IndexKind::Local, key)
    }

    fn schema(&self, kind: IndexKind, key: KeySchema) -> Result<IndexSchema, Error> {
        let projection = match &self.projection {
            Some(projection) => projection.projection()?,
            None => return Err(Error::invalid("Unknown ProjectionType: null")),
        };
        Ok(IndexSchema {
            name: Arc::from(self.name()),
            kind,
            key,
            projection,
        })
    }
}

/// Checks the name of an index.
pub(crate) fn index_name(name: &str, path: &str, constraints: &mut Constraints) {
    if !has_name_pattern(name) {
        constraints.value(name, path, PATTERN);
    }
    constraints.length(name, path, 3, 255);
}

/// Whether a name of a table or an index has only the letters that such names have.
pub(crate) fn has_name_pattern(name: &str) -> bool {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    !name.is_empty() && name.bytes().all(known)
}

/// Refuses a key with an attribute that the request does not define.
pub(crate) fn undefined_key(
    key: &[KeyElement<'_>],
    definitions: &[AttributeDefinition<'_>],
) -> Result<(), Error> {
    let defined: Vec<&str> = definitions.iter().map(AttributeDefinition::name).collect();
    let keys: Vec<&str> = key.iter().map(KeyElement::name).collect();
    if keys.iter().all(|name| defined.contains(name)) {
        return Ok(());
    }
    let keys = in_table_order(&keys, true);
    if defined.len() < keys.len() {
        let message = "Invalid KeySchema: Some index key attribute have no definition";
        return Err(Error::validation(message));
    }
    Err(Error::invalid(format_args!(
        "Some index key attributes are not defined in AttributeDefinitions. Keys: [{}], \
         AttributeDefinitions: [{}]",
        keys.join(", "),
        in_table_order(&defined, true).join(", ")
    )))
}

/// Refuses definitions that no key uses. `used` are the attributes of all keys.
pub(crate) fn unused_definitions(
    definitions: &[AttributeDefinition<'_>],
    used: &[&str],
    has_index: bool,
) -> Result<(), Error> {
    let mut seen = BTreeSet::new();
    let mut names = definitions.iter().map(AttributeDefinition::name);
    if let Some(again) = names.find(|name| !seen.insert(*name)) {
        return Err(Error::Validation(format!(
            "Attribute Name is duplicated: {again}"
        )));
    }
    if seen.iter().all(|name| used.contains(name)) {
        return Ok(());
    }
    if !has_index {
        return Err(Error::invalid(
            "Number of attributes in KeySchema does not exactly match number of attributes \
             defined in AttributeDefinitions",
        ));
    }
    let defined: Vec<&str> = definitions.iter().map(AttributeDefinition::name).collect();
    Err(Error::invalid(format_args!(
        "Some AttributeDefinitions are not used. AttributeDefinitions: [{}], keys used: [{}]",
        in_table_order(&defined, true).join(", "),
        in_table_order(used, false).join(", ")
    )))
}

/// The names as AWS lists them: in the order of Java's hash tables, which is a function of the
/// names. The table is `sized` for them, or starts with sixteen buckets.
fn in_table_order<'a>(names: &[&'a str], sized: bool) -> Vec<&'a str> {
    let mut seen = BTreeSet::new();
    let mut unique: Vec<&str> = names
        .iter()
        .copied()
        .filter(|name| seen.insert(*name))
        .collect();
    let mut buckets = if sized {
        unique.len().max(1).next_power_of_two()
    } else {
        16
    };
    while unique.len() * 4 > buckets * 3 {
        buckets *= 2;
    }
    unique.sort_by_key(|name| {
        let step = |hash: u32, unit: u16| hash.wrapping_mul(31).wrapping_add(u32::from(unit));
        let hash = name.encode_utf16().fold(0, step);
        (hash ^ (hash >> 16)) as usize & (buckets - 1)
    });
    unique
}
