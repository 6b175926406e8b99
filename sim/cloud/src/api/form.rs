//! Forms: query strings, and the bodies of the query protocol.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// The pairs of a query string or a form.
pub(super) fn pairs(text: &str) -> impl Iterator<Item = (String, String)> {
    text.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        (
            decode(&key.replace('+', " ")),
            decode(&value.replace('+', " ")),
        )
    })
}

/// Takes `%XX` apart; what is no such thing stays as it is.
pub(super) fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut index = 0;
    while index < bytes.len() {
        let hex = bytes
            .get(index + 1..index + 3)
            .filter(|_| bytes[index] == b'%')
            .and_then(|pair| std::str::from_utf8(pair).ok());
        match hex
            .filter(|pair| pair.bytes().all(|byte| byte.is_ascii_hexdigit()))
            .and_then(|pair| u8::from_str_radix(pair, 16).ok())
        {
            Some(byte) => {
                decoded.push(byte);
                index += 3;
            }
            None => {
                decoded.push(bytes[index]);
                index += 1;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

/// How deep the names of a form may nest.
const DEPTH_MAX: usize = 12;

/// A form whose names nest by dots, as the parameters that it stands for: `X.member.1` is an item
/// of the list `X`, `X.entry.1.key` and `X.entry.1.value` (or `Name` and `Value`) are a member of
/// the map `X`.
pub(super) fn nested(form: &BTreeMap<String, String>) -> Value {
    let mut root = Map::new();
    for (name, value) in form {
        let segments: Vec<&str> = name.splitn(DEPTH_MAX, '.').collect();
        insert(&mut root, &segments, value);
    }
    structure(Value::Object(root))
}

/// Where the same name is a text and a structure, the text stays.
fn insert(place: &mut Map<String, Value>, segments: &[&str], value: &str) {
    match segments {
        [] => {}
        [last] => {
            place.insert((*last).to_owned(), value.into());
        }
        [first, rest @ ..] => {
            let inner = place
                .entry(*first)
                .or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(inner) = inner {
                insert(inner, rest, value);
            }
        }
    }
}

fn structure(value: Value) -> Value {
    let Value::Object(mut members) = value else {
        return value;
    };
    if members.len() == 1 {
        if let Some(Value::Object(items)) = members.get_mut("member") {
            return numbered(std::mem::take(items)).map(structure).collect();
        }
        if let Some(Value::Object(entries)) = members.get_mut("entry") {
            let entries = numbered(std::mem::take(entries)).filter_map(entry);
            return Value::Object(entries.collect());
        }
    }
    Value::Object(
        members
            .into_iter()
            .map(|(name, inner)| (name, structure(inner)))
            .collect(),
    )
}

/// The items of a list in the order of their numbers.
fn numbered(items: Map<String, Value>) -> impl Iterator<Item = Value> {
    let mut items: Vec<(u32, Value)> = items
        .into_iter()
        .filter_map(|(number, item)| Some((number.parse().ok()?, item)))
        .collect();
    items.sort_by_key(|(number, _)| *number);
    items.into_iter().map(|(_, item)| item)
}

fn entry(pair: Value) -> Option<(String, Value)> {
    let Value::Object(mut pair) = pair else {
        return None;
    };
    let key = pair.remove("key").or_else(|| pair.remove("Name"))?;
    let value = pair.remove("value").or_else(|| pair.remove("Value"))?;
    Some((key.as_str()?.to_owned(), structure(value)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_with_dots_are_lists_and_maps() {
        let form = [
            ("TopicArn", "arn"),
            ("Tags.member.10.Key", "b"),
            ("Tags.member.2.Key", "a"),
            ("Attributes.entry.1.key", "FifoTopic"),
            ("Attributes.entry.1.value", "true"),
            ("MessageAttributes.entry.1.Name", "kind"),
            ("MessageAttributes.entry.1.Value.DataType", "String"),
            ("MessageAttributes.entry.1.Value.StringValue", "x"),
        ];
        let form = form.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let expected = json!({
            "TopicArn": "arn",
            "Tags": [{ "Key": "a" }, { "Key": "b" }],
            "Attributes": { "FifoTopic": "true" },
            "MessageAttributes": { "kind": { "DataType": "String", "StringValue": "x" } },
        });
        assert_eq!(nested(&form.into()), expected);
    }

    #[test]
    fn deep_names_end() {
        let form = [("a.".repeat(100_000), String::new())];
        assert!(nested(&form.into()).is_object());
    }
}
