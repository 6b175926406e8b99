use std::sync::Arc;

use chrono::{DateTime, Utc};
use seeded_dice::Key;

use crate::cloud_event::{DeliveryId, Origin};
use crate::eventbridge::BusEvent;
use crate::sns::Published;
use crate::stack::{Rule, Schedule, Target};

/// Something that the cloud does by itself at a set time.
#[derive(Clone, Debug)]
pub(crate) enum Task {
    Deliver(Box<Delivery>),
    Invoke(u64),
    /// Reads the stream of the mapping at that place.
    PollStream(usize),
    FireSchedule {
        index: usize,
        scheduled: DateTime<Utc>,
    },
    RetrySchedule(Firing),
    FireRule {
        arn: String,
    },
    Replay(String),
    ReplaySlice {
        replay: String,
        slice: Vec<Arc<BusEvent>>,
    },
    ReplayDone(String),
    JudgeAlarm(usize),
    SetRule {
        input: serde_json::Value,
        enabled: bool,
    },
    SweepTtl,
    Notify(Box<Notification>),
}

/// One event on its way to one target of one rule.
#[derive(Clone, Debug)]
pub(crate) struct Delivery {
    pub event: Arc<BusEvent>,
    pub rule: Arc<Rule>,
    /// The place of the target among those of the rule.
    pub place: usize,
    pub accepted: DateTime<Utc>,
    pub attempt: u32,
    /// Fault injection has decided about it before, and is not asked again.
    pub is_decided: bool,
    /// What it is to the dice; a copy is another cause.
    pub cause: Key,
    /// Numbers the copies of a delivery; 0 is the delivery itself.
    pub copy: u32,
}

impl Delivery {
    pub fn target(&self) -> &Target {
        &self.rule.targets[self.place]
    }

    pub fn id(&self) -> DeliveryId {
        DeliveryId {
            event: self.event.id.clone(),
            replay: self.event.replay.clone(),
            bus: self.rule.bus.clone(),
            rule: self.rule.name.clone(),
            target: self.target().id.clone(),
            copy: self.copy,
        }
    }

    pub fn origin(&self) -> Origin {
        Origin::Rule {
            bus: self.rule.bus.clone(),
            name: self.rule.name.clone(),
        }
    }
}

/// One occurrence of a schedule on its way to its target.
#[derive(Clone, Debug)]
pub(crate) struct Firing {
    pub index: usize,
    /// As it was when it fired: what happens to the schedule later does not change what is under
    /// way.
    pub schedule: Box<Schedule>,
    pub scheduled: DateTime<Utc>,
    pub first_try: DateTime<Utc>,
    pub attempt: u32,
    /// The same for all attempts of an occurrence.
    pub execution: String,
    /// What it is to the dice; a copy is another cause.
    pub cause: Key,
}

/// One message of a topic on its way to one subscription.
#[derive(Clone, Debug)]
pub(crate) struct Notification {
    pub published: Published,
    pub subscription_arn: String,
    pub attempt: u32,
    /// Fault injection has decided about it before, and is not asked again.
    pub is_decided: bool,
    /// What it is to the dice; a copy is another cause.
    pub cause: Key,
}
