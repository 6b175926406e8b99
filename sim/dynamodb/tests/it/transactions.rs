use chrono::TimeDelta;
use dynamodb_engine::{Call, Error};
use serde_json::{Value, json};

use crate::kit::{Database, key, order};

fn put(sk: &str, more: Value) -> Value {
    json!({ "Put": { "TableName": "orders", "Item": order("p", sk, more) } })
}

fn write(actions: Vec<Value>) -> Value {
    json!({ "TransactItems": actions })
}

fn count(database: &mut Database) -> Value {
    database.ask("Scan", json!({ "TableName": "orders" }))["Count"].clone()
}

#[test]
fn all_actions_happen_together() {
    let mut database = Database::with_orders();
    database.put(order("p", "gone", json!({})));
    database.put(order("p", "n", json!({ "n": { "N": "1" } })));
    let actions = vec![
        put("1", json!({})),
        json!({ "Delete": { "TableName": "orders", "Key": key("p", "gone") } }),
        json!({ "Update": {
            "TableName": "orders", "Key": key("p", "n"), "UpdateExpression": "ADD n :v",
            "ExpressionAttributeValues": { ":v": { "N": "1" } },
        } }),
        json!({ "ConditionCheck": {
            "TableName": "orders", "Key": key("p", "none"),
            "ConditionExpression": "attribute_not_exists(pk)",
        } }),
    ];
    assert_eq!(
        database.ask("TransactWriteItems", write(actions)),
        json!({})
    );
    let get = |sk: &str| json!({ "Get": { "TableName": "orders", "Key": key("p", sk) } });
    let read = json!({ "TransactItems": [get("n"), get("gone"), get("1")] });
    assert_eq!(
        database.ask("TransactGetItems", read)["Responses"],
        json!([
            { "Item": order("p", "n", json!({ "n": { "N": "2" } })) }, {}, { "Item": key("p", "1") },
        ])
    );
}

#[test]
fn one_that_cannot_happen_cancels_all() {
    let mut database = Database::with_orders();
    database.put(order("p", "there", json!({ "n": { "N": "1" } })));
    let mut refused = put("there", json!({}));
    refused["Put"]["ConditionExpression"] = "attribute_not_exists(pk)".into();
    refused["Put"]["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD".into();
    let update = json!({ "Update": {
        "TableName": "orders", "Key": key("p", "new"), "UpdateExpression": "SET a = n + :v",
        "ExpressionAttributeValues": { ":v": { "N": "1" } },
    } });
    let error = database.refuse(
        "TransactWriteItems",
        write(vec![put("1", json!({})), refused, update]),
    );
    assert_eq!(
        error.to_string(),
        "Transaction cancelled, please refer cancellation reasons for specific reasons [None, \
         ConditionalCheckFailed, ValidationError]"
    );
    let body: Value = serde_json::from_str(&error.body()).unwrap();
    assert_eq!(
        body["CancellationReasons"],
        json!([
            { "Code": "None" },
            {
                "Code": "ConditionalCheckFailed", "Message": "The conditional request failed",
                "Item": order("p", "there", json!({ "n": { "N": "1" } })),
            },
            {
                "Code": "ValidationError",
                "Message": "The provided expression refers to an attribute that does not exist in \
                            the item",
            },
        ])
    );
    assert_eq!(count(&mut database), 1);
}

#[test]
fn requests_are_checked() {
    let mut database = Database::with_orders();
    assert_eq!(
        database.message("TransactWriteItems", write(vec![])),
        "1 validation error detected: Value '[]' at 'transactItems' failed to satisfy constraint: \
         Member must have length greater than or equal to 1"
    );
    let many = (0..101)
        .map(|number| put(&number.to_string(), json!({})))
        .collect();
    let message = database.message("TransactWriteItems", write(many));
    assert!(
        message.starts_with(
            "1 validation error detected: Value '[TransactWriteItem(conditionCheck=null, \
             put=Put(item={pk=AttributeValue(s=p, "
        ) && message.ends_with("Member must have length less than or equal to 100"),
        "{message}"
    );
    assert_eq!(
        database.message(
            "TransactWriteItems",
            write(vec![put("1", json!({})), put("1", json!({}))])
        ),
        "Transaction request cannot include multiple operations on one item"
    );
    assert_eq!(
        database.message("TransactWriteItems", write(vec![json!({})])),
        "Invalid Request: TransactWriteRequest should contain Delete or Put or Update request"
    );
    let mut both = put("1", json!({}));
    both["Delete"] = json!({ "TableName": "orders", "Key": key("p", "1") });
    assert_eq!(
        database.message("TransactWriteItems", write(vec![both])),
        "TransactItems can only contain one of Check, Put, Update or Delete"
    );
    let empty = json!({ "Put": { "TableName": "orders", "Item": key("p", "") } });
    assert_eq!(
        database.message("TransactWriteItems", write(vec![empty])),
        "One or more parameter values are not valid. The AttributeValue for a key attribute cannot \
         contain an empty string value. Key: sk"
    );
    let large = json!({ "text": { "S": "x".repeat(380_000) } });
    let many = (0..12)
        .map(|number| put(&number.to_string(), large.clone()))
        .collect();
    assert!(
        database
            .message("TransactWriteItems", write(many))
            .contains("exceeding the 4MB limit")
    );
    let nowhere = json!({ "Put": { "TableName": "nowhere", "Item": key("p", "1") } });
    assert!(matches!(
        database.refuse("TransactWriteItems", write(vec![nowhere])),
        Error::ResourceNotFound(_)
    ));
}

#[test]
fn a_token_makes_a_repeated_transaction_one() {
    let mut database = Database::with_orders();
    let add = |by: &str, token: &str| {
        json!({
            "ClientRequestToken": token, "ReturnConsumedCapacity": "TOTAL",
            "TransactItems": [{ "Update": {
                "TableName": "orders", "Key": key("p", "n"), "UpdateExpression": "ADD n :v",
                "ExpressionAttributeValues": { ":v": { "N": by } },
            } }],
        })
    };
    let first = database.ask("TransactWriteItems", add("1", "t"));
    assert_eq!(first["ConsumedCapacity"][0]["WriteCapacityUnits"], 2.0);
    let again = database.ask("TransactWriteItems", add("1", "t"));
    assert_eq!(again["ConsumedCapacity"][0]["ReadCapacityUnits"], 2.0);
    assert_eq!(
        database.refuse("TransactWriteItems", add("2", "t")),
        Error::IdempotentParameterMismatch
    );
    let value = |database: &mut Database| {
        let get = json!({ "TableName": "orders", "Key": key("p", "n") });
        database.ask("GetItem", get)["Item"]["n"]["N"].clone()
    };
    assert_eq!(value(&mut database), "1");
    database.wait(TimeDelta::minutes(10));
    database.ask("TransactWriteItems", add("2", "t"));
    assert_eq!(value(&mut database), "3");
    // A transaction that failed may be tried again.
    let mut failing = add("1", "f");
    failing["TransactItems"][0]["Update"]["ConditionExpression"] = "n = :v".into();
    database.refuse("TransactWriteItems", failing.clone());
    let set = json!({
        "TableName": "orders", "Key": key("p", "n"), "UpdateExpression": "SET n = :v",
        "ExpressionAttributeValues": { ":v": { "N": "1" } },
    });
    database.ask("UpdateItem", set);
    database.ask("TransactWriteItems", failing);
    assert_eq!(value(&mut database), "2");
}

#[test]
fn conflicts_are_the_callers_choice() {
    let mut database = Database::with_orders();
    let place = database.place.clone();
    let call = Call {
        conflict: Some(1),
        ..Call::new(database.now, &place)
    };
    let actions = write(vec![put("1", json!({})), put("2", json!({}))]);
    let error = database
        .try_call(&call, "TransactWriteItems", &actions)
        .unwrap_err();
    assert!(
        error.to_string().ends_with("[None, TransactionConflict]"),
        "{error}"
    );
    let call = Call {
        conflict: Some(0),
        ..call
    };
    let single = json!({ "TableName": "orders", "Item": key("p", "1") });
    assert_eq!(
        database.try_call(&call, "PutItem", &single).unwrap_err(),
        Error::TransactionConflict
    );
    assert_eq!(count(&mut database), 0);
}
