use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};

/// Which stream a line came on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutputStream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// A line that a function wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputLine {
    /// Where.
    pub stream: OutputStream,
    /// The line, without its end; what is no UTF-8 in it is replaced.
    pub text: String,
}

impl OutputLine {
    /// How many lines are kept.
    pub const KEPT: usize = 10_000;
}

/// What a function has written.
#[derive(Clone, Debug, Default)]
pub(super) struct Output(Arc<Mutex<VecDeque<OutputLine>>>);

impl Output {
    pub fn take(&self) -> Vec<OutputLine> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner)).into()
    }

    /// Reads `pipe` to its end.
    pub async fn read(self, stream: OutputStream, pipe: impl AsyncRead + Unpin) {
        let mut pipe = BufReader::new(pipe);
        let mut bytes = Vec::new();
        // A pipe that cannot be read is at its end.
        while matches!(pipe.read_until(b'\n', &mut bytes).await, Ok(read) if read > 0) {
            let text = String::from_utf8_lossy(&bytes)
                .trim_end_matches(['\n', '\r'])
                .to_owned();
            bytes.clear();
            let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if lines.len() == OutputLine::KEPT {
                lines.pop_front();
            }
            lines.push_back(OutputLine { stream, text });
        }
    }
}
