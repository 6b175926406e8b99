//! The production router over stubs of all its ports.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use alchemiser::app::{Ports, build};
use alchemiser::aws::AwsSetup;
use alchemiser::clock::Clock;
use alchemiser::config::Settings;
use alchemiser::id::{AttemptToken, TokenSource};
use alchemiser::notification::Dialer;
use alchemiser::router::Router;
use async_trait::async_trait;
use aws_smithy_async::time::{SharedTimeSource, StaticTimeSource};
use aws_smithy_runtime_api::client::http::{HttpConnector, SharedHttpConnector, http_client_fn};
use chrono::{DateTime, Utc};
use lettre::transport::smtp::client::AsyncTokioStream;

/// A clock that stands still.
#[derive(Clone, Copy, Debug)]
pub struct FixedClock(pub DateTime<Utc>);

impl Clock for FixedClock {
    fn now(&self) -> DateTime<Utc> {
        self.0
    }
}

/// The moment of every test that does not care: a Friday, five minutes after the open.
pub fn opening() -> DateTime<Utc> {
    "2025-10-10T13:35:00Z".parse().expect("a valid instant")
}

/// Always the same token: no second attempt competes here.
#[derive(Debug)]
struct OneToken;

impl TokenSource for OneToken {
    fn fresh(&self) -> AttemptToken {
        AttemptToken("this-attempt".to_owned())
    }
}

/// A dialer that reaches no mail server.
#[derive(Debug)]
struct NoMail;

#[async_trait]
impl Dialer for NoMail {
    async fn dial(&self, _host: &str, _port: u16) -> io::Result<Box<dyn AsyncTokioStream>> {
        Err(io::Error::new(
            io::ErrorKind::ConnectionRefused,
            "connection refused",
        ))
    }
}

/// AWS through `connector`, each call tried `attempts` times.
pub fn aws_over(connector: impl HttpConnector + 'static, attempts: u32) -> AwsSetup {
    let connector = SharedHttpConnector::new(connector);
    AwsSetup {
        http: http_client_fn(move |_, _| connector.clone()),
        credentials: AwsSetup::static_credentials("AKIATEST", "test"),
        region: "us-east-1".to_owned(),
        time: SharedTimeSource::new(StaticTimeSource::new(opening().into())),
        endpoint: None,
        attempts,
    }
}

/// Settings of a paper account, changed by `changes`.
pub fn settings(changes: &[(&str, &str)]) -> Settings {
    let base = [
        ("ALPACA__KEY", "PKTEST"),
        ("ALPACA__SECRET", "secret"),
        ("EMAIL__FROM_EMAIL", "from@example.com"),
        ("EMAIL__TO_EMAIL", "to@example.com"),
        ("EMAIL__PASSWORD", "password"),
        ("STRATEGY__DSL_FILES", "none.clj"),
    ];
    let environment: BTreeMap<String, String> = base
        .iter()
        .chain(changes)
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    Settings::from_environment(&environment).expect("the settings are valid")
}

/// The router with all its outside behind one connector: AWS and the broker alike.
pub fn router_over(
    connector: impl HttpConnector + Clone + 'static,
    changes: &[(&str, &str)],
) -> Router {
    router_at(opening(), connector, changes)
}

/// The same at another moment.
pub fn router_at(
    now: DateTime<Utc>,
    connector: impl HttpConnector + Clone + 'static,
    changes: &[(&str, &str)],
) -> Router {
    let aws = aws_over(connector.clone(), 1);
    let ports = Ports {
        clock: Arc::new(FixedClock(now)),
        tokens: Arc::new(OneToken),
        http: SharedHttpConnector::new(connector),
        dynamodb: aws.dynamodb(),
        eventbridge: aws.eventbridge(),
        dialer: Arc::new(NoMail),
    };
    build(settings(changes), Vec::new(), ports)
}

/// The same, publishing to EventBridge and nowhere else: what it puts there, the connector sees.
pub fn router_on_eventbridge(connector: impl HttpConnector + Clone + 'static) -> Router {
    router_over(connector, &[("EVENTBRIDGE__USE_EVENTBRIDGE", "true")])
}

/// Runs `work` to its end in virtual time.
pub fn block_on<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build();
    runtime
        .expect("a runtime needs nothing that could be missing")
        .block_on(work)
}
