use chrono::TimeDelta;
use dynamodb_engine::{Call, ReadView};
use serde_json::{Value, json};

use crate::kit::{Database, key, order, sort_keys};

/// Reads that see the table as it was `stale` seconds ago, and indexes as `lag` seconds ago.
fn seen(database: &mut Database, (stale, lag): (i64, i64), operation: &str, input: Value) -> Value {
    let place = database.place.clone();
    let view = ReadView {
        stale_by: TimeDelta::seconds(stale),
        index_lag: TimeDelta::seconds(lag),
    };
    let call = Call {
        view,
        ..Call::new(database.now, &place)
    };
    database.try_call(&call, operation, &input).unwrap()
}

#[test]
fn a_read_sees_what_was_there() {
    let mut database = Database::with_orders();
    database.tables.keep_versions(TimeDelta::seconds(60));
    for n in ["1", "2", "3"] {
        database.put(order("p", "a", json!({ "n": { "N": n } })));
        database.wait(TimeDelta::seconds(10));
    }
    let get = json!({ "TableName": "orders", "Key": key("p", "a") });
    for (age, expected) in [
        (0, json!("3")),
        (11, json!("2")),
        (21, json!("1")),
        (31, json!(null)),
    ] {
        let got = seen(&mut database, (age, 0), "GetItem", get.clone());
        assert_eq!(got["Item"]["n"]["N"], expected, "{age} seconds ago");
        let scan = json!({ "TableName": "orders" });
        let got = seen(&mut database, (age, 0), "Scan", scan);
        assert_eq!(got["Items"][0]["n"]["N"], expected, "{age} seconds ago");
    }
    let mut consistent = get;
    consistent["ConsistentRead"] = true.into();
    assert_eq!(
        seen(&mut database, (31, 0), "GetItem", consistent)["Item"]["n"]["N"],
        "3"
    );
}

#[test]
fn an_index_lags_behind_its_table() {
    let mut database = Database::with_orders();
    database.tables.keep_versions(TimeDelta::seconds(60));
    for sk in ["a", "b"] {
        database.put(order("p", sk, json!({ "state": { "S": "open" } })));
    }
    database.wait(TimeDelta::seconds(10));
    database.put(order("p", "a", json!({ "state": { "S": "done" } })));
    database.ask(
        "DeleteItem",
        json!({ "TableName": "orders", "Key": key("p", "b") }),
    );
    database.put(order("p", "c", json!({ "state": { "S": "open" } })));
    let query = |state: &str| {
        json!({
            "TableName": "orders", "IndexName": "by_state", "KeyConditionExpression": "#s = :s",
            "ExpressionAttributeNames": { "#s": "state" },
            "ExpressionAttributeValues": { ":s": { "S": state } },
        })
    };
    let now = seen(&mut database, (0, 0), "Query", query("open"));
    assert_eq!(sort_keys(&now), ["c"]);
    let then = seen(&mut database, (0, 5), "Query", query("open"));
    assert_eq!(sort_keys(&then), ["a", "b"]);
    let mut backward = query("open");
    backward["ScanIndexForward"] = false.into();
    assert_eq!(
        sort_keys(&seen(&mut database, (0, 5), "Query", backward)),
        ["b", "a"]
    );
    assert_eq!(
        seen(&mut database, (0, 5), "Query", query("done"))["Count"],
        0
    );
    // A local index is as stale as the table, not as the global ones.
    let local = json!({ "TableName": "orders", "IndexName": "by_time", "Select": "COUNT" });
    assert_eq!(seen(&mut database, (0, 5), "Scan", local)["Count"], 0);
}

#[test]
fn nothing_is_kept_where_nothing_is_stale() {
    let mut database = Database::with_orders();
    let text = json!({ "text": { "S": "x".repeat(10_000) } });
    for _ in 0..10 {
        database.put(order("p", "a", text.clone()));
    }
    assert!(database.tables.held_bytes() < 11_000);
}
