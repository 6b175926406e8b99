//! What clients of the server may ask about the server itself.

use std::convert::Infallible;
use std::rc::Rc;

use bytes::Bytes;
use chrono::{SecondsFormat, TimeDelta};
use futures::stream;
use http::{Method, Request, Response};
use http_body_util::{Either, StreamBody};
use hyper::body::Frame;
use serde_json::{Value, json};

use super::connection::{Body, Lines, plain};
use super::shared::Shared;
use simulated_cloud::api::error::ServiceError;
use simulated_cloud::api::{Service, error_answer, object};

/// A leap year: further than any archive, retention or retry reaches.
const JUMP_SECONDS_MAX: f64 = 366.0 * 86_400.0;

/// Answers, if the path is one of the server's own.
pub(super) async fn answer(
    shared: &Rc<Shared>,
    request: &Request<Bytes>,
) -> Option<Response<Body>> {
    let path = request.uri().path();
    if !path.starts_with("/_sim/") && !path.starts_with("/_localstack/") {
        return None;
    }
    let answered = match (request.method(), path) {
        (&Method::GET, "/_sim/clock") => Ok(clock(shared)),
        (&Method::POST, "/_sim/clock/advance") => advance(shared, request).await,
        (&Method::GET, "/_sim/journal") => return Some(journal(shared, request)),
        (&Method::POST, "/_sim/reset" | "/_localstack/state/reset") => reset(shared).await,
        (&Method::GET | &Method::HEAD, "/_localstack/health") => Ok(health()),
        (&Method::GET, "/_localstack/info") => Ok(info(shared)),
        (method, path) => {
            let error = ServiceError::client(
                "UnknownOperationException",
                format!("{method} {path} is not there"),
            );
            Err(ServiceError {
                status: 404,
                ..error
            })
        }
    };
    Some(plain(answered.map_or_else(
        |error| error_answer(&error, "control"),
        |body| json_answer(&body),
    )))
}

fn json_answer(body: &Value) -> Response<Bytes> {
    let response = Response::builder().header("content-type", "application/json");
    response
        .body(Bytes::from(body.to_string()))
        .expect("the parts of an answer are well formed")
}

fn clock(shared: &Shared) -> Value {
    let seconds = shared.clock.offset().as_seconds_f64();
    json!({ "now": shared.clock.now().to_rfc3339_opts(SecondsFormat::Millis, true), "ahead_seconds": seconds })
}

async fn advance(shared: &Rc<Shared>, request: &Request<Bytes>) -> Result<Value, ServiceError> {
    let input = object(request.body())?;
    let seconds = input
        .get("seconds")
        .and_then(Value::as_f64)
        .filter(|seconds| (0.0..=JUMP_SECONDS_MAX).contains(seconds));
    let seconds = seconds.ok_or_else(|| {
        ServiceError::validation(format!(
            "seconds must be a number from 0 to {JUMP_SECONDS_MAX}: the clock never goes back"
        ))
    })?;
    shared.note(format!("the clock advances by {seconds} s"));
    shared
        .jump(TimeDelta::milliseconds((seconds * 1000.0) as i64))
        .await;
    Ok(clock(shared))
}

async fn reset(shared: &Rc<Shared>) -> Result<Value, ServiceError> {
    shared.reset().await.map_err(|error| ServiceError {
        status: 500,
        ..ServiceError::client("InternalFailure", error.to_string())
    })?;
    Ok(json!({ "reset": true }))
}

/// The journal so far; with `?follow=true` also what is to come.
fn journal(shared: &Rc<Shared>, request: &Request<Bytes>) -> Response<Body> {
    let follows = request.uri().query().is_some_and(|query| {
        query
            .split('&')
            .any(|pair| matches!(pair, "follow" | "follow=true" | "follow=1"))
    });
    let end = if follows {
        u64::MAX
    } else {
        shared.journal.borrow().written()
    };
    let lines: Lines = Box::pin(stream::unfold(
        (Rc::clone(shared), 0),
        move |(shared, seen)| next_lines(shared, seen, end),
    ));
    let response = Response::builder().header("content-type", "application/x-ndjson");
    response
        .body(Either::Right(StreamBody::new(lines)))
        .expect("the parts of an answer are well formed")
}

/// The next lines of the journal after the `seen` first entries, in pieces, until there are `end`.
async fn next_lines(
    shared: Rc<Shared>,
    seen: u64,
    end: u64,
) -> Option<(Result<Frame<Bytes>, Infallible>, (Rc<Shared>, u64))> {
    loop {
        // A reset began a new journal.
        let begins_anew = shared.journal.borrow().written() < seen;
        let (lines, now) = if begins_anew {
            (String::new(), 0)
        } else {
            shared.journal.borrow().after(seen)
        };
        if begins_anew && end != u64::MAX || seen >= end {
            return None;
        }
        if begins_anew || !lines.is_empty() {
            return Some((Ok(Frame::data(Bytes::from(lines))), (shared, now)));
        }
        shared.changed().await;
    }
}

/// What tools that wait for LocalStack ask.
fn health() -> Value {
    let services: serde_json::Map<String, Value> = Service::ALL
        .iter()
        .map(|service| (service.name().to_owned(), "running".into()))
        .collect();
    json!({ "services": services, "edition": "community", "version": env!("CARGO_PKG_VERSION") })
}

fn info(shared: &Shared) -> Value {
    json!({
        "version": env!("CARGO_PKG_VERSION"),
        "edition": "community",
        "is_license_activated": false,
        "system": std::env::consts::OS,
        "is_docker": false,
        "server_time_utc": shared.clock.now().to_rfc3339_opts(SecondsFormat::Secs, true),
    })
}
