//! Faults: where (site), when (phase), what (effect), and how often.

mod meanwhile;
mod plan;
mod site;
mod unmet;

pub use meanwhile::{Meanwhile, Meanwhiles};
pub use plan::{CallVerdict, Faults};
pub use site::{Site, SiteError, SitePattern};
pub use unmet::Unmet;

/// The part of a scenario that holds its faults.
pub const FAULTS: &str = "faults";
/// The part of a scenario that holds what others do in the middle of a run.
pub const MEANWHILE: &str = "meanwhile";

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Serialize, Serializer};

/// When, relative to the work of the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// The work is not done.
    Before,
    /// The work is done and its answer is lost.
    After,
}

impl Phase {
    /// As scenario files write it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Before => "before",
            Self::After => "after",
        }
    }
}

/// What happens to a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallEffect {
    /// The caller gets this HTTP status.
    Status(u16),
    /// The connection breaks.
    Reset,
    /// No answer comes.
    Hang,
    /// The execution environment dies at once.
    Crash,
    /// All execution environments of the account die at once, the caller's among them.
    PowerLoss,
    /// The invocation stands still until the function's time limit.
    TimeOut,
    /// The answer comes later.
    Delay(Duration),
    /// From here on all calls of the invocation take so many times as long on their way.
    Pace(u32),
    /// The connection breaks with the request on its way: that arrives so much later, and is carried
    /// out whatever has become of its caller. Nobody gets its answer.
    Late(Duration),
}

impl CallEffect {
    /// In words.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Self::Status(status) => format!("status {status}"),
            Self::Reset => "connection reset".to_owned(),
            Self::Hang => "no answer".to_owned(),
            Self::Crash => "crash".to_owned(),
            Self::PowerLoss => "power loss".to_owned(),
            Self::TimeOut => "time-out".to_owned(),
            Self::Delay(by) => format!("delay of {} ms", by.as_millis()),
            Self::Pace(factor) => format!("calls {factor} times as slow from here on"),
            Self::Late(by) => format!(
                "connection reset, and the request {} ms late",
                by.as_millis()
            ),
        }
    }
}

impl Serialize for CallEffect {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.describe())
    }
}

/// A fault on calls of production code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallFault {
    /// Where.
    pub at: SitePattern,
    /// When.
    pub phase: Phase,
    /// What.
    pub effect: CallEffect,
    /// The first call that it hits: the `nth` of the run that matches, from 1.
    pub nth: u32,
    /// How many calls it hits, from that on.
    pub times: u32,
    /// Only in this attempt of the step.
    pub attempt: Option<u32>,
    /// Only before this instant.
    pub until: Option<DateTime<Utc>>,
}

/// A fault on what the cloud does by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryFault {
    /// The event's type.
    pub detail_type: String,
    /// Only for this rule.
    pub rule: Option<String>,
    /// What.
    pub effect: DeliveryEffect,
    /// The first delivery that it hits: the `nth` of the run that matches, from 1.
    pub nth: u32,
    /// How many deliveries it hits, from that on.
    pub times: u32,
}

impl DeliveryEffect {
    /// In words.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Self::Duplicate(after) => format!("a copy after {} s", after.as_secs()),
            Self::Delay(by) => format!("delay of {} s", by.as_secs()),
            Self::Fail => "failed delivery".to_owned(),
            Self::FailEntry => "failed entry".to_owned(),
        }
    }
}

/// What happens to a delivery, or to an entry of PutEvents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeliveryEffect {
    /// It comes again after that time.
    Duplicate(Duration),
    /// It comes later.
    Delay(Duration),
    /// The target answers with an error that is tried again.
    Fail,
    /// PutEvents answers 200 with this entry failed.
    FailEntry,
}
