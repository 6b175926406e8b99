//! What happened at the mail server: the observer's feed.

use serde::Serialize;

use super::script::MailStage;

/// One thing that happened. The observer adds the time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "report", rename_all = "snake_case")]
pub enum MailReport {
    /// A rule of the script was applied; its consequences are reported like any other.
    MailScripted {
        /// The stage.
        stage: MailStage,
        /// The scripted answer; `None` where the connection is dropped.
        #[serde(skip_serializing_if = "Option::is_none")]
        reply: Option<String>,
    },
    /// The server took responsibility for a mail, whether or not the client was told.
    MailAccepted {
        /// The envelope's sender.
        from: String,
        /// The envelope's recipients, in the order given.
        recipients: Vec<String>,
        /// The Message-ID without angle brackets.
        message_id: Option<String>,
        /// The subject, decoded.
        subject: Option<String>,
    },
    /// The server refused something.
    MailRefused {
        /// The stage.
        stage: MailStage,
        /// The answer's three digits.
        code: u16,
    },
    /// The server closed the connection without an answer.
    ConnectionDropped {
        /// The last stage.
        stage: MailStage,
    },
}
