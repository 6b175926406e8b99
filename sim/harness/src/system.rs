//! What a world must know of a system beyond its template.

use serde_json::Value;
use simulated_cloud::packed_json::Json;

/// How a system's events are named. The defaults are those of EventBridge; a system with envelopes
/// of its own says how to read them.
pub trait System: Send + Sync {
    /// Names what woke a function, as fault sites do: an event's type, or `invoke`.
    fn trigger(&self, payload: Json<'_>) -> String {
        payload
            .at("detail-type")
            .as_str()
            .unwrap_or("invoke")
            .to_owned()
    }

    /// Names the step that a payload asks for: the same for all attempts and copies.
    fn step(&self, payload: Json<'_>, request_id: &str) -> String {
        let id = payload.at("id").as_str().unwrap_or(request_id);
        format!("{} {id}", self.trigger(payload))
    }

    /// The id by which a system knows an event that it publishes, read from the event's detail:
    /// EventBridge gives another one only when it has accepted the event.
    fn event_id(&self, detail: &Value) -> Option<String> {
        let _ = detail;
        None
    }
}

/// A system whose events are EventBridge's own.
#[derive(Clone, Copy, Debug, Default)]
pub struct PlainSystem;

impl System for PlainSystem {}
