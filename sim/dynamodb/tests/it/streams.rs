use chrono::TimeDelta;
use dynamodb_engine::Error;
use serde_json::{Value, json};

use crate::kit::{Database, order, orders};

fn database(view: &str) -> Database {
    let mut database = Database::new();
    let mut table = orders();
    table["StreamSpecification"] = json!({ "StreamEnabled": true, "StreamViewType": view });
    database.ask("CreateTable", table);
    database
}

fn stream_arn(database: &mut Database) -> String {
    let streams = database.ask("ListStreams", json!({ "TableName": "orders" }));
    streams["Streams"][0]["StreamArn"]
        .as_str()
        .unwrap()
        .to_owned()
}

fn iterator(database: &mut Database, more: Value) -> String {
    let arn = stream_arn(database);
    let described = database.ask("DescribeStream", json!({ "StreamArn": arn }));
    let mut input = more;
    input["StreamArn"] = arn.into();
    input["ShardId"] = described["StreamDescription"]["Shards"][0]["ShardId"].clone();
    let answer = database.ask("GetShardIterator", input);
    answer["ShardIterator"].as_str().unwrap().to_owned()
}

fn records(database: &mut Database, iterator: &str) -> Value {
    database.ask("GetRecords", json!({ "ShardIterator": iterator }))
}

#[test]
fn views_tell_what_they_should() {
    for (view, new, old) in [
        ("KEYS_ONLY", false, false),
        ("NEW_IMAGE", true, false),
        ("OLD_IMAGE", false, true),
        ("NEW_AND_OLD_IMAGES", true, true),
    ] {
        let mut database = database(view);
        database.put(order("p", "1", json!({ "n": { "N": "1" } })));
        database.put(order("p", "1", json!({ "n": { "N": "2" } })));
        database.put(order("p", "1", json!({ "n": { "N": "2.0" } })));
        let delete = json!({ "TableName": "orders", "Key": crate::kit::key("p", "1") });
        database.ask("DeleteItem", delete);
        let start = iterator(
            &mut database,
            json!({ "ShardIteratorType": "TRIM_HORIZON" }),
        );
        let answer = records(&mut database, &start);
        let all = answer["Records"].as_array().unwrap();
        let names: Vec<_> = all
            .iter()
            .map(|record| record["eventName"].as_str().unwrap())
            .collect();
        assert_eq!(
            names,
            ["INSERT", "MODIFY", "REMOVE"],
            "what changes nothing is not told"
        );
        let change = &all[1]["dynamodb"];
        assert_eq!(change["Keys"], crate::kit::key("p", "1"));
        assert_eq!(change["StreamViewType"], view);
        assert_eq!(change["NewImage"]["n"]["N"].as_str(), new.then_some("2"));
        assert_eq!(change["OldImage"]["n"]["N"].as_str(), old.then_some("1"));
        assert!(all[0]["dynamodb"]["OldImage"].is_null());
        assert!(all[2]["dynamodb"]["NewImage"].is_null());
        assert_eq!(all[0]["eventSource"], "aws:dynamodb");
        assert_eq!(all[0]["awsRegion"], "us-east-1");
        assert_ne!(all[0]["eventID"], all[1]["eventID"]);
    }
}

#[test]
fn iterators_start_where_they_are_asked_to() {
    let mut database = database("KEYS_ONLY");
    for sk in ["1", "2", "3"] {
        database.put(order("p", sk, json!({})));
    }
    let start = iterator(
        &mut database,
        json!({ "ShardIteratorType": "TRIM_HORIZON" }),
    );
    let all = records(&mut database, &start);
    let second = all["Records"][1]["dynamodb"]["SequenceNumber"].clone();
    for (kind, expected) in [("AT_SEQUENCE_NUMBER", 2), ("AFTER_SEQUENCE_NUMBER", 1)] {
        let more = json!({ "ShardIteratorType": kind, "SequenceNumber": second });
        let from = iterator(&mut database, more);
        assert_eq!(
            records(&mut database, &from)["Records"]
                .as_array()
                .unwrap()
                .len(),
            expected
        );
    }
    let latest = iterator(&mut database, json!({ "ShardIteratorType": "LATEST" }));
    let answer = records(&mut database, &latest);
    assert_eq!(answer["Records"], json!([]));
    database.put(order("p", "4", json!({})));
    let next = answer["NextShardIterator"].as_str().unwrap().to_owned();
    assert_eq!(
        records(&mut database, &next)["Records"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    let limited = json!({ "ShardIterator": start, "Limit": 2 });
    assert_eq!(
        database.ask("GetRecords", limited)["Records"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
}

#[test]
fn iterators_expire_and_records_are_trimmed() {
    let mut database = database("KEYS_ONLY");
    database.put(order("p", "1", json!({})));
    let start = iterator(
        &mut database,
        json!({ "ShardIteratorType": "TRIM_HORIZON" }),
    );
    database.wait(TimeDelta::minutes(16));
    let read = json!({ "ShardIterator": start });
    assert!(matches!(
        database.refuse("GetRecords", read),
        Error::ExpiredIterator(_)
    ));
    database.wait(TimeDelta::hours(24));
    let start = iterator(
        &mut database,
        json!({ "ShardIteratorType": "TRIM_HORIZON" }),
    );
    assert_eq!(records(&mut database, &start)["Records"], json!([]));
    let arn = stream_arn(&mut database);
    assert!(
        database
            .tables
            .records_after(database.now, &arn, 0, 9)
            .is_empty()
    );
    let more = json!({
        "ShardIteratorType": "AT_SEQUENCE_NUMBER", "SequenceNumber": "100000000000000000001",
        "StreamArn": stream_arn(&mut database),
    });
    let mut input = more;
    let described = database.ask("DescribeStream", json!({ "StreamArn": input["StreamArn"] }));
    input["ShardId"] = described["StreamDescription"]["Shards"][0]["ShardId"].clone();
    assert_eq!(
        database.refuse("GetShardIterator", input),
        Error::TrimmedDataAccess
    );
}

#[test]
fn a_closed_stream_ends_and_goes_after_a_day() {
    let mut database = database("KEYS_ONLY");
    database.put(order("p", "1", json!({})));
    let arn = stream_arn(&mut database);
    let start = iterator(
        &mut database,
        json!({ "ShardIteratorType": "TRIM_HORIZON" }),
    );
    let off = json!({ "TableName": "orders", "StreamSpecification": { "StreamEnabled": false } });
    database.ask("UpdateTable", off);
    database.put(order("p", "2", json!({})));
    let answer = records(&mut database, &start);
    assert_eq!(answer["Records"].as_array().unwrap().len(), 1);
    assert!(answer["NextShardIterator"].is_null());
    let described = database.ask("DescribeStream", json!({ "StreamArn": arn }));
    assert_eq!(described["StreamDescription"]["StreamStatus"], "DISABLED");
    database.wait(TimeDelta::hours(24));
    assert!(matches!(
        database.refuse("DescribeStream", json!({ "StreamArn": arn })),
        Error::ResourceNotFound(_)
    ));
}

#[test]
fn iterators_are_checked() {
    let mut database = database("KEYS_ONLY");
    let arn = stream_arn(&mut database);
    assert_eq!(
        database.message(
            "GetShardIterator",
            json!({ "StreamArn": arn, "ShardId": "x" })
        ),
        "1 validation error detected: Value null at 'shardIteratorType' failed to satisfy \
         constraint: Member must not be null"
    );
    let unknown = json!({
        "StreamArn": arn, "ShardId": "shardId-0", "ShardIteratorType": "LATEST",
    });
    assert!(matches!(
        database.refuse("GetShardIterator", unknown),
        Error::ResourceNotFound(_)
    ));
    assert_eq!(
        database.message("GetRecords", json!({ "ShardIterator": "nonsense" })),
        "Invalid ShardIterator"
    );
}

#[test]
fn the_engine_gives_records_since_a_position() {
    let mut database = database("NEW_IMAGE");
    for sk in ["1", "2", "3"] {
        database.put(order("p", sk, json!({})));
    }
    let (now, arn) = (database.now, stream_arn(&mut database));
    assert_eq!(database.tables.last_record(now, &arn), Some(3));
    let records = database.tables.records_after(now, &arn, 1, 10);
    let numbers: Vec<u64> = records.iter().map(|record| record.sequence).collect();
    assert_eq!(numbers, [2, 3]);
    assert_eq!(database.tables.records_after(now, &arn, 0, 1).len(), 1);
    let other = arn.replace("/stream/", "/stream/1");
    assert_eq!(database.tables.last_record(now, &other), None);
}
