use std::fmt;

use serde::{Serialize, Serializer};

/// Who gave a message up. Shown and serialised as `rule NAME`, `schedule NAME` `function NAME` or
/// `topic NAME`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// A rule could not hand an event over to its target.
    Rule {
        /// The rule's bus.
        bus: String,
        /// The rule's name.
        name: String,
    },
    /// A schedule could not reach its target.
    Schedule {
        /// The group, by which the Scheduler counts.
        group: String,
        /// The schedule's name.
        name: String,
    },
    /// A function failed on an event as often as Lambda tries.
    Function(String),
    /// A topic could not reach a subscription.
    Topic(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rule { name, .. } => write!(formatter, "rule {name}"),
            Self::Schedule { name, .. } => write!(formatter, "schedule {name}"),
            Self::Function(name) => write!(formatter, "function {name}"),
            Self::Topic(name) => write!(formatter, "topic {name}"),
        }
    }
}

impl Serialize for Origin {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
