//! Reading requests: one pass over the JSON, into structures that borrow from it.

mod scalar;

use serde::Deserialize;

pub(crate) use self::scalar::{Text, Whole};
use crate::error::Error;
pub(crate) use crate::value::Flag;

/// Reads the input of an operation.
pub(crate) fn read<'a, T: Deserialize<'a>>(input: &'a str) -> Result<T, Error> {
    serde_json::from_str(input).map_err(|error| {
        if !error.is_data() {
            return Error::Serialization(String::new());
        }
        let text = error.to_string();
        // What the parser words by itself, AWS words alike for every structure.
        if text.starts_with("invalid type") {
            return Error::Serialization("Unexpected value type in payload".to_owned());
        }
        // The parser adds the position; AWS does not.
        let end = text.rfind(" at line ").unwrap_or(text.len());
        Error::Serialization(text[..end].to_owned())
    })
}
