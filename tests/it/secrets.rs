//! Whoever was told a secret of ours may tell it back. None of it reaches an answer, a dead letter,
//! a mail or a log line.

use std::io;
use std::sync::{Arc, Mutex};

use crate::support::{FixedClock, IdleCloud, ScriptedHttp, block_on, opening, router_over};
use alchemiser::config::EmailSettings;
use alchemiser::error::{StepError, StepFailure};
use alchemiser::id::{EventId, RandomTokens};
use alchemiser::logging::json_lines;
use alchemiser::notification::{Mail, MailTransport, TcpDialer};
use alchemiser_mocks::mail::{MailEffect, MailRule, MailServer, MailSetup, MailStage};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use tracing::level_filters::LevelFilter;

const KEY: &str = "PKTOLDBACK0001";
const SECRET: &str = "told/back&secret";
const PASSWORD: &str = "told-back-password";
const SETTINGS: [(&str, &str); 4] = [
    ("ALPACA__KEY", KEY),
    ("ALPACA__SECRET", SECRET),
    ("EMAIL__PASSWORD", PASSWORD),
    ("EVENTBRIDGE__USE_EVENTBRIDGE", "true"),
];

/// A broker that answers everything with `status` and what it was told, among it as JSON of other
/// languages writes it.
fn talkative(status: u16) -> ScriptedHttp {
    let basic = STANDARD.encode(format!("{KEY}:{SECRET}"));
    let told = format!(
        r#"{{"code": 40310000, "message": "key {KEY} with {SECRET} (told\/back&secret, told/back\u0026secret), Basic {basic}"}}"#
    );
    ScriptedHttp::new(move |_| Ok((status, told.clone())))
}

fn tells_none(shown: &str) {
    let basic = STANDARD.encode(format!("{KEY}:{SECRET}"));
    for secret in [
        KEY,
        SECRET,
        PASSWORD,
        r"told\/back&secret",
        r"told/back\u0026secret",
        &basic,
    ] {
        assert!(!shown.contains(secret), "{secret} is told: {shown}");
    }
}

/// What the function writes, answers or fails with.
fn all_of(http: ScriptedHttp, input: &Value) -> String {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let writer = Arc::clone(&lines);
    let subscriber = json_lines(
        LevelFilter::DEBUG,
        Arc::new(FixedClock(opening())),
        move || Captured(Arc::clone(&writer)),
    );
    let outcome = tracing::subscriber::with_default(subscriber, || {
        block_on(router_over(http, &SETTINGS).handle(input, "request-1"))
    });
    let lines = String::from_utf8(lines.lock().expect("no writer has panicked").clone())
        .expect("lines are UTF-8");
    let outcome = outcome.map_or_else(|error| error.to_string(), |answer| answer.to_string());
    assert!(lines.contains("invoked") && !outcome.is_empty());
    format!("{lines}{outcome}")
}

struct Captured(Arc<Mutex<Vec<u8>>>);

impl io::Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0
            .lock()
            .expect("no writer has panicked")
            .extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_broker_that_tells_back_what_it_was_told_tells_nobody() {
    let report = json!({"action": "pnl_analysis", "pnl_type": "weekly"});
    for status in [403, 429, 503, 200] {
        let shown = all_of(talkative(status), &report);
        assert!(shown.contains("***") || status == 200, "{status}: {shown}");
        tells_none(&shown);
    }
}

#[test]
fn an_input_that_tells_a_secret_tells_nobody() {
    for input in [
        json!({"mode": SECRET}),
        json!({"mode": "trade", "correlation_id": KEY}),
        json!({ PASSWORD: 1 }),
        json!({"detail-type": "x", "source": "y", "detail": {"mode": "trade", "subject": format!("{{\"a\": \"{SECRET}\"}}")}}),
        json!({"detail-type": "WorkflowStarted", "source": "alchemiser.x", "detail": {"correlation_id": "a", "timestamp": PASSWORD}}),
    ] {
        let cloud = IdleCloud::open_market();
        tells_none(&all_of(cloud.clone(), &input));
        tells_none(
            &cloud
                .published()
                .iter()
                .map(Value::to_string)
                .collect::<String>(),
        );
    }
}

#[tokio::test]
async fn a_mail_server_that_tells_back_what_it_was_told_tells_nobody() {
    let setup = MailSetup::default();
    let login = STANDARD.encode(format!("\0{}\0{}", setup.user, setup.password));
    let text = format!(
        "5.7.8 not you: {} {} {login} {}",
        setup.user,
        setup.password,
        STANDARD.encode(&setup.password)
    );
    let script = vec![MailRule {
        stage: MailStage::Auth,
        occurrence: None,
        effect: MailEffect::Reply { code: 535, text },
    }];
    let listener = MailServer::new(MailSetup {
        script,
        ..setup.clone()
    })
    .listen()
    .await
    .expect("a free port");
    let settings = EmailSettings {
        server: "localhost".to_owned(),
        port: listener.address().port(),
        from: setup.user.clone(),
        to: "trader@example.com".to_owned(),
        password: setup.password.clone(),
        neutral_mode: true,
        ca_file: None,
    };
    let mail = Mail {
        id: EventId::new("n"),
        recipient: None,
        subject: "S".to_owned(),
        text: "T".to_owned(),
        html: "H".to_owned(),
    };
    let dialer =
        TcpDialer::trusting(listener.server().certificate_pem().as_bytes()).expect("a certificate");
    let transport = MailTransport::new(Arc::new(dialer), Arc::new(RandomTokens));
    let refused = transport
        .send(&mail, &settings, DateTime::<Utc>::UNIX_EPOCH)
        .await;
    let Err(StepFailure::Retry(StepError::MailNotDelivered(reason))) = refused else {
        panic!("{refused:?}")
    };
    assert_eq!(reason.matches("***").count(), 3, "{reason}");
    for secret in [&setup.password, &login, &STANDARD.encode(&setup.password)] {
        assert!(!reason.contains(secret), "{reason}");
    }
}
