//! The model: what each step of a workflow may bring about. [`STEPS`] is all of it; everything else
//! of this folder holds a journal against it.

use crate::trading::trigger_of;
use simulated_cloud::packed_json::Json;

pub(super) const STARTED: &str = "WorkflowStarted";
pub(super) const SIGNALS: &str = "SignalGenerated";
pub(super) const PLANNED: &str = "RebalancePlanned";
pub(super) const TRADED: &str = "TradeExecuted";
pub(super) const COMPLETED: &str = "WorkflowCompleted";
pub(super) const FAILED: &str = "WorkflowFailed";
pub(super) const ASKED: &str = "TradingNotificationRequested";

/// One step: what wakes it, and what may come of that.
pub(super) struct Step {
    pub woken_by: Waker,
    /// The events that it puts, in their order: exactly one of these for what wakes it, however
    /// often it is woken by the same. One that dies may have put the first of them only.
    pub outcomes: &'static [&'static [&'static str]],
}

/// What wakes a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Waker {
    /// A schedule or a person asks for a run.
    Command,
    /// An event of the workflow, which is then the cause of what comes of it.
    Event(&'static str),
    /// A round of the watchdog finds a session that lacked money.
    Leftover,
    /// A round of the watchdog finds a workflow that is overdue.
    Overdue,
}

/// The steps of a workflow. It begins with WorkflowStarted, which names the workflow itself as its
/// cause, and ends with WorkflowCompleted or WorkflowFailed.
pub(super) const STEPS: [Step; 8] = [
    Step {
        woken_by: Waker::Command,
        // A start that is refused is told.
        outcomes: &[&[STARTED], &[ASKED]],
    },
    Step {
        woken_by: Waker::Event(STARTED),
        outcomes: &[&[SIGNALS], &[FAILED]],
    },
    Step {
        woken_by: Waker::Event(SIGNALS),
        outcomes: &[&[PLANNED], &[FAILED]],
    },
    Step {
        woken_by: Waker::Event(PLANNED),
        outcomes: &[
            &[TRADED, COMPLETED],
            &[TRADED, FAILED],
            // A plan that another one has overtaken is made anew.
            &[PLANNED],
            &[FAILED],
        ],
    },
    Step {
        woken_by: Waker::Event(TRADED),
        outcomes: &[&[ASKED]],
    },
    Step {
        woken_by: Waker::Event(FAILED),
        outcomes: &[&[ASKED]],
    },
    Step {
        woken_by: Waker::Leftover,
        outcomes: &[&[STARTED]],
    },
    Step {
        woken_by: Waker::Overdue,
        // Of one that has ended only the mail is missing.
        outcomes: &[&[FAILED, ASKED], &[ASKED]],
    },
];

/// The types of the events that a workflow is made of.
pub(super) const EVENTS: [&str; 7] = [STARTED, SIGNALS, PLANNED, TRADED, COMPLETED, FAILED, ASKED];

impl Waker {
    /// What has woken a function with this payload, and let it put an event of this type; none where
    /// it is nobody's step.
    pub fn of(payload: Json<'_>, put: &str) -> Option<Self> {
        let trigger = trigger_of(payload);
        let event = EVENTS.iter().find(|event| **event == trigger);
        match (trigger.as_str(), event) {
            (_, Some(event)) => Some(Self::Event(event)),
            // A schedule may wrap its command into an event.
            ("trade" | "Scheduled Event", _) => Some(Self::Command),
            ("watchdog", _) if put == STARTED => Some(Self::Leftover),
            ("watchdog", _) => Some(Self::Overdue),
            _ => None,
        }
    }

    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Command => "a command",
            Self::Event(event) => event,
            Self::Leftover | Self::Overdue => "the watchdog",
        }
    }
}

/// What may come of what wakes a step; nothing where nobody is woken by it.
pub(super) fn outcomes(waker: Waker) -> &'static [&'static [&'static str]] {
    let step = STEPS.iter().find(|step| step.woken_by == waker);
    step.map_or(&[], |step| step.outcomes)
}
