//! A mail server that speaks SMTP on any byte stream: greeting, EHLO, STARTTLS, AUTH, MAIL, RCPT,
//! DATA, QUIT (RFC 5321, RFC 3207, RFC 4954, RFC 1870; rules.md 9.1).
//!
//! It accepts mail for anybody from whoever knows the password, keeps it for the test to look at,
//! and can be told by a script to refuse or to hang up at any stage, also in the one place that
//! matters most: after it has taken responsibility for a mail and before it has said so.

mod certificate;
mod listener;
mod message;
mod report;
mod script;
mod server;
mod session;
mod setup;

pub use listener::MailListener;
pub use message::Mail;
pub use report::MailReport;
pub use script::{MailEffect, MailRule, MailStage};
pub use server::{Decision, Handover, MailServer};
pub use setup::MailSetup;
