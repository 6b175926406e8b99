use std::error::Error;
use std::io::Write;

use alchemiser::visible;
use aws_sdk_eventbridge::error::{ProvideErrorMetadata, SdkError};
use serde_json::{Value, json};

use crate::table::fact;

/// What a command brought.
#[derive(Debug)]
pub struct Outcome {
    /// For people; ends with a line break.
    text: String,
    /// For programs: an object.
    json: Value,
    /// What people should know beside it.
    notes: Vec<String>,
    /// What was refused or failed while the rest was done.
    refused: Vec<String>,
    /// Whether a first part of it was shown before.
    is_begun: bool,
}

impl Outcome {
    /// All done.
    pub fn new(text: String, json: Value) -> Self {
        Self {
            text,
            json,
            notes: Vec::new(),
            refused: Vec::new(),
            is_begun: false,
        }
    }

    /// With these remarks.
    pub fn noting(mut self, notes: impl IntoIterator<Item = String>) -> Self {
        self.notes.extend(notes);
        self
    }

    /// With what was not done, and why.
    pub fn refusing(mut self, refused: impl IntoIterator<Item = String>) -> Self {
        self.refused.extend(refused);
        self
    }

    /// The rest of what `screen` has begun to show.
    pub fn after(mut self, first: Begun) -> Self {
        if first.is_shown {
            self.is_begun = true;
        } else {
            self.text = first.text + &self.text;
            if let (Some(all), Value::Object(earlier)) = (self.json.as_object_mut(), first.json) {
                all.extend(earlier);
            }
        }
        self
    }

    /// Whether nothing was refused.
    pub fn is_complete(&self) -> bool {
        self.refused.is_empty()
    }

    /// As it is printed. What others wrote cannot move the cursor or begin a line.
    fn shown(&self, as_json: bool) -> String {
        if as_json {
            let mut object = self.json.clone();
            object["notes"] = json!(self.notes);
            object["refused"] = json!(self.refused);
            let text = visible::json(object.to_string());
            // The object was opened by its first part.
            return if self.is_begun {
                format!(",{}\n", &text[1..])
            } else {
                format!("{text}\n")
            };
        }
        let refused = self
            .refused
            .iter()
            .map(|line| format!("REFUSED {}\n", fact(line)));
        let notes = self
            .notes
            .iter()
            .map(|line| format!("{}\n", visible::lines(line)));
        std::iter::once(self.text.clone())
            .chain(refused)
            .chain(notes)
            .collect()
    }
}

/// The first part of an outcome.
#[derive(Debug)]
pub struct Begun {
    text: String,
    json: Value,
    is_shown: bool,
}

/// Standard output and standard error.
#[derive(Clone, Copy, Debug)]
pub struct Screen {
    /// Whether programs read it.
    pub as_json: bool,
}

impl Screen {
    /// The first part of an outcome. Where what comes next cannot be taken back, it is shown at
    /// once: nobody must lose what he has not seen.
    pub fn begin(self, text: String, json: Value, is_final: bool) -> Result<Begun, Problem> {
        if is_final {
            let object = visible::json(json.to_string());
            let shown = if self.as_json {
                object.strip_suffix('}').unwrap_or(&object)
            } else {
                &text
            };
            print(shown).map_err(|error| {
                Problem::Failed(format!(
                    "it cannot be shown ({error}), so nothing was changed"
                ))
            })?;
        }
        Ok(Begun {
            text,
            json,
            is_shown: is_final,
        })
    }

    /// Shows an outcome, or what is left of it.
    pub fn show(self, outcome: &Outcome) -> std::io::Result<()> {
        print(&outcome.shown(self.as_json))
    }

    /// Shows why there is none.
    pub fn complain(self, problem: &Problem) -> std::io::Result<()> {
        let text = match self.as_json {
            true => visible::json(json!({ "error": problem.to_string() }).to_string()),
            false => visible::lines(&problem.to_string()),
        };
        writeln!(std::io::stderr().lock(), "{text}")
    }
}

fn print(text: &str) -> std::io::Result<()> {
    let mut output = std::io::stdout().lock();
    output.write_all(text.as_bytes())?;
    output.flush()
}

/// Why a command was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// The command line names something that is not there, or a file that cannot be read.
    #[error("{0}")]
    Usage(String),
    /// AWS did not do its part, or what is there forbids it.
    #[error("{0}")]
    Failed(String),
}

impl Problem {
    /// The exit code of the program.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) => 2,
            Self::Failed(_) => 1,
        }
    }
}

/// What AWS said while `doing` something, and what to do about it.
pub fn failed<E, R>(doing: &str, error: &SdkError<E, R>) -> Problem
where
    E: std::error::Error + ProvideErrorMetadata + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
{
    let advice = match (error, error.code()) {
        (SdkError::DispatchFailure(_) | SdkError::TimeoutError(_), _) => {
            "\nAWS cannot be reached: look at AWS_ENDPOINT_URL, AWS_REGION and the credentials (AWS_PROFILE, or AWS_ACCESS_KEY_ID)"
        }
        (
            _,
            Some(
                "ExpiredToken"
                | "ExpiredTokenException"
                | "InvalidClientTokenId"
                | "UnrecognizedClientException",
            ),
        ) => "\nThe credentials are not valid any more: log in again",
        (_, Some("AccessDenied" | "AccessDeniedException")) => {
            "\nThe credentials may not do this: take those of an operator (AWS_PROFILE)"
        }
        _ => "",
    };
    match (error.code(), error.message()) {
        (Some(code), Some(message)) => {
            Problem::Failed(format!("{doing}: {code}: {message}{advice}"))
        }
        (Some(code), None) => Problem::Failed(format!("{doing}: {code}{advice}")),
        _ => Problem::Failed(format!("{doing}: {}{advice}", causes(error))),
    }
}

/// An error with all that it comes from, each in its words.
fn causes(error: &dyn Error) -> String {
    std::iter::successors(Some(error), |cause| (*cause).source())
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}

/// `there is no X; there are A, B`, for what the command line names.
pub fn unknown(kind: &str, name: &str, known: &[String]) -> Problem {
    let there_are = if known.is_empty() {
        "there is none".to_owned()
    } else {
        format!("there are {}", known.join(", "))
    };
    Problem::Usage(format!(
        "there is no {kind} {name:?}; {there_are}\nIs --stage right, and AWS_REGION?"
    ))
}
