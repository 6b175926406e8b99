//! Rules between expressions, their placeholders and the legacy parameters.

use std::fmt::Display;

use crate::constraint::enveloped;
use crate::error::Error;
use crate::expression::{ExpressionError, Names, PlaceholderError, Placeholders, Values};
use crate::value::{Rules, ValueError};

/// How an operation words what is wrong with values and expressions.
#[derive(Clone, Copy, Debug)]
pub(super) struct Style {
    /// Whether `1 validation error detected: ` comes in front.
    pub counted: bool,
    /// The rules that values are read by.
    pub rules: Rules,
}

/// Of PutItem, UpdateItem and DeleteItem.
pub(super) const WRITE: Style = Style {
    counted: true,
    rules: Rules::Current,
};

/// Of reads.
pub(super) const READ: Style = Style {
    counted: false,
    rules: Rules::Current,
};

/// Of transactions and BatchWriteItem.
pub(super) const OLDER: Style = Style {
    counted: false,
    rules: Rules::Older,
};

impl Style {
    /// An error of what the operation was asked for.
    pub fn error(self, message: impl Display) -> Error {
        if self.counted {
            enveloped(message)
        } else {
            Error::Validation(message.to_string())
        }
    }

    /// An error of a value.
    pub fn value(self, error: &ValueError) -> Error {
        let message = error.text(self.rules);
        if self.counted && error.is_counted() {
            enveloped(message)
        } else {
            Error::Validation(message)
        }
    }

    /// An error of an expression.
    pub fn expression(self, error: ExpressionError) -> Error {
        self.error(error)
    }

    /// An error of placeholders.
    pub fn placeholder(self, error: PlaceholderError) -> Error {
        match &error {
            PlaceholderError::Key { .. } => Error::Validation(error.to_string()),
            PlaceholderError::Value { error: value, .. } if !value.is_counted() => {
                Error::Validation(error.to_string())
            }
            _ => self.error(error),
        }
    }
}

/// What a request gives of both generations of parameters: each with whether it is there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parameters<'l, 'r> {
    pub legacy: &'l [(&'static str, bool)],
    pub expressions: &'l [(&'static str, bool)],
    /// The expressions that values without any are told to miss.
    pub told_missing: &'l [&'static str],
    pub names: Option<&'r Names>,
    pub values: Option<&'r Values>,
}

/// The names of the parameters that are given.
fn given(list: &[(&'static str, bool)]) -> String {
    let given = list.iter().filter(|(_, given)| *given);
    given.map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
}

impl<'r> Parameters<'_, 'r> {
    /// Checks all that can be told without reading the expressions.
    pub fn check(&self, style: Style) -> Result<Placeholders<'r>, Error> {
        self.check_mix(style)?;
        self.placeholders(style)
    }

    /// Checks which parameters are given together.
    pub fn check_mix(&self, style: Style) -> Result<(), Error> {
        let has_expressions = self.expressions.iter().any(|(_, given)| *given);
        if has_expressions && self.legacy.iter().any(|(_, given)| *given) {
            return Err(style.error(format_args!(
                "Can not use both expression and non-expression parameters in the same request: \
                 Non-expression parameters: {{{}}} Expression parameters: {{{}}}",
                given(self.legacy),
                given(self.expressions)
            )));
        }
        if !has_expressions && self.names.is_some() {
            let message = "ExpressionAttributeNames can only be specified when using expressions";
            return Err(style.error(message));
        }
        if !has_expressions && self.values.is_some() {
            let missing: Vec<_> = self
                .told_missing
                .iter()
                .map(|name| format!("{name} is null"))
                .collect();
            let colon = if missing.is_empty() { "" } else { ": " };
            return Err(style.error(format_args!(
                "ExpressionAttributeValues can only be specified when using expressions{colon}{}",
                missing.join(" and ")
            )));
        }
        Ok(())
    }

    /// Checks the placeholders, which are told after the item or the key of a request.
    pub fn placeholders(&self, style: Style) -> Result<Placeholders<'r>, Error> {
        if let Some(names) = self.names {
            names.check().map_err(|error| style.placeholder(error))?;
        }
        if let Some(values) = self.values {
            values
                .check(style.rules)
                .map_err(|error| style.placeholder(error))?;
        }
        Ok(Placeholders::new(self.names, self.values))
    }
}
