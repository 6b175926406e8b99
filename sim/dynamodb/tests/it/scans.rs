use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::kit::{Database, order, simple};

fn database() -> Database {
    let mut database = Database::with_orders();
    for number in 0..20 {
        let more = json!({ "n": { "N": number.to_string() }, "state": { "S": "open" } });
        database.put(order(&format!("p{number}"), "1", more));
    }
    database
}

fn partitions(answer: &Value) -> Vec<String> {
    let items = answer["Items"].as_array().unwrap();
    items
        .iter()
        .map(|item| item["pk"]["S"].as_str().unwrap().to_owned())
        .collect()
}

fn all_pages(database: &mut Database, mut input: Value) -> Vec<String> {
    let mut found = Vec::new();
    loop {
        let page = database.ask("Scan", input.clone());
        found.extend(partitions(&page));
        if page["LastEvaluatedKey"].is_null() {
            return found;
        }
        input["ExclusiveStartKey"] = page["LastEvaluatedKey"].clone();
    }
}

#[test]
fn pages_and_segments_give_every_item_once() {
    let mut database = database();
    let whole = all_pages(&mut database, json!({ "TableName": "orders" }));
    assert_eq!(whole.iter().collect::<BTreeSet<_>>().len(), 20);
    assert_eq!(
        all_pages(&mut database, json!({ "TableName": "orders", "Limit": 3 })),
        whole
    );
    for total in [1, 2, 3, 7, 50] {
        let mut found = Vec::new();
        for segment in 0..total {
            let input = json!({
                "TableName": "orders", "Segment": segment, "TotalSegments": total, "Limit": 2,
            });
            found.extend(all_pages(&mut database, input));
        }
        assert_eq!(found, whole, "{total} segments are the table's order");
    }
    let on_index = json!({ "TableName": "orders", "IndexName": "by_state", "Limit": 7 });
    let found: BTreeSet<_> = all_pages(&mut database, on_index).into_iter().collect();
    assert_eq!(found, whole.into_iter().collect());
}

#[test]
fn segments_are_checked() {
    let mut database = database();
    for (input, message) in [
        (
            json!({ "Segment": 2, "TotalSegments": 2 }),
            "The Segment parameter is zero-based and must be less than parameter TotalSegments",
        ),
        (
            json!({ "Segment": 2 }),
            "The TotalSegments parameter is required but was not present in the request when \
             Segment parameter is present",
        ),
        (
            json!({ "TotalSegments": 2 }),
            "The Segment parameter is required but was not present in the request when parameter \
             TotalSegments is present",
        ),
        (
            json!({ "Segment": -1, "TotalSegments": 0, "Limit": 0 }),
            "3 validation errors detected: Value at 'Limit' failed to satisfy constraint: Member \
             must have value greater than or equal to 1; Value at 'Segment' failed to satisfy \
             constraint: Member must have value greater than or equal to 0; Value at \
             'TotalSegments' failed to satisfy constraint: Member must have value greater than or \
             equal to 1",
        ),
    ] {
        let mut input = input;
        input["TableName"] = "orders".into();
        assert_eq!(database.message("Scan", input), message);
    }
}

#[test]
fn filters_count_what_they_look_at() {
    let mut database = database();
    let input = json!({
        "TableName": "orders", "FilterExpression": "n < :five", "Select": "COUNT",
        "ExpressionAttributeValues": { ":five": { "N": "5" } },
    });
    assert_eq!(
        database.ask("Scan", input),
        json!({ "Count": 5, "ScannedCount": 20 })
    );
    let legacy = json!({
        "TableName": "orders",
        "ScanFilter": {
            "n": { "ComparisonOperator": "BETWEEN", "AttributeValueList": [{ "N": "3" }, { "N": "4" }] },
            "pk": { "ComparisonOperator": "EQ", "AttributeValueList": [{ "S": "p9" }] },
        },
        "ConditionalOperator": "OR",
    });
    assert_eq!(database.ask("Scan", legacy)["Count"], 3);
    let nested = json!({
        "TableName": "orders", "FilterExpression": "pk.a = :five",
        "ExpressionAttributeValues": { ":five": { "N": "5" } },
    });
    assert_eq!(
        database.message("Scan", nested),
        "Key attributes must be scalars; list random access '[]' and map lookup '.' are not \
         allowed: Key: pk"
    );
    let missing = json!({ "TableName": "orders", "ScanFilter": { "n": {} } });
    assert_eq!(
        database.message("Scan", missing),
        "1 validation error detected: Value null at 'scanFilter.n.member.comparisonOperator' \
         failed to satisfy constraint: Member must not be null"
    );
}

#[test]
fn starting_keys_are_checked() {
    let mut database = database();
    database.ask("CreateTable", simple("plain"));
    let scan =
        |table: &str, start: Value| json!({ "TableName": table, "ExclusiveStartKey": start });
    let message = database.message("Scan", scan("plain", json!({ "id": { "N": "1" } })));
    assert_eq!(message, "The provided starting key is invalid");
    let start = json!({ "pk": { "N": "1" }, "sk": { "S": "1" } });
    assert_eq!(
        database.message("Scan", scan("orders", start)),
        "One or more parameter values were invalid: Type mismatch for Index Key pk Expected: S \
         Actual: N IndexName: by_time"
    );
    let message = database.message("Scan", scan("orders", json!({ "pk": { "S": "a" } })));
    assert_eq!(message, "The provided starting key is invalid");
}
