//! The exchange on a socket.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::{Arc, Mutex};

use alchemiser_mocks::exchange::{Exchange, ExchangeServer, ExchangeSetup};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

#[tokio::test]
async fn the_exchange_answers_over_http() {
    let now = "2025-10-10T13:35:00Z".parse().unwrap();
    let exchange = Arc::new(Mutex::new(Exchange::new(ExchangeSetup::default())));
    let server = ExchangeServer::start(Arc::clone(&exchange), move || now).await;
    let address = server.uri().trim_start_matches("http://").to_owned();
    let mut stream = TcpStream::connect(&address).await.unwrap();
    let body =
        r#"{"symbol":"NVDA","side":"buy","type":"market","time_in_force":"day","qty":"1.5"}"#;
    let request = format!(
        "POST /v2/orders HTTP/1.1\r\nHost: {address}\r\nAPCA-API-KEY-ID: PKTEST\r\nAPCA-API-SECRET-KEY: secret\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    assert!(
        answer.to_lowercase().contains("x-ratelimit-remaining: 199"),
        "{answer}"
    );
    assert!(answer.contains(r#""qty":"1.5""#), "{answer}");
    assert_eq!(exchange.lock().unwrap().orders().len(), 1);
}
