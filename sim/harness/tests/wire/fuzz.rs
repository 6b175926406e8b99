use std::rc::Rc;

use harness::server::ProgramHost;
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};
use simulated_cloud::stack::Stack;

use super::{Answer, Served, exchange, request, throw};

const EVENTS: &str = "PutEvents CreateEventBus DeleteEventBus DescribeEventBus ListEventBuses PutRule DeleteRule PutTargets RemoveTargets \
    ListTargetsByRule ListRules ListRuleNamesByTarget CreateArchive UpdateArchive DescribeArchive DeleteArchive ListArchives \
    StartReplay DescribeReplay CancelReplay ListReplays EnableRule DisableRule TagResource UntagResource ListTagsForResource \
    TestEventPattern Nothing";
const SQS: &str = "SendMessage SendMessageBatch ReceiveMessage DeleteMessage DeleteMessageBatch ChangeMessageVisibility \
    ChangeMessageVisibilityBatch CreateQueue DeleteQueue PurgeQueue GetQueueUrl GetQueueAttributes SetQueueAttributes \
    ListQueues ListDeadLetterSourceQueues TagQueue UntagQueue ListQueueTags StartMessageMoveTask ListMessageMoveTasks \
    CancelMessageMoveTask Nothing";
const DYNAMODB: &str = "CreateTable PutItem GetItem Query TransactWriteItems Nothing";
const NAMES: &str = "Name EventBusName Entries EventPattern ScheduleExpression State Targets Rule Ids ArchiveName EventSourceArn \
    RetentionDays ReplayName EventStartTime EventEndTime Destination ResourceARN Tags TagKeys Limit NextToken Event \
    QueueName QueueUrl Attributes MessageBody ReceiptHandle VisibilityTimeout MaxNumberOfMessages AttributeNames \
    MessageAttributes SourceArn TaskHandle MaxResults TableName Item Key KeySchema AttributeDefinitions FlexibleTimeWindow \
    Target GroupName StartDate EndDate FunctionName";
const MEMBERS: &str =
    "Id Arn Source DetailType Detail Time RetryPolicy InputTransformer Mode DataType StringValue";
const TEXTS: &[&str] = &[
    "",
    "a",
    "default",
    "rate(1 minute)",
    "rate(99999999999999999999 days)",
    "at(9999-12-31T23:59:59)",
    "cron(0 0 ? * * *)",
    "arn:aws:events:us-east-1:123456789012:event-bus/default",
    "arn:aws:sqs:us-east-1:123456789012:a",
    "arn:::::",
    "ENABLED",
    "OFF",
    "http://127.0.0.1/123456789012/a",
    "{\"source\":[\"a\"]}",
    "{\"a\":[{\"wildcard\":\"**\"}]}",
    "\u{0}\u{7f}\u{fffd}\u{1f600}",
    "%zz%",
    "2026-01-01T00:00:00Z",
    "+292277-01-01T00:00:00Z",
];

fn words(text: &'static str) -> Vec<&'static str> {
    text.split_whitespace().collect()
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![select(TEXTS).prop_map(str::to_owned), ".{0,12}"]
}

/// JSON that looks like parameters, more or less.
fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        (0..200_i64).prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            btree_map(key(), inner, 0..5).prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn key() -> impl Strategy<Value = String> {
    prop_oneof![
        select(words(NAMES)).prop_map(str::to_owned),
        select(words(MEMBERS)).prop_map(str::to_owned),
        "[a-zA-Z.]{0,6}"
    ]
}

fn parameters() -> impl Strategy<Value = Value> {
    btree_map(key(), json_value(), 0..8).prop_map(|mut map| {
        // A long poll would only hold up the test.
        map.remove("WaitTimeSeconds");
        Value::Object(map.into_iter().collect())
    })
}

fn body() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        5 => parameters().prop_map(|value| value.to_string().into_bytes()),
        1 => json_value().prop_map(|value| value.to_string().into_bytes()),
        1 => vec(any::<u8>(), 0..64),
        1 => Just(b"[".repeat(100_000)),
    ]
}

fn target() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => select(words(EVENTS)).prop_map(|operation| format!("AWSEvents.{operation}")),
        4 => select(words(SQS)).prop_map(|operation| format!("AmazonSQS.{operation}")),
        2 => select(words(DYNAMODB)).prop_map(|operation| format!("DynamoDB_20120810.{operation}")),
        1 => "[ -~]{0,20}",
    ]
}

fn rest_path() -> impl Strategy<Value = String> {
    let segment = prop_oneof![
        Just(String::new()),
        Just("a".to_owned()),
        Just("default".to_owned()),
        "[!-~&&[^ #]]{0,8}"
    ];
    let head = select(
        &[
            "/schedules",
            "/schedule-groups",
            "/2015-03-31/functions",
            "/2015-03-31",
            "/_sim",
            "/_localstack",
            "",
        ][..],
    );
    (head, vec(segment, 0..4)).prop_map(|(head, segments)| format!("{head}/{}", segments.join("/")))
}

fn form() -> impl Strategy<Value = Vec<u8>> {
    let key = prop_oneof![
        select(words(NAMES)).prop_map(str::to_owned),
        "(Attribute|Tag|MessageAttribute|SendMessageBatchRequestEntry|AttributeName)\\.[0-9]{1,3}(\\.(Name|Value|Key|Id|MessageBody))?",
    ];
    (select(words(SQS)), vec((key, "[ -~]{0,10}"), 0..8)).prop_map(|(action, pairs)| {
        let pairs: String = pairs
            .iter()
            .map(|(key, value)| format!("&{key}={value}"))
            .collect();
        format!("Action={action}{pairs}").into_bytes()
    })
}

/// A refusal is one that AWS's clients can read, and the server's own failures are none.
fn judge(answer: &Answer) -> Result<(), TestCaseError> {
    prop_assert!(answer.status < 500, "the server failed: {answer:?}");
    if answer.status < 400 {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&answer.body).into_owned();
    if answer.head.contains("text/xml") {
        prop_assert!(
            text.contains("<ErrorResponse") && text.contains("<Code>"),
            "{answer:?}"
        );
        return Ok(());
    }
    // Hyper refuses what is no HTTP before anybody else sees it.
    if !answer.head.contains("content-type") && answer.body.is_empty() {
        return Ok(());
    }
    let body: Value = serde_json::from_slice(&answer.body)
        .map_err(|error| TestCaseError::fail(format!("{error}: {text}")))?;
    prop_assert!(
        body["__type"].is_string() || answer.head.contains("x-amzn-errortype"),
        "{answer:?}"
    );
    prop_assert!(
        body["message"].is_string() || body["Message"].is_string(),
        "{answer:?}"
    );
    Ok(())
}

fn fuzz<S: Strategy>(cases: u32, strategy: &S, send: impl Fn(S::Value) -> Vec<u8>) {
    let served = Served::new(Stack::default(), Rc::new(ProgramHost::default()));
    let queue = json!({ "QueueName": "a" }).to_string();
    let created = request(
        "POST",
        "/",
        &[("x-amz-target", "AmazonSQS.CreateQueue")],
        queue.as_bytes(),
    );
    served
        .block_on(exchange(served.address, &created))
        .expect("a queue");
    let mut runner = TestRunner::new(Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    });
    let outcome = runner.run(strategy, |input| {
        let answer = served.block_on(exchange(served.address, &send(input)));
        judge(&answer.ok_or_else(|| TestCaseError::fail("no answer"))?)
    });
    assert_alive(&served);
    outcome.expect("every refusal has AWS's shape");
}

fn assert_alive(served: &Served) {
    let health = served
        .block_on(exchange(
            served.address,
            &request("GET", "/_localstack/health", &[], b""),
        ))
        .expect("the server lives");
    assert_eq!(health.status, 200);
}

#[test]
fn json_requests_are_answered_or_refused_in_aws_s_shape() {
    fuzz(400, &(target(), body()), |(target, body)| {
        request("POST", "/", &[("x-amz-target", &target)], &body)
    });
}

#[test]
fn rest_requests_are_answered_or_refused_in_aws_s_shape() {
    let method = select(&["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"][..]);
    fuzz(
        250,
        &(method, rest_path(), body()),
        |(method, path, body)| request(method, &path, &[], &body),
    );
}

#[test]
fn forms_are_answered_or_refused_in_aws_s_shape() {
    let kind = ("content-type", "application/x-www-form-urlencoded");
    fuzz(250, &form(), |form| request("POST", "/", &[kind], &form));
}

#[test]
fn any_bytes_leave_the_server_alive() {
    let bytes = prop_oneof![
        vec(any::<u8>(), 0..200),
        "(GET|POST) /[!-~]{0,10} HTTP/1\\.[01]\r\n([a-z-]{1,12}: [ -~]{0,12}\r\n){0,4}\r\n"
            .prop_map(String::into_bytes),
    ];
    let served = Served::new(Stack::default(), Rc::new(ProgramHost::default()));
    let mut runner = TestRunner::new(Config {
        cases: 150,
        failure_persistence: None,
        ..Config::default()
    });
    let outcome = runner.run(&bytes, |bytes| {
        match served.block_on(throw(served.address, &bytes)) {
            Some(answer) => judge(&answer),
            None => Ok(()),
        }
    });
    assert_alive(&served);
    outcome.expect("every refusal has AWS's shape");
}
