//! The project's own cases: `cases.jsonl`, of which each row names its section of the semantics
//! page.

use std::collections::BTreeSet;
use std::path::Path;

use event_pattern::reference;
use event_pattern::{FlatEvent, Pattern, Row};
use serde_json::Value;

const SECTIONS: [&str; 29] = [
    "1.1.1",
    "1.1.2",
    "1.1.3",
    "1.1.4",
    "1.1.5",
    "1.1.6",
    "1.1.7",
    "1.1.8",
    "1.2 addresses",
    "1.2 booleans",
    "1.2 null",
    "1.2 numbers",
    "1.2 strings",
    "1.3",
    "1.4 anything-but",
    "1.4 cidr",
    "1.4 equals-ignore-case",
    "1.4 exactly",
    "1.4 exists",
    "1.4 numeric",
    "1.4 prefix",
    "1.4 suffix",
    "1.4 wildcard",
    "1.5",
    "1.6",
    "1.6 reserved names",
    "1.7",
    "1.8",
    "1.8 TestEventPattern",
];

fn rows() -> Vec<Row> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/cases.jsonl");
    let text = std::fs::read_to_string(path).expect("the cases are there");
    text.lines()
        .enumerate()
        .map(|(index, line)| {
            Row::parse(line).unwrap_or_else(|error| panic!("{}:{error}", index + 1))
        })
        .collect()
}

#[test]
fn every_case_is_answered_as_it_says() {
    let disagreements: Vec<String> = rows()
        .iter()
        .filter_map(|row| row.evaluate().err())
        .map(|differs| differs.to_string())
        .collect();
    assert!(
        disagreements.is_empty(),
        "{} disagreements\n{}",
        disagreements.len(),
        disagreements.join("\n")
    );
}

#[test]
fn every_section_has_cases_and_every_case_its_own_name() {
    let rows = rows();
    assert!(rows.len() >= 200, "{} cases", rows.len());
    let sections: BTreeSet<&str> = rows
        .iter()
        .map(|row| row.section().expect("a case names its section"))
        .collect();
    assert_eq!(sections.into_iter().collect::<Vec<_>>(), SECTIONS);
    let names: BTreeSet<&str> = rows.iter().map(Row::name).collect();
    assert_eq!(names.len(), rows.len(), "two cases have one name");
}

#[test]
fn an_explanation_says_what_the_matcher_says() {
    let mut explained = 0;
    for row in rows() {
        if let (Ok(pattern), Ok(event)) =
            (Pattern::parse(row.pattern()), FlatEvent::parse(row.event()))
        {
            let explanation = pattern.explain(&event);
            assert_eq!(
                explanation.is_match(),
                pattern.matches(&event),
                "{}\n{explanation}",
                row.name()
            );
            explained += 1;
        }
    }
    assert!(
        explained > 150,
        "only {explained} cases have a valid pattern"
    );
}

/// What the reference leaves to the matcher: AWS's ways with letters, addresses and numbers that no
/// rule of ours uses, and a `$or` beside fields of its own.
const PECULIAR: [&str; 10] = [
    "beyond doubles the neighbour",
    "beyond doubles another spelling",
    "an IPv4 address with leading zeros",
    "a sharp s is also SS",
    "the Kelvin sign is no k",
    "letters of two units have one case",
    "a number beyond doubles is in no range",
    "a mapped address counts as IPv4",
    "a branch overwrites what stands before",
    "what stands behind overwrites the branch",
];

/// The cases that JSON values cannot hold: of these the reference says nothing.
fn is_about_spelling(row: &Row) -> bool {
    let spelled = |text: &str| serde_json::from_str::<Value>(text).map(|value| value.to_string());
    let squeezed = |text: &str| text.split_whitespace().collect::<String>();
    [row.pattern(), row.event()].into_iter().any(|text| {
        spelled(text).map_or(true, |again| squeezed(&again).len() != squeezed(text).len())
    })
}

#[test]
fn the_reference_matcher_of_the_invariants_says_what_the_matcher_says() {
    let mut judged = 0;
    let mut disagreements = Vec::new();
    for row in rows().into_iter().filter(|row| !is_about_spelling(row)) {
        if let (Ok(pattern), Ok(event)) =
            (Pattern::parse(row.pattern()), FlatEvent::parse(row.event()))
        {
            let value =
                |text: &str| serde_json::from_str::<Value>(text).expect("it was read before");
            if reference::matches(&value(row.pattern()), &value(row.event()))
                != pattern.matches(&event)
            {
                disagreements.push(row.name().to_owned());
            }
            judged += 1;
        }
    }
    assert!(judged > 100, "only {judged} cases judged");
    assert_eq!(disagreements, PECULIAR);
}

#[test]
fn a_row_that_is_none_is_refused_with_its_column() {
    for (line, expected) in [
        ("{", "1: EOF while parsing an object"),
        (
            r#"{"name": "n", "expect": "maybe"}"#,
            "31: unknown variant `maybe`, expected one of `match`, `no_match`, `error`",
        ),
        (
            r#"{"name": "n", "patern": {}}"#,
            "22: unknown field `patern`, expected one of",
        ),
        (
            r#"{"name": "n", "expect": "match", "event": {}}"#,
            "1: n: no pattern",
        ),
        (
            r#"{"name": "n", "expect": "match", "pattern": {"a": [1]}}"#,
            "1: n: no event",
        ),
        (
            r#"{"name": "n", "expect": "error", "pattern": {}}"#,
            "1: n: an expected error needs its text, as error or error_raw",
        ),
    ] {
        let answered = Row::parse(line).map(|_| ()).expect_err(line).to_string();
        assert!(
            answered.starts_with(expected),
            "{line}\nexpected {expected}\nanswered {answered}"
        );
    }
}

#[test]
fn the_spelling_of_a_document_counts() {
    let row =
        Row::parse(r#"{"name": "n", "pattern" : {"k": [1.0], "k": ["}\"" ]} , "event":{"k":"}\""},"expect": "match"}"#).expect("a row");
    assert_eq!(
        (row.pattern(), row.event()),
        (r#"{"k": [1.0], "k": ["}\"" ]}"#, r#"{"k":"}\""}"#)
    );
    assert_eq!(row.evaluate(), Ok(()));
}
