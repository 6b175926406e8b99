use std::fmt;

/// A scenario that was not run, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotRun {
    /// Its name.
    pub scenario: String,
    /// Why.
    pub reason: Reason,
}

/// Why a scenario was not run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The backend lacks something that it needs.
    Lacking(String),
    /// Its file, or one that it rests on, holds a mistake.
    Mistaken(String),
}

impl NotRun {
    /// Whether its file is sound.
    #[must_use]
    pub fn is_skipped(&self) -> bool {
        matches!(self.reason, Reason::Lacking(_))
    }

    /// One word, for machines.
    #[must_use]
    pub fn verdict(&self) -> &'static str {
        if self.is_skipped() {
            "skipped"
        } else {
            "error"
        }
    }

    /// Why, in words.
    #[must_use]
    pub fn words(&self) -> &str {
        match &self.reason {
            Reason::Lacking(words) | Reason::Mistaken(words) => words,
        }
    }
}

impl fmt::Display for NotRun {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.reason {
            Reason::Lacking(what) => write!(formatter, "SKIPPED {}: {what}", self.scenario),
            Reason::Mistaken(words) => formatter.write_str(words),
        }
    }
}
