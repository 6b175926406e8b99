//! What an expression can evaluate to.

use std::fmt;

use rust_decimal::Decimal;

use super::weights::Weights;

/// The value of an expression.
///
/// `Display` describes it for traces and errors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Nothing: `nil`, or an `if` without `else` whose condition does not hold.
    Null,
    /// The result of a comparison.
    Bool(bool),
    /// A number.
    Number(Decimal),
    /// A string; a ticker symbol is one.
    Text(String),
    /// The values of `[...]`, or the symbols a filter keeps.
    List(Vec<Value>),
    /// Shares of symbols that sum to 1.
    Weights(Weights),
}

impl fmt::Display for Value {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Null => formatter.write_str("null"),
            Value::Bool(value) => write!(formatter, "{value}"),
            Value::Number(number) => write!(formatter, "{number}"),
            Value::Text(text) => write!(formatter, "{text:?}"),
            Value::List(values) => write!(formatter, "a list of {}", values.len()),
            Value::Weights(weights) => {
                write!(formatter, "weights of {} symbols", weights.as_map().len())
            }
        }
    }
}
