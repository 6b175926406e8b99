//! The outputs of SQS as XML.

use std::fmt::Write;

use serde_json::{Map, Value};

/// Maps of the outputs: how one entry is called, its key and its value.
fn map_entry(name: &str) -> Option<(&'static str, &'static str)> {
    match name {
        "Attributes" => Some(("Attribute", "Name")),
        "MessageAttributes" => Some(("MessageAttribute", "Name")),
        "Tags" => Some(("Tag", "Key")),
        _ => None,
    }
}

/// Lists of the outputs: how one item is called.
fn list_item(operation: &str, name: &str) -> String {
    match name {
        "Messages" => "Message".to_owned(),
        "QueueUrls" | "queueUrls" => "QueueUrl".to_owned(),
        "Results" => "ListMessageMoveTasksResultEntry".to_owned(),
        "Failed" => "BatchResultErrorEntry".to_owned(),
        _ => format!("{operation}ResultEntry"),
    }
}

/// The members of an output, in XML.
pub(super) fn members(operation: &str, output: &Value) -> String {
    let mut text = String::new();
    for (name, value) in output.as_object().into_iter().flatten() {
        member(&mut text, operation, name, value);
    }
    text
}

fn member(text: &mut String, operation: &str, name: &str, value: &Value) {
    match value {
        Value::Object(map) => match map_entry(name) {
            Some((entry, key)) => entries(text, map, entry, key),
            None => element(text, name, &members(operation, value)),
        },
        Value::Array(items) => items.iter().for_each(|item| {
            let inner = if item.is_object() {
                members(operation, item)
            } else {
                escape(&plain(item))
            };
            element(text, &list_item(operation, name), &inner);
        }),
        Value::Null => {}
        value => element(text, name, &escape(&plain(value))),
    }
}

fn entries(text: &mut String, map: &Map<String, Value>, entry: &str, key: &str) {
    for (name, value) in map {
        let inner = if value.is_object() {
            members("", value)
        } else {
            escape(&plain(value))
        };
        element(
            text,
            entry,
            &format!("<{key}>{}</{key}><Value>{inner}</Value>", escape(name)),
        );
    }
}

fn element(text: &mut String, name: &str, inner: &str) {
    write!(text, "<{name}>{inner}</{name}>").expect("a String takes every write");
}

fn plain(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

/// Text as XML has it; a control character that XML cannot carry becomes the replacement character.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\r' => escaped.push_str("&#xD;"),
            '\t' | '\n' | ' '..='\u{FFFD}' | '\u{10000}'.. => escaped.push(character),
            _ => escaped.push('\u{FFFD}'),
        }
    }
    escaped
}
