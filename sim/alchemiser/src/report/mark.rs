/// What a row of the story means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mark {
    /// All is as it should be.
    #[default]
    None,
    /// The scenario did something.
    Scenario,
    /// The scenario made something go wrong.
    Fault,
    /// Something went wrong, because of that or by itself.
    Failed,
    /// It is tried again.
    Retry,
    /// It was there before.
    Duplicate,
    /// Nobody tries it any more.
    DeadLetter,
    /// An alarm went off.
    Alarm,
    /// An alarm is over.
    Recovered,
    /// It is left out.
    Folded,
}

impl Mark {
    /// The word in front of the row; with or without colours it says the same.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::None | Self::Folded => "",
            Self::Scenario => "scenario",
            Self::Fault => "fault",
            Self::Failed => "failed",
            Self::Retry => "retry",
            Self::Duplicate => "duplicate",
            Self::DeadLetter => "dead letter",
            Self::Alarm => "alarm",
            Self::Recovered => "alarm over",
        }
    }

    /// Its colour, as a terminal is told.
    pub(super) fn style(self) -> Option<&'static str> {
        match self {
            Self::None => None,
            Self::Scenario => Some("34"),
            Self::Fault => Some("35"),
            Self::Failed => Some("31"),
            Self::Retry => Some("33"),
            Self::Duplicate => Some("36"),
            Self::DeadLetter => Some("1;31"),
            Self::Alarm => Some("1;33"),
            Self::Recovered => Some("32"),
            Self::Folded => Some("2"),
        }
    }
}
