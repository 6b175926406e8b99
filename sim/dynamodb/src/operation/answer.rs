//! Parts of answers.

use std::sync::Arc;

use serde::{Serialize, Serializer};
use serde_json::Value as Json;

use crate::value::{Attributes, Item};

/// An item of an answer.
#[derive(Clone, Debug)]
pub(super) struct Written(pub Arc<Item>);

impl Serialize for Written {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Attributes(&self.0).serialize(serializer)
    }
}

/// An answer of one member.
pub(super) fn wrapped(member: &str, value: &Json) -> String {
    format!("{{\"{member}\":{value}}}")
}

/// The answer as JSON.
pub(super) fn json(answer: &impl Serialize) -> String {
    serde_json::to_string(answer).expect("an answer has only text keys and finite numbers")
}
