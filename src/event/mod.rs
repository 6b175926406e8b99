//! Domain events and their wire form (rules.md 1).
//!
//! An [`Event`] is a [`Header`], a schema version and a [`Body`]. The envelope's detail-type picks
//! the body's type; `event_type` inside the detail is never compared with it. Unknown fields are
//! ignored, the types of known ones are strict, and every event survives JSON byte for byte.

mod body;
#[cfg(feature = "schema")]
mod detail;
mod header;
mod notification;
mod plan;
mod signal;
mod trade;
mod workflow;

pub use body::{Body, DetailType};
pub use header::{Header, JsonObject};
pub use notification::{
    ErrorNotificationRequested, SystemNotificationRequested, TradingNotificationRequested,
};
pub use plan::{
    Action, AllocationComparison, RebalancePlan, RebalancePlanItem, RebalancePlanned, Urgency,
};
pub use signal::{ConsolidatedPortfolio, SignalGenerated};
pub use trade::{Note, OrderResult, OrderType, TradeExecuted};
pub use workflow::{WorkflowCompleted, WorkflowFailed, WorkflowStarted};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::id::{CorrelationId, EventId};
use crate::payload::Payload;
use crate::timestamp::Timestamp;
use crate::visible::cut;

/// The most characters of why an event cannot be read.
const LONGEST_REASON: usize = 500;

/// Why a detail is not the event that its envelope says.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EventError {
    /// The detail-type names no domain event.
    #[error("unknown event type: {0}")]
    UnknownType(String),
    /// The detail is not a JSON object, nor text that holds one.
    #[error("the detail of {detail_type} must be a JSON object, found {found}")]
    NotAnObject {
        /// The envelope's detail-type.
        detail_type: DetailType,
        /// What was there instead.
        found: String,
    },
    /// An object in it has a key twice: nobody knows which of the two was meant.
    #[error("{detail_type}: the key `{key}` is there twice in one object")]
    RepeatedKey {
        /// The envelope's detail-type.
        detail_type: String,
        /// The key.
        key: String,
    },
    /// A field is missing or has the wrong type or range.
    #[error("{detail_type}: field `{path}`: {reason}")]
    Field {
        /// The envelope's detail-type.
        detail_type: DetailType,
        /// The field's path from the detail, `.` for the detail itself.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
}

/// One domain event.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// What all events have in common.
    pub header: Header,
    /// Any text; `1.0` by default and never interpreted.
    pub schema_version: String,
    /// The fields of this type of event.
    pub body: Body,
}

/// Where and when an event comes from; its identity follows from its cause.
#[derive(Clone, Debug)]
pub struct Origin<'a> {
    /// The workflow.
    pub correlation_id: &'a CorrelationId,
    /// The id of what brought the event about.
    pub causation_id: &'a str,
    /// When the event came about.
    pub at: Timestamp,
}

impl Event {
    /// The event that `origin` brings about, with an id derived from its cause; `index` tells apart
    /// several events of one type from one cause.
    #[must_use]
    pub fn caused(origin: &Origin<'_>, body: Body, index: usize) -> Self {
        let detail_type = body.detail_type();
        let event_id = EventId::caused_by(origin.causation_id, detail_type.as_str(), index);
        Self::with_id(origin, body, event_id)
    }

    /// The event with an id given by the caller.
    #[must_use]
    pub fn with_id(origin: &Origin<'_>, body: Body, event_id: EventId) -> Self {
        let (source_module, source_component) = body.origin();
        Self {
            header: Header {
                correlation_id: origin.correlation_id.clone(),
                causation_id: origin.causation_id.to_owned(),
                event_id,
                event_type: body.detail_type().as_str().to_owned(),
                timestamp: origin.at,
                source_module,
                source_component: Some(source_component.to_owned()),
                metadata: body.default_metadata(),
            },
            schema_version: "1.0".to_owned(),
            body,
        }
    }

    /// Reads the detail of an envelope whose detail-type is `detail_type`; a detail that is JSON
    /// text is read through.
    ///
    /// # Errors
    /// [`EventError`] names the first field that is wrong, and why.
    pub fn parse(detail_type: &str, detail: &Value) -> Result<Self, EventError> {
        let detail_type = DetailType::from_name(detail_type)
            .ok_or_else(|| EventError::UnknownType(detail_type.to_owned()))?;
        let unwrapped;
        let object = match detail {
            Value::String(text) => match Payload::parse(text) {
                Ok(payload) => {
                    if let Some(key) = payload.repeated() {
                        return Err(EventError::RepeatedKey {
                            detail_type: detail_type.to_string(),
                            key: cut(key, LONGEST_REASON),
                        });
                    }
                    unwrapped = payload;
                    unwrapped.value()
                }
                Err(error) => {
                    return Err(EventError::NotAnObject {
                        detail_type,
                        found: format!("malformed JSON text ({error})"),
                    });
                }
            },
            other => other,
        };
        if !object.is_object() {
            return Err(EventError::NotAnObject {
                detail_type,
                found: kind_of(object).to_owned(),
            });
        }
        Self::parse_object(detail_type, object)
    }

    fn parse_object(detail_type: DetailType, object: &Value) -> Result<Self, EventError> {
        #[derive(Deserialize)]
        struct Version {
            #[serde(default = "default_version")]
            schema_version: String,
        }
        let mut header: Header = read(detail_type, object)?;
        if header.event_type.is_empty() {
            detail_type.as_str().clone_into(&mut header.event_type);
        }
        let version: Version = read(detail_type, object)?;
        let body = Body::read(detail_type, object)?;
        if header.metadata.is_none() {
            if object.get("metadata").is_some_and(Value::is_null)
                && body.default_metadata().is_some()
            {
                return Err(EventError::Field {
                    detail_type,
                    path: "metadata".to_owned(),
                    reason: "null is not allowed, expected an object".to_owned(),
                });
            }
            header.metadata = body.default_metadata();
        }
        Ok(Self {
            header,
            schema_version: version.schema_version,
            body,
        })
    }

    /// The detail's JSON text: base fields, `schema_version`, then the body's own fields, null ones
    /// too.
    #[must_use]
    pub fn to_json(&self) -> String {
        #[derive(Serialize)]
        struct Wire<'a> {
            #[serde(flatten)]
            header: &'a Header,
            schema_version: &'a str,
            #[serde(flatten)]
            body: &'a Body,
        }
        serde_json::to_string(&Wire {
            header: &self.header,
            schema_version: &self.schema_version,
            body: &self.body,
        })
        .expect("an event holds nothing that JSON cannot carry")
    }

    /// The type that the envelope names.
    #[must_use]
    pub fn detail_type(&self) -> DetailType {
        self.body.detail_type()
    }
}

fn default_version() -> String {
    "1.0".to_owned()
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// Only what cannot be read is read again, to say where: following the path costs more than the
/// reading itself.
fn read<T: for<'de> Deserialize<'de>>(
    detail_type: DetailType,
    object: &Value,
) -> Result<T, EventError> {
    T::deserialize(object).or_else(|_| {
        serde_path_to_error::deserialize(object).map_err(|error| EventError::Field {
            detail_type,
            path: cut(&error.path().to_string(), LONGEST_REASON),
            // It may quote the whole event, and a dead letter has to hold both.
            reason: cut(&error.inner().to_string(), LONGEST_REASON),
        })
    })
}
