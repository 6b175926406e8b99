use std::fmt;

use super::{Places, Pointer};
use simulated_cloud::stack::Position;

/// The most characters of a line that are shown around a mistake.
const SHOWN_MAX: usize = 96;

/// Something in a scenario that cannot be meant: where, and what is allowed there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    at: At,
    words: String,
}

/// Which part of a file is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
enum At {
    Value(Pointer),
    Key(Pointer),
    /// A line and a column of a text.
    Within(Pointer, usize, usize),
    Position(Position),
}

impl Mistake {
    /// A value is wrong.
    pub fn of_value(pointer: Pointer, words: impl Into<String>) -> Self {
        Self {
            at: At::Value(pointer),
            words: words.into(),
        }
    }

    /// A key is wrong.
    pub fn of_key(pointer: Pointer, words: impl Into<String>) -> Self {
        Self {
            at: At::Key(pointer),
            words: words.into(),
        }
    }

    /// A text is wrong at one of its lines and columns, both counted from 1.
    pub fn within(pointer: Pointer, line: usize, column: usize, words: impl Into<String>) -> Self {
        Self {
            at: At::Within(pointer, line, column),
            words: words.into(),
        }
    }

    pub(super) fn at_position(position: Position, words: impl Into<String>) -> Self {
        Self {
            at: At::Position(position),
            words: words.into(),
        }
    }

    /// What is wrong, with the way to it but without a file.
    #[must_use]
    pub fn reason(&self) -> String {
        match &self.at {
            At::Value(pointer) | At::Key(pointer) | At::Within(pointer, ..) => {
                format!("{pointer}: {}", self.words)
            }
            At::Position(_) => self.words.clone(),
        }
    }

    fn position(&self, places: &Places) -> Option<Position> {
        match &self.at {
            At::Value(pointer) => places.value(pointer),
            At::Key(pointer) => places.key(pointer),
            At::Within(pointer, line, column) => places.within(pointer, *line, *column),
            At::Position(position) => Some(*position),
        }
    }

    /// `file:line:column: what is wrong`, and the line with a mark.
    #[must_use]
    pub fn summary(&self, file: &str, places: &Places) -> String {
        match self.position(places) {
            Some(position) => format!(
                "{file}:{position}: {}\n{}",
                self.words,
                excerpt(places.text(), position)
            ),
            None => format!("{file}: {}", self.reason()),
        }
    }
}

/// What is wrong in one scenario file: each mistake once, in the order of the file.
#[derive(Clone, Debug)]
pub struct Mistakes {
    file: String,
    mistakes: Vec<Mistake>,
    places: Places,
}

impl Mistakes {
    /// The mistakes of `file`, whose text has these places.
    #[must_use]
    pub fn new(file: String, mut mistakes: Vec<Mistake>, places: Places) -> Self {
        mistakes.sort_by_key(|mistake| mistake.position(&places));
        mistakes.dedup();
        Self {
            file,
            mistakes,
            places,
        }
    }
}

impl fmt::Display for Mistakes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, mistake) in self.mistakes.iter().enumerate() {
            if index > 0 {
                formatter.write_str("\n")?;
            }
            formatter.write_str(&mistake.summary(&self.file, &self.places))?;
        }
        Ok(())
    }
}

impl std::error::Error for Mistakes {}

/// The line of a place with a mark below it; of a long line the part around it.
fn excerpt(text: &str, position: Position) -> String {
    let line: Vec<char> = text
        .lines()
        .nth(position.line.saturating_sub(1))
        .unwrap_or_default()
        .chars()
        .collect();
    let column = position.column.saturating_sub(1).min(line.len());
    let from = if line.len() <= SHOWN_MAX {
        0
    } else {
        column
            .saturating_sub(SHOWN_MAX / 2)
            .min(line.len() - SHOWN_MAX)
    };
    let shown: String = line.iter().skip(from).take(SHOWN_MAX).collect();
    let (before, after) = (
        if from > 0 { "…" } else { "" },
        if from + SHOWN_MAX < line.len() {
            "…"
        } else {
            ""
        },
    );
    let number = position.line.to_string();
    let indent = number.len() + 2 + before.chars().count() + column - from;
    format!("  {number} | {before}{shown}{after}\n  {:indent$} ^", "")
}
