/// Something that a scenario scripts and that met nothing: it shows something else than it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unmet {
    /// Which part of the script.
    pub part: ScriptPart,
    /// Its line there, from 0; none where that is not known.
    pub line: Option<usize>,
    /// What is wrong with it.
    pub words: String,
}

/// A part of what a scenario scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScriptPart {
    /// What goes wrong.
    Faults,
    /// What becomes of orders.
    Orders,
    /// What the mail server does.
    Mail,
    /// What others do at the broker in the middle of a run.
    Meanwhile,
    /// What others do at the broker between two actions.
    Broker,
}

impl ScriptPart {
    /// As findings name it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Faults => "faults",
            Self::Orders => "exchange.orders",
            Self::Mail => "mail",
            Self::Meanwhile => "meanwhile",
            Self::Broker => "broker",
        }
    }
}

impl Unmet {
    /// A line that met nothing.
    #[must_use]
    pub fn line(part: ScriptPart, line: usize, words: String) -> Self {
        Self {
            part,
            line: Some(line),
            words,
        }
    }
}
