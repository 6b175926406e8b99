//! Identities come from causes: doing a step again yields the same names.

use std::fmt::{self, Debug};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::visible::is_hidden;

/// The namespace of every id this system derives.
const NAMESPACE: Uuid = Uuid::from_u128(0x7d1f_2a0c_5b0e_4e58_9c43_a1c4_3315_e001);

macro_rules! text_id {
    ($name:ident, $doc:literal) => {
        #[doc = $doc]
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Takes the text as it is.
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }
    };
}

text_id!(
    CorrelationId,
    "Names one workflow through all its invocations, events, log lines and mails."
);
text_id!(
    EventId,
    "Names one event; the same cause always yields the same id."
);
text_id!(
    PlanId,
    "Names one rebalance plan; derived from the event that it was made for."
);
text_id!(
    ClientOrderId,
    "The id we give an order, at most 48 characters, so that the broker can refuse a second one."
);

/// The most characters of an id: as many as a portfolio's correlation id may have.
pub const LONGEST_ID: usize = 100;

/// Why a text is no id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// There is nothing.
    #[error("must not be blank")]
    Blank,
    /// More than [`LONGEST_ID`] characters.
    #[error("has {length} characters, more than {LONGEST_ID} characters are not allowed")]
    TooLong {
        /// Characters.
        length: usize,
    },
    /// A character that cannot be seen.
    #[error("{0:?} is not allowed in an id: it has letters, digits and marks that can be seen")]
    Hidden(char),
    /// A character that a mail's header cannot have.
    #[error(
        "{0:?} is not allowed in the id of an event: it has letters of ASCII, digits, and marks but for quotes and \\"
    )]
    NotInAHeader(char),
}

/// Whether `text` may be an id. Ids are keys of the store, resources of events, fields of the log
/// and words of mails.
///
/// # Errors
/// What is wrong with it, and what is allowed.
pub fn check_id(text: &str) -> Result<(), IdError> {
    let length = text.chars().count();
    if length == 0 {
        return Err(IdError::Blank);
    }
    if length > LONGEST_ID {
        return Err(IdError::TooLong { length });
    }
    match text.chars().find(|character| is_hidden(*character)) {
        Some(character) => Err(IdError::Hidden(character)),
        None => Ok(()),
    }
}

/// Whether `text` may be the id of an event, which is also that of a message.
///
/// # Errors
/// What is wrong with it, and what is allowed.
pub fn check_event_id(text: &str) -> Result<(), IdError> {
    check_id(text)?;
    match text
        .chars()
        .find(|character| !character.is_ascii_graphic() || "\"'`\\".contains(*character))
    {
        Some(character) => Err(IdError::NotInAHeader(character)),
        None => Ok(()),
    }
}

fn derive(parts: &[&str]) -> Uuid {
    // The unit separator cannot occur in an id, so parts cannot run together.
    Uuid::new_v5(&NAMESPACE, parts.join("\u{1f}").as_bytes())
}

impl CorrelationId {
    /// The id itself, or where it is longer than `most` characters one of that length that follows
    /// from it.
    #[must_use]
    pub fn within(&self, most: usize) -> String {
        if self.0.chars().count() <= most {
            return self.0.clone();
        }
        let tail = format!("-{}", derive(&["long", &self.0]));
        let head: String = self
            .0
            .chars()
            .take(most.saturating_sub(tail.len()))
            .collect();
        head + &tail
    }
}

impl EventId {
    /// The id of the `index`-th event of type `detail_type` that `cause` brings about.
    #[must_use]
    pub fn caused_by(cause: &str, detail_type: &str, index: usize) -> Self {
        Self(derive(&["event", cause, detail_type, &index.to_string()]).to_string())
    }

    /// The id of the one notification a workflow may send, whoever asks for it.
    #[must_use]
    pub fn notification_of(correlation_id: &CorrelationId) -> Self {
        Self(derive(&["notification", correlation_id.as_str()]).to_string())
    }
}

impl PlanId {
    /// The id of the plan made for an event: SignalGenerated, or the RebalancePlanned of a plan
    /// that was overtaken.
    #[must_use]
    pub fn caused_by(event: &EventId) -> Self {
        Self(format!("plan-{}", derive(&["plan", event.as_str()])))
    }
}

/// How the ids of our orders begin.
const OURS: &str = "alch-";

impl ClientOrderId {
    /// The id of leg `leg` of a plan's order for `symbol` on `side`.
    #[must_use]
    pub fn of_leg(plan: &PlanId, symbol: &str, side: &str, leg: u32) -> Self {
        assert!(leg >= 1, "legs are counted from 1");
        let digest =
            Sha256::digest(format!("{plan}\u{1f}{symbol}\u{1f}{side}\u{1f}{leg}").as_bytes());
        let hex: String = digest
            .iter()
            .take(10)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        Self(format!("{OURS}{symbol}-{side}-{leg}-{hex}"))
    }

    /// Whether `id` is that of one of the first `legs` legs of a plan's order for `symbol` on
    /// `side`.
    #[must_use]
    pub fn is_of_plan(id: &str, plan: &PlanId, symbol: &str, side: &str, legs: u32) -> bool {
        Self::is_ours(id)
            && (1..=legs).any(|leg| Self::of_leg(plan, symbol, side, leg).as_str() == id)
    }

    /// Whether an id at the broker is one of these.
    #[must_use]
    pub fn is_ours(id: &str) -> bool {
        id.starts_with(OURS)
    }
}

/// A token that no other attempt has: it owns a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttemptToken(pub String);

/// The port for names that must be fresh, and so cannot come from a cause.
pub trait TokenSource: Send + Sync + Debug {
    /// A token never given before.
    fn fresh(&self) -> AttemptToken;
}

/// A token source that can be handed around.
pub type SharedTokens = Arc<dyn TokenSource>;

/// Tokens from the operating system's randomness.
#[derive(Clone, Copy, Debug, Default)]
pub struct RandomTokens;

impl TokenSource for RandomTokens {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place where production draws a random id"
    )]
    fn fresh(&self) -> AttemptToken {
        AttemptToken(Uuid::new_v4().to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_cause_yields_the_same_id_and_another_cause_another() {
        let one = EventId::caused_by("cause", "SignalGenerated", 0);
        assert_eq!(one, EventId::caused_by("cause", "SignalGenerated", 0));
        assert_ne!(one, EventId::caused_by("cause", "SignalGenerated", 1));
        assert_ne!(one, EventId::caused_by("other", "SignalGenerated", 0));
    }

    #[test]
    fn an_id_is_text_that_can_be_seen_and_that_of_an_event_fits_into_a_header() {
        let long = "x".repeat(101);
        let hidden = [
            "",
            "a\r\nBcc: x",
            "a\0",
            "a\u{1f}b",
            "a\u{9b}b",
            "a\u{202e}b",
            long.as_str(),
        ];
        let odd = ["a\"b", "a'b", "a`x`", "a b", "ä", "a\\b"];
        let sound = [
            "wf-1",
            "daily-trading-dev@2012-03-14T13:35:00Z~1",
            "arn:aws:scheduler:us-east-1:1:schedule/default/x",
            &long[1..],
        ];
        let fits = |text: &str| (check_id(text).is_ok(), check_event_id(text).is_ok());
        assert_eq!(hidden.map(fits), [(false, false); 7]);
        assert_eq!(odd.map(fits), [(true, false); 6]);
        assert_eq!(sound.map(fits), [(true, true); 4]);
        let told = check_event_id("a\"b").expect_err("refused");
        assert!(
            told.to_string()
                .starts_with("'\"' is not allowed in the id of an event: it has letters of ASCII"),
            "{told}"
        );
    }

    #[test]
    fn a_client_order_id_fits_the_brokers_limit() {
        let plan = PlanId::caused_by(&EventId::new("signal"));
        let id = ClientOrderId::of_leg(&plan, "ABCDEFGHIJ", "sell", 12);
        assert!(
            id.as_str().len() <= 48,
            "{id} has {} characters",
            id.as_str().len()
        );
    }
}
