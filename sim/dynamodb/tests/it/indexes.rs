use serde_json::{Value, json};

use crate::kit::{Database, order, sort_keys};

fn database() -> Database {
    let mut database = Database::with_orders();
    for (sk, time, state) in [
        ("1", "30", "open"),
        ("2", "10", "open"),
        ("3", "20", "done"),
    ] {
        let more = json!({
            "time": { "N": time }, "state": { "S": state }, "owner": { "S": "me" },
            "total": { "N": "5" }, "note": { "S": "long" },
        });
        database.put(order("p", sk, more));
    }
    database.put(order("p", "4", json!({ "note": { "S": "in no index" } })));
    database
}

fn query(index: &str, attribute: &str, value: &str) -> Value {
    json!({
        "TableName": "orders", "IndexName": index,
        "KeyConditionExpression": "#a = :v",
        "ExpressionAttributeNames": { "#a": attribute },
        "ExpressionAttributeValues": { ":v": { "S": value } },
    })
}

#[test]
fn an_index_has_the_items_with_its_key_in_its_order() {
    let mut database = database();
    let by_time = database.ask("Query", query("by_time", "pk", "p"));
    assert_eq!(sort_keys(&by_time), ["2", "3", "1"]);
    let by_owner = database.ask("Query", query("by_owner", "owner", "me"));
    assert_eq!(sort_keys(&by_owner), ["2", "3", "1"]);
    let open = database.ask("Query", query("by_state", "state", "open"));
    assert_eq!(sort_keys(&open), ["1", "2"]);
    // An update moves the entry, a removal takes it away.
    for (sk, expression) in [("1", "SET #s = :v"), ("2", "REMOVE #s")] {
        let mut input = json!({
            "TableName": "orders", "Key": crate::kit::key("p", sk),
            "UpdateExpression": expression, "ExpressionAttributeNames": { "#s": "state" },
        });
        if sk == "1" {
            input["ExpressionAttributeValues"] = json!({ ":v": { "S": "done" } });
        }
        database.ask("UpdateItem", input);
    }
    assert_eq!(
        database.ask("Query", query("by_state", "state", "open"))["Count"],
        0
    );
    let done = database.ask("Query", query("by_state", "state", "done"));
    assert_eq!(sort_keys(&done), ["1", "3"]);
}

#[test]
fn an_index_gives_what_it_projects() {
    let mut database = database();
    let names = |answer: &Value| {
        let item = answer["Items"][0].as_object().unwrap();
        item.keys().cloned().collect::<Vec<_>>()
    };
    let answer = database.ask("Query", query("by_state", "state", "done"));
    assert_eq!(names(&answer), ["pk", "sk", "state"]);
    let answer = database.ask("Query", query("by_owner", "owner", "me"));
    assert_eq!(names(&answer), ["owner", "pk", "sk", "time", "total"]);
    let answer = database.ask("Query", query("by_time", "pk", "p"));
    assert_eq!(names(&answer), ["pk", "sk", "time", "total"]);
}

#[test]
fn a_global_index_has_nothing_else_to_give() {
    let mut database = database();
    let mut input = query("by_owner", "owner", "me");
    input["ProjectionExpression"] = "pk, note".into();
    assert_eq!(
        database.message("Query", input.clone()),
        "One or more parameter values were invalid: Global secondary index by_owner does not \
         project [note]"
    );
    let mut scan = json!({ "TableName": "orders", "IndexName": "by_owner" });
    scan["AttributesToGet"] = json!(["note"]);
    assert_eq!(
        database.message("Scan", scan),
        "One or more parameter values were invalid: Global secondary index by_owner does not \
         project [note]"
    );
    let mut input = query("by_owner", "owner", "me");
    input["Select"] = "ALL_ATTRIBUTES".into();
    assert_eq!(
        database.message("Query", input),
        "One or more parameter values were invalid: Select type ALL_ATTRIBUTES is not supported \
         for global secondary index by_owner because its projection type is not ALL"
    );
    let mut input = query("by_owner", "owner", "me");
    input["ConsistentRead"] = true.into();
    assert_eq!(
        database.message("Query", input),
        "Consistent reads are not supported on global secondary indexes"
    );
}

#[test]
fn a_local_index_fetches_from_the_table_and_that_costs() {
    let mut database = database();
    let mut input = query("by_time", "pk", "p");
    input["ProjectionExpression"] = "sk, note".into();
    input["ReturnConsumedCapacity"] = "INDEXES".into();
    input["ConsistentRead"] = true.into();
    let answer = database.ask("Query", input);
    assert_eq!(
        answer["Items"][0],
        json!({ "sk": { "S": "2" }, "note": { "S": "long" } })
    );
    let consumed = &answer["ConsumedCapacity"];
    assert_eq!(consumed["Table"]["CapacityUnits"], 3.0);
    assert_eq!(
        consumed["LocalSecondaryIndexes"]["by_time"]["CapacityUnits"],
        1.0
    );
    assert_eq!(consumed["CapacityUnits"], 4.0);
    let mut input = query("by_time", "pk", "p");
    input["Select"] = "ALL_ATTRIBUTES".into();
    let answer = database.ask("Query", input);
    assert_eq!(answer["Items"][0]["note"], json!({ "S": "long" }));
    assert_eq!(answer["Items"][0]["owner"], json!({ "S": "me" }));
}

#[test]
fn a_filter_sees_what_the_index_has() {
    let mut database = database();
    for (index, attribute, value) in [("by_owner", "owner", "me"), ("by_time", "pk", "p")] {
        let mut input = query(index, attribute, value);
        input["FilterExpression"] = "note = :v".into();
        assert_eq!(
            database.message("Query", input),
            format!(
                "One or more parameter values were invalid: Secondary index {index} does not \
                 project one or more filter attributes: [note]"
            )
        );
    }
    let scan = json!({
        "TableName": "orders", "IndexName": "by_owner", "FilterExpression": "note = :v",
        "ExpressionAttributeValues": { ":v": { "S": "long" } },
    });
    let answer = database.ask("Scan", scan);
    assert_eq!(
        (&answer["Count"], &answer["ScannedCount"]),
        (&json!(0), &json!(3))
    );
}

#[test]
fn pages_of_an_index_go_on_among_equal_keys() {
    let mut database = Database::with_orders();
    for sk in ["1", "2", "3", "4", "5"] {
        database.put(order("p", sk, json!({ "state": { "S": "open" } })));
    }
    let mut input = query("by_state", "state", "open");
    input["Limit"] = 2.into();
    let page = database.ask("Query", input.clone());
    assert_eq!(sort_keys(&page), ["1", "2"]);
    assert_eq!(
        page["LastEvaluatedKey"],
        json!({ "pk": { "S": "p" }, "sk": { "S": "2" }, "state": { "S": "open" } })
    );
    input["ExclusiveStartKey"] = page["LastEvaluatedKey"].clone();
    assert_eq!(sort_keys(&database.ask("Query", input.clone())), ["3", "4"]);
    input["ScanIndexForward"] = false.into();
    assert_eq!(sort_keys(&database.ask("Query", input.clone())), ["1"]);
    input["ExclusiveStartKey"] = crate::kit::key("p", "2");
    assert_eq!(
        database.message("Query", input),
        "The provided starting key is invalid"
    );
}

#[test]
fn an_unknown_index_is_told() {
    let mut database = database();
    assert_eq!(
        database.message("Query", query("by_moon", "pk", "p")),
        "The table does not have the specified index: by_moon"
    );
}

#[test]
fn a_global_index_can_have_several_attributes_of_a_kind() {
    let mut database = Database::new();
    let types = ["pk", "a", "b", "x", "y"];
    let types = types.map(|name| json!({ "AttributeName": name, "AttributeType": "S" }));
    let element = |name: &str, kind: &str| json!({ "AttributeName": name, "KeyType": kind });
    database.ask(
        "CreateTable",
        json!({
            "TableName": "wide", "AttributeDefinitions": types,
            "KeySchema": [element("pk", "HASH")], "BillingMode": "PAY_PER_REQUEST",
            "GlobalSecondaryIndexes": [{
                "IndexName": "all", "Projection": { "ProjectionType": "ALL" },
                "KeySchema": [
                    element("a", "HASH"), element("b", "HASH"), element("x", "RANGE"),
                    element("y", "RANGE"),
                ],
            }],
        }),
    );
    for (pk, x, y) in [
        ("1", "m", "2"),
        ("2", "m", "1"),
        ("3", "n", "0"),
        ("4", "l", "9"),
    ] {
        let item = json!({
            "pk": { "S": pk }, "a": { "S": "a" }, "b": { "S": "b" }, "x": { "S": x },
            "y": { "S": y },
        });
        database.ask("PutItem", json!({ "TableName": "wide", "Item": item }));
    }
    let query = |condition: &str| {
        json!({
            "TableName": "wide", "IndexName": "all", "KeyConditionExpression": condition,
            "ExpressionAttributeValues": {
                ":a": { "S": "a" }, ":b": { "S": "b" }, ":m": { "S": "m" }, ":y": { "S": "1" },
            },
        })
    };
    let found = |answer: &Value| {
        let items = answer["Items"].as_array().unwrap().iter();
        items
            .map(|item| item["pk"]["S"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let answer = database.ask("Query", query("a = :a AND b = :b AND x = :m AND y > :y"));
    assert_eq!(found(&answer), ["1"]);
    let mut start = query("a = :a AND b = :b AND x >= :m");
    start["ExpressionAttributeValues"]
        .as_object_mut()
        .unwrap()
        .remove(":y");
    assert_eq!(found(&database.ask("Query", start)), ["2", "1", "3"]);
    let mut missed = query("a = :a AND x = :m");
    let values = missed["ExpressionAttributeValues"].as_object_mut().unwrap();
    values.retain(|name, _| name == ":a" || name == ":m");
    assert_eq!(
        database.message("Query", missed),
        "Query condition missed key schema element: b"
    );
}
