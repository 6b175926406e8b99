//! The Runtime API of one execution environment, on a loopback port.

use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::{Notify, mpsc};
use tokio::task::{AbortHandle, JoinSet};

use super::lambda_error;

const PREFIX: &str = "/2018-06-01/runtime/";
/// The largest answer that Lambda takes.
const ANSWER_LIMIT_BYTES: usize = 6_291_556;
/// The trace of every invocation; nothing is sampled.
const TRACE_ID: &str = "Root=1-00000000-000000000000000000000000;Sampled=0";

/// An event for the function.
#[derive(Clone, Debug)]
pub(super) struct Handout {
    pub payload: String,
    pub request_id: String,
    pub deadline: DateTime<Utc>,
}

/// What the function does, as the API sees it.
#[derive(Debug)]
pub(super) enum Report {
    /// It asks for the next event.
    Waiting,
    /// It has answered the event in hand, or given its error object.
    Answered(Result<Value, Value>),
    /// It cannot start.
    InitError(Value),
}

#[derive(Debug)]
pub(super) struct RuntimeApi {
    address: SocketAddr,
    door: Arc<Door>,
    reports: mpsc::UnboundedReceiver<Report>,
    serving: AbortHandle,
}

/// What all connections share.
#[derive(Debug)]
struct Door {
    function_arn: String,
    state: Mutex<State>,
    /// There is an event to hand out.
    ready: Notify,
    reports: mpsc::UnboundedSender<Report>,
}

#[derive(Debug, Default)]
struct State {
    /// For the function to fetch.
    next: Option<Handout>,
    /// The request id of the event it has.
    in_hand: Option<String>,
}

impl RuntimeApi {
    #[expect(
        clippy::disallowed_methods,
        reason = "a server on a socket is not part of a virtual world"
    )]
    pub async fn listen(function_arn: String) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (sender, reports) = mpsc::unbounded_channel();
        let door = Arc::new(Door {
            function_arn,
            state: Mutex::default(),
            ready: Notify::new(),
            reports: sender,
        });
        let serving = tokio::spawn(accept(listener, Arc::clone(&door))).abort_handle();
        Ok(Self {
            address,
            door,
            reports,
            serving,
        })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Lets the function have the event when it asks for one.
    pub fn hand_out(&self, event: Handout) {
        self.door.with(|state| {
            *state = State {
                next: Some(event),
                in_hand: None,
            }
        });
        self.door.ready.notify_one();
    }

    pub async fn reported(&mut self) -> Option<Report> {
        self.reports.recv().await
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// Serves until it is aborted; connections end with it.
async fn accept(listener: TcpListener, door: Arc<Door>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let door = Arc::clone(&door);
        let service = service_fn(move |request| {
            let door = Arc::clone(&door);
            async move { Ok::<_, Infallible>(door.answer(request).await) }
        });
        // A connection that breaks off is the function's business: its process is watched.
        connections.spawn(async move {
            http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await
        });
        while connections.try_join_next().is_some() {}
    }
}

impl Door {
    fn with<T>(&self, use_state: impl FnOnce(&mut State) -> T) -> T {
        use_state(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn report(&self, report: Report) {
        // The receiver is gone only when the process is.
        let _sent = self.reports.send(report);
    }

    async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let (parts, body) = request.into_parts();
        let Some(path) = parts.uri.path().strip_prefix(PREFIX) else {
            return not_found();
        };
        let parts_of_path: Vec<&str> = path.split('/').collect();
        match (parts.method, parts_of_path.as_slice()) {
            (Method::GET, ["invocation", "next"]) => self.next().await,
            (Method::POST, ["invocation", id, "response"]) => {
                let body = Limited::new(body, ANSWER_LIMIT_BYTES).collect().await;
                self.answered(id, body.map(http_body_util::Collected::to_bytes).ok())
            }
            (Method::POST, ["invocation", id, "error"]) => match body.collect().await {
                Ok(body) => self.take_answer(
                    id,
                    Err(error_object(&parts.headers, &body.to_bytes())),
                    accepted(),
                ),
                Err(error) => refusal(
                    StatusCode::BAD_REQUEST,
                    "InvalidRequest",
                    &error.to_string(),
                ),
            },
            (Method::POST, ["init", "error"]) => match body.collect().await {
                Ok(body) => {
                    self.report(Report::InitError(error_object(
                        &parts.headers,
                        &body.to_bytes(),
                    )));
                    accepted()
                }
                Err(error) => refusal(
                    StatusCode::BAD_REQUEST,
                    "InvalidRequest",
                    &error.to_string(),
                ),
            },
            _ => not_found(),
        }
    }

    /// Waits, as long as it takes, for an event.
    async fn next(&self) -> Response<Full<Bytes>> {
        if self.with(|state| state.in_hand.is_some()) {
            return refusal(
                StatusCode::FORBIDDEN,
                "InvalidStateTransition",
                "the event in hand is not answered yet",
            );
        }
        self.report(Report::Waiting);
        let event = loop {
            let taken = self.with(|state| {
                let event = state.next.take()?;
                state.in_hand = Some(event.request_id.clone());
                Some(event)
            });
            match taken {
                Some(event) => break event,
                None => self.ready.notified().await,
            }
        };
        Response::builder()
            .header("content-type", "application/json")
            .header("lambda-runtime-aws-request-id", event.request_id)
            .header(
                "lambda-runtime-deadline-ms",
                event.deadline.timestamp_millis(),
            )
            .header("lambda-runtime-invoked-function-arn", &self.function_arn)
            .header("lambda-runtime-trace-id", TRACE_ID)
            .body(Full::from(event.payload))
            .unwrap_or_else(|error| {
                refusal(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "InternalServerError",
                    &error.to_string(),
                )
            })
    }

    fn answered(&self, request_id: &str, body: Option<Bytes>) -> Response<Full<Bytes>> {
        match body {
            // An answer that is no JSON reaches the caller as it is.
            Some(body) => {
                let answer = serde_json::from_slice(&body)
                    .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&body).into_owned()));
                self.take_answer(request_id, Ok(answer), accepted())
            }
            None => {
                let error = lambda_error::too_large(ANSWER_LIMIT_BYTES);
                let said = refusal(
                    StatusCode::PAYLOAD_TOO_LARGE,
                    "RequestEntityTooLarge",
                    error["errorMessage"].as_str().unwrap_or_default(),
                );
                self.take_answer(request_id, Err(error), said)
            }
        }
    }

    /// Takes the answer to the event in hand; any other request id is refused.
    fn take_answer(
        &self,
        request_id: &str,
        answer: Result<Value, Value>,
        said: Response<Full<Bytes>>,
    ) -> Response<Full<Bytes>> {
        let is_in_hand = self.with(|state| state.in_hand.take_if(|id| id == request_id).is_some());
        if !is_in_hand {
            return refusal(
                StatusCode::BAD_REQUEST,
                "InvalidRequestID",
                "Invalid request ID",
            );
        }
        self.report(Report::Answered(answer));
        said
    }
}

/// The error as the function gave it; what it left out is taken from the header, or from its raw
/// text.
fn error_object(headers: &HeaderMap, body: &Bytes) -> Value {
    let mut error = match serde_json::from_slice(body) {
        Ok(Value::Object(object)) => object,
        _ => serde_json::Map::from_iter([(
            "errorMessage".to_owned(),
            json!(String::from_utf8_lossy(body)),
        )]),
    };
    if !error.contains_key("errorType") {
        let named = headers
            .get("lambda-runtime-function-error-type")
            .and_then(|value| value.to_str().ok());
        error.insert("errorType".to_owned(), json!(named.unwrap_or("Unhandled")));
    }
    Value::Object(error)
}

fn accepted() -> Response<Full<Bytes>> {
    json_answer(StatusCode::ACCEPTED, &json!({ "status": "OK" }))
}

fn not_found() -> Response<Full<Bytes>> {
    refusal(
        StatusCode::NOT_FOUND,
        "NotFound",
        "no such path in the Runtime API",
    )
}

fn refusal(status: StatusCode, error_type: &str, message: &str) -> Response<Full<Bytes>> {
    json_answer(
        status,
        &json!({ "errorType": error_type, "errorMessage": message }),
    )
}

fn json_answer(status: StatusCode, body: &Value) -> Response<Full<Bytes>> {
    let mut answer = Response::new(Full::from(body.to_string()));
    *answer.status_mut() = status;
    answer.headers_mut().insert(
        "content-type",
        http::HeaderValue::from_static("application/json"),
    );
    answer
}
