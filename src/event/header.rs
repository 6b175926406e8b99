use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use crate::id::{CorrelationId, EventId, check_event_id, check_id};
use crate::timestamp::Timestamp;

/// A free-form JSON object.
pub type JsonObject = Map<String, Value>;

/// The fields that every event has (rules.md 1.2), in wire order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Header {
    /// The workflow; not blank.
    #[serde(deserialize_with = "correlation_id")]
    #[cfg_attr(feature = "schema", schemars(with = "String", length(min = 1)))]
    pub correlation_id: CorrelationId,
    /// The id of what brought this event about; not blank.
    #[serde(deserialize_with = "id")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
    pub causation_id: String,
    /// Unique, and the same whenever the same cause is worked on again.
    #[serde(deserialize_with = "event_id")]
    #[cfg_attr(feature = "schema", schemars(with = "String", length(min = 1)))]
    pub event_id: EventId,
    /// The sender's name for the type; the envelope's detail-type is what counts.
    #[serde(default, deserialize_with = "filled_text")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
    pub event_type: String,
    /// When the event came about.
    pub timestamp: Timestamp,
    /// The full module name; the envelope's source is derived from it.
    #[serde(deserialize_with = "filled_text")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
    pub source_module: String,
    /// The component within the module.
    #[serde(default, deserialize_with = "optional_text")]
    pub source_component: Option<String>,
    /// Free-form.
    #[serde(default)]
    pub metadata: Option<JsonObject>,
}

/// Text without the blanks around it.
pub(super) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(String::deserialize(deserializer)?.trim().to_owned())
}

/// Text that is not blank.
pub(super) fn filled_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = text(deserializer)?;
    if text.is_empty() {
        Err(D::Error::custom("must not be blank"))
    } else {
        Ok(text)
    }
}

/// Text that may be an id.
pub(super) fn id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let id = text(deserializer)?;
    check_id(&id).map(|()| id).map_err(D::Error::custom)
}

/// Text or null, without the blanks around it.
pub(super) fn optional_text<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<String>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.map(|text| text.trim().to_owned()))
}

/// Symbols are upper case and 1 to 10 characters long.
pub(super) fn symbol<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let symbol = text(deserializer)?.to_uppercase();
    if !(1..=10).contains(&symbol.chars().count()) {
        return Err(D::Error::custom(format!(
            "{symbol:?} is not a symbol of 1 to 10 characters"
        )));
    }
    is_plain_symbol(&symbol)
        .then_some(symbol.clone())
        .ok_or_else(|| D::Error::custom(format!("{symbol:?} is not a symbol")))
}

/// Whether a symbol has only what the broker's symbols are made of: it becomes part of order ids
/// and of requests, where a comma would make two of it.
pub(super) fn is_plain_symbol(symbol: &str) -> bool {
    !symbol.is_empty()
        && symbol
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b".-_/:^=$".contains(&byte))
}

fn correlation_id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<CorrelationId, D::Error> {
    id(deserializer).map(CorrelationId::new)
}

fn event_id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<EventId, D::Error> {
    let id = text(deserializer)?;
    check_event_id(&id)
        .map(|()| EventId::new(id))
        .map_err(D::Error::custom)
}
