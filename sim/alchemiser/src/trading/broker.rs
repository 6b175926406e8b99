use std::sync::{Arc, Mutex, PoisonError};

use alchemiser_mocks::exchange::{BrokerAction, Exchange, ExchangeServer, ExchangeSetup};
use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use harness::counterparty::{Counterparty, Listening, PartyAction, PartyRecord, WorldTime};
use harness::fault::Unmet;
use http::{Request, Response, Uri};
use serde_json::Value;

use super::TradingRecord;

/// The part of a scenario that says what becomes of orders.
pub const ORDERS: &str = "exchange.orders";
/// The part of a scenario that says what others do at the broker between two actions.
pub const BROKER: &str = "broker";

/// The broker, as a counterparty.
#[derive(Clone)]
pub struct Broker {
    exchange: Arc<Mutex<Exchange>>,
}

impl Broker {
    /// A new exchange.
    #[must_use]
    pub fn new(setup: ExchangeSetup) -> Self {
        Self {
            exchange: Arc::new(Mutex::new(Exchange::new(setup))),
        }
    }

    fn with<T>(&self, use_exchange: impl FnOnce(&mut Exchange) -> T) -> T {
        use_exchange(&mut self.exchange.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// What somebody else than the function does at this broker.
    #[must_use]
    pub fn action(&self, action: BrokerAction, words: String) -> PartyAction {
        let broker = self.clone();
        let act = move |now| {
            let done = broker.with(|exchange| exchange.act(now, &action));
            done.map_err(|refusal| refusal.message)
        };
        PartyAction {
            party: "the broker",
            words,
            part: BROKER,
            act: Arc::new(act),
        }
    }
}

#[async_trait]
impl Counterparty for Broker {
    fn name(&self) -> &'static str {
        "alpaca"
    }

    /// The broker has two hosts, and over sockets none of them: it takes what nobody else does.
    fn accepts(&self, _uri: &Uri) -> bool {
        true
    }

    fn operation(&self, request: &Request<Bytes>) -> String {
        format!("{} {}", request.method(), noun(request.uri().path()))
    }

    /// An order is known by its id, whatever is tried again.
    fn call_key(&self, request: &Request<Bytes>) -> Option<String> {
        if self.operation(request) != "POST orders" {
            return None;
        }
        let order: Value = serde_json::from_slice(request.body()).unwrap_or_default();
        let id = order["client_order_id"].as_str().unwrap_or_default();
        Some(id.to_owned())
    }

    fn handle(&self, now: DateTime<Utc>, request: &Request<Bytes>) -> Response<Bytes> {
        self.with(|exchange| exchange.handle(now, request))
    }

    fn failure(&self, status: u16) -> Response<Bytes> {
        let body = match status {
            429 => r#"{"code":42910000,"message":"rate limit exceeded"}"#,
            _ => r#"{"message":"the service is temporarily unavailable"}"#,
        };
        Response::builder()
            .status(status)
            .header("content-type", "application/json")
            .body(Bytes::from_static(body.as_bytes()))
            .expect("a plain answer")
    }

    async fn listen(&self, time: WorldTime) -> std::io::Result<Listening> {
        let server = ExchangeServer::start(Arc::clone(&self.exchange), move || time()).await;
        Ok(Listening {
            http: Some(server.uri()),
            guard: Some(Box::new(server)),
        })
    }

    fn advance(&self, now: DateTime<Utc>) {
        self.with(|exchange| exchange.advance(now));
    }

    fn next_due(&self) -> Option<DateTime<Utc>> {
        self.with(|exchange| exchange.next_due())
    }

    fn take_records(&self) -> Vec<PartyRecord> {
        let reports = self.with(Exchange::take_reports).into_iter();
        reports
            .map(|report| PartyRecord::new(TradingRecord::Exchange { report }))
            .collect()
    }

    fn closing_records(&self, now: DateTime<Utc>) -> Vec<PartyRecord> {
        let account = self.with(|exchange| {
            let view = exchange.account(now);
            let positions = exchange.positions().into_iter().map(|(symbol, quantity)| {
                (symbol, Value::String(quantity.normalize().to_string()))
            });
            TradingRecord::Account {
                cash: view.cash.round_dp(2).to_string(),
                equity: view.equity.round_dp(2).to_string(),
                positions: Value::Object(positions.collect()),
            }
        });
        vec![PartyRecord::new(account)]
    }

    fn unused(&self) -> Vec<Unmet> {
        let unused = self.with(|exchange| exchange.unused_rules()).into_iter();
        unused
            .map(|line| {
                let words = format!("line {} decided about no order", line + 1);
                Unmet::line(ORDERS, line, words)
            })
            .collect()
    }
}

/// The thing that a path of the broker's is about.
fn noun(path: &str) -> &str {
    let rest = path.trim_start_matches("/v2/");
    match rest {
        "stocks/quotes/latest" => "quotes",
        "stocks/bars" => "bars",
        "account/portfolio/history" => "portfolio",
        other => other.split('/').next().unwrap_or(other),
    }
}
