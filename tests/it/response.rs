//! The letters of an answer: rules.md 2.3 and 3.3.

use alchemiser::config::TradingMode;
use alchemiser::id::CorrelationId;
use alchemiser::response::{CommandResponse, event_response};
use serde_json::{Value, json};

const REQUEST: &str = "request-1";

fn answer(status: &str, mode: &str, trading_mode: &str, message: &str, more: &Value) -> Value {
    let mut answer = json!({"status": status, "mode": mode, "trading_mode": trading_mode, "message": message, "request_id": REQUEST});
    answer
        .as_object_mut()
        .expect("an object")
        .extend(more.as_object().expect("an object").clone());
    answer
}

#[expect(clippy::too_many_lines, reason = "a table of cases is read as one")]
#[test]
fn each_case_has_its_letter() {
    let id = || CorrelationId::new("wf-1");
    let started = json!({"workflow_started": true, "correlation_id": "wf-1"});
    let not_started = json!({"workflow_started": false, "correlation_id": "wf-1"});
    let none = json!({});
    for (response, expected) in [
        (
            CommandResponse::started(TradingMode::Paper, id(), REQUEST),
            answer(
                "success",
                "trade",
                "paper",
                "Paper trading completed successfully",
                &started,
            ),
        ),
        (
            CommandResponse::started(TradingMode::Live, id(), REQUEST),
            answer(
                "success",
                "trade",
                "live",
                "Live trading completed successfully",
                &started,
            ),
        ),
        (
            CommandResponse::skipped(
                TradingMode::Live,
                "the market is closed on 2025-12-25",
                id(),
                REQUEST,
            ),
            answer(
                "skipped",
                "trade",
                "live",
                "Live trading skipped: the market is closed on 2025-12-25",
                &not_started,
            ),
        ),
        (
            CommandResponse::failed("trade", "paper", "StartRefused", "no", REQUEST),
            answer(
                "failed",
                "trade",
                "paper",
                "Lambda execution error (StartRefused): no",
                &none,
            ),
        ),
        (
            CommandResponse::failed("pnl", "n/a", "BrokerRefusal", "no", REQUEST),
            answer(
                "failed",
                "pnl",
                "n/a",
                "Lambda execution error (BrokerRefusal): no",
                &none,
            ),
        ),
        (
            CommandResponse::invalid("no", REQUEST),
            answer(
                "failed",
                "unknown",
                "unknown",
                "Lambda execution critical error: no",
                &none,
            ),
        ),
        (
            CommandResponse::report(json!({"pnl": "1.50"}), REQUEST),
            answer(
                "success",
                "pnl",
                "n/a",
                "N/A trading completed successfully",
                &json!({"result": {"pnl": "1.50"}}),
            ),
        ),
        (
            CommandResponse::breaker(REQUEST),
            answer(
                "skipped",
                "error_notification",
                "n/a",
                "Error notification event skipped (circuit breaker)",
                &none,
            ),
        ),
        (
            CommandResponse::watchdog(2, 1, REQUEST),
            answer(
                "success",
                "watchdog",
                "n/a",
                "Watchdog: 2 overdue workflows ended, 1 notifications repeated",
                &none,
            ),
        ),
    ] {
        assert_eq!(response.to_json(), expected);
    }
}

#[test]
fn what_was_not_found_out_is_absent_and_never_null() {
    let written = serde_json::to_string(&CommandResponse::invalid("no", REQUEST)).expect("JSON");
    let expected = concat!(
        r#"{"status":"failed","mode":"unknown","trading_mode":"unknown","#,
        r#""message":"Lambda execution critical error: no","request_id":"request-1"}"#
    );
    assert_eq!(written, expected);
}

#[test]
fn an_event_is_answered_with_a_status_code_and_a_body() {
    assert_eq!(
        event_response(200, "Event processed successfully"),
        json!({"statusCode": 200, "body": "Event processed successfully"})
    );
    assert_eq!(
        event_response(400, "Unknown event type: x"),
        json!({"statusCode": 400, "body": "Unknown event type: x"})
    );
}
