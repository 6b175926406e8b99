use dynamodb_engine::Error;
use serde_json::json;

use crate::kit::{Database, key, order, simple};

#[test]
fn an_item_is_put_got_updated_and_deleted() {
    let mut database = Database::with_orders();
    database.put(order(
        "a",
        "1",
        json!({ "n": { "N": "1.50" }, "tags": { "SS": ["y", "x"] } }),
    ));
    let got = database.ask(
        "GetItem",
        json!({ "TableName": "orders", "Key": key("a", "1") }),
    );
    assert_eq!(
        got["Item"],
        order(
            "a",
            "1",
            json!({ "n": { "N": "1.5" }, "tags": { "SS": ["x", "y"] } })
        )
    );
    let update = json!({
        "TableName": "orders", "Key": key("a", "1"),
        "UpdateExpression": "ADD n :one REMOVE tags",
        "ExpressionAttributeValues": { ":one": { "N": "1" } },
        "ReturnValues": "UPDATED_NEW",
    });
    let updated = database.ask("UpdateItem", update);
    assert_eq!(updated, json!({ "Attributes": { "n": { "N": "2.5" } } }));
    let delete = json!({
        "TableName": "orders", "Key": key("a", "1"), "ReturnValues": "ALL_OLD",
    });
    let deleted = database.ask("DeleteItem", delete.clone());
    assert_eq!(
        deleted["Attributes"],
        order("a", "1", json!({ "n": { "N": "2.5" } }))
    );
    assert_eq!(database.ask("DeleteItem", delete), json!({}));
    let got = database.ask(
        "GetItem",
        json!({ "TableName": "orders", "Key": key("a", "1") }),
    );
    assert_eq!(got, json!({}));
}

#[test]
fn return_values_of_updates() {
    let mut database = Database::with_orders();
    let update = |values: &str| {
        json!({
            "TableName": "orders", "Key": key("a", "1"),
            "UpdateExpression": "SET m.a = :v, n = :v",
            "ExpressionAttributeValues": { ":v": { "N": "2" } },
            "ReturnValues": values,
        })
    };
    let before = order(
        "a",
        "1",
        json!({ "m": { "M": { "a": { "N": "1" }, "b": { "N": "1" } } } }),
    );
    let after = order(
        "a",
        "1",
        json!({
            "m": { "M": { "a": { "N": "2" }, "b": { "N": "1" } } }, "n": { "N": "2" },
        }),
    );
    for (values, expected) in [
        ("NONE", json!(null)),
        ("ALL_OLD", before.clone()),
        ("ALL_NEW", after.clone()),
        (
            "UPDATED_OLD",
            json!({ "m": { "M": { "a": { "N": "1" } } } }),
        ),
        (
            "UPDATED_NEW",
            json!({ "m": { "M": { "a": { "N": "2" } } }, "n": { "N": "2" } }),
        ),
    ] {
        database.put(before.clone());
        assert_eq!(
            database.ask("UpdateItem", update(values))["Attributes"],
            expected,
            "{values}"
        );
    }
    let fresh = json!({
        "TableName": "orders", "Key": key("new", "1"), "ReturnValues": "ALL_OLD",
        "UpdateExpression": "SET n = :v", "ExpressionAttributeValues": { ":v": { "N": "2" } },
    });
    assert_eq!(database.ask("UpdateItem", fresh), json!({}));
    assert_eq!(
        database.message("UpdateItem", update("EVERYTHING")),
        "1 validation error detected: Failed to satisfy constraint: Member must satisfy enum value \
         set: [ALL_OLD, UPDATED_OLD, ALL_NEW, UPDATE_NEW, NONE]"
    );
    let put = json!({ "TableName": "orders", "Item": key("a", "1"), "ReturnValues": "ALL_NEW" });
    assert_eq!(
        database.message("PutItem", put),
        "1 validation error detected: ReturnValues can only be ALL_OLD or NONE"
    );
}

#[test]
fn an_update_without_an_expression_makes_the_item() {
    let mut database = Database::with_orders();
    database.ask(
        "UpdateItem",
        json!({ "TableName": "orders", "Key": key("a", "1") }),
    );
    let got = database.ask(
        "GetItem",
        json!({ "TableName": "orders", "Key": key("a", "1") }),
    );
    assert_eq!(got["Item"], key("a", "1"));
}

#[test]
fn a_condition_that_does_not_hold_tells_the_item_where_asked() {
    let mut database = Database::with_orders();
    database.put(order("a", "1", json!({ "n": { "N": "1" } })));
    let put = |on_failure: &str| {
        json!({
            "TableName": "orders", "Item": key("a", "1"),
            "ConditionExpression": "attribute_not_exists(pk)",
            "ReturnValuesOnConditionCheckFailure": on_failure,
        })
    };
    let error = database.refuse("PutItem", put("NONE"));
    assert_eq!(error, Error::ConditionalCheckFailed { item: None });
    let error = database.refuse("PutItem", put("ALL_OLD"));
    let body: serde_json::Value = serde_json::from_str(&error.body()).unwrap();
    assert_eq!(body["Item"], order("a", "1", json!({ "n": { "N": "1" } })));
    assert_eq!(body["message"], "The conditional request failed");
    let missing = json!({
        "TableName": "orders", "Key": key("b", "1"),
        "ConditionExpression": "attribute_exists(pk)",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    });
    assert_eq!(
        database.refuse("DeleteItem", missing),
        Error::ConditionalCheckFailed { item: None }
    );
}

#[expect(clippy::too_many_lines, reason = "a table of cases is read as one")]
#[test]
fn keys_are_checked() {
    let mut database = Database::with_orders();
    let put = |item| json!({ "TableName": "orders", "Item": item });
    let invalid = "One or more parameter values were invalid: ";
    for (item, message) in [
        (
            json!({ "pk": { "S": "a" } }),
            format!("{invalid}Missing the key sk in the item"),
        ),
        (
            json!({ "pk": { "N": "1" }, "sk": { "S": "1" } }),
            format!("{invalid}Type mismatch for key pk expected: S actual: N"),
        ),
        (
            key("", "1"),
            "One or more parameter values are not valid. The AttributeValue for a key attribute \
             cannot contain an empty string value. Key: pk"
                .to_owned(),
        ),
        (
            key(&"x".repeat(2049), "1"),
            format!("{invalid}Size of hashkey has exceeded the maximum size limit of2048 bytes"),
        ),
        (
            key("a", &"x".repeat(1025)),
            format!(
                "{invalid}Aggregated size of all range keys has exceeded the size limit of 1024 \
                 bytes"
            ),
        ),
        (
            order("a", "1", json!({ "state": { "N": "1" } })),
            format!(
                "{invalid}Type mismatch for Index Key state Expected: S Actual: N IndexName: \
                 by_state"
            ),
        ),
        (
            order("a", "1", json!({ "state": { "S": "" } })),
            "One or more parameter values are not valid. A value specified for a secondary index \
             key is not supported. The AttributeValue for a key attribute cannot contain an empty \
             string value. IndexName: by_state, IndexKey: state"
                .to_owned(),
        ),
    ] {
        assert_eq!(database.message("PutItem", put(item)), message);
    }
    database.put(key(&"x".repeat(2048), &"x".repeat(1024)));
    for given in [
        json!({ "pk": { "S": "a" } }),
        json!({ "pk": { "S": "a" }, "sk": { "N": "1" } }),
        order("a", "1", json!({ "more": { "S": "1" } })),
    ] {
        for operation in ["GetItem", "DeleteItem", "UpdateItem"] {
            let input = json!({ "TableName": "orders", "Key": given });
            let message = database.message(operation, input);
            assert_eq!(
                message,
                "The provided key element does not match the schema"
            );
        }
    }
    let update = json!({
        "TableName": "orders", "Key": key("a", "1"), "UpdateExpression": "SET sk = :v",
        "ExpressionAttributeValues": { ":v": { "S": "2" } },
    });
    assert_eq!(
        database.message("UpdateItem", update),
        format!("{invalid}Cannot update attribute sk. This attribute is part of the key")
    );
    let update = json!({
        "TableName": "orders", "Key": key("a", "1"), "UpdateExpression": "SET #s = :v",
        "ExpressionAttributeNames": { "#s": "state" },
        "ExpressionAttributeValues": { ":v": { "S": "" } },
    });
    assert_eq!(
        database.message("UpdateItem", update),
        "One or more parameter values are not valid. The update expression attempted to update a \
         secondary index key to a value that is not supported. The AttributeValue for a key \
         attribute cannot contain an empty string value."
    );
}

#[test]
fn an_item_has_at_most_400_kilobytes() {
    let mut database = Database::with_orders();
    let room = 400 * 1024 - "pk".len() - "a".len() - "sk".len() - "1".len() - "text".len();
    database.put(order(
        "a",
        "1",
        json!({ "text": { "S": "x".repeat(room) } }),
    ));
    let item = order("a", "1", json!({ "text": { "S": "x".repeat(room + 1) } }));
    assert_eq!(
        database.message("PutItem", json!({ "TableName": "orders", "Item": item })),
        "Item size has exceeded the maximum allowed size"
    );
    let update = json!({
        "TableName": "orders", "Key": key("a", "1"), "UpdateExpression": "SET more = :v",
        "ExpressionAttributeValues": { ":v": { "S": "x" } },
    });
    assert_eq!(
        database.message("UpdateItem", update),
        "Item size to update has exceeded the maximum allowed size"
    );
}

#[test]
fn both_generations_of_parameters_do_not_mix() {
    let mut database = Database::with_orders();
    let put = json!({
        "TableName": "orders", "Item": key("a", "1"),
        "ConditionExpression": "attribute_exists(pk)",
        "Expected": { "pk": { "Exists": false } },
    });
    assert_eq!(
        database.message("PutItem", put),
        "1 validation error detected: Can not use both expression and non-expression parameters in \
         the same request: Non-expression parameters: {Expected} Expression parameters: \
         {ConditionExpression}"
    );
    let get = json!({
        "TableName": "orders", "Key": key("a", "1"),
        "ExpressionAttributeNames": { "#a": "a" },
    });
    assert_eq!(
        database.message("GetItem", get),
        "ExpressionAttributeNames can only be specified when using expressions"
    );
    let put = json!({
        "TableName": "orders", "Item": key("a", "1"),
        "Expected": { "pk": { "Exists": false } }, "ConditionalOperator": "AND",
    });
    assert_eq!(
        database.message("PutItem", put),
        "1 validation error detected: ConditionalOperator can only be used when Filter or Expected \
         has two or more elements"
    );
    let update = json!({
        "TableName": "orders", "Key": key("a", "1"),
        "AttributeUpdates": { "n": { "Action": "ADD", "Value": { "N": "3" } } },
        "ReturnValues": "UPDATED_NEW",
    });
    assert_eq!(
        database.ask("UpdateItem", update)["Attributes"],
        json!({ "n": { "N": "3" } })
    );
}

#[test]
fn names_of_tables_are_checked_before_they_are_looked_for() {
    let mut database = Database::new();
    let get = |name| json!({ "TableName": name, "Key": { "id": { "S": "a" } } });
    assert_eq!(
        database.message("GetItem", get("abc")),
        "Requested resource not found"
    );
    assert_eq!(
        database.message("GetItem", get("a")),
        "1 validation error detected: Value 'a' at 'tableName' failed to satisfy constraint: \
         Member must have length greater than or equal to 3"
    );
    assert_eq!(
        database.message("GetItem", get("a;b")),
        "1 validation error detected: Value 'a;b' at 'tableName' failed to satisfy constraint: \
         Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+"
    );
    assert_eq!(
        database.message("PutItem", json!({})),
        "2 validation errors detected: Value null at 'tableName' failed to satisfy constraint: \
         Member must not be null; Value null at 'item' failed to satisfy constraint: Member must \
         not be null"
    );
}

#[test]
fn an_arn_stands_where_a_name_does() {
    let mut database = Database::new();
    database.ask("CreateTable", simple("abc"));
    let arn = "arn:aws:dynamodb:us-east-1:123456789012:table/abc";
    let put = json!({
        "TableName": arn, "Item": { "id": { "S": "a" } }, "ReturnConsumedCapacity": "TOTAL",
    });
    assert_eq!(
        database.ask("PutItem", put)["ConsumedCapacity"]["TableName"],
        arn
    );
    let get = json!({ "TableName": arn, "Key": { "id": { "S": "a" } } });
    assert_eq!(
        database.ask("GetItem", get)["Item"],
        json!({ "id": { "S": "a" } })
    );
    let described = database.ask("DescribeTable", json!({ "TableName": arn }));
    assert_eq!(described["Table"]["TableName"], "abc");
    let elsewhere = arn.replace("us-east-1", "eu-west-1");
    let get = json!({ "TableName": elsewhere, "Key": { "id": { "S": "a" } } });
    assert_eq!(
        database.message("GetItem", get),
        "Requested resource not found"
    );
}
