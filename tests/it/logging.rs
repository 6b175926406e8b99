//! What an invocation logs: one correlation id in all its lines, what went wrong, and never a
//! secret.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use alchemiser::logging::json_lines;
use alchemiser::router::Router;
use serde_json::{Value, json};
use tracing::level_filters::LevelFilter;
use tracing_test::traced_test;

use crate::support::{
    FixedClock, IdleCloud, block_on, opening, router_on_eventbridge, router_over,
};

const REQUEST: &str = "request-1";
const SECRET: &str = "hunter2";

fn event(detail: Value) -> Value {
    json!({"id": "envelope-1", "detail-type": "WorkflowStarted", "source": "alchemiser.orchestration", "detail": detail})
}

fn started() -> Value {
    json!({
        "correlation_id": "wf-1", "causation_id": "cause-1", "event_id": "started-1", "timestamp": "2025-10-10T13:35:00Z",
        "source_module": "orchestration.main", "workflow_type": "trading", "requested_by": "TradingSystem",
    })
}

fn schedule(detail: Value) -> Value {
    json!({"id": "envelope-1", "detail-type": "Scheduled Event", "source": "aws.scheduler", "detail": detail})
}

/// Handles `input` between two marks, so that its lines can be told from those of other inputs.
fn handle(router: &Router, name: &str, input: &Value) {
    tracing::info!("begin of {name}.");
    // What comes of it is the business of other tests.
    let _outcome = block_on(router.handle(input, REQUEST));
    tracing::info!("end of {name}.");
}

/// The lines between the marks of `name`.
fn between<'a>(lines: &[&'a str], name: &str) -> Vec<&'a str> {
    let (begin, end) = (format!("begin of {name}."), format!("end of {name}."));
    lines
        .iter()
        .copied()
        .skip_while(|line| !line.ends_with(&begin))
        .skip(1)
        .take_while(|line| !line.ends_with(&end))
        .collect()
}

/// Fails unless there are lines, ours among them, and each carries the workflow's id and no other.
fn all_of(lines: &[&str], correlation_id: &str) -> Result<(), String> {
    let id = format!("invocation{{correlation_id={correlation_id} request_id=\"{REQUEST}\"}}");
    if !lines
        .iter()
        .any(|line| line.contains(" alchemiser::router: invoked"))
    {
        return Err(format!("no line tells of the invocation: {lines:#?}"));
    }
    match lines
        .iter()
        .find(|line| !line.contains(&id) || line.matches("invocation{").count() != 1)
    {
        Some(line) => Err(format!("not within {id}: {line}")),
        None => Ok(()),
    }
}

#[traced_test]
#[test]
fn one_correlation_id_is_in_all_lines_of_an_invocation() {
    let invalid = json!({"correlation_id": "wf-1", "event_id": "started-1"});
    let cases = [
        ("a command", json!({"mode": "trade"}), REQUEST),
        (
            "a command with its id",
            json!({"mode": "trade", "correlation_id": "daily-1"}),
            "daily-1",
        ),
        (
            "a schedule",
            schedule(json!({"mode": "trade"})),
            "envelope-1",
        ),
        (
            "a schedule that gives the id",
            schedule(json!({"mode": "trade", "correlation_id": "daily-1"})),
            "daily-1",
        ),
        ("an event", event(started()), "wf-1"),
        (
            "an event as text",
            event(json!(started().to_string())),
            "wf-1",
        ),
        ("an invalid event", event(invalid), "wf-1"),
        ("an event without anything", event(Value::Null), "unknown"),
        (
            "an observation",
            json!({"observe": event(started())}),
            "wf-1",
        ),
        ("a refused input", json!({"foo": 1}), REQUEST),
        (
            "a refused input with an id",
            json!({"foo": 1, "correlation_id": "daily-1"}),
            "daily-1",
        ),
        ("a list", json!([1]), REQUEST),
    ];
    for (name, input, _) in &cases {
        handle(
            &router_on_eventbridge(IdleCloud::open_market()),
            name,
            input,
        );
    }
    logs_assert(|lines| {
        cases.iter().try_for_each(|(name, _, expected)| {
            all_of(&between(lines, name), expected).map_err(|error| format!("{name}: {error}"))
        })
    });
}

/// Specification 3.1: the detail's own id comes first. Whoever looks for a workflow finds its error
/// notification too.
#[traced_test]
#[test]
fn the_circuit_breaker_logs_under_the_workflow_that_failed() {
    let detail = json!({"correlation_id": "wf-1", "error_title": "t"});
    let input = json!({"id": "envelope-1", "detail-type": "ErrorNotificationRequested", "source": "alchemiser.orchestration", "detail": detail});
    let observed = json!({ "observe": input });
    for (name, input) in [("the notification", &input), ("its copy", &observed)] {
        handle(
            &router_on_eventbridge(IdleCloud::open_market()),
            name,
            input,
        );
    }
    logs_assert(|lines| {
        ["the notification", "its copy"]
            .iter()
            .try_for_each(|name| all_of(&between(lines, name), "wf-1"))
    });
}

#[traced_test]
#[test]
fn two_invocations_at_once_keep_their_lines_apart() {
    let router = router_on_eventbridge(IdleCloud::connector());
    let (one, two) = (
        json!({"mode": "trade", "correlation_id": "daily-1"}),
        json!({"mode": "trade", "correlation_id": "daily-2"}),
    );
    block_on(async {
        let (first, second) = tokio::join!(
            router.handle(&one, "request-1"),
            router.handle(&two, "request-2")
        );
        assert!(first.is_err() && second.is_err(), "there is no broker");
    });
    logs_assert(|lines| {
        for (id, request) in [("daily-1", "request-1"), ("daily-2", "request-2")] {
            let span = format!("invocation{{correlation_id={id} request_id=\"{request}\"}}");
            let count = |words: &str| {
                lines
                    .iter()
                    .filter(|line| line.contains(&span) && line.contains(words))
                    .count()
            };
            let found = (
                count("invoked"),
                count("read failed, trying again"),
                count("invocation failed"),
            );
            if found != (1, 3, 1) {
                return Err(format!("{id}: {found:?}"));
            }
        }
        let first = lines.iter().position(|line| line.contains("daily-2"));
        let last = lines.iter().rposition(|line| line.contains("daily-1"));
        if first < last {
            Ok(())
        } else {
            Err("the two did not run at once".to_owned())
        }
    });
}

#[traced_test]
#[test]
fn a_failed_invocation_says_what_failed_and_why() {
    handle(
        &router_on_eventbridge(IdleCloud::open_market()),
        "an invalid event",
        &event(json!({"correlation_id": "wf-1"})),
    );
    logs_assert(|lines| {
        let lines = between(lines, "an invalid event");
        let errors: Vec<&&str> = lines
            .iter()
            .filter(|line| line.contains(" ERROR "))
            .collect();
        let [error] = errors.as_slice() else {
            return Err(format!("{errors:#?}"));
        };
        let parts = [
            "invocation failed",
            "error_type=\"InvalidEvent\"",
            "detail_type=WorkflowStarted",
            "correlation_id=wf-1",
            "missing field",
        ];
        match parts.iter().find(|part| !error.contains(**part)) {
            Some(part) => Err(format!("{part} is not in {error}")),
            None => Ok(()),
        }
    });
}

#[traced_test]
#[test]
fn every_refusal_is_logged_as_an_error_with_its_reason() {
    handle(
        &router_on_eventbridge(IdleCloud::open_market()),
        "a wrong mode",
        &json!({"mode": "bot"}),
    );
    logs_assert(|lines| {
        let lines = between(lines, "a wrong mode");
        let is_told = |line: &&str| {
            line.contains(" ERROR ")
                && line.contains("input refused")
                && line.contains("signals only")
        };
        if lines.iter().any(is_told) {
            Ok(())
        } else {
            Err(format!("{lines:#?}"))
        }
    });
}

fn with_secrets() -> Vec<(&'static str, Value)> {
    let secrets = json!({"api_key": SECRET, "nested": [{"Secret_Key": SECRET}, {"credentials": {"user": "u", "pass": SECRET}}]});
    let text =
        json!({"token": SECRET, "inner": json!({"PASSWORD": SECRET}).to_string()}).to_string();
    let mut with_fields = started();
    with_fields["configuration"] = secrets.clone();
    vec![
        (
            "a command with a secret",
            json!({"mode": "trade", "password": SECRET}),
        ),
        ("a schedule with secrets", schedule(secrets.clone())),
        ("a schedule with secrets in its text", schedule(json!(text))),
        ("an event with secrets", event(with_fields.clone())),
        (
            "an event with secrets as text",
            event(json!(with_fields.to_string())),
        ),
        (
            "a copy with secrets",
            json!({"observe": event(secrets.clone())}),
        ),
        ("a list with secrets", json!([secrets])),
    ]
}

fn without_secrets(lines: &[&str]) -> Result<(), String> {
    if !lines.iter().any(|line| line.contains("invoked")) {
        return Err(format!("no line tells of an invocation: {lines:#?}"));
    }
    lines
        .iter()
        .find(|line| line.contains(SECRET))
        .map_or(Ok(()), |line| Err((*line).to_owned()))
}

#[traced_test]
#[test]
fn no_secret_of_an_input_is_logged() {
    for (name, input) in with_secrets() {
        handle(
            &router_on_eventbridge(IdleCloud::open_market()),
            name,
            &input,
        );
    }
    logs_assert(without_secrets);
}

/// What cannot be read cannot be masked part by part; it is the whole of it that must not be
/// logged.
#[traced_test]
#[test]
fn no_secret_of_a_text_that_is_not_quite_json_is_logged() {
    let broken = format!("{{\"password\": \"{SECRET}\"");
    let twice = json!(json!({"password": SECRET}).to_string()).to_string();
    for (name, text) in [
        ("a text broken off", broken),
        ("a text within a text", twice),
    ] {
        handle(
            &router_on_eventbridge(IdleCloud::open_market()),
            name,
            &event(json!(text)),
        );
    }
    logs_assert(without_secrets);
}

#[traced_test]
#[test]
fn no_secret_of_the_settings_is_logged() {
    let secrets = [
        ("ALPACA__KEY", SECRET),
        ("ALPACA__SECRET", "hunter2-broker"),
        ("EMAIL__PASSWORD", "hunter2-mail"),
    ];
    let mail = json!({
        "trading_success": true, "trading_mode": "PAPER", "orders_placed": 0, "orders_succeeded": 0, "total_trade_value": "0",
        "execution_data": {},
    });
    let mut detail = started();
    detail
        .as_object_mut()
        .expect("an object")
        .extend(mail.as_object().expect("an object").clone());
    let mut notification = event(detail);
    notification["detail-type"] = json!("TradingNotificationRequested");
    for (name, input) in [
        ("a start without a broker", json!({"mode": "trade"})),
        ("a mail without a server", notification),
    ] {
        handle(&router_over(IdleCloud::connector(), &secrets), name, &input);
    }
    logs_assert(without_secrets);
    logs_assert(|lines| {
        let failures = lines
            .iter()
            .filter(|line| line.contains("invocation failed"))
            .count();
        if failures == 2 {
            Ok(())
        } else {
            Err(format!("{failures} invocations failed"))
        }
    });
}

#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("no writer has panicked").write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What the function writes, from `level` on, as text and line by line as JSON.
fn written(level: LevelFilter, work: impl FnOnce()) -> (String, Vec<Value>) {
    let captured = Captured::default();
    let writer = captured.clone();
    let subscriber = json_lines(level, Arc::new(FixedClock(opening())), move || {
        writer.clone()
    });
    tracing::subscriber::with_default(subscriber, work);
    let text = String::from_utf8(captured.0.lock().expect("no writer has panicked").clone())
        .expect("lines are UTF-8");
    let lines = text
        .lines()
        .map(|line| serde_json::from_str(line).expect("a line is a JSON object"))
        .collect();
    (text, lines)
}

#[test]
fn a_line_is_one_json_object_with_the_ids_beside_its_own_fields() {
    let input = json!({"observe": event(started())});
    let (text, lines) = written(LevelFilter::INFO, || {
        handle(
            &router_on_eventbridge(IdleCloud::open_market()),
            "a copy",
            &input,
        )
    });
    let line = |message: &str, fields: Value| {
        let mut line = json!({
            "timestamp": "2025-10-10T13:35:00.000Z", "level": "INFO", "message": message, "target": "alchemiser::router",
            "correlation_id": "wf-1", "request_id": REQUEST,
        });
        line.as_object_mut()
            .expect("an object")
            .extend(fields.as_object().expect("an object").clone());
        line
    };
    let expected = [
        line(
            "invoked",
            json!({"handler": "observer", "event": input.to_string()}),
        ),
        line(
            "observed",
            json!({"source": "alchemiser.orchestration", "observed": "WorkflowStarted"}),
        ),
    ];
    assert_eq!(lines, expected);
    assert!(
        text.starts_with(
            r#"{"timestamp":"2025-10-10T13:35:00.000Z","level":"INFO","message":"invoked","#
        ),
        "{text}"
    );
}

#[test]
fn no_line_of_json_carries_a_secret() {
    let (text, lines) = written(LevelFilter::DEBUG, || {
        for (name, input) in with_secrets() {
            handle(
                &router_on_eventbridge(IdleCloud::open_market()),
                name,
                &input,
            );
        }
    });
    assert!(lines.len() >= with_secrets().len(), "{text}");
    assert!(!text.contains(SECRET), "{text}");
}

#[test]
fn lines_below_the_level_are_not_written() {
    let refuse = || {
        handle(
            &router_on_eventbridge(IdleCloud::open_market()),
            "a wrong mode",
            &json!({"mode": "bot"}),
        )
    };
    let (_, lines) = written(LevelFilter::ERROR, refuse);
    let told: Vec<(&Value, &Value)> = lines
        .iter()
        .map(|line| (&line["level"], &line["message"]))
        .collect();
    assert_eq!(told, [(&json!("ERROR"), &json!("input refused"))]);
}
