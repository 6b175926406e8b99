//! The function's program as Lambda runs it: a process with nothing but its environment, the
//! Runtime API, and AWS, a broker and a mail server behind sockets.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use alchemiser::clock::{Clock, SystemClock};
use alchemiser_mocks::exchange::{Exchange, ExchangeServer, ExchangeSetup};
use alchemiser_mocks::mail::{MailListener, MailServer, MailSetup};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use lambda_host::{Host, HostedFunction, Invoked, Phase};
use serde_json::{Value, json};
use simulated_cloud::Cloud;
use simulated_cloud::cloud_event::CloudEvent;
use simulated_cloud::knobs::Knobs;
use simulated_cloud::lambda::InvocationResult;
use simulated_cloud::stack::Account;
use simulated_cloud::template::load;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Respond, ResponseTemplate};

const LIMIT: Duration = Duration::from_secs(30);

/// The settings that have no default, AWS at a port where nobody listens, and `changes`.
fn function(changes: &[(&str, &str)]) -> HostedFunction {
    let base = [
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:9"),
        ("ALPACA__KEY", "PKTEST"),
        ("ALPACA__SECRET", "broker-secret"),
        ("EMAIL__FROM_EMAIL", "alchemiser@example.com"),
        ("EMAIL__TO_EMAIL", "trader@example.com"),
        ("EMAIL__PASSWORD", "mail-secret"),
        ("STRATEGY__DSL_FILES", "momentum.clj"),
        ("EVENTBRIDGE__USE_EVENTBRIDGE", "true"),
    ];
    let mut function = HostedFunction::new("the-alchemiser", env!("CARGO_BIN_EXE_bootstrap"));
    function.task_root = env!("CARGO_MANIFEST_DIR").into();
    function.environment = base
        .iter()
        .chain(changes)
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    function
}

async fn invoke(host: &mut Host, event: &Value) -> Invoked {
    host.invoke(&event.to_string(), "request-1", LIMIT)
        .await
        .expect("there is a free port")
}

fn error_notification() -> Value {
    json!({
        "id": "envelope-1", "detail-type": "ErrorNotificationRequested", "source": "alchemiser.orchestration",
        "detail": {"correlation_id": "wf-1", "error_title": "t", "password": "hunter2"},
    })
}

#[tokio::test]
async fn an_error_notification_is_skipped_without_a_word_to_anyone() {
    let mut host = Host::new(function(&[]));
    for is_cold in [true, false] {
        let invoked = invoke(&mut host, &error_notification()).await;
        assert_eq!(
            (&invoked.response["status"], invoked.is_cold),
            (&json!("skipped"), is_cold),
            "{invoked:?}"
        );
        assert_eq!(invoked.response["request_id"], "request-1");
    }
}

/// Of two equal keys an ordinary reader of JSON keeps the last, and the other is gone before
/// anybody could look at it.
#[tokio::test]
async fn a_command_that_says_two_things_is_refused_as_it_was_sent() {
    let mut host = Host::new(function(&[("EVENTBRIDGE__USE_EVENTBRIDGE", "false")]));
    for text in [
        r#"{"mode":"bot","mode":"watchdog"}"#,
        r#"{"mode":"trade","m\u006fde":"trade"}"#,
    ] {
        let invoked = host
            .invoke(text, "request-1", LIMIT)
            .await
            .expect("there is a free port");
        let message = invoked.response["message"].as_str().unwrap_or_default();
        assert!(
            invoked.response["status"] == "failed"
                && message.contains("the key `mode` is there twice"),
            "{invoked:?}"
        );
    }
}

#[tokio::test]
async fn every_line_it_writes_is_json_with_the_ids_and_no_secret() {
    let mut host = Host::new(function(&[]));
    invoke(&mut host, &error_notification()).await;
    host.stop().await;
    let lines = host.take_lines();
    let messages: Vec<Value> = lines
        .iter()
        .map(|line| {
            assert!(
                !line.text.contains("hunter2") && !line.text.contains("-secret"),
                "{}",
                line.text
            );
            let line: Value = serde_json::from_str(&line.text).expect("a line is a JSON object");
            assert_eq!(
                (&line["correlation_id"], &line["request_id"]),
                (&json!("wf-1"), &json!("request-1"))
            );
            assert!(
                line["timestamp"]
                    .as_str()
                    .is_some_and(|at| at.parse::<DateTime<Utc>>().is_ok()),
                "{line}"
            );
            line["message"].clone()
        })
        .collect();
    assert_eq!(messages, ["invoked", "error notification skipped"]);
}

#[tokio::test]
async fn a_start_with_a_mistake_is_an_init_error_that_names_it() {
    let cases = [
        (
            ("EMAIL__SMTP_PORT", "mail"),
            "EMAIL__SMTP_PORT: invalid number \"mail\": expected digits such as 3",
        ),
        (("EMAIL__NEUTRAL", "true"), "unknown setting EMAIL__NEUTRAL"),
        (
            ("ALPACA__TRADING_MODE", "live"),
            "live trading needs both to be live",
        ),
        (
            ("STRATEGY__DSL_FILES", "nothing.clj"),
            "strategy nothing.clj: No such file or directory",
        ),
        (
            ("EMAIL__CA_FILE", "nothing.pem"),
            "EMAIL__CA_FILE \"nothing.pem\": No such file or directory",
        ),
    ];
    for (change, reason) in cases {
        let mut host = Host::new(function(&[change]));
        let invoked = invoke(&mut host, &json!({"mode": "trade"})).await;
        assert_eq!(invoked.phase, Phase::Init, "{invoked:?}");
        let InvocationResult::Failed {
            error_type,
            message,
        } = &invoked.result
        else {
            panic!("{invoked:?}")
        };
        assert_eq!(error_type, "Configuration");
        assert!(message.contains(reason), "{message}");
    }
}

/// Starts the program with a mistake in its settings, and a Runtime API that answers `status` to
/// the report of it.
async fn fail_to_start(status: u16) -> (Option<i32>, String, Vec<String>) {
    let api = MockServer::start().await;
    Mock::given(any())
        .respond_with(ResponseTemplate::new(status))
        .mount(&api)
        .await;
    let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_bootstrap"));
    command
        .env_clear()
        .envs(function(&[("EMAIL__SMTP_PORT", "mail")]).environment);
    command
        .env("AWS_LAMBDA_RUNTIME_API", api.address().to_string())
        .kill_on_drop(true);
    let output = tokio::time::timeout(LIMIT, command.output())
        .await
        .expect("the program ends")
        .expect("the program runs");
    let asked = api.received_requests().await.unwrap_or_default();
    let paths = asked
        .iter()
        .map(|request| request.url.path().to_owned())
        .collect();
    (
        output.status.code(),
        String::from_utf8_lossy(&output.stdout).into_owned(),
        paths,
    )
}

#[tokio::test]
async fn a_start_that_fails_ends_the_program_and_says_where_lambda_was_not_told() {
    let (code, log, asked) = fail_to_start(202).await;
    assert_eq!(
        (code, asked),
        (Some(1), vec!["/2018-06-01/runtime/init/error".to_owned()])
    );
    assert!(
        log.contains("the function cannot start") && !log.contains("Lambda could not be told"),
        "{log}"
    );
    let (code, log, _) = fail_to_start(500).await;
    assert_eq!(code, Some(1));
    assert!(
        log.contains("Lambda could not be told") && log.contains("it answered 500"),
        "{log}"
    );
}

#[tokio::test]
async fn strategies_are_those_of_the_package_and_lines_those_of_the_level() {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("package");
    std::fs::create_dir_all(root.join("strategies")).expect("the folder can be made");
    std::fs::write(
        root.join("strategies/packaged.clj"),
        "(defsymphony \"P\" {} (asset \"MSFT\"))",
    )
    .expect("the file can be written");
    let mut function = function(&[
        ("STRATEGY__DSL_FILES", "packaged.clj"),
        ("LOGGING__LEVEL", "ERROR"),
    ]);
    function.task_root = root;
    let mut host = Host::new(function);
    let invoked = invoke(&mut host, &error_notification()).await;
    assert_eq!(invoked.response["status"], "skipped", "{invoked:?}");
    host.stop().await;
    assert!(
        host.take_lines().is_empty(),
        "nothing is as severe as ERROR"
    );
}

#[tokio::test]
async fn an_error_of_a_step_is_answered_by_its_class() {
    let mut host = Host::new(function(&[]));
    let event = json!({
        "id": "envelope-1", "detail-type": "WorkflowStarted", "source": "alchemiser.orchestration", "detail": {"correlation_id": "wf-1"},
    });
    let invoked = invoke(&mut host, &event).await;
    assert!(
        matches!(&invoked.result, InvocationResult::Failed { error_type, .. } if error_type == "InvalidEvent"),
        "{invoked:?}"
    );
    let unpublished = invoke(&mut host, &json!({"foo": 1})).await;
    assert!(
        matches!(&unpublished.result, InvocationResult::Failed { error_type, .. } if error_type == "PublishFailed"),
        "{unpublished:?}"
    );
}

/// A simulated AWS that answers on a socket, in a time of its own.
#[derive(Clone)]
struct Door(Arc<Mutex<(Cloud, DateTime<Utc>)>>);

impl Door {
    fn with<T>(&self, use_cloud: impl FnOnce(&mut Cloud, &mut DateTime<Utc>) -> T) -> T {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (cloud, now) = &mut *state;
        use_cloud(cloud, now)
    }
}

impl Respond for Door {
    fn respond(&self, request: &wiremock::Request) -> ResponseTemplate {
        let mut asked = http::Request::new(Bytes::copy_from_slice(&request.body));
        *asked.headers_mut() = request.headers.clone();
        let answer = self.with(|cloud, now| cloud.handle(*now, &asked));
        let status = answer.status().as_u16();
        ResponseTemplate::new(status)
            .set_body_raw(answer.into_body().to_vec(), "application/x-amz-json-1.1")
    }
}

/// Everything that the function talks to, and the function.
struct Outside {
    cloud: Door,
    bus: String,
    exchange: ExchangeServer,
    mail: MailListener,
    host: Host,
    /// What the function answered.
    answers: Vec<Value>,
    _door: MockServer,
}

impl Outside {
    async fn new(test: &str) -> Self {
        let account = Account {
            stack: "alchemiser".to_owned(),
            ..Account::default()
        };
        let stack = load(
            "template.yaml",
            include_str!("../../template.yaml"),
            &BTreeMap::new(),
            &account,
        )
        .expect("a sound template");
        let start = "2025-10-10T12:00:00Z".parse().expect("a valid instant");
        let cloud = Cloud::new(&stack, account, Knobs::default(), 1, start).expect("a sound stack");
        let cloud = Door(Arc::new(Mutex::new((cloud, start))));
        let door = MockServer::start().await;
        Mock::given(any())
            .respond_with(cloud.clone())
            .mount(&door)
            .await;
        let exchange = Arc::new(Mutex::new(Exchange::new(ExchangeSetup::default())));
        let exchange = ExchangeServer::start(exchange, || SystemClock.now()).await;
        let mail = MailServer::new(MailSetup {
            hostname: "localhost".to_owned(),
            ..MailSetup::default()
        });
        let mail = mail.listen().await.expect("there is a free port");
        let certificate = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{test}.pem"));
        std::fs::write(&certificate, mail.server().certificate_pem())
            .expect("the folder can be written to");
        let mut environment = stack.functions[0].environment.clone();
        environment.extend(
            [
                ("AWS_ENDPOINT_URL", door.uri()),
                ("ALPACA__ENDPOINT", exchange.uri()),
                ("ALPACA__DATA_ENDPOINT", exchange.uri()),
                ("ALPACA__KEY", "PKTEST".to_owned()),
                ("ALPACA__SECRET", "secret".to_owned()),
                ("EMAIL__SMTP_SERVER", "localhost".to_owned()),
                ("EMAIL__SMTP_PORT", mail.address().port().to_string()),
                ("EMAIL__PASSWORD", "secret".to_owned()),
                ("EMAIL__CA_FILE", certificate.display().to_string()),
            ]
            .map(|(name, value)| (name.to_owned(), value)),
        );
        let mut function = function(&[]);
        function.environment = environment;
        let bus = stack.buses[0].name.clone();
        Self {
            cloud,
            bus,
            exchange,
            mail,
            host: Host::new(function),
            answers: Vec::new(),
            _door: door,
        }
    }

    /// Puts an event on the bus and carries out all that follows from it.
    async fn put(&mut self, detail_type: &str, detail: &Value) {
        let entry = json!({
            "EventBusName": self.bus, "Source": "alchemiser.orchestration", "DetailType": detail_type, "Detail": detail.to_string(),
        });
        self.cloud
            .with(|cloud, now| cloud.put_events(*now, &json!({ "Entries": [entry] })))
            .expect("the event is accepted");
        self.drive().await;
    }

    async fn drive(&mut self) {
        while let Some(due) = self.cloud.with(|cloud, _| cloud.next_pending()) {
            let started = self.cloud.with(|cloud, now| {
                *now = due.max(*now);
                cloud.advance(*now)
            });
            for invocation in started {
                let invoked = self
                    .host
                    .invoke(&invocation.payload, &invocation.request_id, LIMIT)
                    .await
                    .expect("there is a free port");
                self.cloud.with(|cloud, now| {
                    cloud.finished(*now, &invocation, &invoked.result, Duration::from_millis(1))
                });
                self.answers.push(invoked.response);
            }
        }
    }

    /// The types of the events put so far, in order.
    fn events(&self) -> Vec<String> {
        let records = self.cloud.with(|cloud, _| cloud.take_records());
        let types = records.into_iter().filter_map(|record| match record {
            CloudEvent::EventPut { detail_type, .. } => Some(detail_type),
            _ => None,
        });
        types.collect()
    }
}

#[tokio::test]
async fn an_input_that_is_nothing_is_refused_and_told_once() {
    let mut outside = Outside::new("refused").await;
    let invoked = invoke(&mut outside.host, &json!({"foo": 1})).await;
    assert_eq!(invoked.response["status"], "failed", "{invoked:?}");
    outside.drive().await;
    assert_eq!(outside.events(), ["ErrorNotificationRequested"]);
    let statuses: Vec<&Value> = outside
        .answers
        .iter()
        .map(|answer| &answer["status"])
        .collect();
    assert_eq!(
        statuses,
        ["skipped"],
        "its copy comes back once, and the circuit breaker ends it"
    );
}

#[tokio::test]
async fn the_profit_is_asked_of_the_broker() {
    let mut outside = Outside::new("profit").await;
    let invoked = invoke(
        &mut outside.host,
        &json!({"action": "pnl_analysis", "pnl_type": "weekly"}),
    )
    .await;
    assert_eq!(invoked.response["status"], "success", "{invoked:?}");
    let exchange = outside
        .exchange
        .exchange()
        .lock()
        .expect("the exchange has not panicked");
    assert_eq!(exchange.orders().len(), 0);
}

#[tokio::test]
async fn a_requested_mail_is_sent_once_over_a_real_connection() {
    let mut outside = Outside::new("mail").await;
    let detail = json!({
        "correlation_id": "wf-1", "causation_id": "cause-1", "event_id": "notification-1", "timestamp": "2025-10-10T13:40:00Z",
        "source_module": "orchestration.main", "trading_success": true, "trading_mode": "PAPER", "orders_placed": 0, "orders_succeeded": 0,
        "total_trade_value": "0", "execution_data": {},
    });
    for _ in 0..2 {
        outside.put("TradingNotificationRequested", &detail).await;
    }
    let bodies: Vec<&str> = outside
        .answers
        .iter()
        .filter_map(|answer| answer["body"].as_str())
        .collect();
    let count = |body: &str| bodies.iter().filter(|said| **said == body).count();
    assert_eq!(count("Event processed successfully"), 1, "{bodies:?}");
    assert_eq!(count("Duplicate event skipped"), 1, "{bodies:?}");
    assert_eq!(
        count("Observed: TradingNotificationRequested"),
        2,
        "{bodies:?}"
    );
    let mails = outside.mail.server().mails();
    let subjects: Vec<Option<&str>> = mails.iter().map(|mail| mail.subject.as_deref()).collect();
    assert_eq!(
        subjects,
        [Some("[SUCCESS] The Alchemiser - PAPER Trading Report")]
    );
}
