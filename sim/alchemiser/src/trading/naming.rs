use harness::system::System;
use serde_json::Value;
use simulated_cloud::packed_json::Json;

/// How the trading system names its events.
#[derive(Clone, Copy, Debug)]
pub struct Trading;

impl System for Trading {
    fn trigger(&self, payload: Json<'_>) -> String {
        trigger_of(payload)
    }

    fn step(&self, payload: Json<'_>, request_id: &str) -> String {
        let event = payload.get("observe").unwrap_or(payload);
        let id = event_id(event)
            .or_else(|| event.at("id").as_str())
            .unwrap_or(request_id);
        format!("{} {id}", trigger_of(payload))
    }

    fn event_id(&self, detail: &Value) -> Option<String> {
        detail["event_id"].as_str().map(str::to_owned)
    }
}

/// The event's own id: a detail's `event_id`.
#[must_use]
pub fn event_id(event: Json<'_>) -> Option<&str> {
    event.at("detail").at("event_id").as_str()
}

/// What woke the function, as sites and scenarios name it: the event's type, or the command's action
/// or mode.
#[must_use]
pub fn trigger_of(payload: Json<'_>) -> String {
    if let Some(observed) = payload.get("observe") {
        return format!("observe {}", trigger_of(observed));
    }
    let named = ["detail-type", "action", "mode"]
        .iter()
        .find_map(|name| payload.at(name).as_str());
    named.unwrap_or("trade").to_owned()
}

/// The operations that a site can name, as far as they are known beforehand.
pub const OPERATIONS: [&str; 23] = [
    "alpaca",
    "alpaca GET account",
    "alpaca GET positions",
    "alpaca GET assets",
    "alpaca GET calendar",
    "alpaca GET quotes",
    "alpaca GET bars",
    "alpaca GET orders",
    "alpaca GET orders:by_client_order_id",
    "alpaca POST orders",
    "alpaca DELETE orders",
    "alpaca DELETE positions",
    "alpaca GET portfolio",
    "dynamodb",
    "dynamodb GetItem",
    "dynamodb UpdateItem",
    "dynamodb Query",
    "dynamodb TransactWriteItems",
    "events",
    "events PutEvents",
    "smtp",
    "smtp connect",
    "smtp DATA",
];

/// Those that change something at whom they call.
pub const WRITES: &[&str] = &[
    "alpaca POST orders",
    "alpaca DELETE orders",
    "alpaca DELETE positions",
    "dynamodb UpdateItem",
    "dynamodb TransactWriteItems",
    "events PutEvents",
    "smtp DATA",
];

/// Those that do not.
pub const READS: &[&str] = &[
    "alpaca GET account",
    "alpaca GET positions",
    "alpaca GET assets",
    "alpaca GET calendar",
    "alpaca GET quotes",
    "alpaca GET bars",
    "alpaca GET orders",
    "alpaca GET orders:by_client_order_id",
    "alpaca GET portfolio",
    "dynamodb GetItem",
    "dynamodb Query",
    "smtp connect",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_reads_or_writes() {
        for operation in OPERATIONS
            .iter()
            .filter(|operation| operation.contains(' '))
        {
            let is_one = READS.contains(operation) != WRITES.contains(operation);
            assert!(is_one, "{operation}");
        }
    }
}
