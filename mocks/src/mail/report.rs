//! What happened at the mail server: the observer's feed.

use serde::Serialize;

use super::script::MailStage;

/// One thing that happened. It carries no time: the observer knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "report", rename_all = "snake_case")]
pub enum MailReport {
    /// The script decides what becomes of a stage; what follows from it is reported as always.
    MailScripted {
        /// Of what.
        stage: MailStage,
        /// What the server says; nothing where it hangs up.
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
        /// What.
        stage: MailStage,
        /// The answer's three digits.
        code: u16,
    },
    /// The server hung up without an answer.
    ConnectionDropped {
        /// After what.
        stage: MailStage,
    },
}
