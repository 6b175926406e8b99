//! An exchange on a loopback port, for any Alpaca client to talk to: prints its URL and serves
//! until standard input ends. Its clock starts on Friday 10 October 2025 at 9:35 in New York and
//! goes on by one second with every request.
//!
//! `cargo run -p alchemiser-mocks --example exchange`

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use alchemiser_mocks::exchange::{Exchange, ExchangeServer, ExchangeSetup};
use chrono::{DateTime, TimeDelta, Utc};

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let start: DateTime<Utc> = "2025-10-10T13:35:00Z".parse().expect("it is a timestamp");
    let seconds = AtomicI64::new(0);
    let clock = move || start + TimeDelta::seconds(seconds.fetch_add(1, Ordering::Relaxed));
    let exchange = Arc::new(Mutex::new(Exchange::new(ExchangeSetup::default())));
    let server = ExchangeServer::start(exchange, clock).await;
    println!("{}", server.uri());
    let mut line = String::new();
    while std::io::stdin()
        .read_line(&mut line)
        .is_ok_and(|count| count > 0)
    {}
}
