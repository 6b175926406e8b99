use serde_json::{Value, json};

use crate::kit::{Database, key, order};

fn units(database: &mut Database, operation: &str, mut input: Value) -> Value {
    input["TableName"] = "orders".into();
    input["ReturnConsumedCapacity"] = "INDEXES".into();
    database.ask(operation, input)["ConsumedCapacity"].clone()
}

#[test]
fn writes_are_charged_by_the_kilobyte_with_their_indexes() {
    let mut database = Database::with_orders();
    let item = order(
        "p",
        "1",
        json!({
            "state": { "S": "open" }, "text": { "S": "x".repeat(2000) },
        }),
    );
    let consumed = units(&mut database, "PutItem", json!({ "Item": item }));
    assert_eq!(consumed["Table"]["CapacityUnits"], 2.0);
    assert_eq!(
        consumed["GlobalSecondaryIndexes"],
        json!({ "by_state": { "CapacityUnits": 1.0 } })
    );
    assert_eq!(consumed["CapacityUnits"], 3.0);
    // The same again changes no index; another state moves an entry.
    let consumed = units(&mut database, "PutItem", json!({ "Item": item }));
    assert!(consumed["GlobalSecondaryIndexes"].is_null());
    let mut moved = item;
    moved["state"] = json!({ "S": "done" });
    let consumed = units(&mut database, "PutItem", json!({ "Item": moved }));
    assert_eq!(
        consumed["GlobalSecondaryIndexes"]["by_state"]["CapacityUnits"],
        2.0
    );
    let consumed = units(&mut database, "DeleteItem", json!({ "Key": key("p", "1") }));
    assert_eq!(consumed["CapacityUnits"], 3.0);
    let consumed = units(&mut database, "DeleteItem", json!({ "Key": key("p", "1") }));
    assert_eq!(consumed["CapacityUnits"], 1.0);
}

#[test]
fn reads_are_charged_by_four_kilobytes_half_where_stale() {
    let mut database = Database::with_orders();
    database.put(order(
        "p",
        "1",
        json!({ "text": { "S": "x".repeat(5000) } }),
    ));
    for (consistent, expected) in [(false, 1.0), (true, 2.0)] {
        let get = json!({ "Key": key("p", "1"), "ConsistentRead": consistent });
        assert_eq!(
            units(&mut database, "GetItem", get)["CapacityUnits"],
            expected
        );
        let scan = json!({ "ConsistentRead": consistent });
        assert_eq!(
            units(&mut database, "Scan", scan)["CapacityUnits"],
            expected
        );
    }
    let missing = json!({ "Key": key("p", "2") });
    assert_eq!(
        units(&mut database, "GetItem", missing)["CapacityUnits"],
        0.5
    );
}

#[test]
fn transactions_are_charged_twice() {
    let mut database = Database::with_orders();
    let item = order("p", "1", json!({ "state": { "S": "open" } }));
    let input = json!({
        "TransactItems": [{ "Put": { "TableName": "orders", "Item": item } }],
        "ReturnConsumedCapacity": "INDEXES",
    });
    let consumed = &database.ask("TransactWriteItems", input)["ConsumedCapacity"][0];
    assert_eq!(consumed["Table"]["WriteCapacityUnits"], 2.0);
    assert_eq!(
        consumed["GlobalSecondaryIndexes"]["by_state"]["CapacityUnits"],
        1.0
    );
    assert_eq!(consumed["CapacityUnits"], 3.0);
    let input = json!({
        "TransactItems": [{ "Get": { "TableName": "orders", "Key": key("p", "1") } }],
        "ReturnConsumedCapacity": "TOTAL",
    });
    let consumed = &database.ask("TransactGetItems", input)["ConsumedCapacity"][0];
    assert_eq!(
        consumed,
        &json!({
            "TableName": "orders", "CapacityUnits": 2.0, "ReadCapacityUnits": 2.0,
        })
    );
}

#[test]
fn collections_are_those_of_tables_with_local_indexes() {
    let mut database = Database::with_orders();
    let put = json!({
        "TableName": "orders", "Item": key("p", "1"), "ReturnItemCollectionMetrics": "SIZE",
    });
    assert_eq!(
        database.ask("PutItem", put)["ItemCollectionMetrics"],
        json!({ "ItemCollectionKey": { "pk": { "S": "p" } }, "SizeEstimateRangeGB": [0.0, 1.0] })
    );
    database.ask("CreateTable", crate::kit::simple("plain"));
    let put = json!({
        "TableName": "plain", "Item": { "id": { "S": "a" } }, "ReturnItemCollectionMetrics": "SIZE",
    });
    assert_eq!(database.ask("PutItem", put), json!({}));
}
