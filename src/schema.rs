//! The events as OpenAPI 3 documents for EventBridge's schema registry, made from the types that
//! are sent. They say what is written, not all that is read: a decimal is text, an instant is UTC,
//! a field with a default is there. `cargo sim schema --template` puts them into template.yaml.

use std::borrow::Cow;

use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};

use crate::bus::short_source;
use crate::decimal::{Money, Weight};
use crate::event::{Body, DetailType};
use crate::timestamp::Timestamp;

/// One entry of the registry: what one sender sends under one detail-type.
#[derive(Clone, Debug, PartialEq)]
pub struct EventSchema {
    /// Such as `alchemiser.strategy`.
    pub source: String,
    /// The envelope's detail-type.
    pub detail_type: DetailType,
    /// The OpenAPI 3 document of the whole envelope.
    pub content: Value,
}

impl EventSchema {
    /// The name in the registry, as EventBridge's schema discovery gives it: `SOURCE@TYPE`.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}@{}", self.source, self.detail_type)
    }
}

/// The schema of every event of the system, where the sources begin with `source_prefix`.
#[must_use]
pub fn event_schemas(source_prefix: &str) -> Vec<EventSchema> {
    let of_type = |detail_type: &DetailType| {
        let detail_type = *detail_type;
        modules(detail_type).iter().map(move |module| {
            let source = format!("{source_prefix}.{}", short_source(module));
            EventSchema {
                content: document(&source, detail_type),
                source,
                detail_type,
            }
        })
    };
    DetailType::ALL.iter().flat_map(of_type).collect()
}

/// The modules that send a type; any part of a workflow can fail it.
fn modules(detail_type: DetailType) -> &'static [&'static str] {
    match detail_type {
        DetailType::WorkflowStarted
        | DetailType::TradingNotificationRequested
        | DetailType::ErrorNotificationRequested
        | DetailType::SystemNotificationRequested => &["orchestration"],
        DetailType::SignalGenerated => &["strategy"],
        DetailType::RebalancePlanned => &["portfolio"],
        DetailType::TradeExecuted | DetailType::WorkflowCompleted => &["execution"],
        DetailType::WorkflowFailed => &["strategy", "portfolio", "execution", "orchestration"],
    }
}

fn document(source: &str, detail_type: DetailType) -> Value {
    // A default is for readers of events that lack the field; those that are written have it.
    let no_default = RecursiveTransform(|schema: &mut Schema| {
        schema.remove("default");
    });
    let mut generator = SchemaSettings::openapi3()
        .for_serialize()
        .with_transform(no_default)
        .into_generator();
    let detail = Body::schema(detail_type, &mut generator);
    let text = json!({"type": "string"});
    let envelope = json!({
        "type": "object",
        "required": ["detail-type", "source", "time", "id", "account", "region", "resources", "detail"],
        "x-amazon-events-detail-type": detail_type.as_str(),
        "x-amazon-events-source": source,
        "properties": {
            "detail": detail,
            "detail-type": {"type": "string", "enum": [detail_type.as_str()]},
            "source": {"type": "string", "enum": [source]},
            "account": text,
            "id": text,
            "region": text,
            "resources": {"type": "array", "items": text},
            "time": {"type": "string", "format": "date-time"},
        },
    });
    let mut schemas = generator.take_definitions(true);
    schemas.insert("AWSEvent".to_owned(), envelope);
    json!({
        "openapi": "3.0.0",
        "info": {"title": detail_type.as_str(), "version": "1.0.0"},
        "paths": {},
        "components": {"schemas": schemas},
    })
}

/// A decimal of any precision, as text.
pub(crate) struct Decimal;

macro_rules! text_schema {
    ($type:ty, $name:literal, $($key:literal: $value:expr),+) => {
        impl JsonSchema for $type {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                $name.into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", $($key: $value),+ })
            }
        }
    };
}

text_schema!(Decimal, "Decimal", "pattern": r"^-?[0-9]+(\.[0-9]+)?$");
text_schema!(Money, "Money", "pattern": r"^-?[0-9]+\.[0-9]{2}$");
text_schema!(Weight, "Weight", "pattern": r"^-?[0-9]+\.[0-9]{4}$");
text_schema!(Timestamp, "Timestamp", "format": "date-time", "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{6})?Z$");
