use std::io::{ErrorKind, Write};

use crate::error::CliError;

/// Prints. A reader that went away early, as `head` does, is no mistake.
pub fn say(text: &str) -> Result<(), CliError> {
    match std::io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(CliError::Output(error)),
        _ => Ok(()),
    }
}
