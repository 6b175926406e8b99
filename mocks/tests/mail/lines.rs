//! The session line by line, where the real client would not go.

use alchemiser_mocks::mail::{MailServer, MailSetup};
use std::sync::Arc;

use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio_rustls::TlsConnector;

use crate::client::dial;

struct Lines<S>(BufReader<S>);

fn small() -> MailServer {
    MailServer::new(MailSetup {
        size_limit: 1_000,
        ..MailSetup::default()
    })
}

async fn open(server: &MailServer) -> Lines<tokio::io::DuplexStream> {
    let mut lines = Lines(BufReader::new(dial(server)));
    assert!(lines.answer().await.starts_with("220 smtp.mail.me.com"));
    lines
}

/// Encrypted, introduced and logged in.
async fn open_logged_in(server: &MailServer) -> Lines<impl AsyncRead + AsyncWrite + Unpin> {
    let mut lines = open(server).await;
    lines.say("EHLO me").await;
    assert!(lines.say("STARTTLS").await.starts_with("220"));
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from(server.certificate_der()))
        .unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap();
    let config = config.with_root_certificates(roots).with_no_client_auth();
    let name = ServerName::try_from("smtp.mail.me.com").unwrap();
    let stream = TlsConnector::from(Arc::new(config))
        .connect(name, lines.0.into_inner())
        .await
        .unwrap();
    let mut lines = Lines(BufReader::new(stream));
    lines.say("EHLO me").await;
    assert!(
        lines
            .say("MAIL FROM:<a@example.com>")
            .await
            .starts_with("530")
    );
    // "\0alchemiser@example.com\0secret"
    assert!(
        lines
            .say("AUTH PLAIN AGFsY2hlbWlzZXJAZXhhbXBsZS5jb20Ac2VjcmV0")
            .await
            .starts_with("235")
    );
    lines
}

impl<S: AsyncRead + AsyncWrite + Unpin> Lines<S> {
    async fn mail(&mut self, content: &str) -> String {
        assert!(
            self.say("MAIL FROM:<a@example.com> BODY=8BITMIME")
                .await
                .starts_with("250")
        );
        assert!(self.say("RCPT TO:<b@example.com>").await.starts_with("250"));
        assert!(self.say("DATA").await.starts_with("354"));
        self.say(&format!("{content}\r\n.")).await
    }

    async fn say(&mut self, line: &str) -> String {
        self.0
            .get_mut()
            .write_all(format!("{line}\r\n").as_bytes())
            .await
            .unwrap();
        self.answer().await
    }

    async fn answer(&mut self) -> String {
        let mut answer = String::new();
        loop {
            let start = answer.len();
            self.0.read_line(&mut answer).await.unwrap();
            if answer[start..].chars().nth(3) != Some('-') {
                return answer;
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_extensions_are_announced() {
    let mut lines = open(&small()).await;
    let answer = lines.say("EHLO me").await;
    assert_eq!(
        answer,
        "250-server offers extensions:\r\n250-8BITMIME\r\n250-STARTTLS\r\n250 SIZE 1000\r\n"
    );
}

#[tokio::test(start_paused = true)]
async fn nothing_goes_in_the_clear() {
    let mut lines = open(&small()).await;
    lines.say("EHLO me").await;
    assert!(
        lines
            .say("AUTH PLAIN AGFiYwBkZWY=")
            .await
            .starts_with("538")
    );
    assert!(
        lines
            .say("MAIL FROM:<a@example.com>")
            .await
            .starts_with("530")
    );
    assert!(lines.say("RSET").await.starts_with("250"));
    assert!(lines.say("NOOP").await.starts_with("250"));
    assert!(lines.say("NONSENSE").await.starts_with("500"));
    assert!(lines.say("DATA").await.starts_with("503"));
    assert!(lines.say("QUIT").await.starts_with("221"));
    assert_eq!(lines.answer().await, "");
}

#[tokio::test(start_paused = true)]
async fn the_login_outlives_reset_and_refused_content() {
    let server = small();
    let mut lines = open_logged_in(&server).await;
    assert!(
        lines
            .say("MAIL FROM:<a@example.com>")
            .await
            .starts_with("250")
    );
    assert!(lines.say("RSET").await.starts_with("250"));
    assert!(
        lines
            .say("RCPT TO:<b@example.com>")
            .await
            .starts_with("503"),
        "the mail was forgotten"
    );
    assert!(
        lines
            .mail("Subject: one\r\n\r\nsmall")
            .await
            .starts_with("250")
    );
    assert!(
        lines
            .mail(&format!("Subject: two\r\n\r\n{}", "big\r\n".repeat(300)))
            .await
            .starts_with("552")
    );
    assert!(
        lines
            .say("MAIL FROM:<a@example.com> SIZE=1001")
            .await
            .starts_with("552")
    );
    assert!(
        lines
            .say("MAIL FROM:<a@example.com> SIZE=999")
            .await
            .starts_with("250")
    );
    lines.say("RSET").await;
    assert!(
        lines
            .mail("Subject: three\r\n\r\n..dot")
            .await
            .starts_with("250")
    );
    assert!(lines.say("STARTTLS").await.starts_with("503"));
    assert!(lines.say("QUIT").await.starts_with("221"));
    let mails = server.mails();
    let subjects: Vec<_> = mails
        .iter()
        .filter_map(|mail| mail.subject.as_deref())
        .collect();
    assert_eq!(subjects, ["one", "three"]);
    assert_eq!(mails[1].text.as_deref(), Some(".dot\r\n"));
}
