//! The code of a function: started cold in an execution environment, it then handles one event at a
//! time.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::Value;

use crate::ports::FunctionPorts;
use simulated_cloud::packed_json::Json;

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
    pub payload: Json<'a>,
    /// The same as it was sent.
    pub text: &'a str,
    /// The same for all attempts.
    pub request_id: &'a str,
    /// How long it may take.
    pub timeout: Duration,
}

/// Why code does not start in a new execution environment: any error of the code's own, or a text.
/// Whoever invoked the function is answered with its words.
pub type ColdStartError = Box<dyn std::error::Error + Send + Sync>;

/// The code of a function.
pub trait FunctionCode: Send + Sync {
    /// Starts in a new execution environment.
    ///
    /// # Errors
    /// What is wrong with the configuration.
    fn cold_start(&self, ports: FunctionPorts) -> Result<Box<dyn Handler>, ColdStartError>;
}

/// Code in a warm execution environment.
#[async_trait]
pub trait Handler: Send {
    /// Handles one event.
    async fn handle(&mut self, event: Event<'_>) -> Result<Value, HandlerError>;
}

/// The functions of a world, by the prefix of their name.
pub type Functions = BTreeMap<String, Arc<dyn FunctionCode>>;

/// The code of a function from two closures: the outer one runs at each cold start, where clients
/// are made; what it gives handles one event at a time.
///
/// An error of the handler is what Lambda calls a function error.
pub fn from_fn<S, H, F>(start: S) -> Arc<dyn FunctionCode>
where
    S: Fn(FunctionPorts) -> H + Send + Sync + 'static,
    H: FnMut(Value) -> F + Send + 'static,
    F: Future<Output = Result<Value, HandlerError>> + Send + 'static,
{
    Arc::new(Closure(start))
}

struct Closure<S>(S);

struct WarmClosure<H>(H);

impl<S, H, F> FunctionCode for Closure<S>
where
    S: Fn(FunctionPorts) -> H + Send + Sync,
    H: FnMut(Value) -> F + Send + 'static,
    F: Future<Output = Result<Value, HandlerError>> + Send + 'static,
{
    fn cold_start(&self, ports: FunctionPorts) -> Result<Box<dyn Handler>, ColdStartError> {
        Ok(Box::new(WarmClosure((self.0)(ports))))
    }
}

#[async_trait]
impl<H, F> Handler for WarmClosure<H>
where
    H: FnMut(Value) -> F + Send,
    F: Future<Output = Result<Value, HandlerError>> + Send,
{
    async fn handle(&mut self, event: Event<'_>) -> Result<Value, HandlerError> {
        (self.0)(event.payload.to_value()).await
    }
}

impl HandlerError {
    /// A function error, as code answers it that has no type of its own for it.
    pub fn failed(error: impl std::fmt::Debug) -> Self {
        Self::Failed {
            error_type: "Error".to_owned(),
            message: format!("{error:?}"),
        }
    }
}
