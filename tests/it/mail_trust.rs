//! The mail server must show a certificate that is trusted: nobody else hears the password.

use std::sync::Arc;

use alchemiser::config::EmailSettings;
use alchemiser::error::{StepError, StepFailure};
use alchemiser::id::{EventId, RandomTokens};
use alchemiser::notification::{Mail, MailTransport, TcpDialer};
use alchemiser_mocks::mail::{MailListener, MailServer, MailSetup};
use chrono::{DateTime, Utc};

async fn server() -> MailListener {
    MailServer::new(MailSetup::default())
        .listen()
        .await
        .expect("a free port")
}

async fn send(listener: &MailListener, dialer: TcpDialer) -> Result<(), StepFailure> {
    let setup = MailSetup::default();
    let settings = EmailSettings {
        server: "localhost".to_owned(),
        port: listener.address().port(),
        from: setup.user,
        to: "trader@example.com".to_owned(),
        password: setup.password,
        neutral_mode: true,
        ca_file: None,
    };
    let mail = Mail {
        id: EventId::new("trust"),
        recipient: None,
        subject: "Trust".to_owned(),
        text: "Trust".to_owned(),
        html: "<p>Trust</p>".to_owned(),
    };
    MailTransport::new(Arc::new(dialer), Arc::new(RandomTokens))
        .send(&mail, &settings, DateTime::<Utc>::UNIX_EPOCH)
        .await
}

#[tokio::test]
async fn a_server_whose_certificate_is_trusted_gets_the_mail() {
    let listener = server().await;
    let dialer =
        TcpDialer::trusting(listener.server().certificate_pem().as_bytes()).expect("a certificate");
    send(&listener, dialer).await.expect("it is delivered");
    assert_eq!(listener.server().mails().len(), 1);
}

#[tokio::test]
async fn a_server_that_nobody_vouches_for_gets_neither_password_nor_mail() {
    let listener = server().await;
    let refused = send(&listener, TcpDialer::default()).await;
    let Err(StepFailure::Retry(StepError::MailNotDelivered(reason))) = refused else {
        panic!("{refused:?}")
    };
    // The log-in comes after this stage, so the password was not sent.
    assert!(reason.starts_with("STARTTLS:"), "{reason}");
    assert!(listener.server().mails().is_empty());
}
