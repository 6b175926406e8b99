use std::collections::BTreeMap;

use crate::stack::RetryPolicy;

/// One target of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Unique within the rule.
    pub id: String,
    /// The function, queue, topic or bus that receives the event.
    pub arn: String,
    /// A constant JSON text that replaces the event.
    pub input: Option<String>,
    /// A JSON path (`$.detail`) of the part that replaces the event.
    pub input_path: Option<String>,
    /// A template that the event is poured into.
    pub input_transformer: Option<InputTransformer>,
    /// How long a hand-over is tried again.
    pub retry_policy: RetryPolicy,
    /// ARN of the queue for events that could not be handed over.
    pub dead_letter_arn: Option<String>,
    /// The message group, for a FIFO queue.
    pub message_group_id: Option<String>,
    /// The role that EventBridge assumes, where the target needs one.
    pub role_arn: Option<String>,
}

/// How a target's input is made out of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputTransformer {
    /// Placeholder name to JSON path.
    pub paths: BTreeMap<String, String>,
    /// The text with `<placeholder>`s, 1 to 8192 characters.
    pub template: String,
}

impl Target {
    /// Whether it gets the event itself, and nothing made out of it.
    #[must_use]
    pub fn gets_the_event(&self) -> bool {
        self.input.is_none() && self.input_path.is_none() && self.input_transformer.is_none()
    }
}
