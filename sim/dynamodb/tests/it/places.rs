use dynamodb_engine::Place;
use serde_json::json;

use crate::kit::{Database, simple};

#[test]
fn every_account_and_region_has_its_own_tables() {
    let mut database = Database::new();
    database.ask("CreateTable", simple("abc"));
    database.place = Place::new("eu-west-1", "210987654321");
    assert_eq!(
        database.ask("ListTables", json!({})),
        json!({ "TableNames": [] })
    );
    let made = database.ask("CreateTable", simple("abc"));
    assert_eq!(
        made["TableDescription"]["TableArn"],
        "arn:aws:dynamodb:eu-west-1:210987654321:table/abc"
    );
    database.place.partition = "aws-cn".to_owned();
    let made = database.ask("CreateTable", simple("abc"));
    assert_eq!(
        made["TableDescription"]["TableArn"],
        "arn:aws-cn:dynamodb:eu-west-1:210987654321:table/abc"
    );
}

#[test]
fn a_clone_is_a_table_of_its_own_and_a_digest_tells_contents() {
    let mut database = Database::new();
    database.ask("CreateTable", simple("abc"));
    let put = |text: &str| json!({ "TableName": "abc", "Item": { "id": { "S": text } } });
    database.ask("PutItem", put("a"));
    let before = database.tables.clone();
    let digest = database.tables.digest(database.now);
    assert_eq!(before.digest(database.now), digest);
    database.ask("PutItem", put("b"));
    assert_ne!(database.tables.digest(database.now), digest);
    assert_eq!(before.digest(database.now), digest);
    assert!(database.tables.held_bytes() > before.held_bytes());
    database.ask(
        "DeleteItem",
        json!({ "TableName": "abc", "Key": { "id": { "S": "b" } } }),
    );
    assert_eq!(database.tables.digest(database.now), digest);
}
