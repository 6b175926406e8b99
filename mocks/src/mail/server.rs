//! The mail server.

use std::collections::BTreeSet;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio_rustls::TlsAcceptor;

use super::certificate::{self, Identity};
use super::message::Mail;
use super::report::MailReport;
use super::script::{MailEffect, MailStage, place};
use super::session::{Session, Step};
use super::setup::MailSetup;

/// The longest line outside of a mail's content; RFC 5321 asks for 512 octets, AUTH may need more.
const LINE_LENGTH_MAX: usize = 12_288;

/// A mail server; clones are the same server.
#[derive(Clone)]
pub struct MailServer {
    setup: Arc<MailSetup>,
    identity: Arc<Identity>,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    connections: u32,
    mails: Vec<Mail>,
    reports: Vec<MailReport>,
    /// The rules of the script that were met, by their places.
    used: BTreeSet<usize>,
}

/// Stands by while a mail's text is handed over, and may break the connection.
pub trait Handover: Send + Sync {
    /// The text is complete, and the server has not taken it. False breaks the connection.
    fn is_let_through(&self) -> Decision<'_>;

    /// The server has taken the text, or refused it, and has not said so. False breaks the
    /// connection.
    fn is_answered(&self, code: u16) -> Decision<'_>;

    /// The server has taken the text, and breaks the connection by itself.
    fn is_dropped(&self);
}

/// A decision that may take its time.
pub type Decision<'a> = Pin<Box<dyn Future<Output = bool> + Send + Sync + 'a>>;

/// Why the reading of lines ended.
enum Pause {
    Close,
    Upgrade,
}

impl MailServer {
    /// A server that has no mail yet.
    pub fn new(setup: MailSetup) -> Self {
        let identity = certificate::identity(&setup.hostname);
        Self {
            setup: Arc::new(setup),
            identity,
            state: Arc::default(),
        }
    }

    /// Serves one connection from the greeting until QUIT, or until either side closes it.
    ///
    /// # Errors
    /// What the stream reports, and TLS handshakes that failed. A client that hangs up is no error.
    pub async fn serve<S: AsyncRead + AsyncWrite + Unpin + Send>(
        &self,
        stream: S,
    ) -> io::Result<()> {
        self.serve_beside(stream, None).await
    }

    /// The same, with somebody who stands by when a mail's text is handed over.
    ///
    /// # Errors
    /// What the stream reports, and TLS handshakes that failed. A client that hangs up is no error.
    pub async fn serve_beside<S: AsyncRead + AsyncWrite + Unpin + Send>(
        &self,
        mut stream: S,
        beside: Option<&dyn Handover>,
    ) -> io::Result<()> {
        let mut session = Session::new(Arc::clone(&self.setup));
        let connection = self.connect();
        match self.effect(MailStage::Connect, connection) {
            Some(MailEffect::Drop) => {
                self.report(MailReport::ConnectionDropped {
                    stage: MailStage::Connect,
                });
                return Ok(());
            }
            Some(MailEffect::Reply { code, text }) => {
                self.refused(Some(MailStage::Connect), *code);
                return write(&mut stream, format!("{code} {text}\r\n").as_bytes()).await;
            }
            None => write(&mut stream, &session.greeting()).await?,
        }
        let first = self.converse(&mut stream, &mut session, connection, beside);
        if let Pause::Upgrade = first.await? {
            let acceptor = TlsAcceptor::from(Arc::clone(&self.identity.config));
            let mut stream = acceptor.accept(stream).await?;
            session.encrypted();
            self.converse(&mut stream, &mut session, connection, beside)
                .await?;
        }
        Ok(())
    }

    /// Accepted mails that nobody has taken, oldest first.
    pub fn mails(&self) -> Vec<Mail> {
        self.state().mails.clone()
    }

    /// Takes what happened since this was last asked, in the order it happened, and the mails
    /// accepted since then.
    pub fn take_reports(&self) -> (Vec<MailReport>, Vec<Mail>) {
        let mut state = self.state();
        let mails = std::mem::take(&mut state.mails);
        (std::mem::take(&mut state.reports), mails)
    }

    /// The places in [`MailSetup::script`], from 0, of the rules that no connection has met so far.
    pub fn unused_rules(&self) -> Vec<usize> {
        let state = self.state();
        (0..self.setup.script.len())
            .filter(|place| !state.used.contains(place))
            .collect()
    }

    /// The certificate, so that a client can trust it: DER.
    pub fn certificate_der(&self) -> Vec<u8> {
        self.identity.der.clone()
    }

    /// The certificate, so that a client can trust it: PEM.
    pub fn certificate_pem(&self) -> String {
        self.identity.pem.clone()
    }

    async fn converse<S: AsyncRead + AsyncWrite + Unpin + Send>(
        &self,
        stream: &mut S,
        session: &mut Session,
        connection: u32,
        beside: Option<&dyn Handover>,
    ) -> io::Result<Pause> {
        let mut received = Vec::new();
        loop {
            let Some(line) = read_line(stream, &mut received, self.line_limit(session)).await?
            else {
                return Ok(Pause::Close);
            };
            let stage = session.stage(&line);
            let beside = beside.filter(|_| stage == Some(MailStage::AfterData));
            if let Some(beside) = beside
                && !beside.is_let_through().await
            {
                return Ok(Pause::Close);
            }
            let scripted = stage.filter(|_| session.begins(&line));
            let step = match scripted.and_then(|stage| self.effect(stage, connection)) {
                None => session.answer(&line),
                Some(MailEffect::Drop) => {
                    if session.is_in_content() {
                        session.answer(&line);
                        self.keep(session);
                    }
                    self.report(MailReport::ConnectionDropped {
                        stage: stage.unwrap_or(MailStage::Connect),
                    });
                    if let Some(beside) = beside {
                        beside.is_dropped();
                    }
                    return Ok(Pause::Close);
                }
                Some(MailEffect::Reply { code, text }) if session.is_in_content() => {
                    session.judge_content(*code, text);
                    session.answer(&line)
                }
                Some(MailEffect::Reply { code, text }) => {
                    let answer = format!("{code} {text}\r\n").into_bytes();
                    if *code == 421 {
                        Step::Bye(*code, answer)
                    } else {
                        Step::Say(*code, answer)
                    }
                }
            };
            self.keep(session);
            if let (Some(beside), Step::Say(code, _)) = (beside, &step)
                && !beside.is_answered(*code).await
            {
                return Ok(Pause::Close);
            }
            match step {
                Step::Silent => {}
                Step::Say(code, text) => {
                    self.refused(stage, code);
                    write(stream, &text).await?;
                }
                Step::Bye(code, text) => {
                    self.refused(stage, code);
                    write(stream, &text).await?;
                    stream.shutdown().await?;
                    return Ok(Pause::Close);
                }
                // What the client sent in the clear after STARTTLS is forgotten (RFC 3207, section
                // 6).
                Step::Upgrade(text) => {
                    write(stream, &text).await?;
                    return Ok(Pause::Upgrade);
                }
            }
        }
    }

    /// What the script says of `stage` of connection number `connection`.
    fn effect(&self, stage: MailStage, connection: u32) -> Option<&MailEffect> {
        let place = place(&self.setup.script, stage, connection)?;
        self.state().used.insert(place);
        let effect = &self.setup.script[place].effect;
        let reply = match effect {
            MailEffect::Reply { code, text } => Some(format!("{code} {text}")),
            MailEffect::Drop => None,
        };
        self.report(MailReport::MailScripted { stage, reply });
        Some(effect)
    }

    fn line_limit(&self, session: &Session) -> usize {
        if session.is_in_content() {
            self.setup.size_limit.max(LINE_LENGTH_MAX)
        } else {
            LINE_LENGTH_MAX
        }
    }

    fn connect(&self) -> u32 {
        let mut state = self.state();
        state.connections += 1;
        state.connections
    }

    /// Stores the mail that the last line completed, if it did.
    fn keep(&self, session: &mut Session) {
        if let Some(mail) = session.take_mail() {
            let mut state = self.state();
            state.reports.push(MailReport::MailAccepted {
                from: mail.from.clone(),
                recipients: mail.recipients.clone(),
                message_id: mail.message_id.clone(),
                subject: mail.subject.clone(),
            });
            state.mails.push(mail);
        }
    }

    fn refused(&self, stage: Option<MailStage>, code: u16) {
        if let Some(stage) = stage.filter(|_| code >= 400) {
            self.report(MailReport::MailRefused { stage, code });
        }
    }

    fn report(&self, report: MailReport) {
        self.state().reports.push(report);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The next line with its line end, or `None` when the client has hung up.
async fn read_line<S: AsyncRead + Unpin>(
    stream: &mut S,
    received: &mut Vec<u8>,
    length_max: usize,
) -> io::Result<Option<Vec<u8>>> {
    let mut searched = 0;
    loop {
        if let Some(end) = received[searched..].iter().position(|byte| *byte == b'\n') {
            return Ok(Some(received.drain(..=searched + end).collect()));
        }
        searched = received.len();
        if searched > length_max {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "a line is longer than SMTP allows",
            ));
        }
        let mut chunk = [0; 4096];
        match stream.read(&mut chunk).await {
            Ok(0) => return Ok(None),
            Ok(count) => received.extend_from_slice(&chunk[..count]),
            // TLS clients may leave without saying goodbye.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(None),
            Err(error) => return Err(error),
        }
    }
}

async fn write<S: AsyncWrite + Unpin>(stream: &mut S, text: &[u8]) -> io::Result<()> {
    stream.write_all(text).await?;
    stream.flush().await
}
