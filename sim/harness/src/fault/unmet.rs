/// Something that a scenario scripts and that met nothing: it shows something else than it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unmet {
    /// Which part of the scenario, by the path of its keys: `exchange.orders`.
    pub part: &'static str,
    /// Its line there, from 0; none where that is not known.
    pub line: Option<usize>,
    /// What is wrong with it.
    pub words: String,
}

impl Unmet {
    /// A line that met nothing.
    #[must_use]
    pub fn line(part: &'static str, line: usize, words: String) -> Self {
        Self {
            part,
            line: Some(line),
            words,
        }
    }
}
