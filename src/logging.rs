//! What the function logs: one JSON object a line, the fields of its spans beside its own, so that
//! a query for a correlation id finds every line of a workflow.

use std::fmt::{Debug, Write as _};
use std::io::Write as _;

use chrono::SecondsFormat;
use serde::Serialize;
use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;

use crate::clock::SharedClock;
use crate::visible;

/// The fields of a span or an event as JSON.
#[derive(Clone, Debug, Default)]
pub struct Fields(pub Map<String, Value>);

impl Fields {
    /// The fields of `event` and, before them, those of the spans it is in.
    pub fn of<S: Subscriber + for<'a> LookupSpan<'a>>(
        event: &Event<'_>,
        context: &Context<'_, S>,
    ) -> Self {
        let mut fields = Self::default();
        for span in context
            .event_scope(event)
            .into_iter()
            .flat_map(tracing_subscriber::registry::Scope::from_root)
        {
            if let Some(inherited) = span.extensions().get::<Self>() {
                fields.0.extend(inherited.0.clone());
            }
        }
        event.record(&mut fields);
        fields
    }

    /// Keeps the fields of a new span with it.
    pub fn keep<S: Subscriber + for<'a> LookupSpan<'a>>(
        attributes: &Attributes<'_>,
        id: &Id,
        context: &Context<'_, S>,
    ) {
        let mut fields = Self::default();
        attributes.record(&mut fields);
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(fields);
        }
    }

    /// Takes the event's message out.
    pub fn take_message(&mut self) -> String {
        match self.0.remove("message") {
            Some(Value::String(text)) => text,
            _ => String::new(),
        }
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let mut text = String::new();
        // Writing to a string does not fail.
        let _written = write!(text, "{value:?}");
        self.0.insert(field.name().to_owned(), Value::String(text));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0
            .insert(field.name().to_owned(), Value::String(value.to_owned()));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.0.insert(field.name().to_owned(), Value::from(value));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.0.insert(field.name().to_owned(), Value::from(value));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.0.insert(field.name().to_owned(), Value::from(value));
    }
}

/// A line of the log.
#[derive(Serialize)]
struct Line<'a> {
    timestamp: String,
    level: &'a str,
    message: String,
    target: &'a str,
    #[serde(flatten)]
    fields: Map<String, Value>,
}

struct JsonLines<W> {
    clock: SharedClock,
    writer: W,
}

impl<S, W> Layer<S> for JsonLines<W>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'a> MakeWriter<'a> + 'static,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        Fields::keep(attributes, id, &context);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<Fields>()
        {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::of(event, &context);
        let metadata = event.metadata();
        let line = Line {
            timestamp: self
                .clock
                .now()
                .to_rfc3339_opts(SecondsFormat::Millis, true),
            level: metadata.level().as_str(),
            message: fields.take_message(),
            target: metadata.target(),
            fields: fields.0,
        };
        let Ok(text) = serde_json::to_string(&line) else {
            return;
        };
        let mut text = visible::json(text);
        text.push('\n');
        // One write a line, so that lines stay whole. Where the log itself cannot be written there
        // is nobody to tell.
        let _written = self
            .writer
            .make_writer_for(metadata)
            .write_all(text.as_bytes());
    }
}

/// A subscriber that writes what this system logs from `level` on, and what its libraries warn of,
/// to `writer`.
pub fn json_lines<W>(
    level: LevelFilter,
    clock: SharedClock,
    writer: W,
) -> impl Subscriber + Send + Sync
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let ours = Targets::new()
        .with_target("alchemiser", level)
        .with_target("bootstrap", level)
        .with_default(level.min(LevelFilter::WARN));
    tracing_subscriber::registry().with(JsonLines { clock, writer }.with_filter(ours))
}
