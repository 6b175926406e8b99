//! Functions that are given the changes of a table by its stream.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use simulated_cloud::Cloud;
use simulated_cloud::knobs::Knobs;
use simulated_cloud::lambda::{Invocation, InvocationResult};
use simulated_cloud::stack::{EventSource, EventSourceMapping, Stack, StreamSource};
use simulated_cloud::template::load;

use crate::{World, account, failed, opening};

const STREAM: &str =
    "arn:aws:dynamodb:us-east-1:123456789012:table/orders/stream/2024-01-01T00:00:00.000";

fn template(changes: &[(&str, &str)]) -> Result<Stack, String> {
    let mut text = include_str!("streams.yaml").to_owned();
    for (from, to) in changes {
        assert!(text.contains(from), "the template has {from:?}");
        text = text.replace(from, to);
    }
    load("streams.yaml", &text, &BTreeMap::new(), &account()).map_err(|errors| {
        let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
        lines.join("\n")
    })
}

fn world() -> World {
    world_with(|_, _| {})
}

/// A world with another mapping.
fn world_with(change: impl FnOnce(&mut EventSourceMapping, &mut Knobs)) -> World {
    let mut stack = template(&[]).expect("a sound template");
    let mut knobs = Knobs::default();
    change(&mut stack.functions[0].event_source_mappings[0], &mut knobs);
    World::of(&stack, knobs)
}

fn stream(mapping: &mut EventSourceMapping) -> &mut StreamSource {
    match &mut mapping.source {
        EventSource::Stream(source) => source,
        EventSource::Queue(_) => panic!("the mapping reads a stream"),
    }
}

fn put(world: &mut World, id: &str) {
    let item = json!({ "TableName": "orders", "Item": { "id": { "S": id } } });
    let (status, answer) = world.table("PutItem", &item);
    assert_eq!(status, 200, "{answer}");
}

fn put_all(world: &mut World, ids: &[&str]) {
    for id in ids {
        put(world, id);
    }
}

fn records(invocation: &Invocation) -> Vec<Value> {
    let event: Value = serde_json::from_str(&invocation.payload).expect("JSON");
    event["Records"].as_array().expect("records").clone()
}

fn ids(invocation: &Invocation) -> Vec<String> {
    let id = |record: &Value| {
        record["dynamodb"]["Keys"]["id"]["S"]
            .as_str()
            .map(str::to_owned)
    };
    records(invocation).iter().filter_map(id).collect()
}

/// Waits for the next invocation, answers it, and gives the ids that it had.
fn answer(world: &mut World, result: &InvocationResult) -> Vec<String> {
    for _ in 0..300 {
        if !world.invocations.is_empty() {
            break;
        }
        world.wait(1);
    }
    ids(&world.answer(result))
}

fn done() -> InvocationResult {
    InvocationResult::Success(Value::Null)
}

/// The function says that the record with that id failed.
fn names(world: &mut World, id: &str) -> InvocationResult {
    world.wait(10);
    let records = records(&world.invocations[0]);
    let record = records
        .iter()
        .find(|record| record["dynamodb"]["Keys"]["id"]["S"] == id)
        .expect("the record is there");
    let number = &record["dynamodb"]["SequenceNumber"];
    InvocationResult::Success(json!({ "batchItemFailures": [{ "itemIdentifier": number }] }))
}

#[test]
fn a_record_is_what_lambda_shows_of_a_change() {
    let mut world = world();
    put(&mut world, "a");
    world.wait(1);
    let [record] = &records(&world.invocations[0])[..] else {
        panic!("one record");
    };
    assert_eq!(record["eventName"], "INSERT");
    assert_eq!(record["eventVersion"], "1.1");
    assert_eq!(record["eventSource"], "aws:dynamodb");
    assert_eq!(record["eventSourceARN"], STREAM);
    assert_eq!(record["awsRegion"], "us-east-1");
    assert_eq!(record["eventID"].as_str().map(str::len), Some(32));
    let change = &record["dynamodb"];
    assert_eq!(change["ApproximateCreationDateTime"], opening().timestamp());
    assert_eq!(change["Keys"], json!({ "id": { "S": "a" } }));
    assert_eq!(change["NewImage"], json!({ "id": { "S": "a" } }));
    assert_eq!(change["OldImage"], Value::Null);
    assert_eq!(change["StreamViewType"], "NEW_AND_OLD_IMAGES");
    assert_eq!(change["SizeBytes"], 6);
    assert_eq!(record["userIdentity"], Value::Null);
}

#[test]
fn an_item_that_expires_is_deleted_by_the_service() {
    let mut world = world_with(|_, knobs| knobs.ttl_lag = std::time::Duration::ZERO);
    let ends = (opening().timestamp() + 60).to_string();
    let item = json!({ "id": { "S": "a" }, "ends": { "N": ends } });
    world.table("PutItem", &json!({ "TableName": "orders", "Item": item }));
    answer(&mut world, &done());
    world.wait(7 * 3600);
    let record = &records(&world.invocations[0])[0];
    assert_eq!(record["eventName"], "REMOVE");
    assert_eq!(record["dynamodb"]["OldImage"], item);
    let service = json!({ "type": "Service", "principalId": "dynamodb.amazonaws.com" });
    assert_eq!(record["userIdentity"], service);
}

#[test]
fn batches_come_one_after_the_other_in_the_order_of_the_changes() {
    let mut world = world();
    put_all(&mut world, &["a", "b", "c", "d", "e", "f"]);
    world.wait(10);
    assert_eq!(world.invocations.len(), 1, "one at a time");
    assert_eq!(answer(&mut world, &done()), ["a", "b", "c", "d"]);
    assert_eq!(answer(&mut world, &done()), ["e", "f"]);
    world.wait(60);
    assert!(world.invocations.is_empty());
}

#[test]
fn a_batch_that_fails_blocks_the_shard_until_it_is_discarded() {
    let mut world = world();
    put_all(&mut world, &["a", "b"]);
    world.wait(1);
    put(&mut world, "c");
    for _ in 0..3 {
        assert_eq!(answer(&mut world, &failed()), ["a", "b"]);
        assert!(world.invocations.is_empty());
    }
    assert_eq!(answer(&mut world, &done()), ["c"]);
}

#[test]
fn the_destination_is_told_where_the_discarded_records_are() {
    let mut world = world();
    put_all(&mut world, &["a", "b"]);
    let mut last = None;
    for _ in 0..3 {
        world.wait(5);
        let numbers: Vec<Value> = records(&world.invocations[0])
            .iter()
            .map(|record| record["dynamodb"]["SequenceNumber"].clone())
            .collect();
        last = Some((world.answer(&failed()), numbers));
    }
    let (invocation, numbers) = last.expect("an invocation");
    let described = world.call(
        "DynamoDBStreams_20120810.DescribeStream",
        &json!({ "StreamArn": STREAM }),
    );
    let mut told = world.bodies("discarded").remove(0);
    assert!(told["timestamp"].is_string());
    told["timestamp"] = Value::Null;
    assert_eq!(
        told,
        json!({
            "version": "1.0",
            "timestamp": null,
            "requestContext": {
                "requestId": invocation.request_id,
                "functionArn": "arn:aws:lambda:us-east-1:123456789012:function:watcher",
                "condition": "RetryAttemptsExhausted",
                "approximateInvokeCount": 3,
            },
            "responseContext": {
                "statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled",
            },
            "DDBStreamBatchInfo": {
                "shardId": described.1["StreamDescription"]["Shards"][0]["ShardId"],
                "startSequenceNumber": numbers[0],
                "endSequenceNumber": numbers[1],
                "approximateArrivalOfFirstRecord": "2026-03-02T09:00:00Z",
                "approximateArrivalOfLastRecord": "2026-03-02T09:00:00Z",
                "batchSize": 2,
                "streamArn": STREAM,
            },
        })
    );
}

#[test]
fn without_a_destination_discarded_records_are_lost() {
    let mut world = world_with(|mapping, _| stream(mapping).on_failure = None);
    put(&mut world, "a");
    for _ in 0..3 {
        answer(&mut world, &failed());
    }
    assert_eq!(world.lost(), ["RetryAttemptsExhausted"]);
}

#[test]
fn without_a_bound_a_batch_is_tried_until_its_records_expire() {
    let mut world = world_with(|mapping, _| stream(mapping).maximum_retry_attempts = None);
    put(&mut world, "a");
    let mut tries = 0;
    while world.now < opening() + chrono::TimeDelta::hours(25) {
        world.wait(30);
        while !world.invocations.is_empty() {
            world.answer(&failed());
            tries += 1;
        }
    }
    assert!(tries > 900, "{tries}");
    let told = world.bodies("discarded");
    assert_eq!(told.len(), 1);
    assert_eq!(told[0]["requestContext"]["condition"], "RecordAgeExceeded");
}

#[test]
fn records_that_are_too_old_are_discarded_and_the_others_are_not() {
    let mut world = world_with(|mapping, _| {
        let source = stream(mapping);
        source.maximum_retry_attempts = None;
        source.maximum_record_age_seconds = Some(60);
    });
    put(&mut world, "a");
    world.wait(1);
    put(&mut world, "b");
    world.wait(70);
    put(&mut world, "c");
    assert_eq!(answer(&mut world, &failed()), ["a"]);
    assert_eq!(answer(&mut world, &done()), ["c"]);
    let told = world.bodies("discarded");
    let sizes: Vec<&Value> = told
        .iter()
        .map(|told| &told["requestContext"]["approximateInvokeCount"])
        .collect();
    assert_eq!(sizes, [1, 0], "the second one was never tried");
    assert_eq!(told[1]["responseContext"], Value::Null);
}

#[test]
fn a_partial_batch_response_goes_on_at_the_first_record_that_failed() {
    let mut world = world();
    put_all(&mut world, &["a", "b", "c"]);
    let response = names(&mut world, "b");
    assert_eq!(answer(&mut world, &response), ["a", "b", "c"]);
    assert_eq!(answer(&mut world, &failed()), ["b", "c"]);
    let response = names(&mut world, "c");
    assert_eq!(answer(&mut world, &response), ["b", "c"]);
    assert_eq!(
        world.bodies("discarded")[0]["DDBStreamBatchInfo"]["batchSize"],
        1
    );
}

#[test]
fn an_empty_response_is_a_success_and_one_that_makes_no_sense_is_none() {
    for response in [
        json!(null),
        json!({}),
        json!({ "batchItemFailures": [] }),
        json!({ "batchItemFailures": null }),
    ] {
        let mut world = world();
        put(&mut world, "a");
        answer(&mut world, &InvocationResult::Success(response.clone()));
        world.wait(60);
        assert!(world.invocations.is_empty(), "{response}");
    }
    for response in [
        json!({ "batchItemFailures": [{ "itemIdentifier": "" }] }),
        json!({ "batchItemFailures": [{ "itemIdentifier": null }] }),
        json!({ "batchItemFailures": [{ "other": "1" }] }),
    ] {
        let mut world = world();
        put(&mut world, "a");
        answer(&mut world, &InvocationResult::Success(response.clone()));
        world.wait(60);
        assert_eq!(world.invocations.len(), 1, "{response}");
    }
}

#[test]
fn without_report_batch_item_failures_the_answer_does_not_matter() {
    let mut world = world_with(|mapping, _| mapping.report_batch_item_failures = false);
    put_all(&mut world, &["a", "b"]);
    let response = names(&mut world, "a");
    answer(&mut world, &response);
    world.wait(60);
    assert!(world.invocations.is_empty());
}

#[test]
fn a_split_batch_finds_the_record_that_fails_without_using_up_retries() {
    let mut world = world_with(|mapping, _| {
        stream(mapping).bisect_batch_on_function_error = true;
        stream(mapping).maximum_retry_attempts = Some(0);
    });
    put_all(&mut world, &["a", "b", "c", "d"]);
    assert_eq!(answer(&mut world, &failed()), ["a", "b", "c", "d"]);
    assert_eq!(answer(&mut world, &failed()), ["a", "b"]);
    assert_eq!(answer(&mut world, &done()), ["a"]);
    assert_eq!(answer(&mut world, &failed()), ["b"]);
    assert_eq!(answer(&mut world, &done()), ["c", "d"]);
    let told = world.bodies("discarded");
    assert_eq!(told.len(), 1);
    assert_eq!(told[0]["DDBStreamBatchInfo"]["batchSize"], 1);
}

#[test]
fn records_that_match_no_filter_are_passed_over() {
    let mut world = world_with(|mapping, _| {
        mapping.filters = vec![
            json!({ "dynamodb": { "Keys": { "id": { "S": [{ "prefix": "b" }] } } } }).to_string(),
            json!({ "eventName": ["REMOVE"] }).to_string(),
        ];
    });
    put_all(&mut world, &["a", "b1", "c", "b2"]);
    let key = json!({ "TableName": "orders", "Key": { "id": { "S": "a" } } });
    world.table("DeleteItem", &key);
    assert_eq!(answer(&mut world, &done()), ["b1", "b2", "a"]);
}

#[test]
fn a_window_gathers_records_and_a_full_batch_does_not_wait() {
    let mut world = world_with(|mapping, _| mapping.maximum_batching_window_seconds = 20);
    put(&mut world, "a");
    world.wait(10);
    put(&mut world, "b");
    world.wait(9);
    assert!(world.invocations.is_empty());
    assert_eq!(answer(&mut world, &done()), ["a", "b"]);
    put_all(&mut world, &["c", "d", "e"]);
    world.wait(5);
    put(&mut world, "f");
    world.wait(1);
    assert_eq!(answer(&mut world, &done()), ["c", "d", "e", "f"]);
}

#[test]
fn a_payload_has_six_megabytes_at_most() {
    let mut world = world_with(|mapping, _| mapping.batch_size = 100);
    let text = "x".repeat(390_000);
    for number in 0..20 {
        let item = json!({ "id": { "S": number.to_string() }, "text": { "S": text } });
        world.table("PutItem", &json!({ "TableName": "orders", "Item": item }));
    }
    let first = answer(&mut world, &done());
    let second = answer(&mut world, &done());
    assert_eq!((first.len(), second.len()), (16, 4));
}

#[test]
fn a_throttled_batch_is_tried_again_and_uses_up_no_retry() {
    let mut stack = template(&[]).expect("a sound template");
    stack.functions[0].reserved_concurrency = Some(0);
    let source = stream(&mut stack.functions[0].event_source_mappings[0]);
    source.maximum_record_age_seconds = Some(300);
    let mut world = World::of(&stack, Knobs::default());
    put(&mut world, "a");
    world.wait(200);
    assert_eq!(world.bodies("discarded"), Vec::<Value>::new());
    world.wait(200);
    assert!(world.invocations.is_empty());
    let told = world.bodies("discarded");
    assert_eq!(told[0]["requestContext"]["condition"], "RecordAgeExceeded");
    assert_eq!(told[0]["requestContext"]["approximateInvokeCount"], 0);
}

#[test]
fn a_function_sees_only_the_stream_that_its_mapping_names() {
    let mut world = world();
    let stream = |on: bool| {
        let specification = if on {
            json!({ "StreamEnabled": true, "StreamViewType": "KEYS_ONLY" })
        } else {
            json!({ "StreamEnabled": false })
        };
        json!({ "TableName": "orders", "StreamSpecification": specification })
    };
    put(&mut world, "a");
    for on in [false, true] {
        let (status, answer) = world.table("UpdateTable", &stream(on));
        assert_eq!(status, 200, "{answer}");
    }
    put(&mut world, "b");
    assert_eq!(answer(&mut world, &done()), ["a"]);
    world.wait(60);
    assert!(world.invocations.is_empty());
}

#[test]
fn a_disabled_mapping_does_not_read() {
    let mut world = world_with(|mapping, _| mapping.enabled = false);
    put(&mut world, "a");
    world.wait(600);
    assert!(world.invocations.is_empty());
}

#[test]
fn the_role_must_allow_to_read_the_stream() {
    let with = "Role: !Sub arn:aws:iam::${AWS::AccountId}:role/other\n      Runtime:";
    let stack = template(&[("Runtime:", with)]).expect("a sound template");
    let refused = Cloud::new(&stack, account(), Knobs::default(), 7, opening());
    let error = refused.expect_err("nobody knows the role").to_string();
    assert!(error.contains("Cannot access stream"), "{error}");
    assert!(error.contains("role/other"), "{error}");
    let knobs = Knobs {
        unknown_roles_may_everything: true,
        ..Knobs::default()
    };
    assert!(Cloud::new(&stack, account(), knobs, 7, opening()).is_ok());
    let mut stack = template(&[]).expect("a sound template");
    for role in &mut stack.roles {
        for policy in &mut role.policies {
            for statement in &mut policy.document.statements {
                statement
                    .actions
                    .retain(|action| action != "dynamodb:ListStreams");
            }
        }
    }
    let refused = Cloud::new(&stack, account(), Knobs::default(), 7, opening());
    assert!(refused.is_err(), "each of the four actions is needed");
}

#[test]
fn a_stream_that_is_not_there_is_refused() {
    let arn = "arn:aws:dynamodb:us-east-1:123456789012:table/orders/stream/2024-02-02";
    let stack = template(&[("!GetAtt Orders.StreamArn", arn)]).expect("a sound template");
    let refused = Cloud::new(&stack, account(), Knobs::default(), 7, opening());
    let error = refused.expect_err("there is none").to_string();
    assert!(error.contains("Stream not found"), "{error}");
}

#[test]
fn a_template_is_told_what_is_wrong_with_a_mapping() {
    for (from, to, expected) in [
        (
            "StartingPosition: TRIM_HORIZON",
            "Enabled: true",
            "StartingPosition",
        ),
        ("TRIM_HORIZON", "AT_TIMESTAMP", "TRIM_HORIZON, LATEST"),
        (
            "BatchSize: 4",
            "ParallelizationFactor: 2",
            "other values are not simulated",
        ),
        (
            "BatchSize: 4",
            "TumblingWindowInSeconds: 30",
            "other values are not simulated",
        ),
        ("BatchSize: 4", "BatchSize: 10001", "10000"),
        (
            "BatchSize: 4",
            "MaximumRecordAgeInSeconds: 59",
            "from 60 to 604800",
        ),
        ("MaximumRetryAttempts: 2", "MaximumRetryAttempts: -2", "-1"),
        (
            "BatchSize: 4",
            "ScalingConfig: {MaximumConcurrency: 2}",
            "ScalingConfig",
        ),
        (
            "!GetAtt Orders.StreamArn",
            "!GetAtt Orders.Arn",
            "StreamArn",
        ),
        (
            "StreamSpecification: {StreamViewType: NEW_AND_OLD_IMAGES}",
            "TableClass: STANDARD",
            "StreamArn",
        ),
        (
            "{QueueName: discarded}",
            "{QueueName: discarded.fifo, FifoQueue: true}",
            "standard SQS queue",
        ),
    ] {
        let error = template(&[(from, to)]).expect_err(to);
        assert!(error.contains(expected), "{to}: {error}");
    }
}

#[test]
fn a_resource_maps_a_stream_as_the_event_of_sam_does() {
    let mapping = "
  Mapping:
    Type: AWS::Lambda::EventSourceMapping
    Properties:
      FunctionName: !Ref Watcher
      EventSourceArn: !GetAtt Orders.StreamArn
      StartingPosition: LATEST
      BisectBatchOnFunctionError: true
      MaximumRetryAttempts: -1

  Discarded:";
    let stack = template(&[("\n  Discarded:", mapping)]).expect("a sound template");
    let mappings = &stack.functions[0].event_source_mappings;
    assert_eq!(mappings.len(), 2);
    assert_eq!(mappings[1].batch_size, 100);
    let EventSource::Stream(source) = &mappings[1].source else {
        panic!("a stream");
    };
    assert!(source.bisect_batch_on_function_error);
    assert_eq!(source.maximum_retry_attempts, None);
    let mut world = World::of(&stack, Knobs::default());
    put(&mut world, "a");
    world.wait(1);
    assert_eq!(world.invocations.len(), 2, "each mapping reads for itself");
}
