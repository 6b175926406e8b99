use chrono::TimeDelta;
use dynamodb_engine::{Error, Timing};
use serde_json::{Value, json};

use crate::kit::{Database, order, simple};

fn change(member: &str, value: Value) -> Value {
    json!({ "TableName": "orders", member: value })
}

fn new_index() -> Value {
    json!({
        "TableName": "orders",
        "AttributeDefinitions": [{ "AttributeName": "color", "AttributeType": "S" }],
        "GlobalSecondaryIndexUpdates": [{ "Create": {
            "IndexName": "by_color",
            "KeySchema": [{ "AttributeName": "color", "KeyType": "HASH" }],
            "Projection": { "ProjectionType": "ALL" },
        } }],
    })
}

fn drop_index(name: &str) -> Value {
    change(
        "GlobalSecondaryIndexUpdates",
        json!([{ "Delete": { "IndexName": name } }]),
    )
}

#[test]
fn an_index_is_filled_and_taken_away() {
    let mut database = Database::with_orders();
    database.put(order("a", "1", json!({ "color": { "S": "red" } })));
    database.put(order("a", "2", json!({ "color": { "N": "1" } })));
    let shown = database.ask("UpdateTable", new_index());
    assert_eq!(shown["TableDescription"]["TableStatus"], "UPDATING");
    let query = json!({
        "TableName": "orders", "IndexName": "by_color", "KeyConditionExpression": "color = :c",
        "ExpressionAttributeValues": { ":c": { "S": "red" } },
    });
    assert_eq!(database.ask("Query", query.clone())["Count"], 1);
    assert_eq!(
        database.message("UpdateTable", new_index()),
        "Attempting to create an index which already exists"
    );
    database.ask("UpdateTable", drop_index("by_color"));
    assert_eq!(
        database.message("Query", query),
        "The table does not have the specified index: by_color"
    );
    let table = &database.ask("DescribeTable", json!({ "TableName": "orders" }))["Table"];
    let definitions = table["AttributeDefinitions"].to_string();
    assert!(!definitions.contains("color"), "{definitions}");
    assert!(matches!(
        database.refuse("UpdateTable", drop_index("by_color")),
        Error::ResourceNotFound(_)
    ));
    assert_eq!(
        database.message("UpdateTable", drop_index("by_time")),
        "Cannot delete an index that is not a GlobalSecondaryIndex: by_time"
    );
}

#[test]
fn one_index_at_a_time() {
    let mut database = Database::with_orders();
    database.tables.set_timing(Timing {
        index: TimeDelta::minutes(5),
        ..Timing::default()
    });
    database.ask("UpdateTable", new_index());
    let query = json!({
        "TableName": "orders", "IndexName": "by_color", "KeyConditionExpression": "color = :c",
        "ExpressionAttributeValues": { ":c": { "S": "red" } },
    });
    assert_eq!(
        database.message("Query", query.clone()),
        "Cannot read from backfilling global secondary index: by_color"
    );
    let table = &database.ask("DescribeTable", json!({ "TableName": "orders" }))["Table"];
    let index = &table["GlobalSecondaryIndexes"][2];
    assert_eq!(
        (&index["IndexStatus"], &index["Backfilling"]),
        (&json!("CREATING"), &json!(true))
    );
    assert!(matches!(
        database.refuse("UpdateTable", drop_index("by_state")),
        Error::LimitExceeded(_)
    ));
    database.wait(TimeDelta::minutes(5));
    database.ask("Query", query);
    let two = change(
        "GlobalSecondaryIndexUpdates",
        json!([{ "Delete": { "IndexName": "by_state" } }, { "Delete": { "IndexName": "by_owner" } }]),
    );
    assert!(matches!(
        database.refuse("UpdateTable", two),
        Error::LimitExceeded(_)
    ));
}

#[test]
fn billing_changes() {
    let mut database = Database::new();
    database.ask("CreateTable", simple("paid"));
    let provisioned = |read: i64, write: i64| {
        json!({
            "TableName": "paid", "BillingMode": "PROVISIONED",
            "ProvisionedThroughput": { "ReadCapacityUnits": read, "WriteCapacityUnits": write },
        })
    };
    let invalid = "One or more parameter values were invalid: ";
    let mut units = provisioned(1, 1);
    units.as_object_mut().unwrap().remove("BillingMode");
    assert_eq!(
        database.message("UpdateTable", units),
        format!(
            "{invalid}Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when \
             BillingMode is PAY_PER_REQUEST"
        )
    );
    assert_eq!(
        database.message(
            "UpdateTable",
            json!({ "TableName": "paid", "BillingMode": "PROVISIONED" })
        ),
        format!("{invalid}ProvisionedThroughput must be specified when BillingMode is PROVISIONED")
    );
    database.ask("UpdateTable", provisioned(5, 5));
    let message = database.message("UpdateTable", provisioned(5, 5));
    assert!(
        message.starts_with("The provisioned throughput for the table will not change. "),
        "{message}"
    );
    let shown = database.ask("UpdateTable", provisioned(4, 6));
    let throughput = &shown["TableDescription"]["ProvisionedThroughput"];
    assert_eq!(throughput["ReadCapacityUnits"], 4);
    assert_eq!(throughput["NumberOfDecreasesToday"], 1);
    assert!(throughput["LastIncreaseDateTime"].is_number());
    database.ask(
        "UpdateTable",
        json!({ "TableName": "paid", "BillingMode": "PAY_PER_REQUEST" }),
    );
    let table = &database.ask("DescribeTable", json!({ "TableName": "paid" }))["Table"];
    assert!(table["BillingModeSummary"]["LastUpdateToPayPerRequestDateTime"].is_number());
    assert_eq!(
        database.message("UpdateTable", provisioned(0, 1)),
        "1 validation error detected: Value '0' at 'provisionedThroughput.readCapacityUnits' \
         failed to satisfy constraint: Member must have value greater than or equal to 1"
    );
    assert_eq!(
        database.message("UpdateTable", provisioned(1, 1_000_000_000_001)),
        "Given value 1000000000001 for WriteCapacityUnits is out of bounds"
    );
}

#[test]
fn something_must_change_and_some_things_alone() {
    let mut database = Database::with_orders();
    let message = database.message("UpdateTable", json!({ "TableName": "orders" }));
    assert!(
        message.starts_with("At least one of ProvisionedThroughput, BillingMode"),
        "{message}"
    );
    let mut two = change("DeletionProtectionEnabled", true.into());
    two["TableClass"] = "STANDARD".into();
    assert_eq!(
        database.message("UpdateTable", two),
        "One or more parameter values were invalid: TableClass modification must be the only \
         operation in the request"
    );
    let message = database.message(
        "UpdateTable",
        change("GlobalSecondaryIndexUpdates", json!([{}])),
    );
    assert!(message.contains("must not be null"), "{message}");
    assert_eq!(
        database.message(
            "UpdateTable",
            json!({ "TableName": "nowhere", "TableClass": "STANDARD" })
        ),
        "Requested resource not found: Table: nowhere not found"
    );
}

#[test]
fn streams_are_switched_on_and_off() {
    let mut database = Database::with_orders();
    let on = change(
        "StreamSpecification",
        json!({ "StreamEnabled": true, "StreamViewType": "KEYS_ONLY" }),
    );
    let off = change("StreamSpecification", json!({ "StreamEnabled": false }));
    assert_eq!(
        database.message("UpdateTable", off.clone()),
        "Table has no stream to disable: TableName: orders"
    );
    database.ask("UpdateTable", on.clone());
    assert_eq!(
        database.message("UpdateTable", on),
        "Table already has an enabled stream: TableName: orders"
    );
    let shown = &database.ask("UpdateTable", off)["TableDescription"];
    assert!(shown["StreamSpecification"].is_null());
    assert!(shown["LatestStreamArn"].is_string());
}

#[test]
fn recovery_is_described() {
    let mut database = Database::with_orders();
    let named = json!({ "TableName": "orders" });
    let status = |answer: &Value| {
        let backups = &answer["ContinuousBackupsDescription"];
        backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"].clone()
    };
    let before = database.ask("DescribeContinuousBackups", named.clone());
    assert_eq!(status(&before), "DISABLED");
    let mut on = named.clone();
    on["PointInTimeRecoverySpecification"] = json!({ "PointInTimeRecoveryEnabled": true });
    assert_eq!(
        status(&database.ask("UpdateContinuousBackups", on)),
        "ENABLED"
    );
    assert!(matches!(
        database.refuse(
            "DescribeContinuousBackups",
            json!({ "TableName": "nowhere" })
        ),
        Error::TableNotFound(_)
    ));
}
