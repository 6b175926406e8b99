use super::content::{Content, shown};
use super::html::html;
use super::text::text;
use crate::event::{Header, TradingNotificationRequested};
use crate::id::EventId;
use crate::visible::cut;

/// The most characters of a code in the subject.
const LONGEST_CODE: usize = 60;

/// A mail before it is wrapped for transport.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// The notification's id; the Message-ID is made of it.
    pub id: EventId,
    /// Another recipient than the configured one.
    pub recipient: Option<String>,
    /// The subject line.
    pub subject: String,
    /// The text part.
    pub text: String,
    /// The HTML part.
    pub html: String,
}

/// Renders the mail that a notification asks for (rules.md 9.2, 9.3); in neutral mode no
/// dollar amount appears.
#[must_use]
pub fn render(header: &Header, notification: &TradingNotificationRequested, neutral: bool) -> Mail {
    let content = Content::of(notification, neutral);
    Mail {
        id: header.event_id.clone(),
        recipient: notification
            .recipient_override
            .clone()
            .filter(|recipient| !recipient.is_empty()),
        subject: subject(notification, &content),
        text: text(header, notification, &content, neutral),
        html: html(header, notification, &content, neutral),
    }
}

fn subject(notification: &TradingNotificationRequested, content: &Content) -> String {
    let tags = match (
        notification.trading_success,
        notification.error_code.as_deref(),
    ) {
        (true, _) => "[SUCCESS]".to_owned(),
        (false, None) => "[FAILURE]".to_owned(),
        (false, Some(code)) => format!("[FAILURE][{}]", cut(&shown(code), LONGEST_CODE)),
    };
    format!(
        "{tags} The Alchemiser - {} Trading Report",
        cut(&content.mode, LONGEST_CODE)
    )
}
