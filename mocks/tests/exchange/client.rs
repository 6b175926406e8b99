//! A client in a few lines, and a clock.

use std::time::Duration;

use alchemiser_mocks::exchange::{Delay, Exchange, ExchangeSetup, MarketSetup, Report, Series};
use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use http::{HeaderMap, Method, Request, Response};
use rust_decimal::Decimal;
use serde_json::Value;

pub struct Client {
    pub exchange: Exchange,
    pub now: DateTime<Utc>,
}

impl Client {
    pub fn new(setup: ExchangeSetup) -> Self {
        Self {
            exchange: Exchange::new(setup),
            now: at("2025-10-10T13:35:00Z"),
        }
    }

    pub fn call(&mut self, method: Method, target: &str, body: Option<Value>) -> (u16, Value) {
        let response = self.respond(method, target, body);
        let body = serde_json::from_slice(response.body()).unwrap_or(Value::Null);
        (response.status().as_u16(), body)
    }

    pub fn headers(&mut self, target: &str) -> HeaderMap {
        self.respond(Method::GET, target, None)
            .into_parts()
            .0
            .headers
    }

    fn respond(&mut self, method: Method, target: &str, body: Option<Value>) -> Response<Bytes> {
        let request = Request::builder()
            .method(method)
            .uri(format!("https://paper-api.alpaca.markets{target}"))
            .header("APCA-API-KEY-ID", "PKTEST")
            .header("APCA-API-SECRET-KEY", "secret")
            .body(body.map_or_else(Bytes::new, |body| body.to_string().into()))
            .unwrap();
        self.exchange.handle(self.now, &request)
    }

    pub fn get(&mut self, target: &str) -> Value {
        let (status, body) = self.call(Method::GET, target, None);
        assert_eq!(status, 200, "{target}: {body}");
        body
    }

    pub fn post(&mut self, order: Value) -> (u16, Value) {
        self.call(Method::POST, "/v2/orders", Some(order))
    }

    pub fn order(&mut self, order: Value) -> String {
        let (status, body) = self.post(order);
        assert_eq!(status, 200, "{body}");
        body["id"].as_str().unwrap().to_owned()
    }

    pub fn status(&mut self, id: &str) -> String {
        self.get(&format!("/v2/orders/{id}"))["status"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    pub fn wait(&mut self, duration: Duration) {
        self.now += TimeDelta::from_std(duration).unwrap();
    }

    pub fn wait_ms(&mut self, ms: u64) {
        self.wait(Duration::from_millis(ms));
    }

    pub fn kinds(&mut self) -> Vec<String> {
        let mut reports: Vec<Report> = self.exchange.take_reports();
        reports.retain(|report| !matches!(report, Report::Statement { .. }));
        let kind = |report: &Report| {
            serde_json::to_value(report).unwrap()["report"]
                .as_str()
                .unwrap()
                .to_owned()
        };
        reports.iter().map(kind).collect()
    }
}

pub fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

pub fn dec(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// Prices that stand still and delays without chance: TECL at 50.00 (49.99 / 50.01), EDZ at 10.00.
pub fn still() -> ExchangeSetup {
    let series = [("TECL", "50.00"), ("EDZ", "10.00")];
    let series = series
        .into_iter()
        .map(|(symbol, price)| (symbol.to_owned(), Series::Price(dec(price))));
    let mut setup = ExchangeSetup {
        cash: dec("10000"),
        market: MarketSetup {
            series: series.collect(),
            ..MarketSetup::default()
        },
        ..ExchangeSetup::default()
    };
    setup.knobs.fill_delay = Delay::exactly(Duration::from_millis(500));
    setup.knobs.acknowledge_delay = Delay::exactly(Duration::from_millis(20));
    setup.knobs.cancel_delay = Delay::exactly(Duration::from_millis(50));
    setup
}
