use std::collections::BTreeMap;
use std::fmt::{self, Debug};
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use lettre::message::header::ContentType;
use lettre::message::{Mailbox, Message, MultiPart, SinglePart};
use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{
    AsyncSmtpConnection, AsyncTokioStream, Certificate, TlsParameters,
};
use lettre::transport::smtp::extension::ClientId;

use super::boundary::boundary;
use super::render::Mail;
use crate::config::EmailSettings;
use crate::error::{Refusal, StepError, StepFailure};
use crate::id::{EventId, SharedTokens};
use crate::secrets::Secrets;
use crate::visible::{cut, is_hidden};

/// How long the whole SMTP session with the mail server may take.
const SESSION_LIMIT: Duration = Duration::from_secs(20);

/// The most characters of what the server says.
const LONGEST_REASON: usize = 2_000;
/// The most characters of an address: 64 before the @ and 255 after it (RFC 5321), and a name.
const LONGEST_ADDRESS: usize = 500;

/// The port under the SMTP client: bytes to and from a server.
#[async_trait]
pub trait Dialer: Send + Sync + Debug {
    /// Opens a stream to `host` and `port`.
    ///
    /// # Errors
    /// Where the server cannot be reached.
    async fn dial(&self, host: &str, port: u16) -> io::Result<Box<dyn AsyncTokioStream>>;

    /// How TLS with `server` is done. Whoever gives the same parameters again lets later
    /// connections resume the session of an earlier one.
    ///
    /// # Errors
    /// Where a certificate to trust is none.
    fn tls(&self, server: &str) -> Result<TlsParameters, SmtpError> {
        tls_trusting(server, &[])
    }
}

/// How TLS with `server` is done where `certificates` are trusted beside the public ones.
///
/// # Errors
/// Where one of `certificates` is none.
pub fn tls_trusting(
    server: &str,
    certificates: &[Certificate],
) -> Result<TlsParameters, SmtpError> {
    let mut tls = TlsParameters::builder(server.to_owned());
    for certificate in certificates {
        tls = tls.add_root_certificate(certificate.clone());
    }
    tls.build_rustls()
}

/// A dialer that can be handed around.
pub type SharedDialer = Arc<dyn Dialer>;

/// Dials over TCP.
#[derive(Clone, Default)]
pub struct TcpDialer {
    trusted: Vec<Certificate>,
    /// By server, kept because they hold the sessions that later connections resume.
    tls: Arc<Mutex<BTreeMap<String, TlsParameters>>>,
}

impl Debug for TcpDialer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("TcpDialer")
            .field("trusted", &self.trusted)
            .finish_non_exhaustive()
    }
}

impl TcpDialer {
    /// A dialer whose connections trust the certificates in `pem` beside the public ones.
    ///
    /// # Errors
    /// There is no certificate in `pem`, or one that cannot be read.
    pub fn trusting(pem: &[u8]) -> Result<Self, SmtpError> {
        Ok(Self {
            trusted: vec![Certificate::from_pem(pem)?],
            ..Self::default()
        })
    }
}

#[async_trait]
impl Dialer for TcpDialer {
    async fn dial(&self, host: &str, port: u16) -> io::Result<Box<dyn AsyncTokioStream>> {
        let stream = tokio::net::TcpStream::connect((host, port)).await?;
        // SMTP sends short lines: waiting to fill a packet costs 40 ms a turn.
        stream.set_nodelay(true)?;
        Ok(Box::new(stream))
    }

    fn tls(&self, server: &str) -> Result<TlsParameters, SmtpError> {
        let mut known = self.tls.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(tls) = known.get(server) {
            return Ok(tls.clone());
        }
        let tls = tls_trusting(server, &self.trusted)?;
        known.insert(server.to_owned(), tls.clone());
        Ok(tls)
    }
}

/// Why a server did not take a mail.
#[derive(Debug, thiserror::Error)]
enum SmtpFailure {
    #[error("connecting to {server}:{port}: {error}")]
    Connect {
        server: String,
        port: u16,
        error: io::Error,
    },
    /// What the server or TLS said at a stage, without our secrets.
    #[error("{stage}: {reason}")]
    Stage { stage: &'static str, reason: String },
    #[error("{server} did not finish within {} s", SESSION_LIMIT.as_secs())]
    Late { server: String },
}

/// Why a text is no mail address.
#[derive(Debug, thiserror::Error)]
enum AddressError {
    #[error("it has more than {LONGEST_ADDRESS} characters")]
    TooLong,
    #[error("{0:?} is not allowed in it")]
    Hidden(char),
    #[error(transparent)]
    Form(#[from] lettre::address::AddressError),
}

/// Sends mails: STARTTLS, login, one message.
#[derive(Clone, Debug)]
pub struct MailTransport {
    dialer: SharedDialer,
    tokens: SharedTokens,
}

impl MailTransport {
    /// A transport over `dialer`, whose messages have their boundaries from `tokens`.
    #[must_use]
    pub fn new(dialer: SharedDialer, tokens: SharedTokens) -> Self {
        Self { dialer, tokens }
    }

    /// Hands `mail` to the configured server. Done only once the server has said 250 to the
    /// message.
    ///
    /// # Errors
    /// [`StepError::MailNotDelivered`] for anything on the way: a later attempt sends the same
    /// mail. A refusal where the message itself is impossible, such as an address that is none.
    pub async fn send(
        &self,
        mail: &Mail,
        settings: &EmailSettings,
        at: DateTime<Utc>,
    ) -> Result<(), StepFailure> {
        let message = message(mail, settings, at, &self.tokens)?;
        let secrets = Secrets::of_mail(settings);
        let session = self.session(&message, settings, &secrets);
        let sent = tokio::time::timeout(SESSION_LIMIT, session).await;
        let sent = sent.unwrap_or_else(|_| {
            Err(SmtpFailure::Late {
                server: settings.server.clone(),
            })
        });
        sent.map_err(|failure| StepError::MailNotDelivered(failure.to_string()).into())
    }

    async fn session(
        &self,
        message: &Message,
        settings: &EmailSettings,
        secrets: &Secrets,
    ) -> Result<(), SmtpFailure> {
        // The server's words: it has been told the password, and may say anything at any length.
        let said = |error: SmtpError| cut(&secrets.mask(&error.to_string()), LONGEST_REASON);
        let stage = |stage: &'static str| {
            move |error| SmtpFailure::Stage {
                stage,
                reason: said(error),
            }
        };
        let stream = self
            .dialer
            .dial(&settings.server, settings.port)
            .await
            .map_err(|error| SmtpFailure::Connect {
                server: settings.server.clone(),
                port: settings.port,
                error,
            })?;
        let hello = ClientId::Domain("alchemiser".to_owned());
        let mut connection = AsyncSmtpConnection::connect_with_transport(stream, &hello)
            .await
            .map_err(stage("EHLO"))?;
        let tls = self.dialer.tls(&settings.server).map_err(stage("TLS"))?;
        connection
            .starttls(tls, &hello)
            .await
            .map_err(stage("STARTTLS"))?;
        let credentials = Credentials::new(settings.from.clone(), settings.password.clone());
        connection
            .auth(&[Mechanism::Plain, Mechanism::Login], &credentials)
            .await
            .map_err(stage("AUTH"))?;
        connection
            .send(message.envelope(), &message.formatted())
            .await
            .map_err(stage("sending the message"))?;
        // The server has the mail; a lost goodbye changes nothing.
        if let Err(error) = connection.quit().await {
            tracing::info!(error = said(error), "the mail server did not say goodbye");
        }
        Ok(())
    }
}

/// The message as it goes out. Date and message id come from the event, so that a second copy is
/// known for one; only what divides its parts is another each time.
fn message(
    mail: &Mail,
    settings: &EmailSettings,
    at: DateTime<Utc>,
    tokens: &SharedTokens,
) -> Result<Message, Refusal> {
    let address = |text: &str| {
        address(text).map_err(|reason| {
            Refusal::new(format!(
                "{:?} is not a mail address: {reason}",
                cut(text, LONGEST_ADDRESS)
            ))
        })
    };
    let mut builder = Message::builder()
        .message_id(Some(message_id(&mail.id)))
        .date(at.into())
        .from(address(&settings.from)?)
        .subject(mail.subject.clone());
    for recipient in mail.recipient.as_deref().unwrap_or(&settings.to).split(',') {
        builder = builder.to(address(recipient.trim())?);
    }
    let parts = [
        (ContentType::TEXT_PLAIN, &mail.text),
        (ContentType::TEXT_HTML, &mail.html),
    ];
    let [text, html] =
        parts.map(|(kind, body)| SinglePart::builder().header(kind).body(body.clone()));
    let boundary = boundary(&tokens.fresh(), &[&text.formatted(), &html.formatted()]);
    let body = MultiPart::alternative()
        .boundary(boundary)
        .singlepart(text)
        .singlepart(html);
    builder
        .multipart(body)
        .map_err(|error| Refusal::new(format!("the mail cannot be composed: {error}")))
}

/// A person's address, perhaps with a name.
fn address(text: &str) -> Result<Mailbox, AddressError> {
    if text.chars().count() > LONGEST_ADDRESS {
        return Err(AddressError::TooLong);
    }
    match text.chars().find(|character| is_hidden(*character)) {
        Some(character) => Err(AddressError::Hidden(character)),
        None => Ok(text.parse()?),
    }
}

/// What has a meaning of its own within a message id is written as in quoted-printable.
fn message_id(id: &EventId) -> String {
    let part = id.as_str().bytes().fold(String::new(), |mut part, byte| {
        if byte.is_ascii_alphanumeric() || b"-._".contains(&byte) {
            part.push(char::from(byte));
        } else {
            part.push_str(&format!("={byte:02X}"));
        }
        part
    });
    format!("<{part}@alchemiser>")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{AttemptToken, TokenSource};

    #[derive(Debug)]
    struct Token(&'static str);

    impl TokenSource for Token {
        fn fresh(&self) -> AttemptToken {
            AttemptToken(self.0.to_owned())
        }
    }

    fn formatted(id: &str, text: &str, token: &'static str) -> String {
        let settings = EmailSettings {
            server: "mail.example.com".to_owned(),
            port: 587,
            from: "from@example.com".to_owned(),
            to: "to@example.com".to_owned(),
            password: "p".to_owned(),
            neutral_mode: true,
            ca_file: None,
        };
        let html = format!("<p>{text}</p>");
        let mail = Mail {
            id: EventId::new(id),
            recipient: None,
            subject: "S".to_owned(),
            text: text.to_owned(),
            html,
        };
        let tokens: SharedTokens = Arc::new(Token(token));
        let message =
            message(&mail, &settings, DateTime::<Utc>::UNIX_EPOCH, &tokens).expect("a message");
        String::from_utf8(message.formatted()).expect("ASCII")
    }

    fn boundary_of(message: &str) -> &str {
        message
            .split("boundary=\"")
            .nth(1)
            .and_then(|rest| rest.split('"').next())
            .expect("a boundary")
    }

    #[test]
    fn whoever_knows_the_id_and_the_text_does_not_know_the_boundary() {
        let (one, other) = (formatted("n-1", "text", "a"), formatted("n-1", "text", "b"));
        assert_ne!(boundary_of(&one), boundary_of(&other));
        // Not even one who has seen it in a copy of the mail: the text would be another.
        let quoted = formatted("n-1", boundary_of(&one), "a");
        assert_ne!(boundary_of(&quoted), boundary_of(&one));
        assert_eq!(
            quoted.matches(boundary_of(&quoted)).count(),
            4,
            "where it is told, and three times as the divider: {quoted}"
        );
        let but_for_it = |message: &str| message.replace(boundary_of(message), "");
        assert_eq!(
            but_for_it(&one),
            but_for_it(&other),
            "all else is the same in every copy"
        );
    }

    #[test]
    fn no_id_breaks_the_head_of_a_message() {
        for id in ["a\"b", "a\r\nBcc: x@example.com", "a\0", "a> <b", "ä@b"] {
            let message = formatted(id, "text", "a");
            let head = message.split("\r\n\r\n").next().expect("a head");
            assert_eq!(head.lines().count(), 8, "{head}");
            let line = head
                .lines()
                .find(|line| line.starts_with("Message-ID: <"))
                .expect("a message id");
            assert!(
                line.ends_with("@alchemiser>")
                    && line
                        .bytes()
                        .all(|byte| byte.is_ascii_graphic() || byte == b' '),
                "{line}"
            );
        }
    }
}
