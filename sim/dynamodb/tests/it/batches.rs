use serde_json::{Value, json};

use crate::kit::{Database, key, order, simple};

fn puts(count: usize) -> Value {
    let put = |number| json!({ "PutRequest": { "Item": key("p", &format!("{number:03}")) } });
    let all: Vec<Value> = (0..count).map(put).collect();
    json!({ "RequestItems": { "orders": all } })
}

#[test]
fn a_batch_writes_and_reads() {
    let mut database = Database::with_orders();
    database.ask("CreateTable", simple("other"));
    database.put(key("p", "gone"));
    let write = json!({ "RequestItems": {
        "orders": [
            { "PutRequest": { "Item": order("p", "1", json!({ "n": { "N": "1" } })) } },
            { "DeleteRequest": { "Key": key("p", "gone") } },
        ],
        "other": [{ "PutRequest": { "Item": { "id": { "S": "a" } } } }],
    } });
    assert_eq!(
        database.ask("BatchWriteItem", write),
        json!({ "UnprocessedItems": {} })
    );
    let read = json!({ "RequestItems": {
        "orders": { "Keys": [key("p", "1"), key("p", "gone")], "ProjectionExpression": "n" },
        "other": { "Keys": [{ "id": { "S": "a" } }] },
    } });
    let answer = database.ask("BatchGetItem", read);
    assert_eq!(
        answer,
        json!({
            "Responses": { "orders": [{ "n": { "N": "1" } }], "other": [{ "id": { "S": "a" } }] },
            "UnprocessedKeys": {},
        })
    );
}

#[test]
fn writes_are_counted() {
    let mut database = Database::with_orders();
    database.ask("BatchWriteItem", puts(25));
    let message = database.message("BatchWriteItem", puts(26));
    assert!(
        message.starts_with(
            "1 validation error detected: Value '{orders=[WriteRequest(putRequest=PutRequest(\
             item={pk=AttributeValue(s=p, n=null, "
        ),
        "{message}"
    );
    assert!(
        message.ends_with(
            "' at 'requestItems' failed to satisfy constraint: Map value must satisfy constraint: \
             [Member must have length less than or equal to 25, Member must have length greater \
             than or equal to 1]"
        ),
        "{message}"
    );
    assert_eq!(
        database.message("BatchWriteItem", json!({ "RequestItems": {} })),
        "The requestItems parameter is required for BatchWriteItem"
    );
    let twice = json!({ "RequestItems": { "orders": [
        { "PutRequest": { "Item": key("p", "1") } },
        { "DeleteRequest": { "Key": key("p", "1") } },
    ] } });
    assert_eq!(
        database.message("BatchWriteItem", twice),
        "Provided list of item keys contains duplicates"
    );
    let missing =
        json!({ "RequestItems": { "nowhere": [{ "PutRequest": { "Item": key("p", "1") } }] } });
    assert_eq!(
        database.message("BatchWriteItem", missing),
        "Requested resource not found"
    );
    let unfit = json!({ "RequestItems": { "orders": [{ "PutRequest": { "Item": { "pk": { "S": "p" } } } }] } });
    assert_eq!(
        database.message("BatchWriteItem", unfit),
        "The provided key element does not match the schema"
    );
}

#[test]
fn nothing_is_written_where_anything_is_wrong() {
    let mut database = Database::with_orders();
    let write = json!({ "RequestItems": { "orders": [
        { "PutRequest": { "Item": key("p", "1") } },
        { "PutRequest": { "Item": key("p", "") } },
    ] } });
    database.message("BatchWriteItem", write);
    assert_eq!(
        database.ask("Scan", json!({ "TableName": "orders" }))["Count"],
        0
    );
}

#[test]
fn reads_are_counted() {
    let mut database = Database::with_orders();
    let read = |count: usize| {
        let keys: Vec<Value> = (0..count)
            .map(|number| key("p", &number.to_string()))
            .collect();
        json!({ "RequestItems": { "orders": { "Keys": keys } } })
    };
    database.ask("BatchGetItem", read(100));
    assert_eq!(
        database.message("BatchGetItem", read(101)),
        "1 validation error detected: Value at 'RequestItems.orders.member.Keys' failed to satisfy \
         constraint: Member must have length less than or equal to 100"
    );
    assert_eq!(
        database.message("BatchGetItem", json!({ "RequestItems": {} })),
        "1 validation error detected: Value at 'RequestItems' failed to satisfy constraint: Member \
         must have length greater than or equal to 1"
    );
    let twice = json!({ "RequestItems": { "orders": { "Keys": [key("p", "1"), key("p", "1")] } } });
    assert_eq!(
        database.message("BatchGetItem", twice),
        "Provided list of item keys contains duplicates"
    );
}

#[test]
fn an_answer_has_at_most_16_megabytes() {
    let mut database = Database::with_orders();
    let text = "x".repeat(380_000);
    for number in 0..50 {
        database.put(order(
            "p",
            &format!("{number:02}"),
            json!({ "text": { "S": text } }),
        ));
    }
    let keys: Vec<Value> = (0..50)
        .map(|number| key("p", &format!("{number:02}")))
        .collect();
    let mut input =
        json!({ "RequestItems": { "orders": { "Keys": keys, "ConsistentRead": true } } });
    let mut found = 0;
    for expected in [44, 6] {
        let answer = database.ask("BatchGetItem", input);
        let got = answer["Responses"]["orders"].as_array().unwrap().len();
        assert_eq!(got, expected);
        found += got;
        let left = &answer["UnprocessedKeys"];
        assert!(left["orders"].is_null() || left["orders"]["ConsistentRead"] == true);
        input = json!({ "RequestItems": left });
    }
    assert_eq!(found, 50);
}
