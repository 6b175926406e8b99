//! Expressions on items, and what is wrong with expressions.

use super::*;
use crate::value::{Checked, Item};
use proptest::prelude::*;
use serde_json::{Value as Json, json};

fn item(json: &Json) -> Item {
    serde_json::from_value::<Checked<Item>>(json.clone())
        .unwrap()
        .0
        .unwrap()
}

fn written(item: &Item) -> Json {
    serde_json::to_value(crate::value::Attributes(item)).unwrap()
}

/// An item that most tests are about.
fn order() -> Item {
    item(&json!({
        "pk": {"S": "o1"},
        "n": {"N": "5"},
        "text": {"S": "hello"},
        "tags": {"SS": ["a", "b"]},
        "seq": {"L": [{"N": "1"}, {"S": "x"}, {"M": {"k": {"S": "v"}}}]},
        "doc": {"M": {"a": {"N": "1"}, "b": {"L": [{"N": "2"}]}}},
        "yes": {"BOOL": true},
        "nothing": {"NULL": true},
    }))
}

fn names() -> Names {
    serde_json::from_value(json!({"#n": "n", "#t": "text", "#odd": "a.b"})).unwrap()
}

fn values() -> Values {
    serde_json::from_value(json!({
        ":one": {"N": "1"}, ":five": {"N": "5"}, ":nine": {"N": "9"},
        ":text": {"S": "hello"}, ":he": {"S": "he"}, ":a": {"S": "a"}, ":x": {"S": "x"},
        ":s": {"S": "S"}, ":list": {"L": [{"S": "y"}]}, ":set": {"SS": ["b", "c"]},
        ":map": {"M": {}}, ":yes": {"BOOL": true}, ":bytes": {"B": "AQ=="},
    }))
    .unwrap()
}

fn with_placeholders<T>(run: impl FnOnce(&mut Placeholders<'_>) -> T) -> T {
    let (names, values) = (names(), values());
    run(&mut Placeholders::new(Some(&names), Some(&values)))
}

fn condition(text: &str) -> Result<BoundCondition, String> {
    let parsed = Expressions::default().condition(Role::Condition, text);
    let bound = parsed.and_then(|parsed| {
        with_placeholders(|placeholders| parsed.bind(Role::Condition, placeholders))
    });
    bound.map_err(|error| error.to_string())
}

fn update(text: &str) -> Result<BoundUpdate, String> {
    let parsed = Expressions::default().update(text);
    let bound = parsed.and_then(|parsed| with_placeholders(|given| parsed.bind(given)));
    bound.map_err(|error| error.to_string())
}

fn projection(text: &str) -> Result<BoundProjection, String> {
    let parsed = Expressions::default().projection(text);
    let bound = parsed.and_then(|parsed| with_placeholders(|given| parsed.bind(given)));
    bound.map_err(|error| error.to_string())
}

fn key_tests(text: &str) -> Result<KeyTests, String> {
    let role = Role::KeyCondition;
    let parsed = Expressions::default().condition(role, text);
    let bound = parsed.and_then(|parsed| with_placeholders(|given| parsed.bind(role, given)));
    let tests = bound.and_then(|bound| KeyTests::of(&bound));
    tests.map_err(|error| error.to_string())
}

#[test]
fn conditions_hold_or_not() {
    for (text, holds) in [
        ("#n = :five", true),
        ("n <> :five", false),
        ("n < :nine AND n > :one", true),
        ("n between :one and :nine", true),
        ("n IN (:one, :five)", true),
        ("(n) = (:five)", true),
        ("(n = :one) OR (#t = :text AND NOT n = :one)", true),
        ("NOT (n = :five)", false),
        (
            "attribute_exists(doc.a) AND attribute_not_exists(doc.z)",
            true,
        ),
        (
            "attribute_exists(seq[2].k) AND attribute_not_exists(seq[3])",
            true,
        ),
        ("attribute_type(#t, :s)", true),
        ("begins_with(#t, :he)", true),
        ("begins_with(n, :he)", false),
        ("contains(tags, :a)", true),
        ("contains(seq, :x)", true),
        ("contains(#t, :he)", true),
        ("size(#t) = :five", true),
        ("size((#t)) = :five", true),
        ("(doc.b)[0] <> :one AND ((doc).b[0] <> :one)", true),
        ("size(seq) > size(tags)", true),
        ("size(n) = :one", false),
        ("size(gone) <> :one", true),
        ("gone <> :one", true),
        ("gone = :one OR gone < :one OR gone = lost", false),
        ("gone <> lost", true),
        ("n = :text", false),
        ("n < :text", false),
        ("nothing <> :one", true),
        ("yes = :yes", true),
        ("#odd = :one", false),
    ] {
        let bound = condition(text);
        assert_eq!(
            bound.map(|bound| bound.holds(&order())),
            Ok(holds),
            "{text}"
        );
    }
}

#[expect(clippy::too_many_lines, reason = "a table of cases is read as one")]
#[test]
fn what_is_wrong_with_a_condition() {
    let long = format!("n = :one{}", " ".repeat(4096));
    let many = vec!["n = :one"; 152].join(" OR ");
    let candidates = vec![":one"; 101].join(",");
    for (text, wrong) in [
        ("", "The expression can not be empty;"),
        ("  ", r#"Syntax error; token: "<EOF>", near: "  ""#),
        (
            long.as_str(),
            "Expression size has exceeded the maximum allowed size;",
        ),
        (
            many.as_str(),
            "The expression contains too many operators; operator count: 301",
        ),
        (
            format!("n IN ({candidates})").as_str(),
            "The IN operator is provided with too many operands; number of operands: 101",
        ),
        ("n", r#"Syntax error; token: "<EOF>", near: "n""#),
        (
            "n AND n = :one",
            r#"Syntax error; token: "AND", near: "n AND n""#,
        ),
        ("n = :one)", r#"Syntax error; token: ")", near: ":one)""#),
        ("(n = :one", r#"Syntax error; token: "<EOF>", near: ":one""#),
        ("n = 123", r#"Syntax error; token: "123", near: "= 123""#),
        ("_n = :one", r#"Syntax error; token: "_", near: "_n""#),
        (
            "n IN :one",
            r#"Syntax error; token: ":one", near: "IN :one""#,
        ),
        (
            "attribute_exists(n,)",
            r#"Syntax error; token: ")", near: ",)""#,
        ),
        (
            "((n = :one)) AND status = :x",
            "The expression has redundant parentheses;",
        ),
        (
            "guess(n) AND status = :x",
            "Invalid function name; function: guess",
        ),
        ("SIZE(n) = :one", "Invalid function name; function: SIZE"),
        (
            "if_not_exists(n, :one)",
            "The function is not allowed in a condition expression; function: if_not_exists",
        ),
        (
            "size(n) AND status = :x",
            "The function is not allowed to be used this way in an expression; function: size",
        ),
        (
            "attribute_exists(n) = :yes",
            "The function is not allowed to be used this way in an expression; function: \
             attribute_exists",
        ),
        (
            "status = :missing",
            "Attribute name is a reserved keyword; reserved keyword: status",
        ),
        (
            "#gone = :gone",
            "An expression attribute name used in the document path is not defined; attribute \
             name: #gone",
        ),
        (
            "n = :gone AND #gone = :one",
            "An expression attribute value used in expression is not defined; attribute value: \
             :gone",
        ),
        (
            "begins_with(n)",
            "Incorrect number of operands for operator or function; operator or function: \
             begins_with, number of operands: 1",
        ),
        (
            "begins_with(n, :one)",
            "Incorrect operand type for operator or function; operator or function: begins_with, \
             operand type: N",
        ),
        (
            "n < :map",
            "Incorrect operand type for operator or function; operator or function: <, operand \
             type: M",
        ),
        (
            "size(:one) = :one",
            "Incorrect operand type for operator or function; operator or function: size, operand \
             type: N",
        ),
        (
            "attribute_exists(:one)",
            "Operator or function requires a document path; operator or function: \
             attribute_exists",
        ),
        (
            "n = #n",
            "The first operand must be distinct from the remaining operands for this operator or \
             function; operator: =, first operand: [n]",
        ),
        (
            "contains(doc.b[0], doc.b[0])",
            "The first operand must be distinct from the remaining operands for this operator or \
             function; operator: contains, first operand: [doc, b, [0]]",
        ),
        (
            "attribute_type(n, :x)",
            "Invalid attribute type name found; type: x, valid types: \
             {B,NULL,SS,BOOL,L,BS,N,NS,S,M}",
        ),
        (
            "attribute_type(n, yes)",
            "Incorrect operand type for operator or function; operator or function: \
             attribute_type, operand type: {NS,SS,L,BS,N,M,B,BOOL,NULL,S}",
        ),
        (
            "n BETWEEN :one AND :x",
            "The BETWEEN operator requires same data type for lower and upper bounds; lower bound \
             operand: AttributeValue: {N:1}, upper bound operand: AttributeValue: {S:x}",
        ),
        (
            "n BETWEEN :five AND :one",
            "The BETWEEN operator requires upper bound to be greater than or equal to lower \
             bound; lower bound operand: AttributeValue: {N:5}, upper bound operand: \
             AttributeValue: {N:1}",
        ),
        (
            "n[99999999999] = :one",
            "List index is not within the allowable range; index: [99999999999]",
        ),
    ] {
        let expected = format!("Invalid ConditionExpression: {wrong}");
        assert_eq!(condition(text).map(|_| ()), Err(expected), "{text}");
    }
}

#[test]
fn a_deep_expression_does_not_overflow_the_stack() {
    let nested = "(NOT ".repeat(299) + "n = :one" + &")".repeat(299);
    assert!(condition(&nested).is_ok());
    let nested = "(n = :one OR ".repeat(149) + "n = :one" + &")".repeat(149);
    assert!(condition(&nested).is_ok());
    for text in ["(".repeat(4000), "NOT ".repeat(1000), "size(".repeat(800)] {
        assert!(condition(&text).is_err());
        assert!(update(&format!("SET n = {}", &text[..3000.min(text.len())])).is_err());
    }
}

#[test]
fn updates_change_the_item() {
    for (text, changed) in [
        ("SET n = n + :one", json!({"n": {"N": "6"}})),
        ("SET n = :nine - (n - :one)", json!({"n": {"N": "5"}})),
        (
            "SET z = if_not_exists(z, :one), y = if_not_exists(n, :one)",
            json!({"z": {"N": "1"}, "y": {"N": "5"}}),
        ),
        (
            "SET z = list_append(if_not_exists(z, :list), :list)",
            json!({"z": {"L": [{"S": "y"}, {"S": "y"}]}}),
        ),
        (
            "set y = n, n = :one",
            json!({"y": {"N": "5"}, "n": {"N": "1"}}),
        ),
        (
            "SET seq[9] = :one, seq[7] = :x, seq[0] = :nine",
            json!({"seq": {"L": [
            {"N": "9"}, {"S": "x"}, {"M": {"k": {"S": "v"}}}, {"S": "x"}, {"N": "1"}]}}),
        ),
        (
            "REMOVE seq[0] SET seq[2].k = :one",
            json!({"seq": {"L": [{"S": "x"}, {"M": {"k": {"N": "1"}}}]}}),
        ),
        (
            "REMOVE seq[0], seq[1], seq[17]",
            json!({"seq": {"L": [{"M": {"k": {"S": "v"}}}]}}),
        ),
        (
            "REMOVE doc.b[0], gone",
            json!({"doc": {"M": {"a": {"N": "1"}, "b": {"L": []}}}}),
        ),
        (
            "ADD n :one, z :set, tags :set",
            json!({"n": {"N": "6"}, "z": {"SS": ["b", "c"]}, "tags": {"SS": ["a", "b", "c"]}}),
        ),
        (
            "DELETE tags :set, gone :set",
            json!({"tags": {"SS": ["a"]}}),
        ),
        (
            "SET doc.c = :one",
            json!({"doc": {"M": {
            "a": {"N": "1"}, "b": {"L": [{"N": "2"}]}, "c": {"N": "1"}}}}),
        ),
    ] {
        let updated = update(text).unwrap().apply(&order(), true).unwrap();
        let mut expected = written(&order());
        expected
            .as_object_mut()
            .unwrap()
            .extend(changed.as_object().unwrap().clone());
        assert_eq!(written(&updated), expected, "{text}");
    }
}

#[test]
fn an_emptied_set_goes() {
    let before = item(&json!({"tags": {"SS": ["b"]}}));
    let updated = update("DELETE tags :set")
        .unwrap()
        .apply(&before, true)
        .unwrap();
    assert_eq!(written(&updated), json!({}));
}

#[test]
fn what_an_update_cannot_do_to_the_item() {
    for (text, error) in [
        ("SET gone.a = :one", UpdateError::InvalidPath),
        ("SET n.a = :one", UpdateError::InvalidPath),
        ("SET doc[0] = :one", UpdateError::InvalidPath),
        ("REMOVE gone.a", UpdateError::InvalidPath),
        ("DELETE gone.a :set", UpdateError::InvalidPath),
        ("SET n = gone + :one", UpdateError::MissingAttribute),
        ("SET n = gone", UpdateError::MissingAttribute),
        ("SET n = #t + :one", UpdateError::OperandType),
        ("SET n = list_append(n, :list)", UpdateError::OperandType),
        ("ADD tags :one SET gone.a = :one", UpdateError::OperandType),
        ("ADD #t :one", UpdateError::OperandType),
        ("DELETE n :set", UpdateError::OperandType),
    ] {
        assert_eq!(
            update(text).unwrap().apply(&order(), true),
            Err(error),
            "{text}"
        );
    }
    let nothing = update("REMOVE gone.a").unwrap().apply(&Item::new(), false);
    assert_eq!(nothing, Ok(Item::new()));
}

#[expect(clippy::too_many_lines, reason = "a table of cases is read as one")]
#[test]
fn what_is_wrong_with_an_update() {
    for (text, wrong) in [
        ("", "The expression can not be empty;"),
        ("n = :one", r#"Syntax error; token: "n", near: "n =""#),
        (
            "SET n = :one,",
            r#"Syntax error; token: "<EOF>", near: ",""#,
        ),
        (
            "SET n = :one + :five + :nine",
            r#"Syntax error; token: "+", near: ":five + :nine""#,
        ),
        (
            "SET n = if_not_exists(n, :one+:five)",
            r#"Syntax error; token: "+", near: ":one+:five""#,
        ),
        (
            "SET seq[:one] = :one",
            r#"Syntax error; token: ":one", near: "[:one]""#,
        ),
        (
            "SET n = :one SET z = :one",
            "The \"SET\" section can only be used once in an update expression;",
        ),
        ("SET n = guess(n)", "Invalid function name; function: guess"),
        (
            "SET n = size(n)",
            "The function is not allowed in an update expression; function: size",
        ),
        (
            "SET n = list_append(list_append(:list, :list), :list)",
            "The function is not allowed to be used this way in an expression; function: \
          list_append",
        ),
        (
            "SET name = :one",
            "Attribute name is a reserved keyword; reserved keyword: name",
        ),
        (
            "SET n = :gone, z = #gone",
            "An expression attribute name used in the document path is not defined; attribute name: \
          #gone",
        ),
        (
            "SET n = if_not_exists(:gone, :one)",
            "An expression attribute value used in expression is not defined; attribute value: :gone",
        ),
        (
            "SET n = if_not_exists(:five, :one)",
            "Operator or function requires a document path; operator or function: if_not_exists",
        ),
        (
            "SET n = list_append(:list)",
            "Incorrect number of operands for operator or function; operator or function: \
          list_append, number of operands: 1",
        ),
        (
            "SET n = :x + :one",
            "Incorrect operand type for operator or function; operator or function: +, operand \
          type: S",
        ),
        (
            "SET doc = :one REMOVE doc.a[0]",
            "Two document paths overlap with each other; must remove or rewrite one of these paths; \
          path one: [doc], path two: [doc, a, [0]]",
        ),
        (
            "SET doc.a = :one, doc[1] = :five",
            "Two document paths conflict with each other; must remove or rewrite one of these paths; \
          path one: [doc, a], path two: [doc, [1]]",
        ),
        (
            "ADD n :x",
            "Incorrect operand type for operator or function; operator: ADD, operand type: STRING, \
          typeSet: ALLOWED_FOR_ADD_OPERAND",
        ),
        (
            "DELETE n :one",
            "Incorrect operand type for operator or function; operator: DELETE, operand type: \
          NUMBER, typeSet: ALLOWED_FOR_DELETE_OPERAND",
        ),
    ] {
        let expected = format!("Invalid UpdateExpression: {wrong}");
        assert_eq!(update(text).map(|_| ()), Err(expected), "{text}");
    }
}

#[test]
fn an_update_tells_what_it_wrote_to() {
    let bound = update("SET doc.b[0] = :nine, n = :one REMOVE seq[1]").unwrap();
    let (before, after) = (order(), bound.apply(&order(), true).unwrap());
    let old = json!({"doc": {"M": {"b": {"L": [{"N": "2"}]}}}, "n": {"N": "5"},
        "seq": {"L": [{"S": "x"}]}});
    assert_eq!(written(&bound.updated_part(&before)), old);
    // The element behind the one that went stands in its place.
    let new = json!({"doc": {"M": {"b": {"L": [{"N": "9"}]}}}, "n": {"N": "1"},
        "seq": {"L": [{"M": {"k": {"S": "v"}}}]}});
    assert_eq!(written(&bound.updated_part(&after)), new);
}

#[test]
fn an_update_is_charged_for_its_text() {
    for (text, charge) in [
        // 3, and 19 + name + value
        ("SET n = :five", 3 + 19 + 1 + 2),
        (
            "SET doc.a = n + :five",
            3 + 19 + (3 + 4 + 1) + 34 + (1 + 14 + 1) + 2,
        ),
        ("REMOVE seq[10]", 3 + 1 + 3 + 4 + 2),
    ] {
        assert_eq!(update(text).unwrap().charge(), charge, "{text}");
    }
}

#[test]
fn projections_keep_what_they_name() {
    for (text, kept) in [
        (
            "n, #t, gone",
            json!({"n": {"N": "5"}, "text": {"S": "hello"}}),
        ),
        (
            "doc.b[0], doc.a",
            json!({"doc": {"M": {"a": {"N": "1"}, "b": {"L": [{"N": "2"}]}}}}),
        ),
        (
            "seq[2].k, seq[0], seq[9]",
            json!({"seq": {"L": [{"N": "1"}, {"M": {"k": {"S": "v"}}}]}}),
        ),
        ("doc.z.y, n.a", json!({})),
    ] {
        assert_eq!(
            written(&projection(text).unwrap().project(&order())),
            kept,
            "{text}"
        );
    }
}

#[test]
fn what_is_wrong_with_a_projection() {
    for (text, wrong) in [
        ("n,", r#"Syntax error; token: "<EOF>", near: ",""#),
        ("n m", r#"Syntax error; token: "m", near: "n m""#),
        (
            "and, n",
            "Attribute name is a reserved keyword; reserved keyword: and",
        ),
        (
            "n, doc, doc.a",
            "Two document paths overlap with each other; must remove or rewrite one of these paths; \
          path one: [doc], path two: [doc, a]",
        ),
        (
            "#gone",
            "An expression attribute name used in the document path is not defined; attribute name: \
          #gone",
        ),
    ] {
        let expected = format!("Invalid ProjectionExpression: {wrong}");
        assert_eq!(projection(text).map(|_| ()), Err(expected), "{text}");
    }
}

#[test]
fn key_conditions_become_tests_of_attributes() {
    let value = |text: &str| crate::value::Value::text(text);
    for (text, tests) in [
        ("pk = :a", vec![("pk", KeyTest::Equal(value("a")))]),
        (
            "(:a = pk) AND (sk > :x)",
            vec![
                ("pk", KeyTest::Equal(value("a"))),
                ("sk", KeyTest::Greater(value("x"))),
            ],
        ),
        (
            ":x <= sk AND pk = :a",
            vec![
                ("sk", KeyTest::GreaterOrEqual(value("x"))),
                ("pk", KeyTest::Equal(value("a"))),
            ],
        ),
        (
            "sk BETWEEN :a AND :x",
            vec![("sk", KeyTest::Between(value("a"), value("x")))],
        ),
        (
            "begins_with(sk, :he)",
            vec![("sk", KeyTest::BeginsWith(value("he")))],
        ),
    ] {
        let found = key_tests(text).unwrap();
        let found: Vec<_> = found
            .iter()
            .map(|(name, test)| (name, test.clone()))
            .collect();
        assert_eq!(found, tests, "{text}");
    }
}

#[test]
fn what_is_wrong_with_a_key_condition() {
    for (text, wrong) in [
        (
            "pk = :a OR sk = :a",
            "Invalid operator used in KeyConditionExpression: OR",
        ),
        (
            "NOT pk = :a",
            "Invalid operator used in KeyConditionExpression: NOT",
        ),
        (
            "pk <> :a",
            "Invalid operator used in KeyConditionExpression: <>",
        ),
        (
            "pk IN (:a)",
            "Invalid operator used in KeyConditionExpression: IN",
        ),
        (
            "contains(pk, :a)",
            "Invalid operator used in KeyConditionExpression: contains",
        ),
        (
            "begins_with(:a, pk)",
            "Invalid condition in KeyConditionExpression: begins_with operator must have the key \
          attribute as its first operand",
        ),
        (
            "pk = sk",
            "Invalid condition in KeyConditionExpression: Multiple attribute names used in one \
          condition",
        ),
        (
            ":a = :x",
            "Invalid condition in KeyConditionExpression: No key attribute specified",
        ),
        (
            "pk > size(sk)",
            "Invalid KeyConditionExpression: KeyConditionExpressions cannot contain nested \
          operations",
        ),
        (
            "pk.a = :a",
            "Invalid KeyConditionExpression: KeyConditionExpressions cannot have conditions on \
          nested attributes",
        ),
        (
            "pk = :a AND pk = :x",
            "Invalid KeyConditionExpression: KeyConditionExpressions must only contain one condition \
          per key",
        ),
        (
            "pk = :a AND sk > :yes",
            "Invalid KeyConditionExpression: Incorrect operand type for operator or function; \
          operator or function: >, operand type: BOOL",
        ),
        (
            "pk = ",
            "Invalid KeyConditionExpression: Syntax error; token: \"<EOF>\", near: \"=\"",
        ),
    ] {
        assert_eq!(
            key_tests(text).map(|_| ()),
            Err(wrong.to_string()),
            "{text}"
        );
    }
}

#[test]
fn placeholders_are_checked() {
    let names = |json: Json| serde_json::from_value::<Names>(json).unwrap().check();
    let values = |json: Json| {
        serde_json::from_value::<Values>(json)
            .unwrap()
            .check(crate::value::Rules::Current)
    };
    let text = |checked: Result<(), PlaceholderError>| checked.unwrap_err().to_string();
    assert_eq!(
        text(names(json!({}))),
        "ExpressionAttributeNames must not be empty"
    );
    assert_eq!(
        text(names(json!({"n": "n"}))),
        "ExpressionAttributeNames contains invalid key: Syntax error; key: \"n\""
    );
    assert_eq!(
        text(names(json!({"#n": ""}))),
        "ExpressionAttributeNames contains invalid value: Empty attribute name for key #n"
    );
    assert_eq!(
        text(values(json!({":v": {"SS": []}}))),
        "ExpressionAttributeValues contains invalid value: One or more parameter values were \
         invalid: An string set  may not be empty for key :v"
    );
    let unused = with_placeholders(|placeholders| {
        let parsed = Expressions::default().condition(Role::Filter, "#n = :one AND #t = :one");
        parsed.unwrap().bind(Role::Filter, placeholders).unwrap();
        placeholders.check_all_used()
    });
    assert_eq!(
        text(unused),
        "Value provided in ExpressionAttributeNames unused in expressions: keys: {#odd}"
    );
}

proptest! {
    /// No text makes the parsers panic, and what they refuse has a message.
    #[test]
    fn every_text_is_parsed_or_refused(text in "[a-c#:()\\[\\]0-2 ,.=<>+é_-]{0,40}") {
        for refused in [condition(&text).err(), update(&text).err(), projection(&text).err()] {
            prop_assert!(refused.is_none_or(|error| error.starts_with("Invalid ")));
        }
    }

    /// An attribute that is set is found again, and everything else stays.
    #[test]
    fn what_is_set_is_read(
        path in prop_oneof!["doc\\.[a-c]", "seq\\[[0-2]\\]", "seq\\[2\\]\\.k", "[a-c]", "doc\\.b\\[0\\]"],
    ) {
        let updated = update(&format!("SET {path} = :nine")).unwrap().apply(&order(), true).unwrap();
        let found = condition(&format!("{path} = :nine")).unwrap().holds(&updated);
        prop_assert!(found);
        let removed = update(&format!("REMOVE {path}")).unwrap().apply(&updated, true).unwrap();
        let again = update(&format!("REMOVE {path}")).unwrap().apply(&order(), true).unwrap();
        prop_assert_eq!(removed, again);
    }
}
