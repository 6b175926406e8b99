//! The router's table (rules.md 3.4): what each input is answered, and what it publishes.
//! Where the specification says HAZARD, the safe reading is built.

use alchemiser::error::StepError;
use serde_json::{Value, json};

use crate::support::{IdleCloud, ScriptedHttp, block_on, router_on_eventbridge};

/// What an input comes to.
enum Expected {
    /// A workflow with this correlation id is started.
    Starts(&'static str),
    /// `failed` and `unknown`, for a reason that holds these words, and one error event.
    Refused(&'static str),
    /// This status and body, and these events.
    Event(u16, &'static str, &'static [&'static str]),
    /// The circuit breaker's answer; nothing is called.
    Skipped,
    /// This class of error, whose text holds these words; nothing is published.
    Raises(&'static str, &'static str),
}

use Expected::{Event, Raises, Refused, Skipped, Starts};

const REQUEST: &str = "request-1";
const PROCESSED: &str = "Event processed successfully";
const NOTIFICATION: &[&str] = &["TradingNotificationRequested"];

/// The detail of an event, its fields besides the common ones given by `body`.
fn detail(event_id: &str, body: &Value) -> Value {
    let mut detail = json!({
        "correlation_id": "wf-1",
        "causation_id": "cause-1",
        "event_id": event_id,
        "event_type": "any",
        "timestamp": "2025-10-10T13:35:00Z",
        "source_module": "orchestration.event_driven_orchestrator",
    });
    let fields = body.as_object().expect("a body is an object").clone();
    detail
        .as_object_mut()
        .expect("a detail is an object")
        .extend(fields);
    detail
}

fn started() -> Value {
    detail(
        "started-1",
        &json!({"workflow_type": "trading", "requested_by": "TradingSystem", "configuration": {"live_trading": false}}),
    )
}

fn envelope(detail_type: &str, source: &str, detail: Value) -> Value {
    json!({
        "version": "0", "id": "envelope-1", "detail-type": detail_type, "source": source, "account": "123456789012",
        "time": "2025-10-10T13:35:00Z", "region": "us-east-1", "resources": [], "detail": detail,
    })
}

fn schedule(detail: Value) -> Value {
    envelope("Scheduled Event", "aws.scheduler", detail)
}

fn orchestration(detail: Value) -> Value {
    envelope("WorkflowStarted", "alchemiser.orchestration", detail)
}

/// `started()` with one field changed, or removed where the change is null.
fn started_with(field: &str, change: Value) -> Value {
    let mut detail = started();
    match change {
        Value::Null => detail
            .as_object_mut()
            .and_then(|fields| fields.remove(field))
            .map(drop),
        change => detail
            .as_object_mut()
            .and_then(|fields| fields.insert(field.to_owned(), change))
            .map(drop),
    };
    orchestration(detail)
}

fn rule(detail: Value) -> Value {
    envelope("Scheduled Event", "aws.events", detail)
}

/// A schedule's event with another id of its envelope.
fn with_id(id: &str) -> Value {
    let mut event = schedule(json!({"mode": "trade"}));
    event["id"] = json!(id);
    event
}

#[expect(clippy::too_many_lines, reason = "a table of cases is read as one")]
fn commands() -> Vec<(&'static str, Value, Expected)> {
    let unsubstituted = json!({"correlation_id": "daily@<aws.scheduler.scheduled-time>"});
    vec![
        ("an empty object", json!({}), Starts(REQUEST)),
        ("null", Value::Null, Starts(REQUEST)),
        ("a command", json!({"mode": "trade"}), Starts(REQUEST)),
        (
            "a command with its id",
            json!({"mode": "trade", "trading_mode": "paper", "correlation_id": "daily-1"}),
            Starts("daily-1"),
        ),
        (
            "a schedule",
            schedule(json!({"mode": "trade"})),
            Starts("envelope-1"),
        ),
        (
            "a schedule that gives the id",
            schedule(json!({"mode": "trade", "correlation_id": "daily-1"})),
            Starts("daily-1"),
        ),
        (
            "a schedule whose input is JSON text",
            schedule(json!("{\"mode\":\"trade\"}")),
            Starts("envelope-1"),
        ),
        (
            "a scheduled rule, which cannot say more",
            rule(json!({})),
            Starts("envelope-1"),
        ),
        (
            "HAZARD: a schedule without input in a scheduled rule's envelope",
            rule(schedule(json!({}))),
            Refused("from \"aws.scheduler\" has an empty detail"),
        ),
        (
            "HAZARD: a scheduled rule's event within a schedule",
            schedule(rule(json!({}))),
            Refused("from \"aws.events\" has an empty detail"),
        ),
        (
            "HAZARD: a scheduled rule's event within another",
            rule(rule(json!({}))),
            Refused("has an empty detail"),
        ),
        (
            "HAZARD: a stranger's event within a scheduled rule",
            rule(json!({"detail-type": "x", "detail": {}})),
            Refused("from \"\" has an empty detail"),
        ),
        (
            "HAZARD: an event of ours within a schedule",
            schedule(envelope(
                "TestEvent",
                "alchemiser.test",
                json!({"mode": "trade"}),
            )),
            Refused("\"TestEvent\" from \"alchemiser.test\" is no event"),
        ),
        (
            "HAZARD: a rule whose detail is text",
            rule(json!("{}")),
            Refused("has an empty detail"),
        ),
        (
            "HAZARD: a text that says two modes",
            schedule(json!(r#"{"mode":"watchdog","mode":"trade"}"#)),
            Refused("the key `mode` is there twice"),
        ),
        (
            "HAZARD: no mode",
            json!({"mode": null}),
            Refused("field `mode`: null says nothing"),
        ),
        (
            "HAZARD: no mode in a schedule",
            schedule(json!({"mode": null})),
            Refused("field `mode`: null says nothing"),
        ),
        (
            "HAZARD: no mode in a text",
            schedule(json!("{\"mode\":null}")),
            Refused("field `mode`: null says nothing"),
        ),
        (
            "HAZARD: an id without a mode",
            json!({"correlation_id": "daily-1"}),
            Refused("field `mode` is missing"),
        ),
        (
            "HAZARD: an id without a mode from a rule",
            rule(json!({"correlation_id": "daily-1"})),
            Refused("field `mode` is missing"),
        ),
        (
            "an id of an envelope that is none",
            with_id("a\r\nb"),
            Refused("the envelope's `id`: '\\r' is not allowed"),
        ),
        (
            "a command in two envelopes",
            schedule(schedule(json!({"mode": "trade"}))),
            Starts("envelope-1"),
        ),
        (
            "HAZARD: another event of AWS without a detail",
            envelope("EC2 State", "aws.events", json!({})),
            Refused("has an empty detail"),
        ),
        (
            "HAZARD: a schedule without input",
            schedule(json!({})),
            Refused("has an empty detail"),
        ),
        (
            "HAZARD: a schedule whose input is null",
            schedule(Value::Null),
            Refused("a command must be a JSON object"),
        ),
        (
            "HAZARD: a schedule whose input is empty text",
            schedule(json!("")),
            Refused("text that is not JSON"),
        ),
        (
            "HAZARD: a schedule whose input is empty JSON text",
            schedule(json!("{}")),
            Refused("has an empty detail"),
        ),
        (
            "HAZARD: a schedule whose input is a list",
            schedule(json!([{"mode": "trade"}])),
            Refused("a command must be a JSON object"),
        ),
        (
            "HAZARD: a list",
            json!([]),
            Refused("a command must be a JSON object"),
        ),
        (
            "HAZARD: a list with a command",
            json!([{"mode": "trade"}]),
            Refused("a command must be a JSON object"),
        ),
        (
            "HAZARD: a text",
            json!("trade"),
            Refused("a command must be a JSON object"),
        ),
        (
            "HAZARD: a text with a command",
            json!("{\"mode\":\"trade\"}"),
            Refused("a command must be a JSON object"),
        ),
        (
            "HAZARD: signals only",
            json!({"mode": "bot"}),
            Refused("\"bot\" gives signals only"),
        ),
        (
            "a number",
            json!(1),
            Refused("a command must be a JSON object"),
        ),
        (
            "a boolean",
            json!(true),
            Refused("a command must be a JSON object"),
        ),
        (
            "an unknown field",
            json!({"foo": 1}),
            Refused("unknown field `foo`"),
        ),
        (
            "an unknown mode",
            json!({"mode": "TRADE"}),
            Refused("\"TRADE\" is none of"),
        ),
        (
            "an input that the scheduler did not fill in",
            schedule(unsubstituted),
            Refused("context attribute"),
        ),
        (
            "no envelope, for it has no detail",
            json!({"detail-type": "Scheduled Event", "source": "aws.scheduler"}),
            Refused("unknown field"),
        ),
        (
            "no envelope, for it has no type",
            json!({"source": "aws.scheduler", "detail": {"mode": "trade"}}),
            Refused("unknown field"),
        ),
        (
            "HAZARD: a copy with a command beside it",
            json!({"observe": {}, "mode": "trade"}),
            Refused("unknown field `observe`"),
        ),
    ]
}

/// Commands whose fields nobody could act on, or not as they are meant.
#[expect(clippy::too_many_lines, reason = "a table of cases is read as one")]
fn fields() -> Vec<(&'static str, Value, Expected)> {
    let report = |field: &str, value: Value| {
        let mut command = json!({"action": "pnl_analysis", "pnl_type": "weekly"});
        command[field] = value;
        command
    };
    vec![
        (
            "a known version",
            json!({"mode": "trade", "schema_version": "1.0"}),
            Starts(REQUEST),
        ),
        (
            "another version",
            json!({"schema_version": "2.0"}),
            Refused("field `schema_version`: \"2.0\" is none of"),
        ),
        (
            "an unknown trading mode",
            json!({"trading_mode": "PAPER"}),
            Refused("field `trading_mode`: \"PAPER\" is none of"),
        ),
        (
            "no arguments",
            json!({"mode": "trade", "arguments": []}),
            Starts(REQUEST),
        ),
        (
            "arguments",
            json!({"arguments": ["--live"]}),
            Refused("field `arguments`"),
        ),
        (
            "no dry run",
            json!({"mode": "trade", "dry_run": false}),
            Starts(REQUEST),
        ),
        (
            "another account",
            json!({"account_id": "PA2"}),
            Refused("field `account_id` is not supported"),
        ),
        (
            "another recipient",
            json!({"to": "other@example.com"}),
            Refused("field `to` is not supported"),
        ),
        (
            "another subject",
            json!({"subject": "hello"}),
            Refused("field `subject` is not supported"),
        ),
        (
            "a month",
            report("month", json!("2025-09")),
            Refused("field `month` is not supported"),
        ),
        (
            "an id with blanks around it",
            json!({"mode": "trade", "correlation_id": " daily-1 "}),
            Starts("daily-1"),
        ),
        (
            "a blank id",
            json!({"mode": "trade", "correlation_id": "  "}),
            Starts(REQUEST),
        ),
        (
            "an id of 101 characters",
            json!({"correlation_id": "x".repeat(101)}),
            Refused("field `correlation_id`: has 101 characters, more than 100 characters"),
        ),
        (
            "a cause that the scheduler did not fill in",
            json!({"causation_id": "<aws.scheduler.execution-id>"}),
            Refused("context attribute"),
        ),
        (
            "a time that is none",
            json!({"scheduled_time": "soon"}),
            Refused("field `scheduled_time`: \"soon\" is not an instant"),
        ),
        (
            "a run with the type of a report",
            json!({"pnl_type": "weekly"}),
            Refused("has no `pnl_` fields"),
        ),
        (
            "a run with the span of a report",
            json!({"pnl_period": "3M"}),
            Refused("has no `pnl_` fields"),
        ),
        (
            "a run with the spans of a report",
            json!({"pnl_periods": 1}),
            Refused("has no `pnl_` fields"),
        ),
        (
            "a run with the rows of a report",
            json!({"pnl_detailed": false}),
            Refused("has no `pnl_` fields"),
        ),
        (
            "an unknown action",
            report("action", json!("monthly_summary")),
            Refused("field `action`: \"monthly_summary\" is none of"),
        ),
        (
            "an unknown type of report",
            report("pnl_type", json!("yearly")),
            Refused("field `pnl_type`: \"yearly\" is none of"),
        ),
        (
            "a report of no weeks",
            report("pnl_periods", json!(0)),
            Refused("field `pnl_periods`: 0 is less than 1"),
        ),
        (
            "a report of less than that",
            report("pnl_periods", json!(-1)),
            Refused("field `pnl_periods`: -1 is less than 1"),
        ),
        (
            "a period without a number",
            report("pnl_period", json!("M")),
            Refused("field `pnl_period`: \"M\" is not digits"),
        ),
    ]
}

fn breaker() -> Vec<(&'static str, Value, Expected)> {
    let error = json!({"error_severity": "critical", "error_priority": "URGENT", "error_title": "t", "error_report": "r"});
    let kind = "ErrorNotificationRequested";
    let other =
        json!({"error_type": "ValueError", "error_message": "no", "correlation_id": "wf-1"});
    vec![
        (
            "an error notification",
            envelope(kind, "alchemiser.orchestration", detail("error-1", &error)),
            Skipped,
        ),
        (
            "with another source",
            envelope(kind, "alchemiser.shared.errors.error_handler", error),
            Skipped,
        ),
        (
            "with a foreign source",
            envelope(kind, "aws.events", json!({"mode": "trade"})),
            Skipped,
        ),
        (
            "with another detail",
            envelope(kind, "alchemiser.orchestration", other),
            Skipped,
        ),
        (
            "with a malformed detail",
            envelope(kind, "alchemiser.orchestration", json!("{nope")),
            Skipped,
        ),
        (
            "without a source",
            json!({"detail-type": kind, "detail": {"mode": "trade"}}),
            Skipped,
        ),
        (
            "without a detail",
            json!({"detail-type": kind, "source": "alchemiser.orchestration"}),
            Skipped,
        ),
        (
            "that is observed",
            json!({"observe": envelope(kind, "alchemiser.orchestration", json!({}))}),
            Skipped,
        ),
        (
            "within a schedule",
            schedule(envelope(
                kind,
                "alchemiser.orchestration",
                json!({"mode": "trade"}),
            )),
            Skipped,
        ),
    ]
}

#[expect(clippy::too_many_lines, reason = "a table of cases is read as one")]
fn events() -> Vec<(&'static str, Value, Expected)> {
    let orders = json!({"execution_data": {"total_trade_value": "10.00"}, "success": true, "orders_placed": 1, "orders_succeeded": 1});
    let completed =
        json!({"workflow_type": "trading", "workflow_duration_ms": 9_000, "success": true});
    let failed = json!({"workflow_type": "signal_generation", "failure_reason": "no data", "failure_step": "signal_generation"});
    let mail = json!({"trading_success": true, "trading_mode": "PAPER", "orders_placed": 1, "orders_succeeded": 1,
        "total_trade_value": "10.00", "execution_data": {}});
    let ours = |kind: &str, source: &str, id: &str, body: &Value| {
        envelope(kind, &format!("alchemiser.{source}"), detail(id, body))
    };
    vec![
        (
            "WorkflowStarted",
            orchestration(started()),
            Event(200, PROCESSED, &[]),
        ),
        (
            "with a long source",
            envelope(
                "WorkflowStarted",
                "alchemiser.orchestration.main",
                started(),
            ),
            Event(200, PROCESSED, &[]),
        ),
        (
            "with a stray field",
            started_with("mode", json!("trade")),
            Event(200, PROCESSED, &[]),
        ),
        (
            "with its detail as JSON text",
            orchestration(json!(started().to_string())),
            Event(200, PROCESSED, &[]),
        ),
        (
            "with a key twice in its text",
            orchestration(json!(started().to_string().replacen(
                '{',
                "{\"event_id\":\"other\",",
                1
            ))),
            Raises("InvalidEvent", "the key `event_id` is there twice"),
        ),
        (
            "with malformed JSON text",
            orchestration(json!("{\"event_id\":")),
            Raises("InvalidEvent", "malformed JSON text"),
        ),
        (
            "without an event_id",
            started_with("event_id", Value::Null),
            Raises("InvalidEvent", "missing field `event_id`"),
        ),
        (
            "with a blank event_id",
            started_with("event_id", json!(" ")),
            Raises("InvalidEvent", "field `event_id`: must not be blank"),
        ),
        (
            "with a quote in its event_id",
            started_with("event_id", json!("a\"b")),
            Raises("InvalidEvent", "field `event_id`: '\"' is not allowed"),
        ),
        (
            "with a NUL in its correlation_id",
            started_with("correlation_id", json!("a\0b")),
            Raises("InvalidEvent", "'\\0' is not allowed"),
        ),
        (
            "with a line break in its cause",
            started_with("causation_id", json!("a\nb")),
            Raises("InvalidEvent", "field `causation_id`: '\\n'"),
        ),
        (
            "with an id that no key can be",
            started_with("correlation_id", json!("x".repeat(101))),
            Raises("InvalidEvent", "101 characters"),
        ),
        (
            "with a timestamp before all mails",
            started_with("timestamp", json!("1969-01-01T00:00:00Z")),
            Raises("InvalidEvent", "1970 to 9999"),
        ),
        (
            "with a bad timestamp",
            started_with("timestamp", json!("nope")),
            Raises("InvalidEvent", "\"nope\" is not an instant"),
        ),
        (
            "without a detail",
            json!({"detail-type": "WorkflowStarted", "source": "alchemiser.orchestration"}),
            Raises("InvalidEvent", "found null"),
        ),
        (
            "with detail null",
            orchestration(Value::Null),
            Raises("InvalidEvent", "must be a JSON object, found null"),
        ),
        (
            "with a list as its detail",
            orchestration(json!([started()])),
            Raises("InvalidEvent", "must be a JSON object, found a list"),
        ),
        (
            "TradeExecuted",
            ours("TradeExecuted", "execution", "executed-1", &orders),
            Event(200, "Orchestrator-only event: TradeExecuted", NOTIFICATION),
        ),
        (
            "WorkflowFailed",
            ours("WorkflowFailed", "strategy", "failed-1", &failed),
            Event(200, "Orchestrator-only event: WorkflowFailed", NOTIFICATION),
        ),
        (
            "WorkflowCompleted",
            ours("WorkflowCompleted", "execution", "completed-1", &completed),
            Event(200, "Orchestrator-only event: WorkflowCompleted", &[]),
        ),
        (
            "TradingNotificationRequested goes to the mail server, which is not there",
            ours(
                "TradingNotificationRequested",
                "orchestration",
                "notification-1",
                &mail,
            ),
            Raises("MailNotDelivered", "connection refused"),
        ),
        (
            "a copy to look at",
            json!({"observe": orchestration(started())}),
            Event(200, "Observed: WorkflowStarted", &[]),
        ),
        (
            "a copy of an unknown event",
            json!({"observe": envelope("New", "x", json!(1))}),
            Event(200, "Observed: New", &[]),
        ),
        (
            "a copy of nothing",
            json!({"observe": {}}),
            Refused("an observation must hold an event"),
        ),
    ]
}

fn foreign_events() -> Vec<(&'static str, Value, Expected)> {
    let from = |source: Value| {
        let mut event = orchestration(started());
        event["source"] = source;
        event
    };
    let ours = |kind: &str| envelope(kind, "alchemiser.test", json!({"mode": "trade"}));
    vec![
        (
            "the right type from another source",
            from(json!("aws.other")),
            Refused("unknown field"),
        ),
        (
            "the right type from the bare prefix",
            from(json!("alchemiser")),
            Refused("unknown field"),
        ),
        (
            "the right type from a longer prefix",
            from(json!("alchemisers.strategy")),
            Refused("unknown field"),
        ),
        (
            "the right type, source null",
            from(Value::Null),
            Refused("unknown field"),
        ),
        (
            "TestEvent",
            ours("TestEvent"),
            Refused(
                "\"TestEvent\" from \"alchemiser.test\" is no event that this function handles",
            ),
        ),
        (
            "StartupEvent",
            ours("StartupEvent"),
            Refused("\"StartupEvent\" from"),
        ),
        (
            "TradeExecutionStarted",
            ours("TradeExecutionStarted"),
            Refused("\"TradeExecutionStarted\" from"),
        ),
        (
            "PortfolioStateChanged",
            ours("PortfolioStateChanged"),
            Refused("\"PortfolioStateChanged\" from"),
        ),
        (
            "OrderSettlementCompleted",
            ours("OrderSettlementCompleted"),
            Refused("it handles WorkflowStarted, SignalGenerated"),
        ),
        (
            "SystemNotificationRequested",
            ours("SystemNotificationRequested"),
            Refused("\"SystemNotificationRequested\" from"),
        ),
        (
            "an empty type",
            ours(""),
            Refused("\"\" from \"alchemiser.test\""),
        ),
    ]
}

fn deliver(cloud: &ScriptedHttp, input: &Value) -> Result<Value, StepError> {
    block_on(router_on_eventbridge(cloud.clone()).handle(input, REQUEST))
}

fn check(name: &str, input: &Value, expected: &Expected) {
    let cloud = IdleCloud::open_market();
    let outcome = deliver(&cloud, input);
    let published = cloud.published_types();
    match (expected, &outcome) {
        (Starts(correlation_id), Ok(answer)) => {
            assert_eq!(*answer, started_answer(correlation_id), "{name}");
            assert_eq!(published, ["WorkflowStarted"], "{name}");
        }
        (Refused(words), Ok(answer)) => {
            let message = answer["message"].as_str().unwrap_or_default();
            let expected = json!({"status": "failed", "mode": "unknown", "trading_mode": "unknown", "message": message, "request_id": REQUEST});
            assert_eq!(*answer, expected, "{name}");
            assert!(
                message.starts_with("Lambda execution critical error: ") && message.contains(words),
                "{name}: {message}"
            );
            assert_eq!(published, ["ErrorNotificationRequested"], "{name}");
        }
        (Event(status, body, events), Ok(answer)) => {
            assert_eq!(
                *answer,
                json!({"statusCode": status, "body": body}),
                "{name}"
            );
            assert_eq!(published, *events, "{name}");
        }
        (Skipped, Ok(answer)) => {
            assert_eq!(*answer, skipped_answer(), "{name}");
            assert!(cloud.asked().is_empty(), "{name}: {:?}", cloud.asked());
        }
        (Raises(class, words), Err(error)) => {
            assert_eq!(error.class(), *class, "{name}");
            assert!(error.to_string().contains(words), "{name}: {error}");
            assert!(published.is_empty(), "{name}: {published:?}");
        }
        _ => panic!("{name}: {outcome:?}"),
    }
}

fn started_answer(correlation_id: &str) -> Value {
    json!({
        "status": "success", "mode": "trade", "trading_mode": "paper", "message": "Paper trading completed successfully",
        "request_id": REQUEST, "workflow_started": true, "correlation_id": correlation_id,
    })
}

fn skipped_answer() -> Value {
    json!({
        "status": "skipped", "mode": "error_notification", "trading_mode": "n/a",
        "message": "Error notification event skipped (circuit breaker)", "request_id": REQUEST,
    })
}

#[test]
fn commands_are_explicit_and_valid_or_refused() {
    commands()
        .iter()
        .for_each(|(name, input, expected)| check(name, input, expected));
}

#[test]
fn a_field_is_acted_on_or_refused() {
    fields()
        .iter()
        .for_each(|(name, input, expected)| check(name, input, expected));
}

#[test]
fn the_circuit_breaker_comes_first() {
    breaker()
        .iter()
        .for_each(|(name, input, expected)| check(name, input, expected));
}

#[test]
fn events_of_ours_reach_their_handlers() {
    events()
        .iter()
        .for_each(|(name, input, expected)| check(name, input, expected));
}

#[test]
fn events_that_nobody_handles_are_refused_in_clear_words() {
    foreign_events()
        .iter()
        .for_each(|(name, input, expected)| check(name, input, expected));
}

#[test]
fn an_event_that_comes_again_is_a_duplicate_and_reaches_no_handler() {
    for (kind, body) in [
        (
            "WorkflowStarted",
            json!({"workflow_type": "trading", "requested_by": "TradingSystem"}),
        ),
        (
            "WorkflowFailed",
            json!({"workflow_type": "x", "failure_reason": "no data", "failure_step": "watchdog"}),
        ),
    ] {
        let cloud = IdleCloud::open_market();
        let input = envelope(kind, "alchemiser.orchestration", detail("event-1", &body));
        let first = deliver(&cloud, &input).expect("handled");
        let (calls, published) = (cloud.asked().len(), cloud.published_types());
        let second = deliver(&cloud, &input).expect("answered");
        assert_eq!(
            cloud.asked().len(),
            calls + 1,
            "{kind}: the second delivery only asks for the claim"
        );
        assert_eq!(cloud.published_types(), published, "{kind}");
        match kind {
            "WorkflowStarted" => {
                assert_eq!(first["body"], PROCESSED);
                assert_eq!(
                    second,
                    json!({"statusCode": 200, "body": "Duplicate event skipped"})
                );
            }
            _ => assert_eq!(
                (&first, &published),
                (&second, &vec!["TradingNotificationRequested".to_owned()])
            ),
        }
    }
}

#[test]
fn a_command_that_comes_again_starts_nothing() {
    let cloud = IdleCloud::open_market();
    let input = json!({"mode": "trade", "correlation_id": "daily-1"});
    assert_eq!(deliver(&cloud, &input), Ok(started_answer("daily-1")));
    let expected = json!({
        "status": "skipped", "mode": "trade", "trading_mode": "paper",
        "message": "Paper trading skipped: this command was handled before",
        "request_id": REQUEST, "workflow_started": false, "correlation_id": "daily-1",
    });
    assert_eq!(deliver(&cloud, &input), Ok(expected));
    assert_eq!(cloud.published_types(), ["WorkflowStarted"]);
}

#[test]
fn the_handler_of_events_knows_what_it_cannot_handle() {
    let router = router_on_eventbridge(IdleCloud::open_market());
    let system = detail(
        "system-1",
        &json!({"notification_type": "n", "subject": "s", "html_content": "h"}),
    );
    for (kind, detail, expected) in [
        (
            "TestEvent",
            json!({}),
            json!({"statusCode": 400, "body": "Unknown event type: TestEvent"}),
        ),
        (
            "",
            json!(null),
            json!({"statusCode": 400, "body": "Unknown event type: "}),
        ),
        (
            "SystemNotificationRequested",
            system,
            json!({"statusCode": 404, "body": "No handler for: SystemNotificationRequested"}),
        ),
    ] {
        assert_eq!(
            block_on(router.handle_event(kind, &detail)),
            Ok(expected),
            "{kind}"
        );
    }
}

#[test]
fn a_command_that_this_deployment_must_not_do_is_refused_by_name() {
    let cloud = IdleCloud::open_market();
    let reason = "the command expects live trading, this deployment trades paper";
    let expected = json!({
        "status": "failed", "mode": "trade", "trading_mode": "paper",
        "message": format!("Lambda execution error (StartRefused): {reason}"), "request_id": REQUEST,
    });
    assert_eq!(
        deliver(&cloud, &json!({"mode": "trade", "trading_mode": "live"})),
        Ok(expected)
    );
    // The breaker stops the second; the first is a mail.
    assert_eq!(
        cloud.published_types(),
        ["TradingNotificationRequested", "ErrorNotificationRequested"]
    );
}

#[test]
fn a_broker_that_does_not_answer_fails_the_invocation_and_publishes_nothing() {
    for input in [
        json!({"mode": "trade"}),
        json!({"action": "pnl_analysis", "pnl_type": "weekly"}),
    ] {
        let cloud = IdleCloud::connector();
        let error = deliver(&cloud, &input).expect_err("no broker");
        assert_eq!(error.class(), "BrokerUnavailable", "{input}");
        assert!(cloud.published_types().is_empty(), "{input}");
    }
}

#[test]
fn a_report_says_what_was_won() {
    let cloud = IdleCloud::open_market();
    let result = json!({
        "period": "2W", "success": true, "start_value": "100000", "end_value": "101250.5", "pnl": "1250.5", "pnl_percent": "1.25",
    });
    let expected = json!({
        "status": "success", "mode": "pnl", "trading_mode": "n/a", "message": "N/A trading completed successfully",
        "request_id": REQUEST, "result": result,
    });
    for mode in [Value::Null, json!("trade")] {
        let command =
            json!({"action": "pnl_analysis", "pnl_type": "weekly", "pnl_periods": 2, "mode": mode});
        assert_eq!(
            deliver(&cloud, &command),
            Ok(expected.clone()),
            "an action is no trade, whatever the mode"
        );
    }
    assert!(cloud.published_types().is_empty());
}

#[test]
fn the_error_event_keeps_the_workflow_and_names_its_cause() {
    for (input, correlation, causation) in [
        (
            json!({"correlation_id": "wf-1", "id": "envelope-1", "foo": 1}),
            "wf-1",
            "envelope-1",
        ),
        (schedule(json!({"foo": 1})), "envelope-1", "envelope-1"),
        (json!({"foo": 1}), REQUEST, REQUEST),
    ] {
        let cloud = IdleCloud::open_market();
        deliver(&cloud, &input).expect("answered");
        let entry = cloud.published().remove(0);
        assert_eq!(entry["Source"], "alchemiser.orchestration");
        assert_eq!(
            entry["Resources"],
            json!([
                format!("correlation:{correlation}"),
                format!("causation:{causation}")
            ]),
            "{input}"
        );
        let detail: Value =
            serde_json::from_str(entry["Detail"].as_str().expect("text")).expect("JSON");
        assert_eq!(
            (&detail["correlation_id"], &detail["error_severity"]),
            (&json!(correlation), &json!("critical"))
        );
        assert!(
            detail["error_report"]
                .as_str()
                .is_some_and(|report| report.contains("unknown field")),
            "{detail}"
        );
    }
}
