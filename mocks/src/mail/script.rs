//! Scripted answers and dropped connections of the mail server.

use serde::Serialize;

/// A step of the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MailStage {
    /// The client has connected; nothing was said.
    Connect,
    /// EHLO or HELO.
    Ehlo,
    /// STARTTLS.
    StartTls,
    /// AUTH.
    Auth,
    /// MAIL FROM.
    MailFrom,
    /// RCPT TO.
    RcptTo,
    /// DATA, before the content.
    Data,
    /// The dot that ends the content.
    AfterData,
}

/// What the server does at a stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MailEffect {
    /// This answer instead of the usual one. At [`MailStage::Connect`] the connection is closed
    /// after it. At [`MailStage::AfterData`] the mail is kept only when the code says so, that is
    /// below 400.
    Reply {
        /// The three digits.
        code: u16,
        /// The text after them.
        text: String,
    },
    /// The connection ends without an answer. At [`MailStage::AfterData`] the mail *is* accepted
    /// and kept: the client cannot know.
    Drop,
}

/// A rule of the script; the first that fits counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailRule {
    /// The stage that it applies to.
    pub stage: MailStage,
    /// Only on the n-th connection, from 1; `None`: on every one.
    pub occurrence: Option<u32>,
    /// What the server does.
    pub effect: MailEffect,
}

/// The place in the script of the rule for `stage` of connection number `connection`.
pub(super) fn place(rules: &[MailRule], stage: MailStage, connection: u32) -> Option<usize> {
    rules
        .iter()
        .position(|rule| rule.stage == stage && rule.occurrence.is_none_or(|nth| nth == connection))
}
