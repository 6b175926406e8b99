//! What the exchange answers when it does not do what it was asked.
//!
//! Bodies are `{"code": .., "message": ..}` (Alpaca public documentation; rules.md 7.7). The
//! data API has no codes.

use serde_json::{Map, Value, json};

use super::service::Service;

/// A refused request: an HTTP status and a body.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// Alpaca's own code; the data API has none.
    pub code: Option<u32>,
    /// The text.
    pub message: String,
    /// Further fields of the body.
    pub details: Map<String, Value>,
}

impl Refusal {
    /// A refusal of the trading API.
    pub fn new(status: u16, code: u32, message: impl Into<String>) -> Self {
        Self {
            status,
            code: Some(code),
            message: message.into(),
            details: Map::new(),
        }
    }

    /// 401: the keys are wrong or missing.
    pub fn unauthorized() -> Self {
        Self::new(401, 40_110_000, "request is not authorized")
    }

    /// 403 with the code of everything the account may not do.
    pub fn forbidden(message: impl Into<String>) -> Self {
        Self::new(403, 40_310_000, message)
    }

    /// 404: no such order, position, asset or endpoint.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(404, 40_410_000, message)
    }

    /// 422: a field is missing or malformed; the message names it.
    pub fn bad_field(message: impl Into<String>) -> Self {
        Self::new(422, 40_010_001, message)
    }

    /// 422: well formed, but it cannot be done.
    pub fn unprocessable(message: impl Into<String>) -> Self {
        Self::new(422, 42_210_000, message)
    }

    /// 429: too many requests within a minute.
    pub fn too_many(service: Service) -> Self {
        match service {
            Service::Trading => Self::new(429, 42_910_000, "rate limit exceeded"),
            Service::Data => Self::data(429, "too many requests."),
        }
    }

    /// A refusal of the data API, which has no code.
    pub fn data(status: u16, message: impl Into<String>) -> Self {
        Self {
            status,
            code: None,
            message: message.into(),
            details: Map::new(),
        }
    }

    /// 501: Alpaca can do it, and this exchange cannot. No status that Alpaca answers, so that a
    /// client under test does not take it for one of the broker's own refusals.
    pub fn not_simulated(service: Service, what: &str, simulated: &str) -> Self {
        let text = format!(
            "{what} is not simulated by this exchange, though Alpaca knows it; simulated are: {simulated}"
        );
        match service {
            Service::Trading => Self::new(501, 50_110_000, text),
            Service::Data => Self::data(501, text),
        }
    }

    /// The same as the data API says it.
    pub fn of_data(self) -> Self {
        Self::data(400, self.message)
    }

    /// The same with one more field in the body.
    pub fn with(mut self, field: &str, value: impl Into<Value>) -> Self {
        self.details.insert(field.to_owned(), value.into());
        self
    }

    /// The body.
    pub fn json(&self) -> Value {
        let mut body = match self.code {
            Some(code) => json!({"code": code, "message": self.message}),
            None => json!({"message": self.message}),
        };
        if let Value::Object(fields) = &mut body {
            fields.extend(self.details.clone());
        }
        body
    }
}
