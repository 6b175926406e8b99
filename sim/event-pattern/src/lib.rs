//! EventBridge event patterns: AWS's parser with its exact error texts, and a matcher.
//!
//! A [`Pattern`] is parsed once and matched against many events; a [`FlatEvent`] is flattened once
//! and matched by many patterns. Behaviour was recorded from the service and from
//! its open matcher. [`mod@reference`] is a second matcher, slow and plain, to hold the first to.
//!
//! ```
//! use event_pattern::{FlatEvent, Pattern};
//!
//! let pattern = Pattern::parse(r#"{"source": ["shop"], "detail": {"total": [{"numeric": [">", 100]}]}}"#)?;
//! let event = FlatEvent::parse(r#"{"source": "shop", "detail": {"total": 120.5}}"#)?;
//! assert!(pattern.matches(&event));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The way of a pattern: `json` reads tokens with Jackson's positions, `parse` walks objects and
//! `$or`, `operator` reads one match expression into a `matcher`, `compile` holds the alternatives
//! that `$or` expands to, `complexity` refuses wildcards that AWS refuses. The way of an event:
//! `event` flattens it, `membership` keeps a match inside one element of every array.

mod address;
mod anything_but;
mod compile;
mod complexity;
mod describe;
mod error;
mod event;
mod explain;
mod fold;
mod index;
mod json;
mod location;
mod matcher;
mod membership;
mod number;
mod numeric;
mod operator;
mod parse;
pub mod reference;
mod row;
mod scalar;
mod test_event;
mod wildcard;

pub use self::error::{EventError, PatternError, TestEventError};
pub use self::event::FlatEvent;
pub use self::explain::{Condition, ExplainedAlternative, Explanation};
pub use self::index::PatternIndex;
pub use self::row::{Disagreement, Row, RowError};
pub use self::test_event::validate_test_event;

use self::compile::Alternative;

/// A valid event pattern, ready to be matched.
#[derive(Debug, Clone)]
pub struct Pattern {
    /// Any one of these suffices; more than one only where the pattern has a `$or`.
    alternatives: Vec<Alternative>,
}

/// Characters that the pattern of a rule or an archive may have by default; AWS raises this on
/// request.
pub const PATTERN_CHARACTERS_QUOTA: usize = 2048;

/// Characters of a pattern that the API takes at all.
pub const PATTERN_CHARACTERS_MAX: usize = 4096;

impl Pattern {
    /// Reads a pattern as AWS reads it: text behind the closing brace is ignored, of two equal leaf
    /// keys the last wins.
    ///
    /// # Errors
    /// The message that `PutRule` and `TestEventPattern` answer with, see
    /// [`PatternError::message`].
    pub fn parse(text: &str) -> Result<Pattern, PatternError> {
        let alternatives = self::parse::parse(text)?;
        self::complexity::check(&alternatives)?;
        Ok(Pattern { alternatives })
    }

    /// Says whether the event matches. Takes well under a microsecond for usual patterns; two
    /// fields inside one array of n objects take n² steps in the worst case.
    #[must_use]
    pub fn matches(&self, event: &FlatEvent) -> bool {
        self.alternatives
            .iter()
            .any(|alternative| alternative.holds(event))
    }
}
