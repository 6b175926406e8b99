use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;

use super::{BusEntry, EventBus};
use crate::error::StepError;

/// A bus within one invocation. What is published waits until the step that published it is
/// complete; the router then takes it and handles it, entry by entry, so that no step runs inside
/// another.
#[derive(Debug, Default)]
pub struct InMemoryBus {
    pending: Mutex<VecDeque<BusEntry>>,
}

impl InMemoryBus {
    /// The oldest entry that nobody has taken yet.
    pub fn take(&self) -> Option<BusEntry> {
        self.pending
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop_front()
    }
}

#[async_trait]
impl EventBus for InMemoryBus {
    async fn publish(&self, entry: &BusEntry) -> Result<(), StepError> {
        self.pending
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push_back(entry.clone());
        Ok(())
    }
}
