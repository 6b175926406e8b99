//! What the cloud tells its observer: every step it takes, in order.

mod origin;
mod outcome;

pub use origin::Origin;
pub use outcome::{
    AlarmState, DeliveryOutcome, Disturbance, InvocationOutcome, LossCause, ReplayState,
};

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::packed_json::PackedJson;

/// One event on its way to one target of one rule: what a delivery is told apart by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct DeliveryId {
    /// The event's id.
    pub event: String,
    /// The replay that put the event, if any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replay: Option<String>,
    /// The rule's bus.
    pub bus: String,
    /// The rule's name.
    pub rule: String,
    /// The target's id.
    pub target: String,
    /// 0 for the delivery itself; a copy, of which EventBridge may make some, has a number of its
    /// own.
    #[serde(skip_serializing_if = "is_zero")]
    pub copy: u32,
}

/// A target of a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RuleTarget {
    /// Unique within the rule.
    pub id: String,
    /// The function, queue, topic or bus.
    pub arn: String,
    /// Whether it gets something else than the event itself.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_reshaped: bool,
}

impl RuleTarget {
    /// Whether it is a function that is given the event itself.
    #[must_use]
    pub fn acts_on_the_event(&self) -> bool {
        !self.is_reshaped && self.arn.split(':').nth(2) == Some("lambda")
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks by reference")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// One step of the cloud.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "record", rename_all = "snake_case")]
pub enum CloudEvent {
    /// An event was accepted by a bus.
    EventPut {
        /// The bus.
        bus: String,
        /// The id that PutEvents gave.
        id: String,
        /// The sender.
        source: String,
        /// The type.
        detail_type: String,
        /// The event's own time.
        time: DateTime<Utc>,
        /// ARNs, or whatever the sender likes.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        resources: Vec<String>,
        /// The content.
        detail: PackedJson,
        /// The rules that matched, by name.
        matched: Vec<String>,
        /// The replay that put it, if any.
        #[serde(skip_serializing_if = "Option::is_none")]
        replay: Option<String>,
    },
    /// An entry of PutEvents was refused.
    EventRefused {
        /// The sender.
        source: String,
        /// The type.
        detail_type: String,
        /// AWS's code.
        code: String,
        /// AWS's words.
        message: String,
        /// Whether a fault did it; the journal's entry says so.
        #[serde(skip)]
        is_injected: bool,
    },
    /// An event was put on a bus that does not exist: AWS says yes and drops it.
    EventVanished {
        /// The bus that is not there.
        bus: String,
        /// The type.
        detail_type: String,
    },
    /// A rule is there from now on, or as it is from now on.
    RuleChanged {
        /// The rule's bus.
        bus: String,
        /// The rule's name.
        rule: String,
        /// The rule's ARN.
        arn: String,
        /// Which events match; none for a rule that fires on a schedule only.
        #[serde(skip_serializing_if = "Option::is_none")]
        pattern: Option<String>,
        /// Whether it sees anything.
        enabled: bool,
        /// Its targets.
        targets: Vec<RuleTarget>,
    },
    /// A rule is gone.
    RuleDeleted {
        /// The rule's bus.
        bus: String,
        /// The rule's name.
        rule: String,
    },
    /// A rule's target was tried.
    Delivery {
        /// Which delivery.
        #[serde(flatten)]
        delivery: DeliveryId,
        /// The type.
        detail_type: String,
        /// 1 for the first attempt.
        attempt: u32,
        /// How it went.
        outcome: DeliveryOutcome,
    },
    /// A subscription of a topic was tried.
    Notification {
        /// The topic's name.
        topic: String,
        /// ARN or address of the receiver.
        endpoint: String,
        /// The message's id.
        message: String,
        /// 1 for the first attempt.
        attempt: u32,
        /// How it went.
        outcome: DeliveryOutcome,
    },
    /// Fault injection decided the fate of a delivery of a rule, or of a schedule.
    DeliveryDisturbed {
        /// The event's type; `schedule` for a schedule.
        detail_type: String,
        /// The rule, or the schedule.
        rule: String,
        /// The attempt that it hit.
        attempt: u32,
        /// What it did.
        disturbance: Disturbance,
    },
    /// A message was given up and put in a dead-letter queue, or a failure destination.
    DeadLettered {
        /// The queue.
        queue: String,
        /// Who gave up.
        from: Origin,
        /// Why: AWS's code or condition.
        reason: String,
        /// The delivery that was given up, where a rule gave up.
        #[serde(skip_serializing_if = "Option::is_none")]
        delivery: Option<DeliveryId>,
        /// The message.
        body: PackedJson,
    },
    /// A message was given up and is gone.
    Lost {
        /// Who gave up.
        from: Origin,
        /// What kept it out of a queue.
        cause: LossCause,
        /// The same in words.
        reason: String,
        /// The delivery that was given up, where a rule gave up.
        #[serde(skip_serializing_if = "Option::is_none")]
        delivery: Option<DeliveryId>,
        /// The message.
        body: PackedJson,
    },
    /// Somebody took every message out of a queue.
    QueueDrained {
        /// The queue.
        queue: String,
        /// How many there were.
        messages: usize,
    },
    /// A function was invoked.
    InvocationStarted {
        /// Numbers attempts through the whole run.
        invocation: u64,
        /// The function's name.
        function: String,
        /// The same for all attempts.
        request_id: String,
        /// 1 for the first attempt.
        attempt: u32,
        /// What it was given.
        payload: PackedJson,
    },
    /// An invocation came to its end.
    InvocationEnded {
        /// Its number.
        invocation: u64,
        /// How.
        outcome: InvocationOutcome,
        /// What it answered.
        response: PackedJson,
        /// Milliseconds.
        duration_ms: u64,
    },
    /// A schedule, or a rule with a schedule, fired.
    ScheduleFired {
        /// Its name.
        schedule: String,
        /// The occurrence.
        scheduled_time: String,
        /// The id of the event that a rule made for its targets.
        #[serde(skip_serializing_if = "Option::is_none")]
        event: Option<String>,
    },
    /// An alarm changed its state.
    AlarmChanged {
        /// Its name.
        alarm: String,
        /// What it watches.
        metric: String,
        /// Whose metric, by the names of the dimensions.
        dimensions: BTreeMap<String, String>,
        /// Its state from now on.
        state: AlarmState,
        /// The value that did it.
        value: String,
    },
    /// An alarm could not tell a topic of its new state.
    AlarmActionFailed {
        /// The alarm's name.
        alarm: String,
        /// The ARN of the topic.
        action: String,
        /// Why.
        reason: String,
    },
    /// A replay began or ended.
    ReplayChanged {
        /// Its name.
        replay: String,
        /// Its state from now on.
        state: ReplayState,
        /// The only rules that see its events, by ARN; empty for all.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        filter: Vec<String>,
    },
}

impl CloudEvent {
    /// Whether fault injection did it.
    #[must_use]
    pub fn is_injected(&self) -> bool {
        matches!(
            self,
            Self::DeliveryDisturbed { .. }
                | Self::EventRefused {
                    is_injected: true,
                    ..
                }
        )
    }
}
