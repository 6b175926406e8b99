//! The mail server under the real client, without a socket but for one test.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod client;
mod lines;

use alchemiser_mocks::mail::{MailEffect, MailReport, MailRule, MailServer, MailSetup, MailStage};
use client::{connect, login, mail, send};

fn server(script: Vec<MailRule>) -> MailServer {
    MailServer::new(MailSetup {
        script,
        ..MailSetup::default()
    })
}

fn rule(stage: MailStage, occurrence: Option<u32>, effect: MailEffect) -> MailRule {
    MailRule {
        stage,
        occurrence,
        effect,
    }
}

fn reply(code: u16) -> MailEffect {
    MailEffect::Reply {
        code,
        text: "scripted".to_owned(),
    }
}

#[tokio::test(start_paused = true)]
async fn a_mail_arrives_by_starttls_and_login() {
    let server = server(Vec::new());
    send(&server, &mail("Hello, Ünïcode", "<one@example.com>"))
        .await
        .unwrap();
    let mails = server.mails();
    assert_eq!(mails.len(), 1);
    let mail = &mails[0];
    assert_eq!(mail.from, "alchemiser@example.com");
    assert_eq!(mail.recipients, ["first@example.com", "second@example.com"]);
    assert_eq!(mail.message_id.as_deref(), Some("one@example.com"));
    assert_eq!(mail.subject.as_deref(), Some("Hello, Ünïcode"));
    assert_eq!(
        mail.text.as_deref().map(str::trim_end),
        Some("Plain text\r\n.\r\nand a dot")
    );
    assert_eq!(
        mail.html.as_deref().map(str::trim_end),
        Some("<p>HTML &amp; more</p>")
    );
    assert!(
        mail.headers
            .iter()
            .any(|(name, value)| name == "Message-ID" && value == "<one@example.com>")
    );
    let (reports, fresh) = server.take_reports();
    assert!(
        matches!(&reports[..], [MailReport::MailAccepted { message_id: Some(id), .. }] if id == "one@example.com")
    );
    assert_eq!(fresh, mails);
    assert_eq!(server.take_reports(), (Vec::new(), Vec::new()));
}

#[tokio::test(start_paused = true)]
async fn both_ways_to_log_in_work_and_a_wrong_password_does_not() {
    use lettre::transport::smtp::authentication::Mechanism;
    let server = server(Vec::new());
    for mechanism in [Mechanism::Plain, Mechanism::Login] {
        let mut connection = connect(&server).await.unwrap();
        login(&mut connection, mechanism, "secret").await.unwrap();
        let mut connection = connect(&server).await.unwrap();
        let error = login(&mut connection, mechanism, "wrong")
            .await
            .unwrap_err();
        assert_eq!(error.status().map(u16::from), Some(535), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn two_mails_go_through_one_connection() {
    use lettre::transport::smtp::authentication::Mechanism;
    let server = server(Vec::new());
    let mut connection = connect(&server).await.unwrap();
    login(&mut connection, Mechanism::Plain, "secret")
        .await
        .unwrap();
    for id in ["<1@example.com>", "<2@example.com>"] {
        let mail = mail("again", id);
        connection
            .send(mail.envelope(), &mail.formatted())
            .await
            .unwrap();
    }
    connection.quit().await.unwrap();
    assert_eq!(server.mails().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn each_stage_can_be_refused() {
    for (stage, code) in [
        (MailStage::Connect, 421),
        (MailStage::Ehlo, 451),
        (MailStage::StartTls, 454),
        (MailStage::Auth, 454),
        (MailStage::MailFrom, 451),
        (MailStage::RcptTo, 550),
        (MailStage::Data, 451),
        (MailStage::AfterData, 554),
    ] {
        let server = server(vec![rule(stage, Some(1), reply(code))]);
        let error = send(&server, &mail("refused", "<r@example.com>"))
            .await
            .unwrap_err();
        assert_eq!(
            error.status().map(u16::from),
            Some(code),
            "{stage:?}: {error}"
        );
        assert_eq!(error.is_transient(), code < 500, "{stage:?}");
        assert!(server.mails().is_empty(), "{stage:?}");
        let reports = server.take_reports().0;
        assert!(
            matches!(&reports[0], MailReport::MailScripted { stage: of, reply: Some(_) } if *of == stage),
            "{reports:?}"
        );
        assert_eq!(reports[1], MailReport::MailRefused { stage, code });
        send(&server, &mail("second", "<s@example.com>"))
            .await
            .unwrap();
        assert_eq!(server.mails().len(), 1, "{stage:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn each_stage_can_drop_the_connection_and_after_data_the_mail_is_there() {
    for stage in [
        MailStage::Connect,
        MailStage::Ehlo,
        MailStage::StartTls,
        MailStage::Auth,
        MailStage::MailFrom,
        MailStage::RcptTo,
        MailStage::Data,
        MailStage::AfterData,
    ] {
        let server = server(vec![rule(stage, None, MailEffect::Drop)]);
        let error = send(&server, &mail("dropped", "<d@example.com>"))
            .await
            .unwrap_err();
        assert_eq!(error.status(), None, "{stage:?}: {error}");
        assert_eq!(
            server.mails().len(),
            usize::from(stage == MailStage::AfterData),
            "{stage:?}"
        );
        assert_eq!(
            server.take_reports().0.last(),
            Some(&MailReport::ConnectionDropped { stage })
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_mail_beyond_the_limit_is_refused() {
    use lettre::transport::smtp::authentication::Mechanism;
    let server = MailServer::new(MailSetup {
        size_limit: 2_000,
        ..MailSetup::default()
    });
    let mut connection = connect(&server).await.unwrap();
    login(&mut connection, Mechanism::Plain, "secret")
        .await
        .unwrap();
    let big = mail(&"big ".repeat(1_000), "<big@example.com>");
    let error = connection
        .send(big.envelope(), &big.formatted())
        .await
        .unwrap_err();
    assert_eq!(error.status().map(u16::from), Some(552));
    assert!(server.mails().is_empty());
}

#[tokio::test]
async fn a_socket_works_as_well() {
    use lettre::transport::smtp::authentication::Credentials;
    use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
    use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
    let listener = server(Vec::new()).listen().await.unwrap();
    let trusted = Certificate::from_pem(listener.server().certificate_pem().as_bytes()).unwrap();
    let tls = TlsParameters::builder("localhost".to_owned())
        .add_root_certificate(trusted)
        .build()
        .unwrap();
    let transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous("127.0.0.1")
        .port(listener.address().port())
        .tls(Tls::Required(tls))
        .credentials(Credentials::new(
            "alchemiser@example.com".to_owned(),
            "secret".to_owned(),
        ))
        .build();
    for id in ["<1@example.com>", "<2@example.com>"] {
        transport.send(mail("by socket", id)).await.unwrap();
    }
    assert_eq!(listener.server().mails().len(), 2);
}
