use std::cell::RefCell;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use async_trait::async_trait;
use aws_credential_types::Credentials;
use aws_sdk_dynamodb::types as dynamodb;
use aws_sdk_eventbridge::types::{PutEventsRequestEntry, Target};
use aws_sdk_scheduler::types as scheduler;
use aws_sdk_sqs::types::{MessageSystemAttributeName, QueueAttributeName};
use aws_smithy_http_client::Builder;
use harness::server::{FunctionHost, ProgramHost, Server, WireSetup};
use lambda_host::HostedFunction;
use serde_json::json;
use simulated_cloud::lambda::{Invocation, InvocationResult};
use simulated_cloud::stack::Stack;
use simulated_cloud::template::load;

use super::{Served, account, advance, exchange, request};

const POLICY: &str = r#"{"Statement":[{"Effect":"Allow","Principal":{"Service":"events.amazonaws.com"},"Action":"sqs:SendMessage","Resource":"*"}]}"#;
const ROLE: &str = "arn:aws:iam::123456789012:role/anyone";

macro_rules! client {
    ($sdk:ident, $address:expr) => {
        $sdk::Client::from_conf(
            $sdk::Config::builder()
                .behavior_version($sdk::config::BehaviorVersion::latest())
                .region($sdk::config::Region::new("us-east-1"))
                .credentials_provider(Credentials::from_keys("test", "test", None))
                .endpoint_url(format!("http://{}", $address))
                .http_client(Builder::new().build_http())
                .build(),
        )
    };
}

async fn queue(sqs: &aws_sdk_sqs::Client, name: &str) -> (String, String) {
    let created = sqs
        .create_queue()
        .queue_name(name)
        .attributes(QueueAttributeName::Policy, POLICY)
        .send()
        .await
        .expect("a queue");
    let url = created.queue_url().expect("a url").to_owned();
    let attributes = sqs
        .get_queue_attributes()
        .queue_url(&url)
        .attribute_names(QueueAttributeName::QueueArn)
        .send()
        .await;
    let arn = attributes
        .expect("attributes")
        .attributes()
        .expect("attributes")[&QueueAttributeName::QueueArn]
        .clone();
    (url, arn)
}

async fn bodies(sqs: &aws_sdk_sqs::Client, url: &str, wait: i32) -> Vec<String> {
    let received = sqs
        .receive_message()
        .queue_url(url)
        .max_number_of_messages(10)
        .wait_time_seconds(wait)
        .send()
        .await
        .expect("a receive");
    received
        .messages()
        .iter()
        .map(|message| message.body().unwrap_or_default().to_owned())
        .collect()
}

#[test]
fn events_go_from_bus_to_queue() {
    let served = Served::new(Stack::default(), Rc::new(ProgramHost::default()));
    served.block_on(async {
        let (events, sqs) = (
            client!(aws_sdk_eventbridge, served.address),
            client!(aws_sdk_sqs, served.address),
        );
        let (url, arn) = queue(&sqs, "placed").await;
        events
            .create_event_bus()
            .name("orders")
            .send()
            .await
            .expect("a bus");
        events
            .put_rule()
            .name("placed")
            .event_bus_name("orders")
            .event_pattern(r#"{"source":["shop"]}"#)
            .send()
            .await
            .expect("a rule");
        let target = Target::builder()
            .id("q")
            .arn(arn)
            .input_path("$.detail")
            .build()
            .expect("a target");
        events
            .put_targets()
            .rule("placed")
            .event_bus_name("orders")
            .targets(target)
            .send()
            .await
            .expect("a target");
        let entry = PutEventsRequestEntry::builder()
            .event_bus_name("orders")
            .source("shop")
            .detail_type("Placed")
            .detail(r#"{"n":1}"#);
        let put = events
            .put_events()
            .entries(entry.build())
            .send()
            .await
            .expect("an event");
        assert_eq!(put.failed_entry_count(), 0);
        assert_eq!(bodies(&sqs, &url, 10).await, [r#"{"n":1}"#]);
    });
}

#[test]
fn errors_are_the_sdk_s_own_types() {
    let served = Served::new(Stack::default(), Rc::new(ProgramHost::default()));
    served.block_on(async {
        let (events, sqs) = (
            client!(aws_sdk_eventbridge, served.address),
            client!(aws_sdk_sqs, served.address),
        );
        let (schedules, database) = (
            client!(aws_sdk_scheduler, served.address),
            client!(aws_sdk_dynamodb, served.address),
        );
        let error = events
            .describe_event_bus()
            .name("nowhere")
            .send()
            .await
            .expect_err("no bus")
            .into_service_error();
        assert!(error.is_resource_not_found_exception(), "{error:?}");
        assert_eq!(
            error.meta().message(),
            Some("Event bus nowhere does not exist.")
        );
        let error = events
            .create_event_bus()
            .name("default")
            .send()
            .await
            .expect_err("a bus")
            .into_service_error();
        assert!(error.is_resource_already_exists_exception(), "{error:?}");
        let error = sqs
            .get_queue_url()
            .queue_name("nowhere")
            .send()
            .await
            .expect_err("no queue")
            .into_service_error();
        assert!(error.is_queue_does_not_exist(), "{error:?}");
        let error = schedules
            .get_schedule()
            .name("none")
            .send()
            .await
            .expect_err("no schedule")
            .into_service_error();
        assert!(error.is_resource_not_found_exception(), "{error:?}");
        let error = database
            .get_item()
            .table_name("none")
            .key("id", dynamodb::AttributeValue::S("a".to_owned()))
            .send()
            .await;
        let error = error.expect_err("no table").into_service_error();
        assert!(error.is_resource_not_found_exception(), "{error:?}");
    });
}

#[test]
fn a_schedule_fires_where_the_clock_jumps_over_it() {
    let served = Served::new(Stack::default(), Rc::new(ProgramHost::default()));
    served.block_on(async {
        let (schedules, sqs) = (
            client!(aws_sdk_scheduler, served.address),
            client!(aws_sdk_sqs, served.address),
        );
        let (url, arn) = queue(&sqs, "ticks").await;
        let target = scheduler::Target::builder()
            .arn(arn)
            .role_arn(ROLE)
            .input("tick")
            .build()
            .expect("a target");
        let off = scheduler::FlexibleTimeWindow::builder()
            .mode(scheduler::FlexibleTimeWindowMode::Off)
            .build()
            .expect("a window");
        let made = schedules
            .create_schedule()
            .name("hourly")
            .schedule_expression("rate(1 hours)")
            .target(target);
        made.flexible_time_window(off)
            .send()
            .await
            .expect("a schedule");
        advance(served.address, 3 * 3600 + 60).await;
        assert_eq!(bodies(&sqs, &url, 0).await, ["tick"; 3]);
        let received = sqs
            .receive_message()
            .queue_url(&url)
            .message_system_attribute_names(MessageSystemAttributeName::All);
        assert!(
            received
                .send()
                .await
                .expect("a receive")
                .messages()
                .is_empty(),
            "what was received is hidden"
        );
    });
}

#[test]
fn a_long_poll_wakes_when_somebody_sends() {
    let served = Served::new(Stack::default(), Rc::new(ProgramHost::default()));
    served.block_on(async {
        let sqs = client!(aws_sdk_sqs, served.address);
        let (url, _) = queue(&sqs, "later").await;
        let send = async {
            tokio::time::sleep(Duration::from_millis(150)).await;
            sqs.send_message()
                .queue_url(&url)
                .message_body("here")
                .send()
                .await
                .expect("a message");
        };
        let begun = tokio::time::Instant::now();
        let (received, ()) = tokio::join!(bodies(&sqs, &url, 20), send);
        assert_eq!(received, ["here"]);
        assert!(
            begun.elapsed() < Duration::from_secs(5),
            "{:?}",
            begun.elapsed()
        );
    });
}

/// Fails once, and then answers with what it was given.
#[derive(Debug, Default)]
struct Echo {
    seen: RefCell<Vec<(String, u32)>>,
}

#[async_trait(?Send)]
impl FunctionHost for Echo {
    async fn invoke(&self, invocation: &Invocation, _endpoint: &str) -> InvocationResult {
        self.seen
            .borrow_mut()
            .push((invocation.payload.clone(), invocation.attempt));
        if invocation.attempt == 1 && invocation.payload.contains("fail") {
            return InvocationResult::Failed {
                error_type: "Broken".to_owned(),
                message: "by request".to_owned(),
            };
        }
        InvocationResult::Success(json!({ "echo": invocation.payload }))
    }
}

#[test]
fn a_host_runs_the_functions_and_lambda_tries_again() {
    let template = "Resources: {Echo: {Type: AWS::Lambda::Function, Properties: {FunctionName: echo, Role: 'arn:aws:iam::123456789012:role/r', Runtime: provided.al2023, Handler: bootstrap, Code: {ZipFile: x}}}}";
    let stack = load("echo.yaml", template, &BTreeMap::new(), &account()).expect("a template");
    let host = Rc::new(Echo::default());
    let served = Served::new(stack, host.clone());
    let invoke = |kind: &str, payload: &str| {
        let path = "/2015-03-31/functions/echo/invocations";
        served.block_on(exchange(
            served.address,
            &request(
                "POST",
                path,
                &[("x-amz-invocation-type", kind)],
                payload.as_bytes(),
            ),
        ))
    };
    let answer = invoke("RequestResponse", r#"{"n":1}"#).expect("an answer");
    assert_eq!(
        (answer.status, answer.json()),
        (200, json!({ "echo": r#"{"n":1}"# }))
    );
    let answer = invoke("RequestResponse", r#""fail""#).expect("an answer");
    assert!(
        answer.head.contains("x-amz-function-error: Unhandled"),
        "{}",
        answer.head
    );
    assert_eq!(answer.json()["errorType"], "Broken");
    assert_eq!(invoke("Event", r#""fail""#).expect("an answer").status, 202);
    served.block_on(advance(served.address, 300));
    let seen = host.seen.borrow().clone();
    let fail = || r#""fail""#.to_owned();
    assert_eq!(
        seen,
        [
            (r#"{"n":1}"#.to_owned(), 1),
            (fail(), 1),
            (fail(), 1),
            (fail(), 2)
        ]
    );
}

#[test]
fn a_program_of_another_language_is_invoked_over_the_wire_and_stays_warm() {
    let template = "Resources: {Parcels: {Type: AWS::Lambda::Function, Properties: {FunctionName: parcels, Timeout: 20, Role: 'arn:aws:iam::123456789012:role/r', Runtime: provided.al2023, Handler: bootstrap, Code: {ZipFile: x}}}}";
    let stack = load("parcels.yaml", template, &BTreeMap::new(), &account()).expect("a template");
    let mut function = HostedFunction::new("parcels", "/usr/bin/env");
    let script = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../lambda-host/tests/lambda_host/runtime.py"
    );
    function.arguments = vec!["python3".to_owned(), script.to_owned()];
    let served = Served::new(stack, Rc::new(ProgramHost::new([function])));
    let invoke = |payload: &str| {
        let asked = request(
            "POST",
            "/2015-03-31/functions/parcels/invocations",
            &[],
            payload.as_bytes(),
        );
        served
            .block_on(exchange(served.address, &asked))
            .expect("an answer")
            .json()
    };
    let (first, second) = (invoke(r#"{"parcel":1}"#), invoke(r#"{"parcel":2}"#));
    assert_eq!(
        (&first["handled"], &second["handled"]),
        (&json!(1), &json!(2)),
        "one process handles both"
    );
    assert_eq!(second["event"], json!({"parcel": 2}));
}

async fn get(address: SocketAddr, path: &str) -> super::Answer {
    exchange(address, &request("GET", path, &[], b""))
        .await
        .expect("an answer")
}

#[test]
fn a_reset_forgets_queues_journal_and_time() {
    let served = Served::new(Stack::default(), Rc::new(ProgramHost::default()));
    served.block_on(async {
        let sqs = client!(aws_sdk_sqs, served.address);
        queue(&sqs, "kept").await;
        assert!(
            advance(served.address, 86_400).await["ahead_seconds"]
                .as_f64()
                .is_some_and(|ahead| ahead > 86_399.0)
        );
        let journal =
            String::from_utf8(get(served.address, "/_sim/journal").await.body).expect("text");
        assert!(
            journal.contains("the clock advances by 86400 s"),
            "{journal}"
        );
        exchange(served.address, &request("POST", "/_sim/reset", &[], b""))
            .await
            .expect("an answer");
        assert!(
            sqs.list_queues()
                .send()
                .await
                .expect("a list")
                .queue_urls()
                .is_empty()
        );
        assert_eq!(
            get(served.address, "/_sim/clock").await.json()["ahead_seconds"],
            0.0
        );
        let journal =
            String::from_utf8(get(served.address, "/_sim/journal").await.body).expect("text");
        assert!(!journal.contains("sequence"), "{journal}");
    });
}

#[test]
fn requests_of_web_pages_and_requests_too_large_are_refused() {
    let served = Served::new(Stack::default(), Rc::new(ProgramHost::default()));
    for of_a_page in [
        ("sec-fetch-site", "cross-site"),
        ("host", "evil.example.com"),
    ] {
        let embedded = request(
            "GET",
            "/?Action=ListQueues&Version=2012-11-05",
            &[of_a_page],
            b"",
        );
        let answer = served
            .block_on(exchange(served.address, &embedded))
            .expect("an answer");
        assert_eq!(answer.status, 403, "{of_a_page:?}");
    }
    let page = request(
        "POST",
        "/",
        &[
            ("origin", "https://example.com"),
            ("x-amz-target", "AmazonSQS.ListQueues"),
        ],
        b"{}",
    );
    let answer = served
        .block_on(exchange(served.address, &page))
        .expect("an answer");
    assert_eq!(
        (answer.status, answer.json()["__type"].as_str()),
        (403, Some("AccessDeniedException"))
    );
    for name in [
        "127.evil.example",
        "127.0.0.1.nip.io",
        "localhost.evil.example",
        "localhost@evil.example",
    ] {
        let rebound = request(
            "GET",
            "/?Action=ListQueues&Version=2012-11-05",
            &[("host", name)],
            b"",
        );
        let answer = served
            .block_on(exchange(served.address, &rebound))
            .expect("an answer");
        assert_eq!(answer.status, 403, "{name}");
    }
    let large = request(
        "POST",
        "/",
        &[("x-amz-target", "AmazonSQS.SendMessage")],
        &vec![b' '; 17 * 1024 * 1024],
    );
    let answer = served.block_on(exchange(served.address, &large));
    assert!(answer.is_none_or(|answer| answer.status == 413));
}

/// An image on a page is fetched by a GET, and by old browsers without a word about the page.
#[test]
fn a_get_that_changes_something_must_be_signed() {
    let served = Served::new(Stack::default(), Rc::new(ProgramHost::default()));
    let status = |path: &str, headers: &[(&str, &str)]| {
        served
            .block_on(exchange(
                served.address,
                &request("GET", path, headers, b""),
            ))
            .expect("an answer")
            .status
    };
    let signed = [("authorization", "AWS4-HMAC-SHA256 Credential=test")];
    assert_eq!(status("/?Action=CreateQueue&QueueName=q", &[]), 403);
    assert_eq!(status("/?Action=CreateQueue&QueueName=q", &signed), 200);
    let queue = "/?QueueUrl=http%3A%2F%2Flocalhost%2F123456789012%2Fq";
    for action in [
        "SendMessage&MessageBody=a",
        "ReceiveMessage",
        "PurgeQueue",
        "DeleteQueue",
    ] {
        assert_eq!(
            status(&format!("{queue}&Action={action}"), &[]),
            403,
            "{action}"
        );
    }
    assert_eq!(
        status(&format!("{queue}&Action=GetQueueAttributes"), &[]),
        200
    );
    assert_eq!(status(&format!("{queue}&Action=DeleteQueue"), &signed), 200);
}

#[test]
fn a_taken_port_is_named() {
    let served = Served::new(Stack::default(), Rc::new(ProgramHost::default()));
    let setup = WireSetup {
        stack: Stack::default(),
        account: account(),
        knobs: Default::default(),
        seed: 1,
    };
    let refused = served
        .block_on(Server::bind(
            served.address.port(),
            setup,
            Rc::new(ProgramHost::default()),
        ))
        .expect_err("the port is taken")
        .to_string();
    assert!(
        refused.starts_with(&format!(
            "port {} is taken by another program",
            served.address.port()
        )),
        "{refused}"
    );
}
