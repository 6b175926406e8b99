//! Cases: a pattern, an event and the answer of AWS, one a line.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::error::Reason;
use super::json::{JsonReader, Token};
use super::{FlatEvent, Pattern, validate_test_event};

/// Rows whose names have this ask whether TestEventPattern would take the event at all.
const TESTS_THE_EVENT: &str = "TestEventPattern_";

/// One case.
///
/// `{"name": ..., "event": {...}, "pattern": {...}, "expect": "match"}`, or `no_match`, or `error`
/// with the message's first line as `error` and the whole message as `error_raw`. `event_raw` and
/// `pattern_raw` hold the document as text.
#[derive(Debug, Clone)]
pub struct Row {
    spelled: Spelled,
    pattern: String,
    event: String,
    expected: Expected,
}

/// The keys of a row. The documents are cut from the line, because their spelling counts.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Spelled {
    name: String,
    section: Option<String>,
    #[serde(rename = "note")]
    _note: Option<String>,
    #[serde(rename = "event")]
    _event: Option<IgnoredAny>,
    event_raw: Option<String>,
    #[serde(rename = "pattern")]
    _pattern: Option<IgnoredAny>,
    pattern_raw: Option<String>,
    expect: ExpectWord,
    error: Option<String>,
    error_raw: Option<String>,
    #[serde(rename = "error_code")]
    _error_code: Option<String>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ExpectWord {
    Match,
    NoMatch,
    Error,
}

#[derive(Debug, Clone, PartialEq)]
enum Expected {
    Match,
    NoMatch,
    /// The whole message.
    Error(String),
    /// The message's first line.
    ErrorBeginning(String),
}

/// A row that is none, with the column where that shows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{column}: {problem}")]
pub struct RowError {
    column: usize,
    problem: String,
}

/// A case in which the engine answers otherwise.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{name}\n  pattern  {pattern}\n  event    {event}\n  expected {expected}\n  answered {answered}"
)]
pub struct Disagreement {
    name: String,
    pattern: String,
    event: String,
    expected: String,
    answered: String,
}

impl Row {
    /// Reads one line.
    ///
    /// # Errors
    /// A line that is not JSON, has unknown keys, or lacks what its `expect` needs.
    pub fn parse(line: &str) -> Result<Row, RowError> {
        let spelled: Spelled = serde_json::from_str(line).map_err(|error| RowError {
            column: error.column().max(1),
            problem: without_place(&error.to_string()).to_owned(),
        })?;
        let fail = |problem: &str| RowError {
            column: 1,
            problem: format!("{}: {problem}", spelled.name),
        };
        let documents = Documents::cut(line).map_err(|reason| fail(&reason.0))?;
        let pattern = spelled
            .pattern_raw
            .clone()
            .or(documents.pattern)
            .ok_or_else(|| fail("no pattern"))?;
        let event = spelled.event_raw.clone().or(documents.event);
        let expected = match spelled.expect {
            ExpectWord::Match => Expected::Match,
            ExpectWord::NoMatch => Expected::NoMatch,
            ExpectWord::Error => match (&spelled.error_raw, &spelled.error) {
                (Some(whole), _) => Expected::Error(whole.clone()),
                (None, Some(first)) => Expected::ErrorBeginning(first.clone()),
                (None, None) => {
                    return Err(fail(
                        "an expected error needs its text, as error or error_raw",
                    ));
                }
            },
        };
        let event = match (event, &expected) {
            (Some(event), _) => event,
            // A wrong pattern is refused before any event is looked at.
            (None, Expected::Error(_) | Expected::ErrorBeginning(_)) => "{}".to_owned(),
            (None, Expected::Match | Expected::NoMatch) => return Err(fail("no event")),
        };
        Ok(Row {
            spelled,
            pattern,
            event,
            expected,
        })
    }

    /// The name of the case.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.spelled.name
    }

    /// The section of the semantics page that the case shows, if it says.
    #[must_use]
    pub fn section(&self) -> Option<&str> {
        self.spelled.section.as_deref()
    }

    /// The pattern's text.
    #[must_use]
    pub fn pattern(&self) -> &str {
        &self.pattern
    }

    /// The event's text.
    #[must_use]
    pub fn event(&self) -> &str {
        &self.event
    }

    /// Holds the engine's answer against the row's.
    ///
    /// # Errors
    /// Where they differ.
    pub fn evaluate(&self) -> Result<(), Disagreement> {
        let answer = self.answer();
        let agrees = match (&self.expected, &answer) {
            (Expected::Error(whole), Expected::Error(message)) => *whole == masked(message, whole),
            (Expected::ErrorBeginning(first), Expected::Error(message)) => {
                message.lines().next() == Some(first.as_str())
            }
            (expected, answer) => expected == answer,
        };
        if agrees {
            return Ok(());
        }
        Err(Disagreement {
            name: self.spelled.name.clone(),
            pattern: self.pattern.clone(),
            event: self.event.clone(),
            expected: self.expected.describe(),
            answered: answer.describe(),
        })
    }

    fn answer(&self) -> Expected {
        if self.spelled.name.contains(TESTS_THE_EVENT)
            && let Err(error) = validate_test_event(&self.event)
        {
            return Expected::Error(error.to_string());
        }
        let pattern = match Pattern::parse(&self.pattern) {
            Ok(pattern) => pattern,
            Err(error) => return Expected::Error(error.message().to_owned()),
        };
        match FlatEvent::parse(&self.event) {
            Ok(event) if pattern.matches(&event) => Expected::Match,
            Ok(_) => Expected::NoMatch,
            Err(error) => Expected::Error(error.to_string()),
        }
    }
}

impl Expected {
    fn describe(&self) -> String {
        match self {
            Expected::Match => "match".to_owned(),
            Expected::NoMatch => "no_match".to_owned(),
            Expected::Error(message) | Expected::ErrorBeginning(message) => {
                format!("error {message}")
            }
        }
    }
}

/// The documents of a row as they are spelled.
#[derive(Default)]
struct Documents {
    pattern: Option<String>,
    event: Option<String>,
}

impl Documents {
    fn cut(line: &str) -> Result<Self, Reason> {
        let mut documents = Documents::default();
        let mut reader = JsonReader::new(line);
        reader.next()?;
        while reader.next()? == Token::Name {
            let key = reader.name().to_owned();
            let value = reader.raw_value()?.to_owned();
            match key.as_str() {
                "pattern" => documents.pattern = Some(value),
                "event" => documents.event = Some(value),
                _ => {}
            }
        }
        Ok(documents)
    }
}

/// The recorded snapshots hide what varies between accounts.
fn masked(message: &str, expected: &str) -> String {
    if expected.contains("<partition>") {
        message.replace(
            "arn:aws:events:us-east-1:",
            "arn:<partition>:events:<region>:",
        )
    } else {
        message.to_owned()
    }
}

/// serde_json names the line, which is always the first here.
fn without_place(message: &str) -> &str {
    message
        .rsplit_once(" at line ")
        .map_or(message, |(problem, _)| problem)
}
