use serde_json::{Value, json};

use crate::kit::{Database, order, simple, sort_keys};

fn database() -> Database {
    let mut database = Database::with_orders();
    for sk in ["a1", "a2", "b1", "b2", "c"] {
        database.put(order(
            "p",
            sk,
            json!({ "n": { "N": sk.len().to_string() } }),
        ));
    }
    database.put(order("q", "a1", json!({})));
    database
}

fn query(condition: &str, values: Value) -> Value {
    json!({
        "TableName": "orders", "KeyConditionExpression": condition,
        "ExpressionAttributeValues": values,
    })
}

#[test]
fn sort_keys_are_compared() {
    let mut database = database();
    let (p, v) = (json!({ "S": "p" }), |text: &str| json!({ "S": text }));
    for (condition, low, high, found) in [
        ("pk = :p", "", "", vec!["a1", "a2", "b1", "b2", "c"]),
        ("pk = :p AND sk = :v", "b1", "", vec!["b1"]),
        ("pk = :p AND sk < :v", "b1", "", vec!["a1", "a2"]),
        ("pk = :p AND sk <= :v", "b1", "", vec!["a1", "a2", "b1"]),
        ("pk = :p AND sk > :v", "b1", "", vec!["b2", "c"]),
        ("pk = :p AND sk >= :v", "b1", "", vec!["b1", "b2", "c"]),
        (
            "pk = :p AND sk BETWEEN :v AND :w",
            "a2",
            "b1",
            vec!["a2", "b1"],
        ),
        ("pk = :p AND begins_with(sk, :v)", "b", "", vec!["b1", "b2"]),
        ("begins_with(sk, :v) AND pk = :p", "z", "", vec![]),
    ] {
        let mut values = json!({ ":p": p });
        if !low.is_empty() {
            values[":v"] = v(low);
        }
        if !high.is_empty() {
            values[":w"] = v(high);
        }
        let mut input = query(condition, values);
        assert_eq!(
            sort_keys(&database.ask("Query", input.clone())),
            found,
            "{condition}"
        );
        input["ScanIndexForward"] = false.into();
        let backward: Vec<_> = found.into_iter().rev().collect();
        assert_eq!(
            sort_keys(&database.ask("Query", input)),
            backward,
            "{condition}"
        );
    }
}

#[test]
fn pages_follow_each_other_in_both_directions() {
    let mut database = database();
    for (forward, expected) in [
        (true, ["a1", "a2", "b1", "b2", "c"]),
        (false, ["c", "b2", "b1", "a2", "a1"]),
    ] {
        let mut found = Vec::new();
        let mut input = query("pk = :p", json!({ ":p": { "S": "p" } }));
        input["Limit"] = 2.into();
        input["ScanIndexForward"] = forward.into();
        loop {
            let page = database.ask("Query", input.clone());
            found.extend(sort_keys(&page).into_iter().map(str::to_owned));
            if page["LastEvaluatedKey"].is_null() {
                break;
            }
            input["ExclusiveStartKey"] = page["LastEvaluatedKey"].clone();
        }
        assert_eq!(found, expected);
    }
}

#[test]
fn a_page_has_one_megabyte_before_the_filter() {
    let mut database = Database::with_orders();
    for number in 0..5 {
        let text = json!({ "text": { "S": "x".repeat(300_000) } });
        database.put(order("p", &number.to_string(), text));
    }
    let mut input = query(
        "pk = :p",
        json!({ ":p": { "S": "p" }, ":none": { "S": "none" } }),
    );
    input["FilterExpression"] = "sort = :none".into();
    let page = database.ask("Query", input.clone());
    assert_eq!(
        (page["Count"].as_u64(), page["ScannedCount"].as_u64()),
        (Some(0), Some(3))
    );
    assert_eq!(page["LastEvaluatedKey"], crate::kit::key("p", "2"));
    input["ExclusiveStartKey"] = page["LastEvaluatedKey"].clone();
    let page = database.ask("Query", input);
    assert_eq!(page["ScannedCount"], 2);
    assert!(page["LastEvaluatedKey"].is_null());
}

#[test]
fn filters_select_and_projections() {
    let mut database = database();
    let mut input = query("pk = :p", json!({ ":p": { "S": "p" }, ":n": { "N": "1" } }));
    input["FilterExpression"] = "n = :n".into();
    input["ProjectionExpression"] = "n".into();
    let answer = database.ask("Query", input.clone());
    assert_eq!(
        answer,
        json!({ "Items": [{ "n": { "N": "1" } }], "Count": 1, "ScannedCount": 5 })
    );
    input["Select"] = "COUNT".into();
    assert_eq!(
        database.message("Query", input.clone()),
        "1 validation error detected: Cannot specify the ProjectionExpression when choosing to get \
         only the Count"
    );
    input
        .as_object_mut()
        .unwrap()
        .remove("ProjectionExpression");
    let answer = database.ask("Query", input.clone());
    assert_eq!(answer, json!({ "Count": 1, "ScannedCount": 5 }));
    input["Select"] = "SPECIFIC_ATTRIBUTES".into();
    assert_eq!(
        database.message("Query", input.clone()),
        "1 validation error detected: Must specify the AttributesToGet or ProjectionExpression \
         when choosing to get SPECIFIC_ATTRIBUTES"
    );
    input["Select"] = "ALL_PROJECTED_ATTRIBUTES".into();
    assert_eq!(
        database.message("Query", input.clone()),
        "1 validation error detected: ALL_PROJECTED_ATTRIBUTES can be used only when Querying \
         using an IndexName"
    );
    input.as_object_mut().unwrap().remove("Select");
    input["FilterExpression"] = "sk = :n".into();
    assert_eq!(
        database.message("Query", input),
        "Filter Expression can only contain non-primary key attributes: Primary key attribute: sk"
    );
}

#[test]
fn key_conditions_must_fit() {
    let mut database = database();
    let invalid = "One or more parameter values were invalid: ";
    for (condition, values, message) in [
        (
            "pk > :p",
            json!({ ":p": { "S": "p" } }),
            "Query key condition not supported".to_owned(),
        ),
        (
            "sk = :p",
            json!({ ":p": { "S": "p" } }),
            "Query condition missed key schema element: pk".to_owned(),
        ),
        (
            "pk = :p AND n = :p",
            json!({ ":p": { "S": "p" } }),
            "Query condition missed key schema element: sk".to_owned(),
        ),
        (
            "pk = :p",
            json!({ ":p": { "N": "1" } }),
            format!("{invalid}Condition parameter type does not match schema type"),
        ),
        (
            "pk = :p",
            json!({ ":p": { "S": "" } }),
            "One or more parameter values are not valid. The AttributeValue for a key attribute \
             cannot contain an empty string value. Key: pk"
                .to_owned(),
        ),
        (
            "pk = :p",
            json!({ ":p": { "S": "p" }, ":q": { "S": "q" } }),
            "Value provided in ExpressionAttributeValues unused in expressions: keys: {:q}"
                .to_owned(),
        ),
    ] {
        assert_eq!(
            database.message("Query", query(condition, values)),
            message,
            "{condition}"
        );
    }
    assert_eq!(
        database.message("Query", json!({ "TableName": "orders" })),
        "Either the KeyConditions or KeyConditionExpression parameter must be specified in the \
         request."
    );
    let mut input = query("pk = :p", json!({ ":p": { "S": "p" } }));
    input["Limit"] = 0.into();
    assert_eq!(
        database.message("Query", input),
        "1 validation error detected: Value at 'Limit' failed to satisfy constraint: Member must \
         have value greater than or equal to 1"
    );
}

#[test]
fn starting_keys_must_fit() {
    let mut database = database();
    let base = query(
        "pk = :p AND sk > :v",
        json!({ ":p": { "S": "p" }, ":v": { "S": "a1" } }),
    );
    for (start, message) in [
        (
            json!({ "pk": { "S": "p" } }),
            "The provided starting key is invalid",
        ),
        (
            json!({ "pk": { "S": "p" }, "sk": { "N": "1" } }),
            "The provided starting key is invalid",
        ),
        (
            crate::kit::key("p", "a0"),
            "The provided starting key does not match the range key predicate",
        ),
        (
            crate::kit::key("q", "b1"),
            "The query can return at most one row and cannot be restarted",
        ),
    ] {
        let mut input = base.clone();
        input["ExclusiveStartKey"] = start;
        assert_eq!(database.message("Query", input), message);
    }
    let mut input = query("pk = :p", json!({ ":p": { "S": "p" } }));
    input["ExclusiveStartKey"] = crate::kit::key("q", "b1");
    assert_eq!(
        database.message("Query", input),
        "The provided starting key is outside query boundaries based on provided conditions"
    );
    // The key need not exist.
    let mut input = base;
    input["ExclusiveStartKey"] = crate::kit::key("p", "a9");
    assert_eq!(sort_keys(&database.ask("Query", input)), ["b1", "b2", "c"]);
}

#[test]
fn numbers_and_bytes_are_ordered_by_value() {
    for (kind, given, expected) in [
        ("N", ["10", "-1", "9.5", "0"], ["-1", "0", "9.5", "10"]),
        (
            "B",
            ["/w==", "AQ==", "AQI=", "gA=="],
            ["AQ==", "AQI=", "gA==", "/w=="],
        ),
    ] {
        let mut database = Database::new();
        let mut table = simple("ordered");
        table["AttributeDefinitions"]
            .as_array_mut()
            .unwrap()
            .push(json!({ "AttributeName": "sort", "AttributeType": kind }));
        table["KeySchema"]
            .as_array_mut()
            .unwrap()
            .push(json!({ "AttributeName": "sort", "KeyType": "RANGE" }));
        database.ask("CreateTable", table);
        for value in given {
            let item = json!({ "id": { "S": "a" }, "sort": { kind: value } });
            database.ask("PutItem", json!({ "TableName": "ordered", "Item": item }));
        }
        let input = json!({
            "TableName": "ordered", "KeyConditionExpression": "id = :a",
            "ExpressionAttributeValues": { ":a": { "S": "a" } },
        });
        let answer = database.ask("Query", input);
        let found: Vec<_> = answer["Items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item["sort"][kind].as_str().unwrap())
            .collect();
        assert_eq!(found, expected);
    }
}

#[test]
fn legacy_conditions_find_the_same() {
    let mut database = database();
    let input = json!({
        "TableName": "orders",
        "KeyConditions": {
            "pk": { "ComparisonOperator": "EQ", "AttributeValueList": [{ "S": "p" }] },
            "sk": { "ComparisonOperator": "BEGINS_WITH", "AttributeValueList": [{ "S": "b" }] },
        },
        "QueryFilter": { "n": { "ComparisonOperator": "GE", "AttributeValueList": [{ "N": "2" }] } },
        "AttributesToGet": ["sk"],
    });
    assert_eq!(
        sort_keys(&database.ask("Query", input.clone())),
        ["b1", "b2"]
    );
    let mut on_key = input;
    on_key["QueryFilter"] = json!({ "pk": { "ComparisonOperator": "NOT_NULL" } });
    assert_eq!(
        database.message("Query", on_key),
        "QueryFilter can only contain non-primary key attributes: Primary key attribute: pk"
    );
}
