use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Deserialize;

use super::SideSpec;
use crate::check::Violation;
use crate::scenario::{Amount, Invariant, SignedAmount};

/// What must hold in the end.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// The account's cash in dollars, to the cent.
    pub cash: SignedAmount,
    /// Shares held, by symbol; all of them, negative where they are held short.
    pub positions: BTreeMap<String, SignedAmount>,
    /// How far cash and positions may be off, where a story's prices hang on the minute; exact if
    /// not said.
    pub tolerance: Option<Tolerance>,
    /// The mails, in order; all of them.
    pub mails: Vec<MailExpected>,
    /// The orders that reached the broker, refused ones too, in order; all of them.
    pub orders: Option<Vec<OrderExpected>>,
    /// How many workflows were started, completed, failed.
    pub workflows: Option<WorkflowsExpected>,
    /// How many attempts each trigger woke the function for; those named.
    #[serde(default)]
    pub invocations: BTreeMap<String, usize>,
    /// How many events of each type a bus accepted; those named.
    #[serde(default)]
    pub events: BTreeMap<String, usize>,
    /// What was dead-lettered, in order; all of it.
    #[serde(default)]
    pub dead_letters: Vec<DeadLetterExpected>,
    /// The alarms that went off, by a part of their name; those named, and none where the list is
    /// empty.
    pub alarms: Option<Vec<String>>,
    /// The alarms that went off and were over in the end, by a part of their name; those named.
    #[serde(default)]
    pub recovered: Vec<String>,
    /// Texts that log lines hold.
    #[serde(default)]
    pub logs: Vec<String>,
    /// Answers of the function.
    #[serde(default)]
    pub responses: Vec<ResponseExpected>,
    /// The invariants that do not hold in this run, by name: these and no others. Such a scenario
    /// shows what the judge sees.
    #[serde(default)]
    pub violations: BTreeSet<Invariant>,
}

impl Expect {
    /// Whether the invariant of that name is expected not to hold.
    #[must_use]
    pub fn violates(&self, check: &str) -> bool {
        self.violations.iter().any(|invariant| invariant.0 == check)
    }

    /// A violation for each invariant that was to be violated, and of which none of `found` tells.
    #[must_use]
    pub fn unviolated(&self, found: &[Violation]) -> Vec<Violation> {
        let holds =
            |invariant: &&Invariant| !found.iter().any(|violation| violation.check == invariant.0);
        let told = |invariant: &Invariant| {
            Violation::plain(
                "violations",
                format!("{:?} holds, expected to be violated", invariant.0),
            )
        };
        self.violations.iter().filter(holds).map(told).collect()
    }

    /// How many things are expected.
    #[must_use]
    pub fn count(&self) -> usize {
        4 + usize::from(self.orders.is_some())
            + usize::from(self.workflows.is_some())
            + usize::from(self.alarms.is_some())
            + self.invocations.len()
            + self.events.len()
            + self.recovered.len()
            + self.logs.len()
            + self.responses.len()
            + self.violations.len()
    }
}

/// How far an account may be from what is expected, either way.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tolerance {
    /// Of cash.
    pub dollars: Amount,
    /// Of each position.
    pub shares: Amount,
}

/// A mail.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MailExpected {
    /// The whole subject.
    pub subject: String,
    /// Who gets it, where it is said: all addresses, in order.
    pub to: Option<Vec<String>>,
    /// Texts that the text part holds.
    #[serde(default)]
    pub contains: Vec<String>,
    /// Texts that the HTML part holds, as it is sent: with its tags and escapes.
    #[serde(default)]
    pub html_contains: Vec<String>,
    /// How many such mails follow each other.
    #[serde(default = "one")]
    pub times: usize,
    /// Whether such a mail may come again, with the same message id: it counts once. No copy if not
    /// said.
    #[serde(default)]
    pub copies: bool,
}

/// An order.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderExpected {
    /// The symbol.
    pub symbol: String,
    /// The side.
    pub side: SideSpec,
    /// Shares ordered.
    pub quantity: Amount,
    /// How it ended: filled, canceled, expired, ...
    pub status: String,
}

/// Numbers of workflows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct WorkflowsExpected {
    /// With a WorkflowStarted event.
    pub started: usize,
    /// With a WorkflowCompleted event.
    pub completed: usize,
    /// With a WorkflowFailed event.
    pub failed: usize,
}

/// A dead letter.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeadLetterExpected {
    /// Who gave up: a part of `rule NAME`, `function NAME`, `schedule NAME`.
    pub from: String,
    /// Why: AWS's code or condition.
    pub reason: String,
    /// A text that the message holds.
    #[serde(default)]
    pub holds: String,
}

/// An answer of the function.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ResponseExpected {
    /// What woke it.
    pub to: String,
    /// A text that the answer's JSON holds.
    pub holds: String,
    /// How many such answers there are.
    #[serde(default = "one")]
    pub times: usize,
}

fn one() -> usize {
    1
}
