//! Why a text is not a strategy.

use thiserror::Error;

use super::expression::Position;

/// Deepest nesting of brackets: 250 inside each other are read, 251 are refused.
pub const NESTING_MAX: usize = 250;

/// Longest strategy text, in bytes.
pub const SOURCE_BYTES_MAX: usize = 10 * 1024 * 1024;

/// Why a text is not a strategy: what was found, where, and what is allowed there.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SyntaxError {
    /// The text is longer than [`SOURCE_BYTES_MAX`].
    #[error("the strategy has {bytes} bytes, at most {SOURCE_BYTES_MAX} are allowed")]
    TooLarge {
        /// Length of the text.
        bytes: usize,
    },
    /// Nothing but blanks and comments.
    #[error(
        "the strategy is empty, one expression such as (defsymphony \"Name\" {{}} (asset \"SPY\")) is expected"
    )]
    Empty,
    /// A character that starts no token.
    #[error(
        "{position}: unexpected character {character:?}; allowed are brackets, strings in double quotes, numbers such as \
         -1.5, :keywords, comments after ;, and names of letters, digits and _ - > < = ! ? + * /"
    )]
    UnexpectedCharacter {
        /// Where it stands.
        position: Position,
        /// The character.
        character: char,
    },
    /// A string whose closing quote is missing.
    #[error(
        "{position}: unterminated string starting \"{text}, a closing double quote is expected"
    )]
    UnterminatedString {
        /// Where its opening quote stands.
        position: Position,
        /// Its first characters.
        text: String,
    },
    /// A backslash before a character that has no such meaning.
    #[error(
        "{position}: unknown escape \\{character} in a string, allowed are \\\" \\\\ \\/ \\n \\r \\t"
    )]
    UnknownEscape {
        /// Where the backslash stands.
        position: Position,
        /// The character after it.
        character: char,
    },
    /// A colon that is not followed by a name.
    #[error(
        "{position}: {text} is not a keyword, which is a colon, a letter or underscore, then letters, digits, underscores \
         or dashes"
    )]
    BadKeyword {
        /// Where the colon stands.
        position: Position,
        /// The word as written.
        text: String,
    },
    /// A word that starts like a number and is none.
    #[error(
        "{position}: {text} is not a number, which is an optional sign, digits and optionally a point with digits"
    )]
    BadNumber {
        /// Where it starts.
        position: Position,
        /// The word as written.
        text: String,
    },
    /// A number that cannot be kept exactly.
    #[error("{position}: number {text} cannot be kept exactly, at most 28 digits are allowed")]
    NumberOutOfRange {
        /// Where it starts.
        position: Position,
        /// The number as written.
        text: String,
    },
    /// The text ends inside a bracket.
    #[error("{position}: missing {expected}, the {opener} here is never closed")]
    MissingCloser {
        /// Where the bracket was opened.
        position: Position,
        /// The opening bracket.
        opener: char,
        /// The closing bracket that was expected.
        expected: char,
    },
    /// A bracket is closed by one of another kind.
    #[error("{position}: found {found}, but the {opener} of {opened} must be closed by {expected}")]
    WrongCloser {
        /// Where the closing bracket stands.
        position: Position,
        /// The closing bracket.
        found: char,
        /// The bracket it would close.
        opener: char,
        /// Where that was opened.
        opened: Position,
        /// The closing bracket that was expected.
        expected: char,
    },
    /// A closing bracket where nothing is open.
    #[error("{position}: found {found}, but no bracket is open")]
    UnexpectedCloser {
        /// Where it stands.
        position: Position,
        /// The closing bracket.
        found: char,
    },
    /// A map whose last key has no value.
    #[error(
        "{position}: a map needs pairs of key and value, this one has {entries} entries and {last} has no value"
    )]
    OddMap {
        /// Where the map was opened.
        position: Position,
        /// How many entries it has.
        entries: usize,
        /// The key without a value.
        last: String,
    },
    /// More brackets inside each other than [`NESTING_MAX`].
    #[error("{position}: nested deeper than the {NESTING_MAX} levels that are allowed")]
    TooDeep {
        /// Where the first bracket too many stands.
        position: Position,
    },
    /// Something follows the one expression of the file.
    #[error(
        "{position}: unexpected tokens after the strategy's only expression, starting with {text}"
    )]
    UnexpectedTokens {
        /// Where they start.
        position: Position,
        /// The first of them.
        text: String,
    },
}

impl SyntaxError {
    /// Where the text went wrong, unless it did as a whole.
    pub fn position(&self) -> Option<Position> {
        match self {
            SyntaxError::TooLarge { .. } | SyntaxError::Empty => None,
            SyntaxError::UnexpectedCharacter { position, .. }
            | SyntaxError::UnterminatedString { position, .. }
            | SyntaxError::UnknownEscape { position, .. }
            | SyntaxError::BadKeyword { position, .. }
            | SyntaxError::BadNumber { position, .. }
            | SyntaxError::NumberOutOfRange { position, .. }
            | SyntaxError::MissingCloser { position, .. }
            | SyntaxError::WrongCloser { position, .. }
            | SyntaxError::UnexpectedCloser { position, .. }
            | SyntaxError::OddMap { position, .. }
            | SyntaxError::TooDeep { position }
            | SyntaxError::UnexpectedTokens { position, .. } => Some(*position),
        }
    }
}
