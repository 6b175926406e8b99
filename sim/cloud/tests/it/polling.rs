use serde_json::{Value, json};
use simulated_cloud::knobs::Knobs;
use simulated_cloud::lambda::InvocationResult;
use simulated_cloud::stack::{EventSource, QueueSource};

use crate::{World, failed, queue};

fn send(world: &mut World, body: &Value) {
    let (status, answer) =
        world.call("AmazonSQS.SendMessage", &json!({ "QueueUrl": "http://localhost/123456789012/work", "MessageBody": body.to_string() }));
    assert_eq!(status, 200, "{answer}");
}

/// The bodies of a batch, and the ids of its messages.
fn batch(payload: &str) -> Vec<(Value, String)> {
    let event: Value = serde_json::from_str(payload).expect("as AWS shapes it");
    let records = event["Records"]
        .as_array()
        .expect("as AWS shapes it")
        .iter();
    let shown = |record: &Value| {
        let body = serde_json::from_str(record["body"].as_str().expect("as AWS shapes it"))
            .expect("as AWS shapes it");
        (
            body,
            record["messageId"]
                .as_str()
                .expect("as AWS shapes it")
                .to_owned(),
        )
    };
    records.map(shown).collect()
}

fn left(world: &World) -> usize {
    world.cloud.sqs().messages(&queue("work")).len()
}

#[test]
fn a_batch_that_succeeds_is_deleted() {
    let mut world = World::new();
    for number in 0..5 {
        send(&mut world, &json!({ "kind": "job", "n": number }));
    }
    world.wait(1);
    let mut sizes: Vec<usize> = world
        .invocations
        .iter()
        .map(|invocation| batch(&invocation.payload).len())
        .collect();
    sizes.sort_unstable();
    assert_eq!(sizes, [2, 3], "three at a time");
    world.answer(&InvocationResult::Success(Value::Null));
    world.answer(&InvocationResult::Success(
        json!({ "batchItemFailures": [] }),
    ));
    assert_eq!(left(&world), 0);
    world.wait(3_600);
    assert!(world.invocations.is_empty());
}

#[test]
fn a_record_is_what_lambda_shows_of_a_message() {
    let mut world = World::new();
    let url = "http://localhost/123456789012/work";
    let colour = json!({ "colour": { "DataType": "String", "StringValue": "red" } });
    let (status, _) = world.call(
        "AmazonSQS.SendMessage",
        &json!({ "QueueUrl": url, "MessageBody": "{}", "MessageAttributes": colour }),
    );
    assert_eq!(status, 200);
    world.wait(1);
    let event: Value = serde_json::from_str(&world.invocations[0].payload).unwrap();
    let record = &event["Records"][0];
    assert_eq!(record["eventSource"], "aws:sqs");
    assert_eq!(record["eventSourceARN"], queue("work"));
    assert_eq!(record["awsRegion"], "us-east-1");
    assert_eq!(record["attributes"]["ApproximateReceiveCount"], "1");
    assert_eq!(record["messageAttributes"]["colour"]["stringValue"], "red");
    assert_eq!(record["md5OfBody"].as_str().unwrap().len(), 32);
}

#[test]
fn a_batch_that_fails_comes_back_and_ends_as_dead_letters() {
    let mut world = World::new();
    send(&mut world, &json!({ "kind": "job" }));
    for round in 1..=2 {
        world.wait(if round == 1 { 1 } else { 60 });
        let invocation = world.answer(&failed());
        assert_eq!(
            invocation.attempt, 1,
            "Lambda does not retry a polled batch by itself"
        );
    }
    world.wait(120);
    assert!(world.invocations.is_empty());
    assert_eq!(
        (left(&world), world.take("dead").len()),
        (0, 1),
        "after two receives"
    );
}

#[test]
fn a_partial_batch_response_returns_the_failed_messages_only() {
    let mut world = World::new();
    for number in 0..3 {
        send(&mut world, &json!({ "kind": "job", "n": number }));
    }
    world.wait(1);
    let first = batch(&world.invocations[0].payload);
    world.answer(&InvocationResult::Success(
        json!({ "batchItemFailures": [{ "itemIdentifier": first[1].1 }] }),
    ));
    assert_eq!(left(&world), 1);
    world.wait(61);
    assert_eq!(batch(&world.invocations[0].payload), [first[1].clone()]);
}

#[test]
fn a_partial_batch_response_that_makes_no_sense_fails_the_batch() {
    for response in [
        json!("text"),
        json!({ "batchItemFailures": [{ "itemIdentifier": "unknown" }] }),
        json!({ "batchItemFailures": [{ "itemIdentifier": "" }] }),
        json!({ "batchItemFailures": [{ "other": "key" }] }),
        json!({ "batchItemFailures": "none" }),
    ] {
        let mut world = World::new();
        send(&mut world, &json!({ "kind": "job" }));
        world.wait(1);
        world.answer(&InvocationResult::Success(response.clone()));
        assert_eq!(left(&world), 1, "{response}");
    }
}

#[test]
fn without_report_batch_item_failures_the_answer_does_not_matter() {
    let mut world = World::with(
        |stack| stack.functions[0].event_source_mappings[0].report_batch_item_failures = false,
        Knobs::default(),
    );
    send(&mut world, &json!({ "kind": "job" }));
    world.wait(1);
    let id = batch(&world.invocations[0].payload)[0].1.clone();
    world.answer(&InvocationResult::Success(
        json!({ "batchItemFailures": [{ "itemIdentifier": id }] }),
    ));
    assert_eq!(left(&world), 0);
}

#[test]
fn messages_that_the_filter_does_not_want_are_deleted() {
    let mut world = World::new();
    send(&mut world, &json!({ "kind": "noise" }));
    send(&mut world, &json!({ "kind": "job" }));
    world.wait(1);
    assert_eq!(
        batch(&world.invocations[0].payload)[0].0,
        json!({ "kind": "job" })
    );
    assert_eq!((world.invocations.len(), left(&world)), (1, 1));
}

#[test]
fn a_batching_window_waits_for_a_full_batch() {
    let change = |stack: &mut simulated_cloud::stack::Stack| {
        stack.functions[0].event_source_mappings[0].maximum_batching_window_seconds = 20;
    };
    let mut world = World::with(change, Knobs::default());
    send(&mut world, &json!({ "kind": "job", "n": 1 }));
    world.wait(10);
    send(&mut world, &json!({ "kind": "job", "n": 2 }));
    world.wait(9);
    assert!(world.invocations.is_empty());
    world.wait(2);
    assert_eq!(batch(&world.invocations[0].payload).len(), 2);
    for number in 0..3 {
        send(&mut world, &json!({ "kind": "job", "n": number }));
    }
    world.wait(1);
    assert_eq!(
        batch(&world.invocations[1].payload).len(),
        3,
        "a full batch does not wait"
    );
}

#[test]
fn a_window_ends_when_later_messages_fill_the_batch() {
    let change = |stack: &mut simulated_cloud::stack::Stack| {
        stack.functions[0].event_source_mappings[0].maximum_batching_window_seconds = 20;
    };
    let mut world = World::with(change, Knobs::default());
    send(&mut world, &json!({ "kind": "job", "n": 1 }));
    world.wait(5);
    send(&mut world, &json!({ "kind": "job", "n": 2 }));
    let late = json!({
        "QueueUrl": "http://localhost/123456789012/work", "MessageBody": "{}", "DelaySeconds": 3,
    });
    assert_eq!(world.call("AmazonSQS.SendMessage", &late).0, 200);
    world.wait(2);
    assert!(world.invocations.is_empty());
    world.wait(2);
    let event: Value = serde_json::from_str(&world.invocations[0].payload).unwrap();
    assert_eq!(event["Records"].as_array().unwrap().len(), 3);
}

#[test]
fn no_more_batches_than_allowed_are_under_way() {
    let change = |stack: &mut simulated_cloud::stack::Stack| {
        let mapping = &mut stack.functions[0].event_source_mappings[0];
        mapping.batch_size = 1;
        mapping.source = EventSource::Queue(QueueSource {
            maximum_concurrency: Some(2),
        });
    };
    let mut world = World::with(change, Knobs::default());
    for number in 0..4 {
        send(&mut world, &json!({ "kind": "job", "n": number }));
    }
    world.wait(10);
    assert_eq!(world.invocations.len(), 2);
    world.answer(&InvocationResult::Success(Value::Null));
    world.wait(1);
    assert_eq!(world.invocations.len(), 2, "one done, one more begun");
}

#[test]
fn a_throttled_batch_comes_back_after_its_visibility_timeout() {
    let mut world = World::with(
        |stack| stack.functions[0].reserved_concurrency = Some(0),
        Knobs::default(),
    );
    send(&mut world, &json!({ "kind": "job" }));
    world.wait(30);
    assert!(world.invocations.is_empty());
    assert_eq!(world.cloud.sqs().in_flight(world.now, &queue("work")), 1);
    world.wait(600);
    assert_eq!(world.take("dead").len(), 1, "each throttle is a receive");
}

#[test]
fn a_disabled_mapping_does_not_poll() {
    let mut world = World::with(
        |stack| stack.functions[0].event_source_mappings[0].enabled = false,
        Knobs::default(),
    );
    send(&mut world, &json!({ "kind": "job" }));
    world.wait(600);
    assert_eq!((world.invocations.len(), left(&world)), (0, 1));
}
