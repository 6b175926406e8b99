//! Identities come from causes: doing a step again yields the same names.

use std::fmt::{self, Debug};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

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

text_id!(CorrelationId, "Names one workflow through all its invocations, events, log lines and mails.");
text_id!(EventId, "Names one event; the same cause always yields the same id.");
text_id!(PlanId, "Names one rebalance plan; derived from the event that it was made for.");
text_id!(ClientOrderId, "The id we give an order, at most 48 characters, so that the broker can refuse a second one.");

fn derive(parts: &[&str]) -> Uuid {
    // The unit separator cannot occur in a JSON-borne identifier, so parts cannot run together.
    Uuid::new_v5(&NAMESPACE, parts.join("\u{1f}").as_bytes())
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
    /// The id of the plan made for an event: SignalGenerated, or the RebalancePlanned of a plan that was overtaken.
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
        let digest = Sha256::digest(format!("{plan}\u{1f}{symbol}\u{1f}{side}\u{1f}{leg}").as_bytes());
        let hex: String = digest.iter().take(10).map(|byte| format!("{byte:02x}")).collect();
        Self(format!("{OURS}{symbol}-{side}-{leg}-{hex}"))
    }

    /// Whether `id` is that of one of the first `legs` legs of a plan's order for `symbol` on `side`.
    #[must_use]
    pub fn is_of_plan(id: &str, plan: &PlanId, symbol: &str, side: &str, legs: u32) -> bool {
        Self::is_ours(id) && (1..=legs).any(|leg| Self::of_leg(plan, symbol, side, leg).as_str() == id)
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
    #[expect(clippy::disallowed_methods, reason = "the one place where production draws a random id")]
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
    fn a_client_order_id_fits_the_brokers_limit() {
        let plan = PlanId::caused_by(&EventId::new("signal"));
        let id = ClientOrderId::of_leg(&plan, "ABCDEFGHIJ", "sell", 12);
        assert!(id.as_str().len() <= 48, "{id} has {} characters", id.as_str().len());
    }
}
