//! The real client over a pipe.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use alchemiser_mocks::mail::MailServer;
use lettre::Message;
use lettre::message::MultiPart;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{
    AsyncSmtpConnection, AsyncTokioStream, Certificate, TlsParameters,
};
use lettre::transport::smtp::extension::ClientId;
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};

#[derive(Debug)]
struct Pipe(DuplexStream);

impl AsyncRead for Pipe {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl AsyncWrite for Pipe {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

impl AsyncTokioStream for Pipe {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        Ok(SocketAddr::from(([127, 0, 0, 1], 587)))
    }
}

/// A pipe with the server at its other end.
#[expect(
    clippy::disallowed_methods,
    reason = "client and server talk at the same time"
)]
pub fn dial(server: &MailServer) -> DuplexStream {
    let (near, far) = tokio::io::duplex(64 * 1024);
    let server = server.clone();
    tokio::spawn(async move { server.serve(far).await });
    near
}

/// Connected, introduced and encrypted.
pub async fn connect(server: &MailServer) -> Result<AsyncSmtpConnection, Error> {
    let name = ClientId::Domain("client.example.com".to_owned());
    let mut connection =
        AsyncSmtpConnection::connect_with_transport(Box::new(Pipe(dial(server))), &name).await?;
    let trusted = Certificate::from_der(server.certificate_der())?;
    let tls = TlsParameters::builder("smtp.mail.me.com".to_owned())
        .add_root_certificate(trusted)
        .build()?;
    connection.starttls(tls, &name).await?;
    Ok(connection)
}

pub async fn login(
    connection: &mut AsyncSmtpConnection,
    how: Mechanism,
    password: &str,
) -> Result<(), Error> {
    let credentials = Credentials::new("alchemiser@example.com".to_owned(), password.to_owned());
    connection.auth(&[how], &credentials).await.map(|_| ())
}

pub async fn send(server: &MailServer, mail: &Message) -> Result<(), Error> {
    let mut connection = connect(server).await?;
    login(&mut connection, Mechanism::Plain, "secret").await?;
    connection.send(mail.envelope(), &mail.formatted()).await?;
    connection.quit().await.map(|_| ())
}

pub fn mail(subject: &str, message_id: &str) -> Message {
    Message::builder()
        .from("Alchemiser <alchemiser@example.com>".parse().unwrap())
        .to("first@example.com".parse().unwrap())
        .to("second@example.com".parse().unwrap())
        .subject(subject)
        .message_id(Some(message_id.to_owned()))
        .multipart(MultiPart::alternative_plain_html(
            "Plain text\r\n.\r\nand a dot".to_owned(),
            "<p>HTML &amp; more</p>".to_owned(),
        ))
        .unwrap()
}
