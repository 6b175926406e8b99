//! A program in another language, run as Lambda runs it: what its caller sees when it answers,
//! fails, dies or hangs.

use std::path::Path;
use std::time::Duration;

use lambda_host::{Host, HostedFunction, Invoked, OutputLine, OutputStream, Phase};
use serde_json::{Value, json};
use simulated_cloud::lambda::InvocationResult;

const LIMIT: Duration = Duration::from_secs(20);

#[expect(
    clippy::disallowed_methods,
    reason = "the program under test reads the machine's clock"
)]
fn wall_clock_ms() -> i64 {
    chrono::Utc::now().timestamp_millis()
}

fn function(variables: &[(&str, &str)]) -> HostedFunction {
    let mut function = HostedFunction::new("parcels", "/usr/bin/env");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lambda_host/runtime.py");
    function.arguments = vec![
        "python3".to_owned(),
        script.to_str().expect("the path is UTF-8").to_owned(),
    ];
    function.environment = variables
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    function
}

async fn invoke(host: &mut Host, event: &Value) -> Invoked {
    invoke_within(host, event, LIMIT).await
}

async fn invoke_within(host: &mut Host, event: &Value, limit: Duration) -> Invoked {
    host.invoke(&event.to_string(), "request-1", limit)
        .await
        .expect("there is a free port")
}

fn error(invoked: &Invoked) -> (&str, &str) {
    let text = |name: &str| invoked.response[name].as_str().unwrap_or_default();
    (text("errorType"), text("errorMessage"))
}

fn texts(lines: &[OutputLine]) -> Vec<&str> {
    lines.iter().map(|line| line.text.as_str()).collect()
}

#[tokio::test]
async fn an_answer_reaches_the_caller_and_the_process_stays_warm() {
    let mut host = Host::new(function(&[]));
    let first = invoke(&mut host, &json!({"parcel": 1})).await;
    let second = invoke(&mut host, &json!({"parcel": 2})).await;
    assert_eq!((first.is_cold, second.is_cold), (true, false));
    assert_eq!(
        (&first.response["handled"], &second.response["handled"]),
        (&json!(1), &json!(2))
    );
    assert_eq!(second.response["event"], json!({"parcel": 2}));
    assert_eq!(
        second.result,
        InvocationResult::Success(second.response.clone())
    );
    host.stop().await;
    assert!(
        invoke(&mut host, &json!({})).await.is_cold,
        "a stopped process handles nothing more"
    );
}

#[tokio::test]
async fn a_function_is_told_what_lambda_tells() {
    let mut host = Host::new(function(&[
        ("KEY", "its own"),
        ("AWS_REGION", "a reserved name"),
    ]));
    let before = wall_clock_ms();
    let told = invoke(&mut host, &json!({})).await.response;
    let headers = &told["headers"];
    assert_eq!(headers["lambda-runtime-aws-request-id"], "request-1");
    assert_eq!(
        headers["lambda-runtime-invoked-function-arn"],
        "arn:aws:lambda:us-east-1:123456789012:function:parcels"
    );
    assert!(
        headers["lambda-runtime-trace-id"]
            .as_str()
            .is_some_and(|id| id.starts_with("Root=1-")),
        "{headers}"
    );
    let deadline: i64 = headers["lambda-runtime-deadline-ms"]
        .as_str()
        .expect("a header")
        .parse()
        .expect("milliseconds");
    let limit_ms = i64::try_from(LIMIT.as_millis()).expect("a short limit");
    assert!(
        (before + limit_ms..=before + 2 * limit_ms).contains(&deadline),
        "{deadline} is not {limit_ms} ms after {before}"
    );
    let variables = &told["environment"];
    for (name, value) in [
        ("KEY", "its own"),
        ("AWS_REGION", "us-east-1"),
        ("AWS_LAMBDA_FUNCTION_NAME", "parcels"),
        ("_HANDLER", "bootstrap"),
    ] {
        assert_eq!(variables[name], value, "{name}");
    }
    assert_eq!(
        variables.get("CARGO_MANIFEST_DIR"),
        None,
        "nothing of the host's own environment leaks in"
    );
}

#[tokio::test]
async fn an_error_answer_is_a_function_error_and_the_process_stays_warm() {
    let mut host = Host::new(function(&[]));
    let failed = invoke(&mut host, &json!({"do": "fail"})).await;
    assert_eq!(
        failed.result,
        InvocationResult::Failed {
            error_type: "Parcel".to_owned(),
            message: "lost".to_owned()
        }
    );
    assert_eq!(
        failed.response,
        json!({"errorType": "Parcel", "errorMessage": "lost"})
    );
    let raw = invoke(&mut host, &json!({"do": "fail badly"})).await;
    assert_eq!((error(&raw), raw.is_cold), (("Raw", "not JSON"), false));
}

#[tokio::test]
async fn a_process_that_dies_is_told_in_lambdas_words_and_replaced() {
    let mut host = Host::new(function(&[]));
    let cases = [
        (
            json!({"do": "exit", "code": 3}),
            "RequestId: request-1 Error: Runtime exited with error: exit status 3",
        ),
        (
            json!({"do": "exit", "code": 0}),
            "RequestId: request-1 Error: Runtime exited without providing a reason",
        ),
        (
            json!({"do": "die", "signal": 9}),
            "RequestId: request-1 Error: Runtime exited with error: signal: killed",
        ),
        (
            json!({"do": "die", "signal": 15}),
            "RequestId: request-1 Error: Runtime exited with error: signal: terminated",
        ),
    ];
    for (event, message) in cases {
        let crashed = invoke(&mut host, &event).await;
        assert_eq!(crashed.result, InvocationResult::Crashed, "{event}");
        assert_eq!(error(&crashed), ("Runtime.ExitError", message));
        assert_eq!(
            (crashed.is_cold, crashed.phase),
            (true, Phase::Invoke),
            "{event}"
        );
    }
}

#[tokio::test]
async fn a_process_that_answers_and_then_dies_has_answered() {
    let mut host = Host::new(function(&[]));
    let answered = invoke(&mut host, &json!({"do": "answer and exit"})).await;
    assert!(
        matches!(answered.result, InvocationResult::Success(_)),
        "{answered:?}"
    );
    let next = invoke(&mut host, &json!({})).await;
    assert_eq!((next.is_cold, &next.response["handled"]), (true, &json!(1)));
}

#[tokio::test]
async fn a_process_whose_time_is_up_is_killed() {
    let mut host = Host::new(function(&[]));
    invoke(&mut host, &json!({})).await;
    let late = invoke_within(
        &mut host,
        &json!({"do": "hang"}),
        Duration::from_millis(250),
    )
    .await;
    assert_eq!(
        (&late.result, late.is_cold),
        (&InvocationResult::TimedOut, false)
    );
    assert_eq!(
        error(&late),
        (
            "Sandbox.Timedout",
            "RequestId: request-1 Error: Task timed out after 0.25 seconds"
        )
    );
    let next = invoke(&mut host, &json!({})).await;
    assert_eq!(
        (next.is_cold, &next.response["handled"]),
        (true, &json!(1)),
        "another process"
    );
}

#[tokio::test]
async fn a_start_that_fails_is_told() {
    let init = async |behaviour: &str| {
        let mut function = function(&[("BEHAVIOUR", behaviour)]);
        function.init_limit = Duration::from_secs(if behaviour == "init hang" { 1 } else { 10 });
        let mut host = Host::new(function);
        let invoked = invoke(&mut host, &json!({})).await;
        assert_eq!(
            (invoked.phase, invoked.is_cold),
            (Phase::Init, true),
            "{behaviour}"
        );
        (invoked, host.take_lines())
    };
    let (refused, lines) = init("init error").await;
    assert_eq!(error(&refused), ("NoKey", "KEY is not set"));
    assert_eq!(
        lines,
        [OutputLine {
            stream: OutputStream::Stderr,
            text: "about to give up".to_owned()
        }]
    );
    let (exited, _) = init("init exit").await;
    assert_eq!(exited.result, InvocationResult::Crashed);
    assert_eq!(
        error(&exited),
        (
            "Runtime.ExitError",
            "RequestId: request-1 Error: Runtime exited with error: exit status 7"
        )
    );
    let (hung, _) = init("init hang").await;
    assert_eq!(hung.result, InvocationResult::TimedOut);
    assert_eq!(
        error(&hung),
        (
            "Sandbox.Timedout",
            "RequestId: request-1 Error: Task timed out after 1.00 seconds"
        )
    );
}

#[tokio::test]
async fn a_program_that_is_not_there_is_told() {
    let mut host = Host::new(HostedFunction::new("parcels", "/nowhere/bootstrap"));
    host.stop().await;
    let invoked = invoke(&mut host, &json!({})).await;
    assert_eq!(
        error(&invoked),
        (
            "Runtime.InvalidEntrypoint",
            "RequestId: request-1 Error: fork/exec /nowhere/bootstrap: no such file or directory"
        )
    );
}

#[tokio::test]
async fn the_runtime_api_refuses_what_lambdas_refuses() {
    let mut host = Host::new(function(&[]));
    let another = invoke(&mut host, &json!({"do": "answer another"})).await;
    assert_eq!(another.response["status"], 400);
    assert_eq!(another.response["body"]["errorType"], "InvalidRequestID");
    let twice = invoke(&mut host, &json!({"do": "ask twice"})).await;
    assert_eq!(
        (
            &twice.response["status"],
            &twice.response["body"]["errorType"]
        ),
        (&json!(403), &json!("InvalidStateTransition"))
    );
    let much = invoke(&mut host, &json!({"do": "answer much"})).await;
    assert_eq!(error(&much).0, "Function.ResponseSizeTooLarge", "{much:?}");
}

#[tokio::test]
async fn what_a_function_writes_is_kept() {
    let mut host = Host::new(function(&[]));
    invoke(&mut host, &json!({"do": "fail"})).await;
    invoke(&mut host, &json!({"do": "exit", "code": 1})).await;
    let lines = host.take_lines();
    assert_eq!(
        texts(&lines),
        [
            r#"event 1: {"do":"fail"}"#,
            r#"event 2: {"code":1,"do":"exit"}"#
        ]
    );
    assert!(lines.iter().all(|line| line.stream == OutputStream::Stdout));
    assert_eq!(host.take_lines(), [], "lines are taken once");
}
