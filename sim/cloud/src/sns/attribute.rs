use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::api::error::ServiceError;
use crate::api::parameters::text;
use crate::sqs::{AttributeValue, MessageAttribute};

/// Reads the attributes of a message.
///
/// # Errors
/// A type or a value that SNS does not take.
pub(super) fn read_all(
    input: Option<&Value>,
) -> Result<BTreeMap<String, MessageAttribute>, ServiceError> {
    let entries = input.and_then(Value::as_object).into_iter().flatten();
    entries
        .map(|(name, value)| Ok((name.clone(), read(name, value)?)))
        .collect()
}

fn read(name: &str, input: &Value) -> Result<MessageAttribute, ServiceError> {
    let refuse = |reason: &str| {
        let message = format!("The message attribute '{name}' {reason}");
        ServiceError::client("ParameterValueInvalid", message)
    };
    let Some(data_type) = text(input, "DataType") else {
        return Err(refuse("must contain non-empty message attribute type."));
    };
    let empty = || {
        refuse(&format!(
            "must contain non-empty message attribute value for message attribute type '{data_type}'."
        ))
    };
    let value = match data_type.split('.').next() {
        Some("Binary") => {
            let encoded = text(input, "BinaryValue").ok_or_else(empty)?;
            let bytes = STANDARD.decode(encoded);
            AttributeValue::Bytes(bytes.map_err(|_| refuse("must be encoded in Base64."))?)
        }
        Some("String" | "Number") => {
            AttributeValue::Text(text(input, "StringValue").ok_or_else(empty)?.to_owned())
        }
        _ => {
            return Err(refuse(
                "has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String.",
            ));
        }
    };
    if data_type.starts_with("Number")
        && let AttributeValue::Text(number) = &value
        && number.parse::<f64>().is_err()
    {
        return Err(refuse(
            "has an invalid value: a number is digits, with a point or an exponent.",
        ));
    }
    Ok(MessageAttribute {
        data_type: data_type.to_owned(),
        value,
    })
}

/// The value as notifications show it.
pub(super) fn shown(attribute: &MessageAttribute) -> String {
    match &attribute.value {
        AttributeValue::Text(text) => text.clone(),
        AttributeValue::Bytes(bytes) => STANDARD.encode(bytes),
    }
}
