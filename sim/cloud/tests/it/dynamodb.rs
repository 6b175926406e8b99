use std::time::Duration;

use serde_json::{Value, json};
use simulated_cloud::knobs::Knobs;

use crate::World;

fn put(id: &str, more: Value) -> Value {
    let mut item = json!({ "id": { "S": id } });
    item.as_object_mut()
        .expect("as AWS shapes it")
        .extend(more.as_object().expect("as AWS shapes it").clone());
    json!({ "TableName": "items", "Item": item })
}

fn new_only(id: &str, returns: bool) -> Value {
    let mut request = put(id, json!({}));
    request["ConditionExpression"] = json!("attribute_not_exists(id)");
    if returns {
        request["ReturnValuesOnConditionCheckFailure"] = json!("ALL_OLD");
    }
    request
}

fn get(world: &mut World, id: &str) -> Value {
    world
        .table(
            "GetItem",
            &json!({ "TableName": "items", "Key": { "id": { "S": id } } }),
        )
        .1["Item"]
        .clone()
}

fn kind(body: &Value) -> &str {
    body["__type"]
        .as_str()
        .expect("as AWS shapes it")
        .rsplit('#')
        .next()
        .expect("as AWS shapes it")
}

#[test]
fn a_condition_decides_and_may_return_the_old_item() {
    let mut world = World::new();
    assert_eq!(world.table("PutItem", &new_only("a", false)).0, 200);
    let (status, body) = world.table("PutItem", &new_only("a", false));
    assert_eq!(
        (status, kind(&body)),
        (400, "ConditionalCheckFailedException")
    );
    assert_eq!(
        body["message"].as_str().or(body["Message"].as_str()),
        Some("The conditional request failed")
    );
    assert!(body.get("Item").is_none());
    let (_, body) = world.table("PutItem", &new_only("a", true));
    assert_eq!(body["Item"], json!({ "id": { "S": "a" } }));
}

#[test]
fn a_missing_item_or_attribute_makes_comparisons_false() {
    let mut world = World::new();
    let update = |id: &str| {
        json!({
            "TableName": "items", "Key": { "id": { "S": id } }, "UpdateExpression": "SET n = :n",
            "ConditionExpression": "version = :v", "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            "ExpressionAttributeValues": { ":n": { "N": "1" }, ":v": { "N": "1" } },
        })
    };
    let (status, body) = world.table("UpdateItem", &update("none"));
    assert_eq!(
        (status, kind(&body), body.get("Item")),
        (400, "ConditionalCheckFailedException", None)
    );
    world.table("PutItem", &put("a", json!({})));
    assert_eq!(world.table("UpdateItem", &update("a")).0, 400);
    world.table("PutItem", &put("a", json!({ "version": { "N": "1" } })));
    assert_eq!(world.table("UpdateItem", &update("a")).0, 200);
}

#[test]
fn a_transaction_is_all_or_nothing_and_tells_why() {
    let mut world = World::new();
    world.table("PutItem", &put("taken", json!({})));
    let write = |id: &str| json!({ "Put": new_only(id, false) });
    let (status, body) = world.table(
        "TransactWriteItems",
        &json!({ "TransactItems": [write("taken"), write("free")] }),
    );
    assert_eq!((status, kind(&body)), (400, "TransactionCanceledException"));
    let text =
        "please refer cancellation reasons for specific reasons [ConditionalCheckFailed, None]";
    assert!(
        body["message"]
            .as_str()
            .or(body["Message"].as_str())
            .unwrap()
            .contains(text),
        "{body}"
    );
    let codes: Vec<&str> = body["CancellationReasons"]
        .as_array()
        .unwrap()
        .iter()
        .map(|reason| reason["Code"].as_str().unwrap())
        .collect();
    assert_eq!(codes, ["ConditionalCheckFailed", "None"]);
    assert_eq!(get(&mut world, "free"), Value::Null);
    assert_eq!(
        world
            .table(
                "TransactWriteItems",
                &json!({ "TransactItems": [write("free"), write("other")] })
            )
            .0,
        200
    );
    assert_eq!(get(&mut world, "free"), json!({ "id": { "S": "free" } }));
}

#[test]
fn a_transaction_takes_each_item_once_and_100_at_most() {
    let mut world = World::new();
    let write = |id: String| json!({ "Put": put(&id, json!({})) });
    let twice = json!({ "TransactItems": [write("a".to_owned()), write("a".to_owned())] });
    let (status, body) = world.table("TransactWriteItems", &twice);
    assert_eq!((status, kind(&body)), (400, "ValidationException"));
    let many: Vec<Value> = (0..101).map(|number| write(number.to_string())).collect();
    assert_eq!(
        world
            .table("TransactWriteItems", &json!({ "TransactItems": many }))
            .0,
        400
    );
}

#[test]
fn a_token_makes_a_transaction_idempotent() {
    let mut world = World::new();
    let request = |id: &str| json!({ "ClientRequestToken": "token", "TransactItems": [{ "Put": new_only(id, false) }] });
    assert_eq!(world.table("TransactWriteItems", &request("a")).0, 200);
    assert_eq!(
        world.table("TransactWriteItems", &request("a")).0,
        200,
        "the same again"
    );
    let (status, body) = world.table("TransactWriteItems", &request("b"));
    assert_eq!(
        (status, kind(&body)),
        (400, "IdempotentParameterMismatchException")
    );
}

#[test]
fn an_expired_item_is_there_until_it_is_swept() {
    let mut world = World::with(
        |_| {},
        Knobs {
            ttl_lag: Duration::from_secs(48 * 3_600),
            ..Knobs::default()
        },
    );
    let expires = world.now.timestamp() + 60;
    world.table(
        "PutItem",
        &put("a", json!({ "expires": { "N": expires.to_string() } })),
    );
    world.wait(47 * 3_600);
    assert_ne!(get(&mut world, "a"), Value::Null, "visible");
    assert_eq!(
        world.table("PutItem", &new_only("a", false)).0,
        400,
        "and it counts in conditions"
    );
    let mut takeover = new_only("a", false);
    takeover["ConditionExpression"] = json!("attribute_not_exists(id) OR expires < :now");
    takeover["ExpressionAttributeValues"] =
        json!({ ":now": { "N": world.now.timestamp().to_string() } });
    takeover["Item"]["expires"] = json!({ "N": expires.to_string() });
    assert_eq!(world.table("PutItem", &takeover).0, 200);
    world.wait(10 * 3_600);
    assert_eq!(get(&mut world, "a"), Value::Null);
}

#[test]
fn only_a_number_of_seconds_within_five_years_expires() {
    let mut world = World::with(
        |_| {},
        Knobs {
            ttl_lag: Duration::ZERO,
            ..Knobs::default()
        },
    );
    let past = world.now.timestamp() - 3_600;
    let old = world.now.timestamp() - 6 * 366 * 86_400;
    for (id, value) in [
        ("number", json!({ "N": past.to_string() })),
        ("text", json!({ "S": past.to_string() })),
        ("millis", json!({ "N": (past * 1000).to_string() })),
        ("ancient", json!({ "N": old.to_string() })),
    ] {
        world.table("PutItem", &put(id, json!({ "expires": value })));
    }
    world.wait(7 * 3_600);
    assert_eq!(get(&mut world, "number"), Value::Null);
    for id in ["text", "millis", "ancient"] {
        assert_ne!(get(&mut world, id), Value::Null, "{id}");
    }
}

#[test]
fn an_expiry_may_be_put_off_before_the_sweep() {
    let mut world = World::with(
        |_| {},
        Knobs {
            ttl_lag: Duration::from_secs(12 * 3_600),
            ..Knobs::default()
        },
    );
    let now = world.now.timestamp();
    world.table(
        "PutItem",
        &put("a", json!({ "expires": { "N": (now + 60).to_string() } })),
    );
    world.wait(3_600);
    world.table(
        "PutItem",
        &put(
            "a",
            json!({ "expires": { "N": (now + 30 * 86_400).to_string() } }),
        ),
    );
    world.wait(5 * 86_400);
    assert_ne!(get(&mut world, "a"), Value::Null);
}

#[test]
fn a_throttled_call_did_nothing() {
    let mut world = World::with(
        |_| {},
        Knobs {
            dynamodb_throttles_per_mille: 500,
            ..Knobs::default()
        },
    );
    let answers: Vec<(u16, Value)> = (0..40)
        .map(|number| world.table("PutItem", &new_only(&number.to_string(), false)))
        .collect();
    let refused = answers.iter().filter(|(status, _)| *status == 400).count();
    assert!((5..35).contains(&refused), "{refused}");
    for (number, (status, body)) in answers
        .iter()
        .enumerate()
        .filter(|(_, (status, _))| *status == 400)
    {
        assert_eq!(
            (*status, kind(body)),
            (400, "ProvisionedThroughputExceededException")
        );
        let stored = (0..20)
            .map(|_| get(&mut world, &number.to_string()))
            .any(|item| item != Value::Null);
        assert!(!stored, "{number}");
    }
}

#[test]
fn a_write_may_be_applied_though_an_error_was_answered() {
    let mut world = World::with(
        |_| {},
        Knobs {
            dynamodb_lost_answers_per_mille: 1000,
            ..Knobs::default()
        },
    );
    let (status, body) = world.table("PutItem", &new_only("a", true));
    assert_eq!((status, kind(&body)), (500, "InternalServerError"));
    assert_eq!(
        get(&mut world, "a"),
        json!({ "id": { "S": "a" } }),
        "reads are not touched"
    );
    let (status, body) = world.table("PutItem", &new_only("a", true));
    assert_eq!(
        (status, kind(&body)),
        (400, "ConditionalCheckFailedException"),
        "a retry fails against its own success"
    );
}

#[test]
fn an_item_has_400_kilobytes_at_most() {
    let mut world = World::new();
    let sized = |bytes: usize| put("a", json!({ "text": { "S": "x".repeat(bytes) } }));
    assert_eq!(world.table("PutItem", &sized(409_000)).0, 200);
    let (status, body) = world.table("PutItem", &sized(410_000));
    assert_eq!((status, kind(&body)), (400, "ValidationException"));
}

#[test]
fn every_way_of_writing_leaves_an_item_that_expires() {
    let mut world = World::with(
        |_| {},
        Knobs {
            ttl_lag: Duration::ZERO,
            ..Knobs::default()
        },
    );
    let expires = json!({ "N": (world.now.timestamp() + 60).to_string() });
    let update = |id: &str| {
        let change = "SET expires = :second";
        json!({ "TableName": "items", "Key": { "id": { "S": id } }, "UpdateExpression": change, "ExpressionAttributeValues": { ":second": expires } })
    };
    let full = |id: &str| put(id, json!({ "expires": expires }));
    let batch = json!({ "RequestItems": { "items": [{ "PutRequest": { "Item": full("batch")["Item"] } }] } });
    let transaction = json!({ "TransactItems": [{ "Put": full("transacted put") }, { "Update": update("transacted update") }] });
    for (operation, input) in [
        ("PutItem", full("put")),
        ("UpdateItem", update("update")),
        ("BatchWriteItem", batch),
        ("TransactWriteItems", transaction),
    ] {
        let (status, body) = world.table(operation, &input);
        assert_eq!(status, 200, "{operation}: {body}");
    }
    let ids = [
        "put",
        "update",
        "batch",
        "transacted put",
        "transacted update",
    ];
    for id in ids {
        assert_ne!(get(&mut world, id), Value::Null, "{id}");
    }
    world.wait(7 * 3_600);
    for id in ids {
        assert_eq!(get(&mut world, id), Value::Null, "{id}");
    }
}

#[test]
fn another_attribute_may_hold_the_expiry_from_now_on() {
    let mut world = World::with(
        |_| {},
        Knobs {
            ttl_lag: Duration::ZERO,
            ..Knobs::default()
        },
    );
    let (soon, late) = (
        world.now.timestamp() + 60,
        world.now.timestamp() + 365 * 86_400,
    );
    let seconds =
        json!({ "expires": { "N": late.to_string() }, "ends": { "N": soon.to_string() } });
    world.table("PutItem", &put("a", seconds));
    world.wait(86_400);
    assert_ne!(get(&mut world, "a"), Value::Null);
    for (attribute, enabled) in [("expires", false), ("ends", true)] {
        let wanted = json!({ "TableName": "items", "TimeToLiveSpecification": { "AttributeName": attribute, "Enabled": enabled } });
        let (status, body) = world.table("UpdateTimeToLive", &wanted);
        assert_eq!(status, 200, "{body}");
    }
    world.wait(86_400);
    assert_eq!(get(&mut world, "a"), Value::Null);
}

#[test]
fn a_write_may_meet_a_transaction() {
    let mut world = World::with(
        |_| {},
        Knobs {
            dynamodb_conflicts_per_mille: 1000,
            ..Knobs::default()
        },
    );
    let (status, body) = world.table("PutItem", &put("a", json!({})));
    assert_eq!((status, kind(&body)), (400, "TransactionConflictException"));
    assert_eq!(get(&mut world, "a"), Value::Null);
    let both = json!({ "TransactItems": [{ "Put": put("a", json!({})) }] });
    let (_, body) = world.table("TransactWriteItems", &both);
    assert_eq!(
        body["CancellationReasons"][0]["Code"],
        "TransactionConflict"
    );
}

#[test]
fn a_read_may_see_what_was_there_before() {
    let mut world = World::with(
        |_| {},
        Knobs {
            dynamodb_stale_reads: Duration::from_secs(10),
            ..Knobs::default()
        },
    );
    let set = |n: u32| put("a", json!({ "n": { "N": n.to_string() } }));
    world.table("PutItem", &set(1));
    world.wait(30);
    world.table("PutItem", &set(2));
    world.wait(5);
    let seen: Vec<Value> = (0..40)
        .map(|_| get(&mut world, "a")["n"]["N"].clone())
        .collect();
    assert!(
        seen.iter().any(|n| n == "1") && seen.iter().any(|n| n == "2"),
        "{seen:?}"
    );
    let consistent = json!({
        "TableName": "items", "Key": { "id": { "S": "a" } }, "ConsistentRead": true,
    });
    for _ in 0..40 {
        assert_eq!(world.table("GetItem", &consistent).1["Item"]["n"]["N"], "2");
    }
}
