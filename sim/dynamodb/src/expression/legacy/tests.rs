//! Legacy parameters on items, and what is wrong with them.

use super::*;
use crate::expression::{BoundCondition, KeyTest, UpdateError};
use crate::value::{Attributes as Written, Checked, Item};
use serde_json::{Value as Json, json};

fn order() -> Item {
    let json = json!({"pk": {"S": "o1"}, "n": {"N": "5"}, "t": {"S": "hello"},
        "tags": {"SS": ["a", "b"]}, "list": {"L": [{"N": "1"}]}});
    serde_json::from_value::<Checked<Item>>(json)
        .unwrap()
        .0
        .unwrap()
}

fn filter(json: &Json, connective: Connective) -> Result<Option<BoundCondition>, String> {
    let conditions: Conditions = serde_json::from_value(json.clone()).unwrap();
    conditions
        .filter(connective)
        .map_err(|error| error.to_string())
}

fn expected(json: &Json) -> Result<Option<BoundCondition>, String> {
    let expected: Expected = serde_json::from_value(json.clone()).unwrap();
    expected
        .condition(Connective::And)
        .map_err(|error| error.to_string())
}

fn condition(operator: &str, values: &Json) -> Json {
    json!({"ComparisonOperator": operator, "AttributeValueList": values})
}

#[test]
fn filters_hold_or_not() {
    for (attribute, operator, values, holds) in [
        ("n", "EQ", json!([{"N": "5.0"}]), true),
        ("n", "NE", json!([{"N": "5"}]), false),
        ("gone", "NE", json!([{"N": "5"}]), true),
        ("n", "LT", json!([{"N": "6"}]), true),
        ("n", "LE", json!([{"S": "6"}]), false),
        ("n", "GT", json!([{"N": "5"}]), false),
        ("n", "GE", json!([{"N": "5"}]), true),
        ("n", "BETWEEN", json!([{"N": "4"}, {"N": "5"}]), true),
        ("n", "IN", json!([{"N": "4"}, {"N": "5"}]), true),
        ("t", "BEGINS_WITH", json!([{"S": "he"}]), true),
        ("tags", "CONTAINS", json!([{"S": "a"}]), true),
        ("tags", "NOT_CONTAINS", json!([{"S": "a"}]), false),
        ("gone", "NOT_CONTAINS", json!([{"S": "a"}]), false),
        ("gone", "NULL", json!([]), true),
        ("n", "NOT_NULL", json!([]), true),
    ] {
        let json = json!({attribute: condition(operator, &values)});
        let filter = filter(&json, Connective::And).unwrap().unwrap();
        assert_eq!(filter.holds(&order()), holds, "{json}");
    }
    let both = json!({"n": condition("EQ", &json!([{"N": "5"}])),
        "t": condition("EQ", &json!([{"S": "x"}]))});
    assert!(
        !filter(&both, Connective::And)
            .unwrap()
            .unwrap()
            .holds(&order())
    );
    assert!(
        filter(&both, Connective::Or)
            .unwrap()
            .unwrap()
            .holds(&order())
    );
    assert!(filter(&json!({}), Connective::And).unwrap().is_none());
}

#[test]
fn what_is_wrong_with_a_filter() {
    let invalid = "One or more parameter values were invalid: ";
    for (operator, values, wrong) in [
        (
            "eq",
            json!([]),
            format!("{invalid}Invalid comparison operator"),
        ),
        (
            "EQ",
            json!([]),
            format!("{invalid}Invalid number of argument(s) for the EQ ComparisonOperator"),
        ),
        (
            "NULL",
            json!([{"N": "1"}]),
            format!("{invalid}Invalid number of argument(s) for the NULL ComparisonOperator"),
        ),
        (
            "LT",
            json!([{"SS": ["a"]}]),
            format!("{invalid}ComparisonOperator LT is not valid for SS AttributeValue type"),
        ),
        (
            "IN",
            json!([{"N": "1"}, {"S": "a"}]),
            format!("{invalid}AttributeValues inside AttributeValueList must be of same type"),
        ),
        (
            "BETWEEN",
            json!([{"N": "2"}, {"N": "1"}]),
            "The BETWEEN condition was provided a range where the lower bound is greater than the \
             upper bound"
                .to_string(),
        ),
        (
            "FOO",
            json!([{"SS": []}]),
            format!("{invalid}An string set  may not be empty"),
        ),
    ] {
        let json = json!({"n": condition(operator, &values)});
        assert_eq!(
            filter(&json, Connective::And).map(|_| ()),
            Err(wrong),
            "{json}"
        );
    }
}

#[test]
fn expected_conditions_hold_or_not() {
    for (json, holds) in [
        (json!({"n": {"Value": {"N": "5"}}}), true),
        (json!({"n": {"Exists": true, "Value": {"N": "6"}}}), false),
        (json!({"gone": {"Exists": "false"}}), true),
        (json!({"n": {"Exists": false}}), false),
        (
            json!({"n": {"ComparisonOperator": "EQ", "Value": {"N": "5"}}}),
            true,
        ),
        (
            json!({"t": condition("BEGINS_WITH", &json!([{"S": "hello"}]))}),
            true,
        ),
        (json!({"t": {"ComparisonOperator": "NOT_NULL"}}), true),
    ] {
        assert_eq!(
            expected(&json).unwrap().unwrap().holds(&order()),
            holds,
            "{json}"
        );
    }
}

#[test]
fn what_is_wrong_with_an_expected_condition() {
    for (json, rule) in [
        (json!({}), "Value must be provided when Exists is null"),
        (
            json!({"Exists": true}),
            "Value must be provided when Exists is true",
        ),
        (
            json!({"Exists": false, "Value": {"N": "1"}}),
            "Value cannot be used when Exists is false",
        ),
        (
            json!({"Exists": false, "ComparisonOperator": "EQ"}),
            "Exists and ComparisonOperator cannot be used together",
        ),
        (
            json!({"Value": {"N": "1"}, "AttributeValueList": []}),
            "Value and AttributeValueList cannot be used together",
        ),
        (
            json!({"AttributeValueList": [{"N": "1"}]}),
            "AttributeValueList can only be used with a ComparisonOperator",
        ),
        (
            json!({"ComparisonOperator": "GT"}),
            "Value or AttributeValueList must be used with ComparisonOperator: GT",
        ),
    ] {
        let wrong = format!("One or more parameter values were invalid: {rule} for Attribute: n");
        assert_eq!(
            expected(&json!({"n": json})).map(|_| ()),
            Err(wrong),
            "{json}"
        );
    }
}

fn updated(json: &Json) -> Result<Result<Json, UpdateError>, String> {
    let updates: AttributeUpdates = serde_json::from_value(json.clone()).unwrap();
    let update = updates.update().map_err(|error| error.to_string())?;
    let item = update.apply(&order(), true);
    Ok(item.map(|item| serde_json::to_value(Written(&item)).unwrap()))
}

#[test]
fn attribute_updates_change_the_item() {
    let item = updated(&json!({
        "a-b.c": {"Value": {"S": "odd name"}},
        "n": {"Action": "ADD", "Value": {"N": "2"}},
        "tags": {"Action": "DELETE", "Value": {"SS": ["a", "z"]}},
        "list": {"Action": "ADD", "Value": {"L": [{"N": "2"}]}},
        "t": {"Action": "DELETE"},
    }));
    let after = json!({"pk": {"S": "o1"}, "n": {"N": "7"}, "tags": {"SS": ["b"]},
        "list": {"L": [{"N": "1"}, {"N": "2"}]}, "a-b.c": {"S": "odd name"}});
    assert_eq!(item, Ok(Ok(after)));
    let mismatch = updated(&json!({"t": {"Action": "ADD", "Value": {"N": "2"}}}));
    assert_eq!(mismatch, Ok(Err(UpdateError::LegacyType)));
}

#[test]
fn what_is_wrong_with_attribute_updates() {
    let invalid = "One or more parameter values were invalid: ";
    for (json, wrong) in [
        (
            json!({"Action": "put"}),
            "Member must satisfy enum value set: [ADD, DELETE, PUT]' for Action".to_string(),
        ),
        (
            json!({"Action": "ADD"}),
            format!("{invalid}Only DELETE action is allowed when no attribute value is specified"),
        ),
        (
            json!({"Action": "DELETE", "Value": {"N": "1"}}),
            format!("{invalid}DELETE action with value is not supported for the type N"),
        ),
        (
            json!({"Action": "ADD", "Value": {"S": "a"}}),
            format!("{invalid}ADD action is not supported for the type S"),
        ),
    ] {
        assert_eq!(
            updated(&json!({"n": json})).map(|_| ()),
            Err(wrong),
            "{json}"
        );
    }
}

#[test]
fn key_conditions_become_key_tests() {
    let conditions: Conditions = serde_json::from_value(json!({
        "n": condition("BETWEEN", &json!([{"N": "1"}, {"N": "2"}])),
        "pk": condition("NE", &json!([{"S": "o1"}])),
    }))
    .unwrap();
    let tests = conditions.key_tests().unwrap();
    let tests: Vec<_> = tests.iter().collect();
    let (one, two) = (Value::N(1.into()), Value::N(2.into()));
    let between = KeyTest::Between(one, two);
    assert_eq!(tests, [("n", &between), ("pk", &KeyTest::NotIndexable)]);
}

#[test]
fn attributes_to_get_are_whole_and_distinct() {
    let projection = attributes_to_get(["n", "a.b"]).unwrap();
    assert_eq!(projection.project(&order()).len(), 1);
    let twice = attributes_to_get(["n", "n"]).unwrap_err().to_string();
    assert_eq!(
        twice,
        "One or more parameter values were invalid: Duplicate value in attribute name: n"
    );
}
