//! The production system as a function of a world: production's own composition on the world's
//! ports.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context as TaskContext, Poll};

use async_trait::async_trait;
use aws_smithy_async::time::{SharedTimeSource, TimeSource};
use aws_smithy_runtime_api::client::http::{SharedHttpConnector, http_client_fn};
use chrono::{DateTime, Utc};
use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::client::{AsyncTokioStream, Certificate, TlsParameters};
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use alchemiser::app::{Ports, build, load_strategies};
use alchemiser::aws::AwsSetup;
use alchemiser::config::Settings;
use alchemiser::id::{AttemptToken, TokenSource};
use alchemiser::notification::tls_trusting;
use alchemiser::payload::Payload;
use alchemiser::router::Router;

use harness::function::{ColdStartError, Event, FunctionCode, Handler, HandlerError};
use harness::ports::{ByteStream, Clock, Dialer, FunctionPorts, Tokens};

/// The trading system, with its strategy files.
#[derive(Clone, Debug, Default)]
pub struct InProcess {
    /// File name to text.
    pub strategies: BTreeMap<String, String>,
    /// The mail server's certificate, DER.
    pub mail_certificate: Vec<u8>,
}

/// The world's clock, as production and the AWS clients ask for it.
#[derive(Clone, Debug)]
struct WorldClock(Arc<dyn Clock>);

impl alchemiser::clock::Clock for WorldClock {
    fn now(&self) -> DateTime<Utc> {
        self.0.now()
    }
}

impl TimeSource for WorldClock {
    fn now(&self) -> std::time::SystemTime {
        self.0.now().into()
    }
}

/// The world's names, as production asks for them.
#[derive(Debug)]
struct WorldTokens(Arc<dyn Tokens>);

impl TokenSource for WorldTokens {
    fn fresh(&self) -> AttemptToken {
        AttemptToken(self.0.fresh())
    }
}

/// The world's mail server, as production reaches it.
#[derive(Debug)]
struct WorldDialer {
    dialer: Arc<dyn Dialer>,
    certificate: Vec<u8>,
}

#[async_trait]
impl alchemiser::notification::Dialer for WorldDialer {
    async fn dial(&self, host: &str, port: u16) -> io::Result<Box<dyn AsyncTokioStream>> {
        let stream = self.dialer.dial(host, port).await?;
        Ok(Box::new(MailStream(stream)))
    }

    fn tls(&self, server: &str) -> Result<TlsParameters, SmtpError> {
        let key = (server.to_owned(), self.certificate.clone());
        let mut known = TLS.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(tls) = known.get(&key) {
            return Ok(tls.clone());
        }
        let certificate = Certificate::from_der(key.1.clone())?;
        let tls = tls_trusting(server, &[certificate])?;
        known.insert(key, tls.clone());
        Ok(tls)
    }
}

/// By server and its certificate, once a process: worlds resume each other's sessions, for a
/// handshake with signatures costs more than all else about a mail. Nothing of TLS is in a journal.
static TLS: Mutex<BTreeMap<(String, Vec<u8>), TlsParameters>> = Mutex::new(BTreeMap::new());

#[derive(Debug)]
struct MailStream(Box<dyn ByteStream>);

impl AsyncTokioStream for MailStream {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.0.peer_addr()
    }
}

impl AsyncRead for MailStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        task: &mut TaskContext<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(task, buffer)
    }
}

impl AsyncWrite for MailStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        task: &mut TaskContext<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(task, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(task)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(task)
    }
}

struct Warm(Router);

impl FunctionCode for InProcess {
    fn cold_start(&self, ports: FunctionPorts) -> Result<Box<dyn Handler>, ColdStartError> {
        let settings = Settings::from_environment(&ports.environment)?;
        let read = |name: &str| {
            let missing = || {
                std::io::Error::new(
                    std::io::ErrorKind::NotFound,
                    format!("no such file; there are {:?}", self.strategies.keys()),
                )
            };
            self.strategies.get(name).cloned().ok_or_else(missing)
        };
        let strategies = load_strategies(&settings, read)?;
        let clock = WorldClock(ports.clock);
        let aws = AwsSetup {
            http: client_over(ports.http.clone()),
            credentials: AwsSetup::static_credentials("AKIAWORLD", "world"),
            region: ports.region,
            time: SharedTimeSource::new(clock.clone()),
            endpoint: None,
            attempts: settings.event_bus.max_retry_attempts,
        };
        let router = build(
            settings,
            strategies,
            Ports {
                clock: Arc::new(clock),
                tokens: Arc::new(WorldTokens(ports.tokens)),
                http: ports.http,
                dynamodb: aws.dynamodb(),
                eventbridge: aws.eventbridge(),
                dialer: Arc::new(WorldDialer {
                    dialer: ports.dialer,
                    certificate: self.mail_certificate.clone(),
                }),
            },
        );
        Ok(Box::new(Warm(router)))
    }
}

/// The SDK's client over a connector.
fn client_over(
    connector: SharedHttpConnector,
) -> aws_smithy_runtime_api::client::http::SharedHttpClient {
    http_client_fn(move |_, _| connector.clone())
}

#[async_trait]
impl Handler for Warm {
    async fn handle(&mut self, event: Event<'_>) -> Result<Value, HandlerError> {
        let payload = Payload::parse(event.text).map_err(|error| HandlerError::Failed {
            error_type: "Runtime.UnmarshalError".to_owned(),
            message: error.to_string(),
        })?;
        let answer = self.0.handle(payload, event.request_id).await;
        answer.map_err(|error| HandlerError::Failed {
            error_type: error.class().to_owned(),
            message: error.to_string(),
        })
    }
}
