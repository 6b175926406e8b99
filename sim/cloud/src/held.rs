//! About how many bytes the cloud holds: what others put there and has no bound of its own.

use super::eventbridge::BusEvent;
use super::{Cloud, Task};

/// What a thing takes beside its texts.
const BESIDE_TEXTS: usize = 512;

impl BusEvent {
    /// The event is kept as text and as a value.
    pub(crate) fn held_bytes(&self) -> usize {
        2 * self.envelope.len() + BESIDE_TEXTS
    }
}

impl Cloud {
    /// Messages, archived events, tables, and what is under way, in bytes, estimated.
    #[must_use]
    pub fn held_bytes(&self) -> u64 {
        let messages = self.sqs.queues.values().flat_map(|queue| queue.messages());
        let messages: usize = messages
            .map(|message| message.held_bytes() + BESIDE_TEXTS)
            .sum();
        let tasks: usize = self.agenda.tasks().map(Task::held_bytes).sum();
        let here = messages + tasks + self.eventbridge.archived_bytes() + self.lambda.held_bytes();
        here as u64 + self.dynamodb.held_bytes()
    }
}

impl Task {
    fn held_bytes(&self) -> usize {
        match self {
            Self::Deliver(delivery) => delivery.event().held_bytes() + BESIDE_TEXTS,
            Self::ReplaySlice { slice, .. } => slice.iter().map(BusEvent::held_bytes).sum(),
            _ => BESIDE_TEXTS,
        }
    }
}
