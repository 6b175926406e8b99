//! Events that somebody wrote to break what reads them.

use std::sync::{Arc, Mutex};

use crate::support::{
    FixedClock, IdleCloud, ScriptedHttp, block_on, opening, router_on_eventbridge,
};
use alchemiser::error::StepError;
use alchemiser::logging::json_lines;
use serde_json::{Value, json};
use tracing::level_filters::LevelFilter;

fn event(detail_type: &str, body: Value) -> Value {
    let mut detail = json!({
        "correlation_id": "wf-1", "causation_id": "cause-1", "event_id": "event-1", "timestamp": "2025-10-10T13:35:00Z",
        "source_module": "orchestration.main",
    });
    detail
        .as_object_mut()
        .expect("an object")
        .extend(body.as_object().expect("an object").clone());
    json!({"id": "envelope-1", "detail-type": detail_type, "source": "alchemiser.orchestration", "detail": detail})
}

fn deliver(cloud: &ScriptedHttp, input: &Value) -> Result<Value, StepError> {
    block_on(router_on_eventbridge(cloud.clone()).handle(input, "request-1"))
}

fn refused(input: &Value) -> String {
    let error = deliver(&IdleCloud::open_market(), input).expect_err("it cannot be read");
    assert_eq!(error.class(), "InvalidEvent", "{error}");
    error.to_string()
}

#[test]
fn a_mail_is_asked_for_however_much_there_is_to_tell() {
    let long = "x".repeat(230_000);
    let failed = json!({"workflow_type": "trading", "failure_reason": long, "failure_step": "trade_execution"});
    let orders: Vec<Value> =
        (0..4_000).map(|_| json!({"symbol": "MSFT", "action": "BUY", "shares": "1", "status": "a long status, too"})).collect();
    let executed = json!({"success": false, "orders_placed": 1, "orders_succeeded": 0, "execution_data": {"orders": orders}});
    for input in [
        event("WorkflowFailed", failed),
        event("TradeExecuted", executed),
    ] {
        let cloud = IdleCloud::open_market();
        deliver(&cloud, &input).expect("it is handled");
        let [asked] = &cloud.published()[..] else {
            panic!("{:?}", cloud.published_types())
        };
        let detail = asked["Detail"].as_str().expect("a detail");
        assert!(
            detail.len() < 10_000 && detail.contains("too long for a mail"),
            "{} bytes",
            detail.len()
        );
    }
}

#[test]
fn why_an_event_cannot_be_read_is_short_however_long_the_event() {
    let long = "x".repeat(200_000);
    let key = json!({ "key": 1 }).to_string().replace("key", &long);
    for input in [
        event(
            "WorkflowStarted",
            json!({"timestamp": long, "workflow_type": "t", "requested_by": "r"}),
        ),
        event(
            "WorkflowStarted",
            json!({"workflow_type": "t", "requested_by": [long]}),
        ),
        event(
            "SignalGenerated",
            json!({"signals_data": {}, "signal_count": 1, "consolidated_portfolio": {"target_allocations": {(long.clone()): "1"}}}),
        ),
        json!({"detail-type": "WorkflowStarted", "source": "alchemiser.x", "detail": key.replacen('{', &format!("{{\"{long}\":2,"), 1)}),
    ] {
        let told = refused(&input);
        assert!(told.len() < 1_500, "{} bytes: {}", told.len(), &told[..300]);
    }
}

#[test]
fn a_refused_input_is_told_in_short_however_long_it_is() {
    let long = "x".repeat(300_000);
    for input in [
        json!({ (long.clone()): 1 }),
        json!({ "mode": long }),
        json!({"foo": 1, "correlation_id": long, "id": long}),
    ] {
        let cloud = IdleCloud::open_market();
        let answer = deliver(&cloud, &input).expect("it is answered");
        assert!(answer.to_string().len() < 5_000);
        let [told] = &cloud.published()[..] else {
            panic!("{:?}", cloud.published_types())
        };
        assert!(told.to_string().len() < 10_000);
    }
}

fn plan(change: impl FnOnce(&mut Value)) -> Value {
    let mut plan = json!({
        "correlation_id": "wf-1", "causation_id": "c", "timestamp": "2025-10-10T13:35:00Z", "plan_id": "p", "total_portfolio_value": "1",
        "total_trade_value": "1", "metadata": {"cash_balance": "1", "reference_prices": {"MSFT": "50"}},
        "items": [{"symbol": "MSFT", "current_weight": "0", "target_weight": "1", "weight_diff": "1", "target_value": "1", "current_value": "0",
            "trade_amount": "1", "action": "BUY", "priority": 1}],
    });
    change(&mut plan);
    let comparison = json!({"target_values": {}, "current_values": {}, "deltas": {}});
    event(
        "RebalancePlanned",
        json!({"rebalance_plan": plan, "allocation_comparison": comparison, "trades_required": true}),
    )
}

#[test]
fn a_plan_beyond_all_reckoning_is_no_plan() {
    const HUGE: &str = "79228162514264337593543950335";
    deliver(&IdleCloud::open_market(), &plan(|_| {}))
        .expect("a plan of nobody's workflow is ignored");
    for (told, input) in [
        (
            "trade_amount",
            plan(|plan| plan["items"][0]["trade_amount"] = json!(format!("-{HUGE}"))),
        ),
        (
            "target_value",
            plan(|plan| plan["items"][0]["target_value"] = json!(HUGE)),
        ),
        (
            "total_portfolio_value",
            plan(|plan| plan["total_portfolio_value"] = json!("1000000000001")),
        ),
        (
            "cash_balance",
            plan(|plan| plan["metadata"]["cash_balance"] = json!(HUGE)),
        ),
        (
            "reference_prices.MSFT",
            plan(|plan| {
                plan["metadata"]["reference_prices"]["MSFT"] =
                    json!("0.0000000000000000000000000001")
            }),
        ),
        (
            "reference_prices.MSFT",
            plan(|plan| plan["metadata"]["reference_prices"]["MSFT"] = json!(HUGE)),
        ),
        (
            "is not a symbol",
            plan(|plan| plan["items"][0]["symbol"] = json!("A,B")),
        ),
        (
            "is not a symbol",
            plan(|plan| plan["items"][0]["symbol"] = json!("A\u{202e}")),
        ),
    ] {
        let reason = refused(&input);
        assert!(reason.contains(told), "{told}: {reason}");
    }
}

#[test]
fn no_address_breaks_the_mail_library() {
    for recipient in [
        "a\r\nBcc: x@example.com".to_owned(),
        "\"\u{1b}\" <a@example.com>".to_owned(),
        "<".repeat(200_000),
        "\"a ".repeat(60_000),
        "a ".repeat(100_000),
        "(".repeat(100_000),
        "@".repeat(1_000),
        format!("{} <a@example.com>", "a ".repeat(240)),
        "a@[1.2.3.4]".to_owned(),
        ",,,".to_owned(),
        "\u{202e}a@example.com".to_owned(),
    ] {
        let mail = json!({"trading_success": true, "trading_mode": "\u{0}\u{1b}", "orders_placed": i64::MAX, "orders_succeeded": i64::MIN,
            "total_trade_value": "79228162514264337593543950335", "execution_data": {"signals": 1, "orders": {}, "notes": [[]],
            "idle_cash": 1, "portfolio": [{"target_weight": "79228162514264337593543950335"}, 1, null]}, "recipient_override": recipient});
        let error = deliver(
            &IdleCloud::open_market(),
            &event("TradingNotificationRequested", mail),
        )
        .expect_err("there is no mail server");
        assert!(
            error.class() == "MailNotDelivered" && error.to_string().len() < 3_000,
            "{error}"
        );
    }
}

#[test]
fn a_log_line_holds_nothing_that_a_terminal_acts_on() {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let writer = Arc::clone(&lines);
    let subscriber = json_lines(
        LevelFilter::DEBUG,
        Arc::new(FixedClock(opening())),
        move || Captured(Arc::clone(&writer)),
    );
    let input = json!({"mode": "\u{9b}31m\u{202e}\u{1b}[2J\u{7f}\n{\"forged\":1}"});
    let _outcome = tracing::subscriber::with_default(subscriber, || {
        deliver(&IdleCloud::open_market(), &input)
    });
    let text = String::from_utf8(lines.lock().expect("no writer has panicked").clone())
        .expect("lines are UTF-8");
    assert!(
        !text
            .chars()
            .any(|character| character != '\n'
                && (character.is_control() || character == '\u{202e}')),
        "{text:?}"
    );
    let parsed: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).expect("a line is a JSON object"))
        .collect();
    assert!(
        parsed.len() >= 2 && parsed.iter().all(|line| line["message"].is_string()),
        "{text}"
    );
}

struct Captured(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0
            .lock()
            .expect("no writer has panicked")
            .extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
