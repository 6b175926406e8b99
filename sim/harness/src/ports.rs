//! What a world hands to the code of a function instead of clock, randomness and sockets.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::SystemTime;

use async_trait::async_trait;
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_async::time::{SharedTimeSource, TimeSource};
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_runtime_api::client::http::{SharedHttpConnector, http_client_fn};
use aws_smithy_types::retry::RetryConfig;
use aws_types::SdkConfig;
use aws_types::region::Region;
use chrono::{DateTime, Utc};
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite};

/// All ports of one execution environment.
#[derive(Clone, Debug)]
pub struct FunctionPorts {
    /// The function's environment variables, secrets filled in.
    pub environment: BTreeMap<String, String>,
    /// Carries HTTP: to AWS and to every counterparty that speaks it.
    pub http: SharedHttpConnector,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Gives fresh names.
    pub tokens: Arc<dyn Tokens>,
    /// Opens byte streams to counterparties, such as a mail server.
    pub dialer: Arc<dyn Dialer>,
    /// The region of the account.
    pub region: String,
    /// The same for a program that has no ports but sockets; none in a world without sockets.
    pub sockets: Option<SocketPorts>,
}

impl FunctionPorts {
    /// The configuration of AWS clients that live in this world: `aws_sdk_sqs::Client::new(&config)`.
    #[must_use]
    pub fn sdk_config(&self) -> SdkConfig {
        let http = self.http.clone();
        let credentials = Credentials::new("AKIAWORLD", "world", None, None, "world");
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(self.region.clone()))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .http_client(http_client_fn(move |_, _| http.clone()))
            .time_source(SharedTimeSource::new(ClockTime(Arc::clone(&self.clock))))
            .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
            .retry_config(RetryConfig::standard())
            .build()
    }
}

#[derive(Debug)]
struct ClockTime(Arc<dyn Clock>);

impl TimeSource for ClockTime {
    fn now(&self) -> SystemTime {
        self.0.now().into()
    }
}

/// What a world hands to a program.
#[derive(Clone, Debug)]
pub struct SocketPorts {
    /// AWS and the counterparties that speak HTTP, as one HTTP server.
    pub http: SocketAddr,
    /// Where the counterparties listen that take byte streams, by their names.
    pub streams: BTreeMap<&'static str, SocketAddr>,
    /// Where log lines go.
    pub log: Arc<dyn LogSink>,
}

/// Tells the time. Code sleeps by tokio, whose paused clock is the world's.
pub trait Clock: Debug + Send + Sync {
    /// The present instant.
    fn now(&self) -> DateTime<Utc>;
}

/// Gives names that no other call gave, the same in every run of the same world.
pub trait Tokens: Debug + Send + Sync {
    /// The next name.
    fn fresh(&self) -> String;
}

/// A connected stream of bytes.
pub trait ByteStream: AsyncRead + AsyncWrite + Debug + Send + Sync + Unpin {
    /// Who is at the other end.
    ///
    /// # Errors
    /// The operating system's, of a socket.
    fn peer_addr(&self) -> io::Result<SocketAddr>;
}

/// Opens streams.
#[async_trait]
pub trait Dialer: Debug + Send + Sync {
    /// Opens a stream to a host.
    ///
    /// # Errors
    /// The host cannot be reached: by a fault, or because no counterparty is there.
    async fn dial(&self, host: &str, port: u16) -> io::Result<Box<dyn ByteStream>>;
}

/// Takes the log lines of a program.
pub trait LogSink: Debug + Send + Sync {
    /// Takes a line with its level and fields.
    fn write(&self, level: String, message: String, fields: Value);
}
