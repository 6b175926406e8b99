//! Where events go: kept in memory, put on EventBridge, or both (rules.md 4).
//!
//! What travels is a [`BusEntry`]: an event's exact bytes. It is recorded before it is published,
//! so that whoever publishes it again publishes those very bytes.

mod dual;
mod eventbridge;
mod memory;

pub use dual::{Difference, DualBus};
pub use eventbridge::EventBridgeBus;
pub use memory::InMemoryBus;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::error::StepError;
use crate::event::Event;
use crate::id::EventId;

/// One event as it goes on a bus (rules.md 4.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BusEntry {
    /// The event's own id.
    pub event_id: EventId,
    /// Short: `alchemiser.strategy`, never the module's full path, or no rule would match (4.2).
    pub source: String,
    /// The event's type.
    pub detail_type: String,
    /// The event's JSON text.
    pub detail: String,
    /// `correlation:` and `causation:`.
    pub resources: Vec<String>,
}

impl BusEntry {
    /// The entry for `event`, under `source_prefix` (`alchemiser`).
    #[must_use]
    pub fn new(event: &Event, source_prefix: &str) -> Self {
        let header = &event.header;
        Self {
            event_id: header.event_id.clone(),
            source: format!("{source_prefix}.{}", short_source(&header.source_module)),
            detail_type: event.detail_type().as_str().to_owned(),
            detail: event.to_json(),
            resources: vec![
                format!("correlation:{}", header.correlation_id),
                format!("causation:{}", header.causation_id),
            ],
        }
    }
}

/// `strategy_v2.handlers` becomes `strategy`: the first segment without its version.
pub(crate) fn short_source(module: &str) -> &str {
    let segment = module.split('.').next().unwrap_or(module);
    match segment.rsplit_once("_v") {
        Some((name, version))
            if !version.is_empty() && version.bytes().all(|byte| byte.is_ascii_digit()) =>
        {
            name
        }
        _ => segment,
    }
}

/// A place that events are published to.
#[async_trait]
pub trait EventBus: Send + Sync {
    /// Publishes `entry`.
    ///
    /// # Errors
    /// [`StepError::PublishFailed`] where the bus's policy is to raise; a bus in shadow logs and
    /// goes on.
    async fn publish(&self, entry: &BusEntry) -> Result<(), StepError>;
}

#[cfg(test)]
mod tests {
    use super::short_source;

    #[test]
    fn sources_are_short() {
        for (module, source) in [
            ("strategy_v2.handlers", "strategy"),
            ("portfolio_v2.handlers", "portfolio"),
            ("execution_v2.handlers", "execution"),
            ("orchestration.event_driven_orchestrator", "orchestration"),
            ("notifications", "notifications"),
            ("over_view.part", "over_view"),
        ] {
            assert_eq!(short_source(module), source);
        }
    }
}
