//! Constraints of the API's model: all that are broken are told in one message.

use std::fmt::{Display, Write as _};

use crate::error::Error;

/// The broken constraints of one request, in the order in which they are found.
#[derive(Debug, Default)]
pub(crate) struct Constraints {
    broken: Vec<String>,
}

/// At most so many are told.
const TOLD: usize = 10;

impl Constraints {
    /// Adds a complete sentence.
    pub fn add(&mut self, sentence: String) {
        self.broken.push(sentence);
    }

    /// Adds that `value` at `path` breaks `constraint`.
    pub fn value(&mut self, value: impl Display, path: impl Display, constraint: &str) {
        self.add(format!(
            "Value '{value}' at '{path}' failed to satisfy constraint: {constraint}"
        ));
    }

    /// Adds that `path` must not be null.
    pub fn null(&mut self, path: impl Display) {
        self.add(format!(
            "Value null at '{path}' failed to satisfy constraint: Member must not be null"
        ));
    }

    /// Adds that `path` breaks `constraint`, without its value, as newer parts of DynamoDB say it.
    pub fn nameless(&mut self, path: impl Display, constraint: &str) {
        self.add(format!(
            "Value at '{path}' failed to satisfy constraint: {constraint}"
        ));
    }

    /// Checks that `value`, if given, is one of `allowed`, as AWS lists them.
    pub fn one_of(&mut self, value: Option<&str>, path: impl Display, allowed: &[&str]) {
        if let Some(value) = value.filter(|value| !allowed.contains(value)) {
            let set = allowed.join(", ");
            self.value(
                value,
                path,
                &format!("Member must satisfy enum value set: [{set}]"),
            );
        }
    }

    /// Checks the length of `value`, in characters, between two bounds.
    pub fn length(&mut self, value: &str, path: impl Display, least: usize, most: usize) {
        let length = value.chars().count();
        if length < least {
            let bound = format!("Member must have length greater than or equal to {least}");
            self.value(value, path, &bound);
        } else if length > most {
            let bound = format!("Member must have length less than or equal to {most}");
            self.value(value, path, &bound);
        }
    }

    /// All that is broken, as one error.
    pub fn check(self) -> Result<(), Error> {
        if self.broken.is_empty() {
            return Ok(());
        }
        let told = self.broken.len().min(TOLD);
        let plural = if told == 1 { "" } else { "s" };
        let mut message = format!("{told} validation error{plural} detected: ");
        for (index, sentence) in self.broken.iter().take(TOLD).enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            let _ = write!(message, "{separator}{sentence}");
        }
        Err(Error::Validation(message))
    }
}

/// One broken rule in the envelope of constraints, which some operations put around it.
pub(crate) fn enveloped(message: impl Display) -> Error {
    Error::Validation(format!("1 validation error detected: {message}"))
}

/// `returnConsumedCapacity` of any request.
pub(crate) fn capacity_mode(constraints: &mut Constraints, mode: Option<&str>) {
    constraints.one_of(
        mode,
        "returnConsumedCapacity",
        &["INDEXES", "TOTAL", "NONE"],
    );
}

/// `returnItemCollectionMetrics` of any request.
pub(crate) fn metrics_mode(constraints: &mut Constraints, mode: Option<&str>) {
    constraints.one_of(mode, "returnItemCollectionMetrics", &["SIZE", "NONE"]);
}
