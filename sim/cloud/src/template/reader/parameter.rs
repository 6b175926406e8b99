use std::collections::BTreeMap;

use crate::stack::Position;
use crate::template::reader::error::Problem;
use crate::template::reader::fields::Fields;
use crate::template::reader::node::{Entry, Kind, Node};
use crate::template::reader::report::Report;
use crate::template::reader::yaml::is_number;

const TYPES: [&str; 4] = ["String", "Number", "CommaDelimitedList", "List<Number>"];

/// The value of every parameter: the one given, else its default. `AllowedPattern` is not checked,
/// because regular expressions are out of scope here; everything else is.
pub(in crate::template) fn values(
    section: Option<&Node>,
    given: &BTreeMap<String, String>,
    report: &Report,
) -> BTreeMap<String, Node> {
    let entries = section.map(Node::entries).unwrap_or_default();
    let known: Vec<String> = entries.iter().map(|entry| entry.key.clone()).collect();
    let start = section.map_or(Position { line: 1, column: 1 }, |section| section.position);
    for name in given.keys().filter(|name| !known.contains(name)) {
        report.unknown(start, "parameter", name, "the given values", known.clone());
    }
    entries
        .iter()
        .map(|entry| {
            (
                entry.key.clone(),
                value(entry, given.get(&entry.key), report),
            )
        })
        .collect()
}

fn value(entry: &Entry, given: Option<&String>, report: &Report) -> Node {
    let fields = Fields::new(format!("Parameters.{}", entry.key), &entry.value, report);
    fields.text("Description");
    fields.text("ConstraintDescription");
    fields.text("AllowedPattern");
    fields.boolean("NoEcho");
    fields.required("Type");
    let kind = fields
        .choice("Type", &TYPES)
        .unwrap_or_else(|| "String".to_owned());
    let default = fields.text("Default");
    let position = fields
        .node("Default")
        .filter(|_| given.is_none())
        .map_or(entry.position, |node| node.position);
    let text = given.cloned().or(default);
    check(&fields, &entry.key, text.as_ref(), &kind, position);
    let Some(text) = text else {
        report.add(
            entry.position,
            Problem::NoValue {
                name: entry.key.clone(),
            },
        );
        return Node::new(position, Kind::Unresolved);
    };
    if kind == "String" || kind == "Number" {
        return Node::text(position, text);
    }
    let items = text
        .split(',')
        .filter(|_| !text.is_empty())
        .map(|item| Node::text(position, item.trim()));
    Node::new(position, Kind::List(items.collect()))
}

/// Holds a value against the constraints of its parameter.
fn check(fields: &Fields<'_>, name: &str, text: Option<&String>, kind: &str, position: Position) {
    let report = fields.report();
    let allowed: Vec<String> = fields.texts("AllowedValues");
    let lengths = (
        fields.integer("MinLength", 0..=i64::MAX),
        fields.integer("MaxLength", 0..=i64::MAX),
    );
    let values = (fields.text("MinValue"), fields.text("MaxValue"));
    let Some(text) = text else { return };
    if !allowed.is_empty() && !allowed.contains(text) {
        report.add(
            position,
            Problem::NotAllowed {
                name: name.to_owned(),
                allowed,
                found: text.clone(),
            },
        );
    }
    let numbers = matches!(kind, "Number" | "List<Number>");
    if numbers && !text.split(',').all(|part| is_number(part.trim())) {
        report.wrong_type(position, name, "a number", format!("{text:?}"));
    }
    let length = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
    if lengths.0.is_some_and(|least| length < least) || lengths.1.is_some_and(|most| length > most)
    {
        let rule = format!(
            "must be {} to {} characters long",
            lengths.0.unwrap_or(0),
            lengths.1.unwrap_or(i64::MAX)
        );
        report.invalid(position, name, &rule, text);
    }
    let number = |text: &String| text.parse::<f64>().ok();
    let outside = |value: f64| {
        values
            .0
            .as_ref()
            .and_then(number)
            .is_some_and(|least| value < least)
            || values
                .1
                .as_ref()
                .and_then(number)
                .is_some_and(|most| value > most)
    };
    if number(text).is_some_and(outside) {
        let bound = |value: &Option<String>| value.clone().unwrap_or_else(|| "any".to_owned());
        report.invalid(
            position,
            name,
            &format!(
                "must lie between {} and {}",
                bound(&values.0),
                bound(&values.1)
            ),
            text,
        );
    }
}
