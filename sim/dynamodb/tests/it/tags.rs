use dynamodb_engine::Error;
use serde_json::{Value, json};

use crate::kit::{Database, simple};

const ARN: &str = "arn:aws:dynamodb:us-east-1:123456789012:table/tagged";

fn tag(keys: &[&str]) -> Value {
    let tags = keys.iter().map(|key| json!({ "Key": key, "Value": "v" }));
    json!({ "ResourceArn": ARN, "Tags": tags.collect::<Vec<_>>() })
}

#[test]
fn tags_are_added_replaced_and_taken_away() {
    let mut database = Database::new();
    let mut table = simple("tagged");
    table["Tags"] = json!([{ "Key": "a", "Value": "1" }]);
    database.ask("CreateTable", table);
    database.ask("TagResource", tag(&["a", "b"]));
    let list = json!({ "ResourceArn": ARN });
    let listed = database.ask("ListTagsOfResource", list.clone());
    assert_eq!(
        listed,
        json!({ "Tags": [
        { "Key": "a", "Value": "v" }, { "Key": "b", "Value": "v" },
    ] })
    );
    database.ask(
        "UntagResource",
        json!({ "ResourceArn": ARN, "TagKeys": ["a", "none"] }),
    );
    let listed = database.ask("ListTagsOfResource", list);
    assert_eq!(listed, json!({ "Tags": [{ "Key": "b", "Value": "v" }] }));
}

#[test]
fn tags_are_checked() {
    let mut database = Database::new();
    database.ask("CreateTable", simple("tagged"));
    assert_eq!(
        database.message("TagResource", tag(&[])),
        "Atleast one Tag needs to be provided as Input."
    );
    assert_eq!(
        database.message(
            "UntagResource",
            json!({ "ResourceArn": ARN, "TagKeys": [] })
        ),
        "Atleast one Tag Key needs to be provided as Input."
    );
    assert_eq!(
        database.message("TagResource", tag(&["a", "a"])),
        "Duplicate Tag Keys provided as input: Duplicate Tag Key found a"
    );
    let many: Vec<String> = (0..51).map(|number| format!("k{number}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert_eq!(
        database.message("TagResource", tag(&many)),
        "Number of Tags exceed the current limit for the provided ResourceArn"
    );
    database.ask("TagResource", tag(&many[..50]));
    let page = database.ask("ListTagsOfResource", json!({ "ResourceArn": ARN }));
    assert_eq!(page["Tags"].as_array().unwrap().len(), 10);
    let next = page["NextToken"].clone();
    let page = database.ask(
        "ListTagsOfResource",
        json!({ "ResourceArn": ARN, "NextToken": next }),
    );
    assert_eq!(page["Tags"].as_array().unwrap().len(), 10);
    let nowhere = ARN.replace("tagged", "nowhere");
    let list = json!({ "ResourceArn": nowhere });
    assert!(matches!(
        database.refuse("ListTagsOfResource", list),
        Error::AccessDenied(_)
    ));
    let mut elsewhere = tag(&["a"]);
    elsewhere["ResourceArn"] = nowhere.into();
    assert!(matches!(
        database.refuse("TagResource", elsewhere),
        Error::ResourceNotFound(_)
    ));
    assert_eq!(
        database.message("ListTagsOfResource", json!({ "ResourceArn": "nonsense" })),
        "Invalid TableArn: Invalid ResourceArn provided as input nonsense"
    );
}
