use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::BrokerSpec;
use crate::scenario::{Moment, Span};

/// One thing that happens.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Time passes.
    Advance(Span),
    /// Time passes until a moment in New York.
    AdvanceTo(Moment),
    /// The world runs on until nothing is under way.
    Settle,
    /// A schedule fires out of turn, by name or logical id.
    Fire(String),
    /// The function is invoked with this event.
    Invoke(Value),
    /// An event is put on the bus.
    Put(PutSpec),
    /// The archive is replayed onto the bus.
    Replay(ReplaySpec),
    /// The event dead-letter queue is emptied: each original event goes to the function again.
    Redrive,
    /// A rule is disabled, by logical id or name.
    DisableRule(String),
    /// A rule is enabled, by logical id or name.
    EnableRule(String),
    /// All execution environments die at once, those at work and the idle ones.
    PowerLoss,
    /// Somebody else does something at the broker.
    Broker(BrokerSpec),
}

/// An event to put.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PutSpec {
    /// The sender.
    pub source: String,
    /// The type.
    pub detail_type: String,
    /// The content: an object, or any text.
    pub detail: Value,
    /// The bus, where it is not the template's first.
    pub bus: Option<String>,
}

/// What to replay.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplaySpec {
    /// From this moment in New York.
    pub from: Moment,
    /// To this moment in New York.
    pub to: Moment,
}
