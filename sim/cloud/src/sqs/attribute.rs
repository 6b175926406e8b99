use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::digest::md5_hex;
use super::error::{VALID_CHARACTERS, invalid_parameter};
use super::text::is_valid_text;
use crate::api::error::ServiceError;

const ATTRIBUTES_MAX: usize = 10;
const NAME_BYTES_MAX: usize = 256;

/// A message attribute of the sender's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageAttribute {
    /// `String`, `Number` or `Binary`, each with an optional suffix after a dot.
    pub data_type: String,
    /// What it holds.
    pub value: AttributeValue,
}

/// The value of a message attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AttributeValue {
    /// Of a `String` or a `Number`.
    Text(String),
    /// Of a `Binary`.
    Bytes(Vec<u8>),
}

impl MessageAttribute {
    pub(super) fn held_bytes(&self) -> usize {
        match &self.value {
            AttributeValue::Text(text) => text.len(),
            AttributeValue::Bytes(bytes) => bytes.len(),
        }
    }

    /// An attribute of type `String`.
    pub fn string(value: impl Into<String>) -> Self {
        Self {
            data_type: "String".to_owned(),
            value: AttributeValue::Text(value.into()),
        }
    }

    /// An attribute of type `Number`; the text is kept as it is.
    pub fn number(value: impl ToString) -> Self {
        Self {
            data_type: "Number".to_owned(),
            value: AttributeValue::Text(value.to_string()),
        }
    }

    /// The attribute as the JSON protocol shows it.
    pub fn to_json(&self) -> Value {
        match &self.value {
            AttributeValue::Text(text) => json!({"DataType": self.data_type, "StringValue": text}),
            AttributeValue::Bytes(bytes) => {
                json!({"DataType": self.data_type, "BinaryValue": STANDARD.encode(bytes)})
            }
        }
    }

    /// Bytes that count against the size of a message, without the name.
    pub(super) fn size_bytes(&self) -> usize {
        self.data_type.len() + self.bytes().len()
    }

    fn bytes(&self) -> &[u8] {
        match &self.value {
            AttributeValue::Text(text) => text.as_bytes(),
            AttributeValue::Bytes(bytes) => bytes,
        }
    }

    fn read(name: &str, input: &Value) -> Result<Self, ServiceError> {
        let data_type = input
            .get("DataType")
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty());
        let data_type = data_type.ok_or_else(|| {
            invalid_parameter(format!(
                "The message attribute '{name}' must contain non-empty message attribute type."
            ))
        })?;
        let value = if data_type.split('.').next() == Some("Binary") {
            let bytes = input
                .get("BinaryValue")
                .and_then(Value::as_str)
                .and_then(|text| STANDARD.decode(text).ok());
            AttributeValue::Bytes(bytes.unwrap_or_default())
        } else {
            AttributeValue::Text(
                input
                    .get("StringValue")
                    .and_then(Value::as_str)
                    .unwrap_or_default()
                    .to_owned(),
            )
        };
        Ok(Self {
            data_type: data_type.to_owned(),
            value,
        })
    }

    fn check(&self, name: &str) -> Result<(), ServiceError> {
        let kind = self.data_type.split('.').next().unwrap_or_default();
        let fits = match self.value {
            AttributeValue::Text(_) => kind == "String" || kind == "Number",
            AttributeValue::Bytes(_) => kind == "Binary",
        };
        if !fits {
            return Err(invalid_parameter(format!(
                "The type of message (user) attribute '{name}' is invalid. You must use only the following supported type prefixes: Binary, Number, String."
            )));
        }
        if self.bytes().is_empty() {
            return Err(invalid_parameter(format!(
                "Message (user) attribute '{name}' must contain a non-empty value of type '{kind}'."
            )));
        }
        if self.data_type.len() > NAME_BYTES_MAX {
            return Err(invalid_parameter(
                "Message (user) attribute types must be shorter than 256 Bytes",
            ));
        }
        match &self.value {
            AttributeValue::Text(text) if !is_valid_text(text) => {
                Err(invalid_parameter(VALID_CHARACTERS))
            }
            AttributeValue::Text(text)
                if kind == "Number" && !text.parse::<f64>().is_ok_and(f64::is_finite) =>
            {
                Err(invalid_parameter(format!(
                    "Can't cast the value of message (user) attribute '{name}' to a number."
                )))
            }
            _ => Ok(()),
        }
    }
}

/// Reads `MessageAttributes` of a request; they are checked when the message is sent.
pub(super) fn read_all(
    input: Option<&Value>,
) -> Result<BTreeMap<String, MessageAttribute>, ServiceError> {
    let entries = input.and_then(Value::as_object).into_iter().flatten();
    entries
        .map(|(name, value)| Ok((name.clone(), MessageAttribute::read(name, value)?)))
        .collect()
}

/// Checks number, names, types and values.
pub(super) fn check_all(
    attributes: &BTreeMap<String, MessageAttribute>,
) -> Result<(), ServiceError> {
    if attributes.len() > ATTRIBUTES_MAX {
        let count = attributes.len();
        return Err(invalid_parameter(format!(
            "Number of message attributes [{count}] exceeds the allowed maximum [{ATTRIBUTES_MAX}]."
        )));
    }
    for (name, attribute) in attributes {
        check_name(name)?;
        attribute.check(name)?;
    }
    Ok(())
}

fn check_name(name: &str) -> Result<(), ServiceError> {
    if name.len() > NAME_BYTES_MAX {
        return Err(invalid_parameter(
            "Message (user) attribute names must be shorter than 256 Bytes",
        ));
    }
    if name.is_empty()
        || !name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte))
    {
        return Err(invalid_parameter(
            "Message (user) attributes name can only contain upper and lower score characters, digits, periods, hyphens and underscores. ",
        ));
    }
    let lower = name.to_ascii_lowercase();
    if lower.starts_with("aws.")
        || lower.starts_with("amazon.")
        || name.starts_with('.')
        || name.ends_with('.')
    {
        return Err(invalid_parameter(
            "You can't use message attribute names beginning with 'AWS.' or 'Amazon.'. These strings are reserved for internal use. Additionally, they cannot start or end with '.'.",
        ));
    }
    Ok(())
}

/// `MD5OfMessageAttributes`: over the attributes by name, each part with its length before it;
/// nothing without attributes.
pub(super) fn digest(attributes: &BTreeMap<String, MessageAttribute>) -> Option<String> {
    if attributes.is_empty() {
        return None;
    }
    let mut buffer = Vec::new();
    let part = |buffer: &mut Vec<u8>, bytes: &[u8]| {
        let length = u32::try_from(bytes.len()).expect("a message is far below 4 GB");
        buffer.extend(length.to_be_bytes());
        buffer.extend(bytes);
    };
    for (name, attribute) in attributes {
        part(&mut buffer, name.as_bytes());
        part(&mut buffer, attribute.data_type.as_bytes());
        buffer.push(if matches!(attribute.value, AttributeValue::Text(_)) {
            1
        } else {
            2
        });
        part(&mut buffer, attribute.bytes());
    }
    Some(md5_hex(&buffer))
}

/// The attributes a receive asked for: by name, by `prefix.*`, or `All`.
pub(super) fn select(
    attributes: &BTreeMap<String, MessageAttribute>,
    wanted: &[&str],
) -> BTreeMap<String, MessageAttribute> {
    let matches = |name: &str| {
        wanted.iter().any(|wish| {
            *wish == "All"
                || *wish == name
                || wish
                    .strip_suffix(".*")
                    .is_some_and(|prefix| name.starts_with(prefix))
        })
    };
    attributes
        .iter()
        .filter(|(name, _)| matches(name))
        .map(|(name, attribute)| (name.clone(), attribute.clone()))
        .collect()
}
