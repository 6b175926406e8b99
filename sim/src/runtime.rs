//! What a world runs as a function: code that is started cold in an execution environment, and then handles one
//! event at a time.

use std::collections::BTreeMap;
use std::sync::Arc;

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
}

/// An error that a handler answers with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandlerError {
    /// `errorType`
    pub error_type: String,
    /// `errorMessage`
    pub message: String,
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
    async fn handle(&mut self, payload: Value, request_id: &str) -> Result<Value, HandlerError>;
}

/// The functions of a world, by the prefix of their name.
pub type Functions = BTreeMap<String, Arc<dyn FunctionCode>>;
