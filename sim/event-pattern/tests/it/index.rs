//! The index against a plain loop over all patterns, and the matcher against the plain one of the
//! invariants.

use event_pattern::reference;
use event_pattern::{FlatEvent, Pattern, PatternIndex};
use proptest::prelude::*;
use serde_json::Value;

/// Values that patterns and events share, so that about half of what is listed is there.
const VALUES: [&str; 14] = [
    r#""x""#,
    r#""y""#,
    r#""""#,
    r#""10.0.0.1""#,
    r#""10.0.0.01""#,
    "1",
    "1.0",
    "0",
    "-0.0",
    "9007199254740993",
    "9007199254740993.0",
    "true",
    "null",
    "2e999",
];

const OPERATORS: [&str; 12] = [
    r#"{"prefix": "x"}"#,
    r#"{"suffix": ""}"#,
    r#"{"exists": true}"#,
    r#"{"exists": false}"#,
    r#"{"anything-but": "x"}"#,
    r#"{"anything-but": 1}"#,
    r#"{"numeric": ["=", 1]}"#,
    r#"{"numeric": [">=", 0, "<", 1]}"#,
    r#"{"cidr": "10.0.0.0/8"}"#,
    r#"{"exactly": "10.0.0.1"}"#,
    r#"{"wildcard": "*"}"#,
    r#"{"equals-ignore-case": "X"}"#,
];

fn list() -> impl Strategy<Value = String> {
    let entry = prop_oneof![3 => prop::sample::select(&VALUES[..]), 1 => prop::sample::select(&OPERATORS[..])];
    prop::collection::vec(entry, 1..4).prop_map(|entries| format!("[{}]", entries.join(", ")))
}

fn fields() -> impl Strategy<Value = String> {
    let field = (prop::sample::select(vec!["a", "b", "c", "d.e"]), list())
        .prop_map(|(key, list)| format!(r#""{key}": {list}"#));
    prop::collection::vec(field, 1..4).prop_map(|fields| fields.join(", "))
}

fn pattern() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => fields().prop_map(|fields| format!("{{{fields}}}")),
        1 => (fields(), fields(), fields()).prop_map(|(one, two, beside)| format!(r#"{{{beside}, "$or": [{{{one}}}, {{{two}}}]}}"#)),
    ]
}

fn event() -> impl Strategy<Value = String> {
    let value = prop_oneof![
        3 => prop::sample::select(&VALUES[..]).prop_map(str::to_owned),
        1 => prop::collection::vec(prop::sample::select(&VALUES[..]), 0..3).prop_map(|values| format!("[{}]", values.join(", "))),
    ];
    let field =
        (prop::sample::select(vec!["a", "b", "c", "d"]), value).prop_map(
            |(key, value)| match key {
                "d" => format!(r#""d": {{"e": {value}}}"#),
                key => format!(r#""{key}": {value}"#),
            },
        );
    prop::collection::vec(field, 0..5).prop_map(|fields| format!("{{{}}}", fields.join(", ")))
}

/// What the reference leaves to the matcher: numbers beyond doubles, addresses spelled with zeros,
/// `$or` beside fields of its own, and what JSON values do not keep.
fn is_peculiar(pattern: &str, event: &str) -> bool {
    let spells = |text: &str| {
        ["9007199254740993", "2e999", "10.0.0.01", "$or"]
            .iter()
            .any(|part| text.contains(part))
    };
    spells(pattern) || spells(event) || repeats(pattern) || repeats(event)
}

/// Whether a key comes twice, of which a JSON value keeps the last only.
fn repeats(text: &str) -> bool {
    ["a", "b", "c", "d", "d.e"]
        .iter()
        .any(|key| text.matches(&format!("\"{key}\":")).count() > 1)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_index_finds_what_a_loop_finds_in_the_same_order(
        texts in prop::collection::vec(pattern(), 0..40),
        events in prop::collection::vec(event(), 1..8),
    ) {
        let patterns: Vec<Pattern> = texts.iter().map(|text| Pattern::parse(text).expect(text)).collect();
        let index = PatternIndex::from(patterns.clone());
        for text in events {
            let event = FlatEvent::parse(&text).expect("an object");
            let plain: Vec<usize> = (0..patterns.len()).filter(|number| patterns[*number].matches(&event)).collect();
            prop_assert_eq!(index.matching(&event), plain.clone(), "event {}\npatterns {:#?}", text, texts);
            let named = index.flatten(&text).expect("an object");
            prop_assert_eq!(index.matching(&named), plain, "only what is named: event {}\npatterns {:#?}", text, texts);
        }
    }

    #[test]
    fn an_explanation_agrees_with_the_matcher(pattern in pattern(), event in event()) {
        let parsed = Pattern::parse(&pattern).expect(&pattern);
        let flat = FlatEvent::parse(&event).expect("an object");
        prop_assert_eq!(parsed.explain(&flat).is_match(), parsed.matches(&flat), "{}\n{}", pattern, event);
    }
}

proptest! {
    // Most of what is drawn is peculiar.
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_reference_matcher_says_what_the_matcher_says(pattern in pattern(), event in event()) {
        if !is_peculiar(&pattern, &event) {
            let (parsed, flat) = (Pattern::parse(&pattern).expect(&pattern), FlatEvent::parse(&event).expect("an object"));
            let value = |text: &str| serde_json::from_str::<Value>(text).expect("it was parsed before");
            prop_assert_eq!(reference::matches(&value(&pattern), &value(&event)), parsed.matches(&flat), "{}\n{}", pattern, event);
        }
    }
}

#[test]
fn an_index_of_nothing_finds_nothing() {
    let event = FlatEvent::parse(r#"{"a": 1}"#).expect("an object");
    assert!(PatternIndex::default().matching(&event).is_empty());
}
