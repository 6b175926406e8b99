use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::kit::{Database, order};

fn set(attribute: &str, enabled: bool) -> Value {
    json!({
        "TableName": "orders",
        "TimeToLiveSpecification": { "AttributeName": attribute, "Enabled": enabled },
    })
}

fn described(database: &mut Database) -> Value {
    database.ask("DescribeTimeToLive", json!({ "TableName": "orders" }))["TimeToLiveDescription"]
        .clone()
}

fn expiring(database: &Database, sk: &str, in_seconds: i64) -> Value {
    let second = database.now.timestamp() + in_seconds;
    order("p", sk, json!({ "ttl": { "N": second.to_string() } }))
}

fn left(database: &mut Database) -> Value {
    database.ask("Scan", json!({ "TableName": "orders" }))["Count"].clone()
}

#[test]
fn the_setting_is_changed_once() {
    let mut database = Database::with_orders();
    assert_eq!(
        described(&mut database),
        json!({ "TimeToLiveStatus": "DISABLED" })
    );
    assert_eq!(
        database.message("UpdateTimeToLive", set("ttl", false)),
        "TimeToLive is already disabled"
    );
    let answer = database.ask("UpdateTimeToLive", set("ttl", true));
    assert_eq!(
        answer["TimeToLiveSpecification"],
        json!({ "AttributeName": "ttl", "Enabled": true })
    );
    assert_eq!(
        described(&mut database),
        json!({ "TimeToLiveStatus": "ENABLED", "AttributeName": "ttl" })
    );
    assert_eq!(
        database.message("UpdateTimeToLive", set("ttl", true)),
        "TimeToLive is already enabled"
    );
    for enabled in [true, false] {
        assert_eq!(
            database.message("UpdateTimeToLive", set("other", enabled)),
            "TimeToLive is active on a different AttributeName: current AttributeName is ttl"
        );
    }
    database.ask("UpdateTimeToLive", set("ttl", false));
    database.ask("UpdateTimeToLive", set("other", true));
}

#[test]
fn a_change_can_take_an_hour() {
    let mut database = Database::with_orders();
    database.tables.set_timing(dynamodb_engine::Timing {
        time_to_live: TimeDelta::hours(1),
        ..dynamodb_engine::Timing::default()
    });
    database.ask("UpdateTimeToLive", set("ttl", true));
    assert_eq!(described(&mut database)["TimeToLiveStatus"], "ENABLING");
    assert_eq!(
        database.message("UpdateTimeToLive", set("ttl", false)),
        "Time to live has been modified multiple times within a fixed interval"
    );
    database.wait(TimeDelta::hours(1));
    database.ask("UpdateTimeToLive", set("ttl", false));
}

#[test]
fn what_expired_goes_after_the_lag_but_not_after_five_years() {
    let mut database = Database::with_orders();
    let five_years = TimeDelta::days(5 * 365);
    database.put(expiring(&database, "old", -five_years.num_seconds() - 1));
    database.put(expiring(&database, "1", 10));
    database.ask("UpdateTimeToLive", set("ttl", true));
    database.put(expiring(&database, "2", 20));
    database.put(order("p", "text", json!({ "ttl": { "S": "1" } })));
    assert_eq!(
        database.tables.next_expiry(database.now),
        Some(database.now + TimeDelta::seconds(10))
    );
    database.wait(TimeDelta::seconds(15));
    assert_eq!(
        database.tables.sweep(database.now, TimeDelta::seconds(10)),
        0
    );
    assert_eq!(left(&mut database), 4);
    assert_eq!(database.tables.sweep(database.now, TimeDelta::zero()), 1);
    assert_eq!(left(&mut database), 3);
    // A later second keeps an item.
    database.put(expiring(&database, "2", 100));
    database.wait(TimeDelta::seconds(50));
    assert_eq!(database.tables.sweep(database.now, TimeDelta::zero()), 0);
    database.wait(TimeDelta::seconds(50));
    assert_eq!(database.tables.sweep(database.now, TimeDelta::zero()), 1);
    assert_eq!(left(&mut database), 2);
}

#[test]
fn the_stream_tells_who_deleted() {
    let mut database = Database::with_orders();
    let stream = json!({ "StreamEnabled": true, "StreamViewType": "OLD_IMAGE" });
    database.ask(
        "UpdateTable",
        json!({ "TableName": "orders", "StreamSpecification": stream }),
    );
    database.ask("UpdateTimeToLive", set("ttl", true));
    database.put(expiring(&database, "1", 0));
    database.tables.sweep(database.now, TimeDelta::zero());
    let streams = database.ask("ListStreams", json!({}));
    let arn = streams["Streams"][0]["StreamArn"].as_str().unwrap();
    let records = database.tables.records_after(database.now, arn, 1, 10);
    let record = records[0].json("us-east-1");
    assert_eq!(record["eventName"], "REMOVE");
    assert_eq!(
        record["userIdentity"],
        json!({ "type": "Service", "principalId": "dynamodb.amazonaws.com" })
    );
}
