//! The whole explanation of verdicts, as snapshots.

use event_pattern::{FlatEvent, Pattern};

const ORDER: &str = r#"{
    "source": "shop", "detail-type": "OrderPaid",
    "detail": {
        "total": 42, "status": "Paid", "rush": "300", "coupon": null, "buyer": {"name": "Ada", "address": "10.1.2.3"},
        "tags": ["new", "gift", "a", "b", "c", "d", "e"],
        "lines": [{"sku": "pen", "qty": 2, "parts": [{"id": 1}, {"id": 2}]}, {"sku": "ink", "qty": 5, "gift": true}]
    }
}"#;

fn explained(name: &str, pattern: &str) {
    let parsed = Pattern::parse(pattern).unwrap_or_else(|error| panic!("{pattern}: {error}"));
    let event = FlatEvent::parse(ORDER).expect("an object");
    let explanation = parsed.explain(&event);
    assert_eq!(explanation.is_match(), parsed.matches(&event));
    let mut settings = insta::Settings::clone_current();
    settings.set_omit_expression(true);
    settings.set_prepend_module_to_snapshot(false);
    settings.set_snapshot_path("snapshots/explain");
    settings.bind(|| insta::assert_snapshot!(name, format!("{pattern}\n\n{explanation}")));
}

#[test]
fn a_match_says_what_held() {
    explained(
        "match",
        r#"{"source": ["shop"], "detail": {"total": [{"numeric": ["<", 100]}], "lines": {"sku": ["ink"], "qty": [5]}}}"#,
    );
    explained(
        "match_by_an_alternative",
        r#"{"$or": [{"source": ["bank"]}, {"detail": {"status": ["Paid"]}}]}"#,
    );
}

#[test]
fn a_value_that_does_not_fit_is_named_with_what_was_wanted() {
    explained(
        "value",
        r#"{"source": ["shop"], "detail": {"total": [{"numeric": [">", 100]}], "tags": [{"prefix": "x"}, "y"]}}"#,
    );
    explained(
        "kind",
        r#"{"detail": {"rush": [300], "total": ["42"], "status": ["paid"], "coupon": [{"exists": false}]}}"#,
    );
    explained(
        "numeric_on_text",
        r#"{"detail": {"rush": [{"numeric": [">", 100]}], "status": [{"anything-but": ["Paid", "Open"]}]}}"#,
    );
    explained(
        "address",
        r#"{"detail": {"buyer": {"address": [{"cidr": "10.2.0.0/16"}, "10.1.2.4"]}}}"#,
    );
}

#[test]
fn an_absent_field_is_named_with_what_is_near() {
    explained(
        "absent",
        r#"{"detail": {"price": [{"exists": true}], "totl": [42]}, "detial": {"total": [42]}}"#,
    );
    explained("object", r#"{"detail": {"buyer": [{"exists": true}]}}"#);
    explained("below_a_value", r#"{"detail": {"status": {"code": [1]}}}"#);
}

#[test]
fn fields_of_different_elements_are_named_with_their_places() {
    explained(
        "elements",
        r#"{"source": ["shop"], "detail": {"total": [42], "lines": {"sku": ["ink"], "qty": [2]}}}"#,
    );
    explained(
        "inner_elements",
        r#"{"detail": {"lines": {"sku": ["ink"], "parts": {"id": [2]}}}}"#,
    );
    explained(
        "absence_in_elements",
        r#"{"detail": {"lines": {"gift": [true], "parts": {"id": [{"exists": true}]}}}}"#,
    );
    explained(
        "absence_beside_a_match",
        r#"{"detail": {"lines": {"qty": [5], "sku": [{"exists": false}]}}}"#,
    );
    explained(
        "absence_in_an_array",
        r#"{"detail": {"lines": {"gift": [{"exists": false}], "sku": ["pen"]}}}"#,
    );
}

#[test]
fn each_alternative_is_told() {
    explained(
        "alternatives",
        r#"{"source": ["shop"], "$or": [{"detail": {"total": [{"numeric": [">", 100]}]}}, {"detail": {"status": ["Open"], "rush": [true]}}]}"#,
    );
    let branches = |key: &str| {
        (0..4)
            .map(|i| format!(r#"{{"{key}": ["{key}{i}"]}}"#))
            .collect::<Vec<_>>()
            .join(", ")
    };
    explained(
        "many_alternatives",
        &format!(
            r#"{{"$or": [{}], "$or": [{}]}}"#,
            branches("x"),
            branches("source")
        ),
    );
}
