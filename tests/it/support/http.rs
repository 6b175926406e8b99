//! HTTP without a socket: a connector that answers from a script, and one that must never be asked.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use serde_json::Value;

/// One request as the other side sees it.
#[derive(Clone, Debug)]
pub struct Asked {
    /// `GET`, `POST`, ...
    pub method: String,
    /// Path and query.
    pub target: String,
    /// The operation that an AWS client names in `X-Amz-Target`, without its service.
    pub operation: Option<String>,
    /// The body as JSON; null where it is empty.
    pub body: Value,
}

/// A status with a body, or the words of a broken connection.
pub type Answer = Result<(u16, String), &'static str>;

/// Answers every request by a script and remembers it.
#[derive(Clone)]
pub struct ScriptedHttp {
    script: Arc<dyn Fn(&Asked) -> Answer + Send + Sync>,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl ScriptedHttp {
    /// A connector that answers as `script` says.
    pub fn new(script: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Self {
        Self {
            script: Arc::new(script),
            asked: Arc::default(),
        }
    }

    /// A connector whose answers come one after the other; the last one stays.
    pub fn in_turn(answers: Vec<Answer>) -> Self {
        let next = Mutex::new(0);
        Self::new(move |_| {
            let mut next = next.lock().unwrap_or_else(PoisonError::into_inner);
            let answer = answers[*next].clone();
            *next = (*next + 1).min(answers.len() - 1);
            answer
        })
    }

    /// Every request so far, oldest first.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// The requests of one AWS operation.
    pub fn asked_for(&self, operation: &str) -> Vec<Asked> {
        self.asked()
            .into_iter()
            .filter(|asked| asked.operation.as_deref() == Some(operation))
            .collect()
    }

    /// The entries that were put on EventBridge, oldest first.
    pub fn published(&self) -> Vec<Value> {
        let entries = |asked: Asked| {
            asked.body["Entries"]
                .as_array()
                .cloned()
                .unwrap_or_default()
        };
        self.asked_for("PutEvents")
            .into_iter()
            .flat_map(entries)
            .collect()
    }

    /// The types of the entries that were put on EventBridge, oldest first.
    pub fn published_types(&self) -> Vec<String> {
        self.published()
            .iter()
            .filter_map(|entry| entry["DetailType"].as_str())
            .map(str::to_owned)
            .collect()
    }

    /// The requests that change something at the broker.
    pub fn orders(&self) -> Vec<Asked> {
        self.asked()
            .into_iter()
            .filter(|asked| asked.operation.is_none() && asked.method != "GET")
            .collect()
    }
}

impl fmt::Debug for ScriptedHttp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ScriptedHttp")
    }
}

impl HttpConnector for ScriptedHttp {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let asked = read(&request);
        let answer = (self.script)(&asked);
        self.asked
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(asked);
        HttpConnectorFuture::ready(match answer {
            Ok((status, body)) => Ok(response(status, body)),
            Err(reason) => Err(ConnectorError::io(reason.into())),
        })
    }
}

/// A connector that fails the test at the first request.
#[derive(Clone, Copy, Debug)]
pub struct NoCalls;

impl HttpConnector for NoCalls {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        panic!(
            "nothing outside may be called, but this was: {:?}",
            read(&request)
        )
    }
}

fn read(request: &HttpRequest) -> Asked {
    let target = request.uri().splitn(4, '/').nth(3).unwrap_or_default();
    let operation = request
        .headers()
        .get("x-amz-target")
        .and_then(|target| target.split('.').next_back())
        .map(str::to_owned);
    let body = request
        .body()
        .bytes()
        .and_then(|bytes| serde_json::from_slice(bytes).ok())
        .unwrap_or(Value::Null);
    Asked {
        method: request.method().to_owned(),
        target: format!("/{target}"),
        operation,
        body,
    }
}

fn response(status: u16, body: String) -> HttpResponse {
    let answer = ::http::Response::builder()
        .status(status)
        .header("content-type", "application/json")
        .body(SdkBody::from(body));
    HttpResponse::try_from(answer.expect("the script's status is a status"))
        .expect("a plain answer is a response")
}
