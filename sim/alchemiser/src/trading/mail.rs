use std::sync::Arc;

use alchemiser_mocks::mail::{Decision, Handover, MailServer, MailSetup};
use harness::counterparty::{Conversation, Counterparty, PartyRecord, StreamCalls};
use harness::fault::Unmet;
use harness::ports::ByteStream;

use super::TradingRecord;

/// The part of a scenario that says what the mail server does.
pub const MAIL: &str = "mail";

/// The mail server, as a counterparty.
#[derive(Clone)]
pub struct Mailbox {
    server: MailServer,
}

impl Mailbox {
    /// The name of this counterparty.
    pub const NAME: &str = "smtp";

    /// A new mail server.
    #[must_use]
    pub fn new(setup: MailSetup) -> Self {
        Self {
            server: MailServer::new(setup),
        }
    }

    /// The mail server.
    #[must_use]
    pub fn server(&self) -> &MailServer {
        &self.server
    }
}

/// The hand-over of a mail's text, as a call of its own.
struct MailCalls(Arc<dyn StreamCalls>);

impl Handover for MailCalls {
    fn is_let_through(&self) -> Decision<'_> {
        self.0.begin("DATA")
    }

    fn is_answered(&self, code: u16) -> Decision<'_> {
        self.0.end(code)
    }

    fn is_dropped(&self) {
        self.0.abandon();
    }
}

impl Counterparty for Mailbox {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    /// A mail is the only thing that is not sent by HTTP.
    fn listens_at(&self, _host: &str, _port: u16) -> bool {
        true
    }

    fn takes_streams(&self) -> bool {
        true
    }

    fn converse(&self, stream: Box<dyn ByteStream>, calls: Arc<dyn StreamCalls>) -> Conversation {
        let server = self.server.clone();
        let beside = MailCalls(calls);
        Box::pin(async move { server.serve_beside(stream, Some(&beside)).await })
    }

    fn take_records(&self) -> Vec<PartyRecord> {
        let (reports, mails) = self.server.take_reports();
        let reports = reports
            .into_iter()
            .map(|report| TradingRecord::Mail { report });
        let mails = mails.into_iter().map(|mail| TradingRecord::MailContent {
            subject: mail.subject.unwrap_or_default(),
            recipients: mail.recipients,
            message_id: mail.message_id.unwrap_or_default(),
            text: mail.text.unwrap_or_default(),
            html: mail.html.unwrap_or_default(),
        });
        reports.chain(mails).map(PartyRecord::new).collect()
    }

    fn unused(&self) -> Vec<Unmet> {
        let unused = self.server.unused_rules().into_iter();
        unused
            .map(|line| Unmet::line(MAIL, line, format!("line {} met no connection", line + 1)))
            .collect()
    }
}
