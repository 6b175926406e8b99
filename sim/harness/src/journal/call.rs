use std::fmt;

use serde::{Serialize, Serializer};

/// How a call came back. Shown and serialised as the status, or as what kept the answer from
/// coming.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CallOutcome {
    /// With this HTTP status, or with the code of another protocol.
    Answered(u16),
    /// With a connection, over which more is said.
    Connected,
    /// Not: in the words of the transport.
    Unanswered(String),
}

impl CallOutcome {
    /// Whether the other side did what it was asked for, and said so.
    #[must_use]
    pub fn is_success(&self) -> bool {
        matches!(self, Self::Answered(200..=299) | Self::Connected)
    }
}

impl fmt::Display for CallOutcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answered(status) => write!(formatter, "{status}"),
            Self::Connected => formatter.write_str("connected"),
            Self::Unanswered(why) => formatter.write_str(why),
        }
    }
}

impl Serialize for CallOutcome {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
