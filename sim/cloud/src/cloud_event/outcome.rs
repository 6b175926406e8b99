use std::fmt;
use std::time::Duration;

use serde::{Serialize, Serializer};

use crate::fault_hook::DeliveryVerdict;

/// What became of an attempt to deliver. Shown and serialised as `delivered`, `no_input`, or AWS's
/// error code.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DeliveryOutcome {
    /// The target took it.
    Delivered,
    /// The target's input cannot be made of the event.
    NoInput,
    /// The target did not take it, with this code.
    Failed(String),
}

impl fmt::Display for DeliveryOutcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Delivered => "delivered",
            Self::NoInput => "no_input",
            Self::Failed(code) => code,
        })
    }
}

impl Serialize for DeliveryOutcome {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// How an attempt of a function ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum InvocationOutcome {
    /// It answered.
    Success,
    /// It answered with an error.
    Failed,
    /// Its time limit was reached.
    TimedOut,
    /// Its process died.
    Crashed,
}

impl fmt::Display for InvocationOutcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Success => "success",
            Self::Failed => "failed",
            Self::TimedOut => "timed_out",
            Self::Crashed => "crashed",
        })
    }
}

/// The state of an alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum AlarmState {
    /// The threshold is breached.
    Alarm,
    /// It is not.
    Ok,
}

impl fmt::Display for AlarmState {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Alarm => "ALARM",
            Self::Ok => "OK",
        })
    }
}

/// The state of a replay, as AWS names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum ReplayState {
    /// Asked for.
    Starting,
    /// Under way.
    Running,
    /// Asked to end early.
    Cancelling,
    /// Ended early.
    Cancelled,
    /// Done.
    Completed,
    /// Not possible.
    Failed,
}

impl fmt::Display for ReplayState {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Starting => "STARTING",
            Self::Running => "RUNNING",
            Self::Cancelling => "CANCELLING",
            Self::Cancelled => "CANCELLED",
            Self::Completed => "COMPLETED",
            Self::Failed => "FAILED",
        })
    }
}

/// Why a message that was given up is in no queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LossCause {
    /// No queue was named for it.
    NoQueue,
    /// The queue, or another destination, does not take it.
    QueueRefused,
    /// The target's input could not be made of it; AWS drops it without a trace.
    NoInput,
}

/// What fault injection did to a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Disturbance {
    /// It comes so many milliseconds later.
    Delayed {
        /// Milliseconds.
        by_ms: u64,
    },
    /// It comes again after so many milliseconds.
    Duplicated {
        /// Milliseconds.
        after_ms: u64,
    },
    /// The target answered with an error that is tried again.
    Failed,
}

impl Disturbance {
    /// What a verdict does, if anything.
    pub(crate) fn of(verdict: &DeliveryVerdict) -> Option<Self> {
        let ms = |span: &Duration| u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
        match verdict {
            DeliveryVerdict::Pass => None,
            DeliveryVerdict::Delay(by) => Some(Self::Delayed { by_ms: ms(by) }),
            DeliveryVerdict::Duplicate(after) => Some(Self::Duplicated {
                after_ms: ms(after),
            }),
            DeliveryVerdict::Fail(_) => Some(Self::Failed),
        }
    }
}

impl fmt::Display for Disturbance {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Delayed { by_ms } => write!(formatter, "delay of {}", span(*by_ms)),
            Self::Duplicated { after_ms } => write!(formatter, "copy after {}", span(*after_ms)),
            Self::Failed => formatter.write_str("failure"),
        }
    }
}

/// Milliseconds in the largest unit of which they are a whole number.
fn span(ms: u64) -> String {
    match ms {
        0 => "0 ms".to_owned(),
        _ if ms.is_multiple_of(60_000) => format!("{} min", ms / 60_000),
        _ if ms.is_multiple_of(1_000) => format!("{} s", ms / 1_000),
        _ => format!("{ms} ms"),
    }
}
