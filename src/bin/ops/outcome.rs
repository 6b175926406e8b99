use std::error::Error;

use aws_sdk_eventbridge::error::{ProvideErrorMetadata, SdkError};
use serde_json::{Value, json};

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
}

impl Outcome {
    /// All done.
    pub fn new(text: String, json: Value) -> Self {
        Self { text, json, notes: Vec::new(), refused: Vec::new() }
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

    /// Whether nothing was refused.
    pub fn is_complete(&self) -> bool {
        self.refused.is_empty()
    }

    /// As it is printed.
    pub fn shown(&self, as_json: bool) -> String {
        if as_json {
            let mut object = self.json.clone();
            object["notes"] = json!(self.notes);
            object["refused"] = json!(self.refused);
            return format!("{object}\n");
        }
        let refused = self.refused.iter().map(|line| format!("REFUSED {line}\n"));
        let notes = self.notes.iter().map(|line| format!("{line}\n"));
        std::iter::once(self.text.clone()).chain(refused).chain(notes).collect()
    }
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
        (_, Some("ExpiredToken" | "ExpiredTokenException" | "InvalidClientTokenId" | "UnrecognizedClientException")) => {
            "\nThe credentials are not valid any more: log in again"
        }
        (_, Some("AccessDenied" | "AccessDeniedException")) => "\nThe credentials may not do this: take those of an operator (AWS_PROFILE)",
        _ => "",
    };
    match (error.code(), error.message()) {
        (Some(code), Some(message)) => Problem::Failed(format!("{doing}: {code}: {message}{advice}")),
        (Some(code), None) => Problem::Failed(format!("{doing}: {code}{advice}")),
        _ => Problem::Failed(format!("{doing}: {}{advice}", causes(error))),
    }
}

/// An error with all that it comes from, each in its words.
fn causes(error: &dyn Error) -> String {
    std::iter::successors(Some(error), |cause| (*cause).source()).map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// `there is no X; there are A, B`, for what the command line names.
pub fn unknown(kind: &str, name: &str, known: &[String]) -> Problem {
    let there_are = if known.is_empty() { "there is none".to_owned() } else { format!("there are {}", known.join(", ")) };
    Problem::Usage(format!("there is no {kind} {name:?}; {there_are}\nIs --stage right, and AWS_REGION?"))
}
