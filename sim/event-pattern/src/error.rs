//! Errors. A caller gets AWS's own message, so that a test against this engine sees the text a
//! deployment would see.

/// Why a pattern was refused, in the words of AWS (`InvalidEventPatternException`, HTTP 400).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct PatternError {
    message: String,
}

impl PatternError {
    /// The whole message: `Event pattern is not valid. Reason: ` and the reason, with its position
    /// on a second line where AWS gives one.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl From<Reason> for PatternError {
    fn from(reason: Reason) -> Self {
        PatternError {
            message: format!("Event pattern is not valid. Reason: {}", reason.0),
        }
    }
}

/// Why an event could not be flattened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EventError {
    /// The text is not JSON.
    #[error("event is not valid JSON: {0}")]
    Syntax(String),
    /// The text is JSON, but not an object.
    #[error("event must be a JSON object")]
    NotAnObject,
}

impl From<Reason> for EventError {
    fn from(reason: Reason) -> Self {
        EventError::Syntax(reason.0)
    }
}

/// The event argument of `TestEventPattern` was refused (`ValidationException`, HTTP 400).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Parameter Event is not valid.")]
pub struct TestEventError;

/// The text behind `Reason: `, positions included. Errors are texts here because AWS's own reader
/// nests whole messages in messages: inside an `anything-but` list the position appears twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reason(pub(super) String);
