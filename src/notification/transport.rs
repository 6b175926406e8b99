use std::fmt::Debug;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use lettre::message::header::ContentType;
use lettre::message::{Mailbox, Message, MultiPart, SinglePart};
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, AsyncTokioStream, Certificate, TlsParameters};
use lettre::transport::smtp::extension::ClientId;

use super::render::Mail;
use crate::config::EmailSettings;
use crate::error::{Fault, Refusal, StepError};

/// How long the whole dialogue with the mail server may take.
const DIALOGUE_LIMIT: Duration = Duration::from_secs(20);

/// The port under the SMTP client: bytes to and from a server.
#[async_trait]
pub trait Dialer: Send + Sync + Debug {
    /// Opens a stream to `host` and `port`.
    ///
    /// # Errors
    /// Where the server cannot be reached.
    async fn dial(&self, host: &str, port: u16) -> io::Result<Box<dyn AsyncTokioStream>>;

    /// Certificates to trust beside the public ones.
    fn trusted(&self) -> Vec<Certificate> {
        Vec::new()
    }
}

/// A dialer that can be handed around.
pub type SharedDialer = Arc<dyn Dialer>;

/// Dials over TCP.
#[derive(Clone, Debug, Default)]
pub struct TcpDialer {
    trusted: Vec<Certificate>,
}

impl TcpDialer {
    /// A dialer whose connections trust the certificates in `pem` beside the public ones.
    ///
    /// # Errors
    /// There is no certificate in `pem`, or one that cannot be read.
    pub fn trusting(pem: &[u8]) -> Result<Self, String> {
        let certificate = Certificate::from_pem(pem).map_err(|error| error.to_string())?;
        Ok(Self { trusted: vec![certificate] })
    }
}

#[async_trait]
impl Dialer for TcpDialer {
    async fn dial(&self, host: &str, port: u16) -> io::Result<Box<dyn AsyncTokioStream>> {
        let stream = tokio::net::TcpStream::connect((host, port)).await?;
        // A dialogue of short lines: waiting to fill a packet costs 40 ms a turn.
        stream.set_nodelay(true)?;
        Ok(Box::new(stream))
    }

    fn trusted(&self) -> Vec<Certificate> {
        self.trusted.clone()
    }
}

/// Sends mails: STARTTLS, login, one message.
#[derive(Clone, Debug)]
pub struct MailTransport {
    dialer: SharedDialer,
}

impl MailTransport {
    /// A transport over `dialer`.
    #[must_use]
    pub fn new(dialer: SharedDialer) -> Self {
        Self { dialer }
    }

    /// Hands `mail` to the configured server. Done only once the server has said 250 to the message.
    ///
    /// # Errors
    /// [`StepError::MailNotDelivered`] for anything on the way: a later attempt sends the identical message. A
    /// refusal where the message itself is impossible, such as an address that is none.
    pub async fn send(&self, mail: &Mail, settings: &EmailSettings, at: DateTime<Utc>) -> Result<(), Fault> {
        let message = message(mail, settings, at)?;
        let dialogue = self.dialogue(&message, settings);
        match tokio::time::timeout(DIALOGUE_LIMIT, dialogue).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(reason)) => Err(StepError::MailNotDelivered(reason).into()),
            Err(_) => {
                let reason = format!("{} did not finish within {} s", settings.server, DIALOGUE_LIMIT.as_secs());
                Err(StepError::MailNotDelivered(reason).into())
            }
        }
    }

    async fn dialogue(&self, message: &Message, settings: &EmailSettings) -> Result<(), String> {
        let stage = |stage: &'static str| move |error: lettre::transport::smtp::Error| format!("{stage}: {error}");
        let stream = self
            .dialer
            .dial(&settings.server, settings.port)
            .await
            .map_err(|error| format!("connecting to {}:{}: {error}", settings.server, settings.port))?;
        let hello = ClientId::Domain("alchemiser".to_owned());
        let mut connection = AsyncSmtpConnection::connect_with_transport(stream, &hello).await.map_err(stage("EHLO"))?;
        let mut tls = TlsParameters::builder(settings.server.clone());
        for certificate in self.dialer.trusted() {
            tls = tls.add_root_certificate(certificate);
        }
        connection.starttls(tls.build_rustls().map_err(stage("TLS"))?, &hello).await.map_err(stage("STARTTLS"))?;
        let credentials = Credentials::new(settings.from.clone(), settings.password.clone());
        connection.auth(&[Mechanism::Plain, Mechanism::Login], &credentials).await.map_err(stage("AUTH"))?;
        connection.send(message.envelope(), &message.formatted()).await.map_err(stage("sending the message"))?;
        // The server has the mail; a lost goodbye changes nothing.
        if let Err(error) = connection.quit().await {
            tracing::info!(%error, "the mail server did not say goodbye");
        }
        Ok(())
    }
}

/// The message as it goes out. Date, message id and boundary come from the event, so that a second copy is
/// identical to the first.
fn message(mail: &Mail, settings: &EmailSettings, at: DateTime<Utc>) -> Result<Message, Refusal> {
    let address = |text: &str| text.parse::<Mailbox>().map_err(|error| Refusal::new(format!("{text:?} is not a mail address: {error}")));
    let mut builder = Message::builder()
        .message_id(Some(format!("<{}@alchemiser>", mail.id)))
        .date(at.into())
        .from(address(&settings.from)?)
        .subject(mail.subject.clone());
    for recipient in mail.recipient.as_deref().unwrap_or(&settings.to).split(',') {
        builder = builder.to(address(recipient.trim())?);
    }
    let body = MultiPart::alternative()
        .boundary(format!("alchemiser-{}", mail.id))
        .singlepart(SinglePart::builder().header(ContentType::TEXT_PLAIN).body(mail.text.clone()))
        .singlepart(SinglePart::builder().header(ContentType::TEXT_HTML).body(mail.html.clone()));
    builder.multipart(body).map_err(|error| Refusal::new(format!("the mail cannot be composed: {error}")))
}
