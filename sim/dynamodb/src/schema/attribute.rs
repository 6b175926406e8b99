//! AttributeTypes that keys are made of, and their types.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::constraint::Constraints;
use crate::request::Text;
use crate::value::Value;

/// The type of a key attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) enum AttributeType {
    S,
    N,
    B,
}

/// The types of all key attributes of a table, by name.
pub(crate) type AttributeTypes = BTreeMap<Arc<str>, AttributeType>;

/// One of `AttributeDefinitions`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct AttributeDefinition<'a> {
    #[serde(borrow)]
    pub attribute_name: Option<Text<'a>>,
    pub attribute_type: Option<Text<'a>>,
}

impl AttributeType {
    pub fn read(text: &str) -> Option<Self> {
        match text {
            "S" => Some(Self::S),
            "N" => Some(Self::N),
            "B" => Some(Self::B),
            _ => None,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::S => "S",
            Self::N => "N",
            Self::B => "B",
        }
    }

    /// Whether `value` has this type.
    pub fn is_of(self, value: &Value) -> bool {
        matches!(
            (self, value),
            (Self::S, Value::S(_)) | (Self::N, Value::N(_)) | (Self::B, Value::B(_))
        )
    }
}

impl AttributeDefinition<'_> {
    pub fn constrain(list: Option<&[Self]>, constraints: &mut Constraints) {
        let Some(list) = list else {
            constraints.null("attributeDefinitions");
            return;
        };
        for (index, definition) in list.iter().enumerate() {
            let path = format!("attributeDefinitions.{}.member", index + 1);
            match &definition.attribute_name {
                None => constraints.null(format!("{path}.attributeName")),
                Some(name) => constraints.length(name, format!("{path}.attributeName"), 1, 255),
            }
            let kind = definition.attribute_type.as_deref();
            if kind.is_none() {
                constraints.null(format!("{path}.attributeType"));
            }
            constraints.one_of(kind, format!("{path}.attributeType"), &["B", "N", "S"]);
        }
    }

    /// The name of a definition that passed the constraints.
    pub fn name(&self) -> &str {
        self.attribute_name.as_deref().unwrap_or_default()
    }

    /// The type of a definition that passed the constraints.
    pub fn kind(&self) -> Option<AttributeType> {
        AttributeType::read(self.attribute_type.as_deref()?)
    }
}
