use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;

use super::{BusEntry, EventBridgeBus, EventBus, InMemoryBus};
use crate::error::StepError;
use crate::id::EventId;

/// Publishes to memory, which drives the workflow, and to EventBridge, its shadow. A failure of the
/// shadow is logged and the workflow goes on (rules.md 4.3); [`DualBus::compare`] tells where
/// the two streams differ.
#[derive(Debug)]
pub struct DualBus {
    primary: Arc<InMemoryBus>,
    shadow: EventBridgeBus,
    streams: Mutex<Streams>,
}

#[derive(Debug, Default)]
struct Streams {
    primary: BTreeMap<EventId, BusEntry>,
    shadow: BTreeMap<EventId, BusEntry>,
    refusals: BTreeMap<EventId, String>,
}

/// A place where the two streams differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The event.
    pub event_id: EventId,
    /// Its type.
    pub detail_type: String,
    /// How they differ.
    pub reason: String,
}

impl DualBus {
    /// A bus over both.
    #[must_use]
    pub fn new(primary: Arc<InMemoryBus>, shadow: EventBridgeBus) -> Self {
        Self {
            primary,
            shadow,
            streams: Mutex::default(),
        }
    }

    /// Compares what both streams took since the last comparison, in the order of event ids.
    pub fn compare(&self) -> Vec<Difference> {
        let streams =
            std::mem::take(&mut *self.streams.lock().unwrap_or_else(PoisonError::into_inner));
        let only_primary = streams.primary.values().filter_map(|entry| {
            match streams.shadow.get(&entry.event_id) {
                None => Some(difference(
                    entry,
                    match streams.refusals.get(&entry.event_id) {
                        Some(refusal) => format!("missing on EventBridge: {refusal}"),
                        None => "missing on EventBridge".to_owned(),
                    },
                )),
                Some(other) if other != entry => {
                    Some(difference(entry, "the contents differ".to_owned()))
                }
                Some(_) => None,
            }
        });
        let only_shadow = streams
            .shadow
            .values()
            .filter(|entry| !streams.primary.contains_key(&entry.event_id))
            .map(|entry| difference(entry, "missing in memory".to_owned()));
        only_primary.chain(only_shadow).collect()
    }
}

fn difference(entry: &BusEntry, reason: String) -> Difference {
    Difference {
        event_id: entry.event_id.clone(),
        detail_type: entry.detail_type.clone(),
        reason,
    }
}

#[async_trait]
impl EventBus for DualBus {
    async fn publish(&self, entry: &BusEntry) -> Result<(), StepError> {
        let outcome = self.shadow.publish(entry).await;
        self.primary.publish(entry).await?;
        let mut streams = self.streams.lock().unwrap_or_else(PoisonError::into_inner);
        streams
            .primary
            .insert(entry.event_id.clone(), entry.clone());
        match outcome {
            Ok(()) => {
                streams.shadow.insert(entry.event_id.clone(), entry.clone());
            }
            Err(error) => {
                tracing::error!(event_id = %entry.event_id, event_type = %entry.detail_type, %error, "shadow publish failed");
                streams
                    .refusals
                    .insert(entry.event_id.clone(), error.to_string());
            }
        }
        Ok(())
    }
}
