//! Keys of tables and indexes.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value as Json, json};

use crate::constraint::Constraints;
use crate::error::Error;
use crate::request::Text;

/// The attributes of a key. Only a global index can have more than one of each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeySchema {
    pub hash: Vec<Arc<str>>,
    pub range: Vec<Arc<str>>,
}

/// One element of a `KeySchema`.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct KeyElement<'a> {
    #[serde(borrow)]
    pub attribute_name: Option<Text<'a>>,
    pub key_type: Option<Text<'a>>,
}

/// A global index has at most so many attributes of each kind in its key.
const ATTRIBUTES_OF_A_KIND: usize = 4;

impl KeyElement<'_> {
    /// Checks the list at `path`, of at most `most` elements.
    pub fn constrain(list: Option<&[Self]>, path: &str, most: usize, all: &mut Constraints) {
        let Some(list) = list else {
            all.null(path);
            return;
        };
        if list.is_empty() {
            all.value(
                "[]",
                path,
                "Member must have length greater than or equal to 1",
            );
        } else if list.len() > most {
            let shown: Vec<_> = list.iter().map(Self::shown).collect();
            // AWS tells the list itself, wherever it is.
            let bound = format!("Member must have length less than or equal to {most}");
            all.value(format_args!("[{}]", shown.join(", ")), "keySchema", &bound);
        }
        for (index, element) in list.iter().enumerate() {
            let path = format!("{path}.{}.member", index + 1);
            match &element.attribute_name {
                None => all.null(format!("{path}.attributeName")),
                Some(name) => all.length(name, format!("{path}.attributeName"), 1, 255),
            }
            if element.key_type.is_none() {
                all.null(format!("{path}.keyType"));
            }
            let kind = element.key_type.as_deref();
            all.one_of(kind, format!("{path}.keyType"), &["HASH", "RANGE"]);
        }
    }

    fn shown(&self) -> String {
        let name = self.attribute_name.as_deref().unwrap_or("null");
        let kind = self.key_type.as_deref().unwrap_or("null");
        format!("KeySchemaElement(attributeName={name}, keyType={kind})")
    }

    /// The name of an element that passed the constraints.
    pub fn name(&self) -> &str {
        self.attribute_name.as_deref().unwrap_or_default()
    }

    fn is_hash(&self) -> bool {
        self.key_type.as_deref() == Some("HASH")
    }
}

impl KeySchema {
    /// Of a table or a local index: one partition key, then at most one sort key.
    pub fn simple(list: &[KeyElement<'_>]) -> Result<Self, Error> {
        let (first, second) = (list.first(), list.get(1));
        if !first.is_some_and(KeyElement::is_hash) {
            let message = "Invalid KeySchema: The first KeySchemaElement is not a HASH key type";
            return Err(Error::validation(message));
        }
        if second.is_some_and(|second| Some(second.name()) == first.map(KeyElement::name)) {
            return Err(Error::validation(
                "Both the Hash Key and the Range Key element in the KeySchema have the same name",
            ));
        }
        if second.is_some_and(KeyElement::is_hash) {
            let message = "Invalid KeySchema: The second KeySchemaElement is not a RANGE key type";
            return Err(Error::validation(message));
        }
        Ok(Self::of(list))
    }

    /// Of a global index: up to four partition keys, then up to four sort keys.
    pub fn wide(list: &[KeyElement<'_>]) -> Result<Self, Error> {
        if list.len() <= 2 && !list.get(1).is_some_and(KeyElement::is_hash) {
            return Self::simple(list);
        }
        if !list.first().is_some_and(KeyElement::is_hash) {
            let message = "Invalid KeySchema: The first KeySchemaElement is not a HASH key type";
            return Err(Error::validation(message));
        }
        let mut names: Vec<_> = list.iter().map(KeyElement::name).collect();
        names.sort_unstable();
        if names.windows(2).any(|pair| pair[0] == pair[1]) {
            let message = "The KeySchema contains multiple key attributes with the same name";
            return Err(Error::validation(message));
        }
        if list
            .windows(2)
            .any(|pair| !pair[0].is_hash() && pair[1].is_hash())
        {
            return Err(Error::invalid(
                "All HASH key attributes must precede RANGE key attributes in the KeySchema",
            ));
        }
        let key = Self::of(list);
        for (kind, attributes) in [("HASH", &key.hash), ("RANGE", &key.range)] {
            if attributes.len() > ATTRIBUTES_OF_A_KIND {
                return Err(Error::invalid(format_args!(
                    "The KeySchema exceeds the maximum allowed number of {kind} key attributes"
                )));
            }
        }
        Ok(key)
    }

    fn of(list: &[KeyElement<'_>]) -> Self {
        let (hash, range): (Vec<_>, Vec<_>) = list.iter().partition(|element| element.is_hash());
        let names = |elements: Vec<&KeyElement<'_>>| {
            elements
                .into_iter()
                .map(|element| Arc::from(element.name()))
                .collect()
        };
        Self {
            hash: names(hash),
            range: names(range),
        }
    }

    /// All attributes, in order.
    pub fn names(&self) -> impl Iterator<Item = &Arc<str>> + Clone {
        self.hash.iter().chain(&self.range)
    }

    /// Whether `name` is one of the attributes.
    pub fn contains(&self, name: &str) -> bool {
        self.names().any(|known| &**known == name)
    }

    /// How many attributes there are.
    pub fn len(&self) -> usize {
        self.hash.len() + self.range.len()
    }

    /// As descriptions show it.
    pub fn described(&self) -> Json {
        let hash = self.hash.iter().map(|name| (name, "HASH"));
        let range = self.range.iter().map(|name| (name, "RANGE"));
        let elements = hash.chain(range);
        elements
            .map(|(name, kind)| json!({ "AttributeName": **name, "KeyType": kind }))
            .collect()
    }
}
