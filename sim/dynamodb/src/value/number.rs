//! Numbers of DynamoDB: 38 significant digits, exact.

/// A number: `coefficient * 10^exponent`, kept without trailing zeros, so that equal numbers are
/// equal data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Number {
    high: u64,
    low: u64,
    exponent: i16,
    negative: bool,
}

/// Why a text or a result is no number of DynamoDB.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NumberError {
    /// Not a decimal number.
    #[error("The parameter cannot be converted to a numeric value: {0}")]
    NotNumeric(String),
}
