use dynamodb_engine::Error;
use serde_json::{Value, json};

use crate::kit::{Database, orders, simple};

/// The message for a table like `orders`, but for one member.
fn without(change: impl FnOnce(&mut Value)) -> String {
    let mut input = orders();
    change(&mut input);
    Database::new().message("CreateTable", input)
}

#[test]
fn a_table_is_described_as_it_was_asked_for() {
    let mut database = Database::new();
    let made = &database.ask("CreateTable", orders())["TableDescription"];
    assert_eq!(made["TableStatus"], "CREATING");
    assert_eq!(
        made["TableArn"],
        "arn:aws:dynamodb:us-east-1:123456789012:table/orders"
    );
    let table = &database.ask("DescribeTable", json!({ "TableName": "orders" }))["Table"];
    assert_eq!(table["TableStatus"], "ACTIVE");
    assert_eq!(
        table["BillingModeSummary"]["BillingMode"],
        "PAY_PER_REQUEST"
    );
    assert_eq!(table["ProvisionedThroughput"]["ReadCapacityUnits"], 0);
    assert_eq!(table["KeySchema"], orders()["KeySchema"]);
    assert_eq!(table["GlobalSecondaryIndexes"].as_array().unwrap().len(), 2);
    assert_eq!(table["GlobalSecondaryIndexes"][0]["IndexStatus"], "ACTIVE");
    assert_eq!(
        table["LocalSecondaryIndexes"][0]["Projection"],
        json!({ "ProjectionType": "INCLUDE", "NonKeyAttributes": ["total"] })
    );
    assert_eq!(
        database.message("CreateTable", orders()),
        "Table already exists: orders"
    );
}

#[test]
fn required_members_are_told_together() {
    assert_eq!(
        Database::new().message("CreateTable", json!({ "TableName": "abc" })),
        "2 validation errors detected: Value null at 'keySchema' failed to satisfy constraint: \
         Member must not be null; Value null at 'attributeDefinitions' failed to satisfy \
         constraint: Member must not be null"
    );
    assert_eq!(
        Database::new().message("CreateTable", json!({})),
        "The parameter 'TableName' is required but was not present in the request"
    );
    let message = without(|input| {
        input["BillingMode"] = "PROVISIONED".into();
    });
    assert_eq!(
        message,
        "One or more parameter values were invalid: ReadCapacityUnits and WriteCapacityUnits must \
         both be specified when BillingMode is PROVISIONED"
    );
    let message = without(|input| {
        input.as_object_mut().unwrap().remove("BillingMode");
    });
    assert!(message.contains("must both be specified"), "{message}");
    let message = without(|input| {
        input["BillingMode"] = "PROVISIONED".into();
        input["ProvisionedThroughput"] = json!({ "ReadCapacityUnits": 1, "WriteCapacityUnits": 1 });
    });
    assert_eq!(
        message,
        "One or more parameter values were invalid: ProvisionedThroughput is not specified for \
         index: by_state"
    );
}

#[test]
fn keys_must_be_defined_and_definitions_be_used() {
    let mut unused = simple("unused");
    unused["AttributeDefinitions"]
        .as_array_mut()
        .unwrap()
        .push(json!({ "AttributeName": "more", "AttributeType": "N" }));
    assert_eq!(
        Database::new().message("CreateTable", unused),
        "One or more parameter values were invalid: Number of attributes in KeySchema does not \
         exactly match number of attributes defined in AttributeDefinitions"
    );
    let message = without(|input| {
        input["AttributeDefinitions"]
            .as_array_mut()
            .unwrap()
            .push(json!({ "AttributeName": "more", "AttributeType": "N" }));
    });
    assert!(
        message.starts_with(
            "One or more parameter values were invalid: Some AttributeDefinitions are not used. \
             AttributeDefinitions: ["
        ),
        "{message}"
    );
    let message = without(|input| {
        input["AttributeDefinitions"].as_array_mut().unwrap().pop();
    });
    assert!(
        message.contains("Some index key attributes are not defined"),
        "{message}"
    );
}

#[test]
fn indexes_are_checked() {
    let invalid = "One or more parameter values were invalid: ";
    for (change, message) in [
        (
            json!({ "ProjectionType": "INCLUDE" }),
            "ProjectionType is INCLUDE, but NonKeyAttributes is not specified",
        ),
        (
            json!({ "ProjectionType": "ALL", "NonKeyAttributes": ["a"] }),
            "ProjectionType is ALL, but NonKeyAttributes is specified",
        ),
        (
            json!({ "ProjectionType": "KEYS_ONLY", "NonKeyAttributes": ["a"] }),
            "ProjectionType is KEYS_ONLY, but NonKeyAttributes is specified",
        ),
        (json!({}), "Unknown ProjectionType: null"),
    ] {
        for member in ["GlobalSecondaryIndexes", "LocalSecondaryIndexes"] {
            let told = without(|input| input[member][0]["Projection"] = change.clone());
            assert_eq!(told, format!("{invalid}{message}"));
        }
    }
    let message = without(|input| input["GlobalSecondaryIndexes"] = json!([]));
    assert_eq!(
        message,
        format!("{invalid}List of GlobalSecondaryIndexes is empty")
    );
    let message = without(|input| {
        input["GlobalSecondaryIndexes"][1]["IndexName"] = "by_time".into();
    });
    assert_eq!(message, format!("{invalid}Duplicate index name: by_time"));
    let message = without(|input| {
        input["LocalSecondaryIndexes"][0]["KeySchema"][0]["AttributeName"] = "owner".into();
    });
    assert_eq!(
        message,
        format!(
            "{invalid}Index KeySchema does not have the same leading hash key as table KeySchema \
             for index: by_time. index hash key: owner, table hash key: pk"
        )
    );
    let message = without(|input| input["LocalSecondaryIndexes"][0]["IndexName"] = "no".into());
    assert_eq!(
        message,
        "1 validation error detected: Value 'no' at 'localSecondaryIndexes.1.member.indexName' \
         failed to satisfy constraint: Member must have length greater than or equal to 3"
    );
}

#[test]
fn changes_take_as_long_as_is_asked_for() {
    let mut database = Database::new();
    database.tables.set_timing(dynamodb_engine::Timing {
        table: chrono::TimeDelta::seconds(5),
        ..dynamodb_engine::Timing::default()
    });
    database.ask("CreateTable", simple("slow"));
    let named = json!({ "TableName": "slow" });
    let status = |database: &mut Database| {
        database.ask("DescribeTable", named.clone())["Table"]["TableStatus"].clone()
    };
    assert_eq!(status(&mut database), "CREATING");
    let put = json!({ "TableName": "slow", "Item": { "id": { "S": "a" } } });
    assert_eq!(
        database.message("PutItem", put.clone()),
        "Requested resource not found"
    );
    assert!(matches!(
        database.refuse("DeleteTable", named.clone()),
        Error::ResourceInUse(_)
    ));
    database.wait(chrono::TimeDelta::seconds(5));
    assert_eq!(status(&mut database), "ACTIVE");
    database.ask("PutItem", put);
    database.ask("DeleteTable", named.clone());
    assert_eq!(status(&mut database), "DELETING");
    database.wait(chrono::TimeDelta::seconds(5));
    assert_eq!(
        database.message("DescribeTable", named.clone()),
        "Requested resource not found: Table: slow not found"
    );
    database.ask("CreateTable", simple("slow"));
}

#[test]
fn tables_are_listed_in_pages() {
    let mut database = Database::new();
    for name in ["ccc", "aaa", "bbb"] {
        database.ask("CreateTable", simple(name));
    }
    let first = database.ask("ListTables", json!({ "Limit": 2 }));
    assert_eq!(
        first,
        json!({ "TableNames": ["aaa", "bbb"], "LastEvaluatedTableName": "bbb" })
    );
    let rest = database.ask("ListTables", json!({ "ExclusiveStartTableName": "bbb" }));
    assert_eq!(rest, json!({ "TableNames": ["ccc"] }));
    assert_eq!(
        database.message("ListTables", json!({ "Limit": 101 })),
        "1 validation error detected: Value '101' at 'limit' failed to satisfy constraint: Member \
         must have value less than or equal to 100"
    );
}

#[test]
fn a_protected_table_stays() {
    let mut database = Database::new();
    let mut table = simple("kept");
    table["DeletionProtectionEnabled"] = true.into();
    database.ask("CreateTable", table);
    assert_eq!(
        database.message("DeleteTable", json!({ "TableName": "kept" })),
        "Resource cannot be deleted as it is currently protected against deletion. Disable \
         deletion protection first."
    );
    let change = json!({ "TableName": "kept", "DeletionProtectionEnabled": false });
    database.ask("UpdateTable", change);
    database.ask("DeleteTable", json!({ "TableName": "kept" }));
}

#[test]
fn encryption_class_and_stream_are_described() {
    let mut database = Database::new();
    let mut table = simple("full");
    table["SSESpecification"] = json!({ "Enabled": true });
    table["TableClass"] = "STANDARD_INFREQUENT_ACCESS".into();
    table["StreamSpecification"] = json!({ "StreamEnabled": true, "StreamViewType": "NEW_IMAGE" });
    table["OnDemandThroughput"] = json!({ "MaxReadRequestUnits": 10 });
    database.ask("CreateTable", table);
    let shown = &database.ask("DescribeTable", json!({ "TableName": "full" }))["Table"];
    assert_eq!(shown["SSEDescription"]["Status"], "ENABLED");
    assert_eq!(shown["SSEDescription"]["SSEType"], "KMS");
    assert_eq!(
        shown["TableClassSummary"]["TableClass"],
        "STANDARD_INFREQUENT_ACCESS"
    );
    assert_eq!(shown["LatestStreamLabel"], "2012-03-14T13:30:00.000");
    assert_eq!(
        shown["OnDemandThroughput"],
        json!({ "MaxReadRequestUnits": 10 })
    );
    let mut wrong = simple("wrong");
    wrong["StreamSpecification"] = json!({ "StreamEnabled": false, "StreamViewType": "NEW_IMAGE" });
    assert_eq!(
        database.message("CreateTable", wrong),
        "One or more parameter values were invalid: Table is being created with a stream \
         disabled, UpdateViewType should not be specified"
    );
}

#[test]
fn what_is_not_simulated_says_so() {
    let mut database = Database::new();
    let message = database.message("ExecuteStatement", json!({ "Statement": "SELECT 1" }));
    assert!(message.starts_with("ExecuteStatement is not simulated; simulated are: GetItem, "));
    assert!(matches!(
        database.refuse("Nonsense", json!({})),
        Error::UnknownOperation(_)
    ));
    assert!(matches!(
        database
            .tables
            .handle(database.now, &database.place, "GetItem", "{"),
        Err(Error::Serialization(_))
    ));
    assert_eq!(
        database.message("GetItem", json!({ "TableName": 1 })),
        "NUMBER_VALUE cannot be converted to String"
    );
}
