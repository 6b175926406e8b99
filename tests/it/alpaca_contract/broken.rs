//! Connections that break: before the request, after it, within the answer, or that say nothing at
//! all.

use std::pin::pin;
use std::time::Duration;

use alchemiser::alpaca::{Alpaca, AlpacaError};
use futures::future::{Either, select};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;

use super::{accepted, order};
use crate::support::socket::{SkippingWaits, alpaca, plain_http};

async fn listener() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    (listener, format!("http://{address}"))
}

/// Reads until the request is whole: its head, and as much body as the head says.
async fn read_request(stream: &mut TcpStream) -> String {
    let mut request = Vec::new();
    loop {
        let mut buffer = [0; 4096];
        let read = stream.read(&mut buffer).await.expect("the request arrives");
        assert_ne!(read, 0, "the client went away");
        request.extend_from_slice(&buffer[..read]);
        let text = String::from_utf8_lossy(&request).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| {
                line.to_lowercase()
                    .strip_prefix("content-length: ")
                    .map(str::to_owned)
            });
            if body.len() >= length.map_or(0, |length| length.parse().expect("a length")) {
                return text;
            }
        }
    }
}

/// What the client's call comes to while the server does its part; a server that ends first ends
/// the test.
async fn outcome<T>(call: impl Future<Output = T>, server: impl Future<Output = ()>) -> T {
    match select(pin!(call), pin!(server)).await {
        Either::Left((outcome, _)) => outcome,
        Either::Right(((), call)) => call.await,
    }
}

/// Takes every connection, answers each request with `bytes`, closes, and counts.
async fn answer_all(listener: &TcpListener, bytes: &[u8], requests: &mut Vec<String>) {
    loop {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        requests.push(read_request(&mut stream).await);
        stream.write_all(bytes).await.expect("the client listens");
    }
}

fn unreachable(error: &AlpacaError) -> bool {
    matches!(error, AlpacaError::Unreachable(_))
        && error.is_outcome_unknown()
        && error.is_transient()
}

async fn post(alpaca: &Alpaca) -> AlpacaError {
    alpaca
        .post_order(&order("1.5", "187.1"))
        .await
        .expect_err("no answer")
}

#[tokio::test]
async fn a_request_that_is_reset_may_have_been_carried_out_and_is_not_sent_again() {
    let (listener, uri) = listener().await;
    let mut connections = 0;
    let server = async {
        loop {
            let (stream, _) = listener.accept().await.expect("a connection");
            stream.readable().await.expect("the request arrives");
            connections += 1;
            // Closing with the request unread resets the connection.
            drop(stream);
        }
    };
    let alpaca = alpaca(SkippingWaits::new(), &uri, "secret");
    let error = outcome(post(&alpaca), server).await;
    assert!(
        unreachable(&error) && error.to_string().contains("POST /v2/orders"),
        "{error}"
    );
    assert_eq!(connections, 1);
}

#[tokio::test]
async fn a_request_whose_answer_never_begins_may_have_been_carried_out_and_is_not_sent_again() {
    let (listener, uri) = listener().await;
    let mut requests = Vec::new();
    let alpaca = alpaca(SkippingWaits::new(), &uri, "secret");
    let error = outcome(post(&alpaca), answer_all(&listener, b"", &mut requests)).await;
    assert!(unreachable(&error), "{error}");
    assert_eq!(requests.len(), 1);
    assert!(
        requests[0].starts_with("POST /v2/orders HTTP/1.1\r\n")
            && requests[0].contains("\"limit_price\":\"187.1\""),
        "{}",
        requests[0]
    );
}

#[tokio::test]
async fn an_answer_that_breaks_off_leaves_the_outcome_unknown() {
    let (listener, uri) = listener().await;
    let mut requests = Vec::new();
    let half = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 400\r\n\r\n{\"id\":\"9048";
    let alpaca = alpaca(plain_http(), &uri, "secret");
    let error = outcome(post(&alpaca), answer_all(&listener, half, &mut requests)).await;
    assert!(
        unreachable(&error) && error.to_string().contains("broke off"),
        "{error}"
    );
    assert_eq!(requests.len(), 1);
}

#[tokio::test]
async fn a_read_is_repeated_after_a_reset() {
    let (listener, uri) = listener().await;
    let body = accepted().to_string();
    let whole = format!(
        "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let server = async {
        let (first, _) = listener.accept().await.expect("a connection");
        drop(first);
        answer_all(&listener, whole.as_bytes(), &mut Vec::new()).await;
    };
    let alpaca = alpaca(SkippingWaits::new(), &uri, "secret");
    let found = outcome(alpaca.order_by_client_id("alch-NVDA-buy-0-1"), server)
        .await
        .expect("the second try");
    assert_eq!(
        found.map(|order| order.client_order_id),
        Some("alch-NVDA-buy-0-1".to_owned())
    );
}

#[tokio::test]
async fn a_broker_that_is_not_there_is_tried_four_times_for_a_read_and_once_for_a_write() {
    let (listener, uri) = listener().await;
    drop(listener);
    let alpaca = alpaca(SkippingWaits::new(), &uri, "secret");
    let begin = Instant::now();
    let error = post(&alpaca).await;
    assert!(unreachable(&error), "{error}");
    assert!(
        begin.elapsed() < Duration::from_millis(500),
        "a write does not wait for another try"
    );
    let error = alpaca.account().await.expect_err("nobody is there");
    assert!(unreachable(&error), "{error}");
    assert!(
        begin.elapsed() >= Duration::from_millis(3_500),
        "a read waits three times"
    );
}

/// The time that the client gives a server that has its request, sends `bytes`, and then nothing
/// more.
async fn patience(bytes: &[u8]) -> (Result<AlpacaError, &'static str>, Duration) {
    let (listener, uri) = listener().await;
    let alpaca = alpaca(plain_http(), &uri, "secret");
    let server = async {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        read_request(&mut stream).await;
        stream.write_all(bytes).await.expect("the client listens");
        // What was sent is on its way; from here on only waiting is left, and it costs nothing.
        tokio::time::sleep(Duration::from_millis(100)).await;
        tokio::time::pause();
        std::future::pending::<()>().await;
    };
    let begin = Instant::now();
    let call = async {
        tokio::time::timeout(Duration::from_secs(120), post(&alpaca))
            .await
            .map_err(|_| "the client waits without end")
    };
    (outcome(call, server).await, begin.elapsed())
}

fn within_ten_seconds(outcome: Result<AlpacaError, &'static str>, waited: Duration) {
    let error = outcome.expect("an end");
    assert!(
        unreachable(&error) && error.to_string().contains("within 10 s"),
        "{error}"
    );
    assert!(
        waited >= Duration::from_secs(9) && waited < Duration::from_secs(12),
        "{waited:?}"
    );
}

#[tokio::test]
async fn a_server_that_says_nothing_is_given_ten_seconds() {
    let (outcome, waited) = patience(b"").await;
    within_ten_seconds(outcome, waited);
}

#[tokio::test]
async fn a_server_that_stops_within_its_answer_is_given_ten_seconds() {
    let (outcome, waited) =
        patience(b"HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\n{\"id\":").await;
    within_ten_seconds(outcome, waited);
}
