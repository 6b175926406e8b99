use std::sync::OnceLock;

use alchemiser::logging::Fields;
use harness::world::log_line;
use serde_json::Value;
use tracing::span::{Attributes, Id};
use tracing::subscriber::DefaultGuard;
use tracing::{Dispatch, Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;

/// Sends the log lines of production code into the journal of the world that runs, for as long as
/// the guard lives.
#[must_use]
pub fn install() -> DefaultGuard {
    static DISPATCH: OnceLock<Dispatch> = OnceLock::new();
    let dispatch = DISPATCH.get_or_init(|| {
        let ours = Targets::new().with_target("alchemiser", LevelFilter::INFO);
        Dispatch::new(tracing_subscriber::registry().with(JournalLayer.with_filter(ours)))
    });
    tracing::dispatcher::set_default(dispatch)
}

struct JournalLayer;

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for JournalLayer {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        Fields::keep(attributes, id, &context);
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::of(event, &context);
        let message = fields.take_message();
        let level = event.metadata().level().to_string();
        log_line(level, message, Value::Object(fields.0));
    }
}
