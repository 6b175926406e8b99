use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::message::Message;
use crate::error::ServiceError;

/// One receive of one message: what a receipt handle says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Receipt {
    pub(super) message_id: String,
    /// The message's receive count at the time.
    pub(super) receive_count: u32,
}

impl Receipt {
    /// The handle of the message's latest receive.
    pub(super) fn handle(message: &Message, queue_arn: &str) -> String {
        STANDARD.encode(format!(
            "{} {} {queue_arn}",
            message.id, message.receive_count
        ))
    }

    /// Reads a handle that must be one of the queue's.
    pub(super) fn parse(handle: &str, queue_arn: &str) -> Result<Self, ServiceError> {
        Self::read(handle, queue_arn).ok_or_else(|| {
            ServiceError::client(
                "ReceiptHandleIsInvalid",
                format!("The input receipt handle \"{handle}\" is not a valid receipt handle."),
            )
        })
    }

    fn read(handle: &str, queue_arn: &str) -> Option<Self> {
        let text = String::from_utf8(STANDARD.decode(handle).ok()?).ok()?;
        let mut parts = text.split(' ');
        let receipt = Self {
            message_id: parts.next()?.to_owned(),
            receive_count: parts.next()?.parse().ok()?,
        };
        (parts.next() == Some(queue_arn)).then_some(receipt)
    }
}
