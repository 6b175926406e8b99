//! A received mail.

use mail_parser::{MessageParser, PartType};

/// A mail the server has accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// The envelope's sender.
    pub from: String,
    /// The envelope's recipients, in the order given.
    pub recipients: Vec<String>,
    /// The Message-ID without angle brackets.
    pub message_id: Option<String>,
    /// The subject, decoded.
    pub subject: Option<String>,
    /// The first text/plain part, decoded; `None` when there is none (HTML is not converted).
    pub text: Option<String>,
    /// The first text/html part, decoded; `None` when there is none.
    pub html: Option<String>,
    /// The top-level headers in their order, values unfolded at their ends but not decoded.
    pub headers: Vec<(String, String)>,
    /// The content as it was sent, dot-stuffing taken out.
    pub raw: Vec<u8>,
}

impl Mail {
    /// Parses `raw`; what is no message at all still has its envelope and its bytes.
    pub(super) fn new(from: String, recipients: Vec<String>, raw: Vec<u8>) -> Self {
        let mut mail = Self {
            from,
            recipients,
            message_id: None,
            subject: None,
            text: None,
            html: None,
            headers: Vec::new(),
            raw: Vec::new(),
        };
        if let Some(message) = MessageParser::default().parse(&raw) {
            mail.message_id = message.message_id().map(str::to_owned);
            mail.subject = message.subject().map(str::to_owned);
            mail.text = message.parts.iter().find_map(|part| match &part.body {
                PartType::Text(text) => Some(text.to_string()),
                _ => None,
            });
            mail.html = message.parts.iter().find_map(|part| match &part.body {
                PartType::Html(html) => Some(html.to_string()),
                _ => None,
            });
            let headers = message.headers_raw();
            mail.headers = headers
                .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
                .collect();
        }
        mail.raw = raw;
        mail
    }
}
