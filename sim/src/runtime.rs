//! What a world runs as a function: code that is started cold in an execution environment, and then
//! handles one event at a time.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use aws_smithy_runtime_api::client::http::SharedHttpConnector;
use serde_json::Value;

use alchemiser::clock::SharedClock;
use alchemiser::id::SharedTokens;
use alchemiser::notification::SharedDialer;

/// What a world hands to the code of a function: production's own ports.
#[derive(Clone, Debug)]
pub struct FunctionPorts {
    /// The function's environment variables, secrets filled in.
    pub environment: BTreeMap<String, String>,
    /// Carries HTTP: to AWS and to the broker.
    pub http: SharedHttpConnector,
    /// Tells the time.
    pub clock: SharedClock,
    /// Gives fresh names.
    pub tokens: SharedTokens,
    /// Carries SMTP.
    pub dialer: SharedDialer,
    /// The region of the account.
    pub region: String,
    /// The same for a program that has no ports but sockets; none in a world without sockets.
    pub sockets: Option<SocketPorts>,
}

/// What a world hands to a program.
#[derive(Clone, Debug)]
pub struct SocketPorts {
    /// AWS and the broker, as one HTTP server.
    pub http: SocketAddr,
    /// The mail server.
    pub mail: SocketAddr,
    /// The mail server's certificate, PEM.
    pub mail_certificate: String,
    /// Where log lines go.
    pub log: Arc<dyn LogSink>,
}

/// Takes the log lines of a program.
pub trait LogSink: Debug + Send + Sync {
    /// Takes a line with its level and fields.
    fn write(&self, level: String, message: String, fields: Value);
}

/// How a handler ends without an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HandlerError {
    /// It answered with an error.
    Failed {
        /// `errorType`
        error_type: String,
        /// `errorMessage`
        message: String,
    },
    /// Its process ended.
    Exited,
    /// Its time was up.
    TimedOut,
}

/// One event.
#[derive(Clone, Debug)]
pub struct Event<'a> {
    /// What happened.
    pub payload: Value,
    /// The same as it was sent.
    pub text: &'a str,
    /// The same for all attempts.
    pub request_id: &'a str,
    /// How long it may take.
    pub timeout: Duration,
}

/// The code of a function.
pub trait FunctionCode: Send + Sync {
    /// Starts in a new execution environment.
    ///
    /// # Errors
    /// What is wrong with the configuration.
    fn cold_start(&self, ports: FunctionPorts) -> Result<Box<dyn Handler>, String>;
}

/// Code in a warm execution environment.
#[async_trait]
pub trait Handler: Send {
    /// Handles one event.
    async fn handle(&mut self, event: Event<'_>) -> Result<Value, HandlerError>;
}

/// The functions of a world, by the prefix of their name.
pub type Functions = BTreeMap<String, Arc<dyn FunctionCode>>;
