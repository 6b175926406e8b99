//! About how many bytes the cloud holds: what others put there and has no bound of its own.

use super::cloud_event::CloudEvent;
use super::eventbridge::BusEvent;
use super::state::CloudState;
use super::task::Task;

/// What a thing takes beside its texts.
const BESIDE_TEXTS: usize = 512;

impl BusEvent {
    /// The event is kept as text, and its content packed as well.
    pub(crate) fn held_bytes(&self) -> usize {
        self.envelope.len() + self.detail.size_bytes() + BESIDE_TEXTS
    }
}

impl CloudEvent {
    /// What the step takes as it is kept, in bytes, estimated.
    #[must_use]
    pub fn held_bytes(&self) -> usize {
        let held = match self {
            Self::EventPut { detail, .. } => detail.size_bytes(),
            Self::EventRefused { message, .. } => message.len(),
            Self::RuleChanged { pattern, .. } => pattern.as_ref().map_or(0, String::len),
            Self::DeadLettered { body, .. } | Self::Lost { body, .. } => body.size_bytes(),
            Self::InvocationStarted { payload, .. } => payload.size_bytes(),
            Self::InvocationEnded { response, .. } => response.size_bytes(),
            _ => 0,
        };
        held + BESIDE_TEXTS
    }
}

/// What the state of a cloud takes.
pub(crate) fn held_bytes(state: &CloudState) -> u64 {
    let held = state.sqs.queues.values().map(|queue| queue.held());
    let messages: usize = held
        .map(|(bytes, count)| bytes + count * BESIDE_TEXTS)
        .sum();
    let tasks: usize = state.timers.tasks().map(Task::held_bytes).sum();
    let here = messages + tasks + state.eventbridge.archived_bytes() + state.lambda.held_bytes();
    here as u64 + state.dynamodb.held_bytes()
}

impl Task {
    fn held_bytes(&self) -> usize {
        match self {
            Self::Deliver(delivery) => delivery.event.held_bytes() + BESIDE_TEXTS,
            Self::Notify(notification) => {
                notification.published.publication.size_bytes() + BESIDE_TEXTS
            }
            Self::ReplaySlice { slice, .. } => slice.iter().map(|event| event.held_bytes()).sum(),
            _ => BESIDE_TEXTS,
        }
    }
}
