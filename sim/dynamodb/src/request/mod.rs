//! Reading requests: one pass over the JSON, into structures that borrow from it.

mod scalar;

use serde::Deserialize;

pub(crate) use self::scalar::{Text, Whole};
use crate::error::Error;
pub(crate) use crate::value::Flag;

/// Reads the input of an operation.
pub(crate) fn read<'a, T: Deserialize<'a>>(input: &'a str) -> Result<T, Error> {
    serde_json::from_str(input).map_err(|error| {
        let text = error.to_string();
        // The parser adds the position; AWS does not.
        let end = text.rfind(" at line ").unwrap_or(text.len());
        match error.classify() {
            serde_json::error::Category::Data => Error::Serialization(text[..end].to_owned()),
            _ => Error::Serialization(String::new()),
        }
    })
}
