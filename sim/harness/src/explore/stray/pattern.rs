use serde_json::{Map, Value, json};

use super::below;
use event_pattern::{FlatEvent, Pattern};

/// The members of an event that its sender chooses.
const OF_THE_SENDER: [&str; 4] = ["source", "detail-type", "resources", "detail"];

/// Whether a pattern matches an event, as far as a sender decides about that.
pub(super) fn matches(pattern: &Value, event: &Value) -> bool {
    let pattern = Pattern::parse(&pattern.to_string());
    let event = FlatEvent::parse(&event.to_string());
    matches!((pattern, event), (Ok(pattern), Ok(event)) if pattern.matches(&event))
}

/// An event that has what a pattern asks for, and nothing else that a sender need not give. None where
/// no value comes to mind that would do.
pub(super) fn matching(pattern: &Value) -> Option<Value> {
    let mut event =
        json!({"source": "stray", "detail-type": "Stray", "resources": [], "detail": {}});
    fill(pattern.as_object()?, event.as_object_mut()?);
    let of_the_sender = |event: &Value| {
        let mut names = event.as_object().into_iter().flat_map(Map::keys);
        names.all(|name| OF_THE_SENDER.contains(&name.as_str()))
    };
    (of_the_sender(&event) && matches(pattern, &event)).then_some(event)
}

/// Gives an object what a pattern asks for; of `$or` the first alternative.
fn fill(pattern: &Map<String, Value>, object: &mut Map<String, Value>) {
    for (name, wanted) in pattern {
        match wanted {
            Value::Array(alternatives) if name == "$or" => {
                if let Some(Value::Object(first)) = alternatives.first() {
                    fill(first, object);
                }
            }
            Value::Object(members) => {
                let inner = object.entry(name.clone()).or_insert_with(|| json!({}));
                if let Value::Object(inner) = inner {
                    fill(members, inner);
                }
            }
            Value::Array(alternatives) => {
                if let Some(value) = alternatives.iter().find_map(value_for) {
                    object.insert(name.clone(), value);
                }
            }
            _ => {}
        }
    }
}

/// A value that one alternative of a field matches; none where none comes to mind, or none has to be
/// there.
fn value_for(alternative: &Value) -> Option<Value> {
    let wanted = json!({"field": [alternative]});
    let does = |value: &Value| matches(&wanted, &json!({ "field": value }));
    candidates(alternative).into_iter().find(does)
}

/// Values at and around everything that an alternative names.
fn candidates(alternative: &Value) -> Vec<Value> {
    let mut texts = Vec::new();
    let mut numbers = Vec::new();
    named(alternative, &mut texts, &mut numbers);
    let mut candidates = vec![alternative.clone()];
    for text in texts {
        let filled = text.replace('*', "x");
        let around = [filled.clone(), format!("{filled}x"), format!("x{filled}")];
        candidates.extend(around.into_iter().map(Value::from));
        let address = text.split('/').next().unwrap_or_default();
        candidates.push(json!(address));
    }
    for number in numbers {
        candidates.extend([number, number + 1.0, number - 1.0, number + 0.5].map(Value::from));
    }
    candidates.extend([json!("stray"), json!(0)]);
    candidates
}

/// All texts and numbers in a value, but for the names of its members.
fn named(value: &Value, texts: &mut Vec<String>, numbers: &mut Vec<f64>) {
    match value {
        Value::String(text) => texts.push(text.clone()),
        Value::Number(number) => numbers.extend(number.as_f64()),
        Value::Array(items) => items.iter().for_each(|item| named(item, texts, numbers)),
        Value::Object(members) => members
            .values()
            .for_each(|member| named(member, texts, numbers)),
        Value::Null | Value::Bool(_) => {}
    }
}

/// Events that a pattern does not match, each of them but one value away from one that it matches.
pub(super) fn nearly_matching(pattern: &Value, event: &Value) -> Vec<Value> {
    let mut fields = Vec::new();
    collect(pattern, "", &mut fields);
    let mut near = Vec::new();
    for (pointer, alternatives) in fields {
        let Some(value) = event.pointer(&pointer) else {
            continue;
        };
        for other in beside(value, &alternatives) {
            let mut changed = event.clone();
            if let Some(place) = changed.pointer_mut(&pointer) {
                *place = other;
            }
            if !matches(pattern, &changed) {
                near.push(changed);
            }
        }
    }
    near
}

/// The fields that a pattern names, with what it asks of each; those of the sender alone.
fn collect(pattern: &Value, pointer: &str, fields: &mut Vec<(String, Value)>) {
    for (name, wanted) in pattern.as_object().into_iter().flatten() {
        if pointer.is_empty() && name != "$or" && !OF_THE_SENDER.contains(&name.as_str()) {
            continue;
        }
        if name == "$or" {
            let alternatives = wanted.as_array().into_iter().flatten();
            alternatives.for_each(|alternative| collect(alternative, pointer, fields));
            continue;
        }
        let pointer = below(pointer, name);
        if wanted.is_object() {
            collect(wanted, &pointer, fields);
        } else {
            fields.push((pointer, wanted.clone()));
        }
    }
}

/// Values that are near to one: a letter more or less, other cases, the bounds that a pattern names.
fn beside(value: &Value, alternatives: &Value) -> Vec<Value> {
    match value {
        Value::String(text) => {
            let mut shorter = text.clone();
            shorter.pop();
            let longer = [format!("{text}x"), format!("x{text}"), format!("{text} ")];
            let cases = [text.to_uppercase(), text.to_lowercase()];
            let texts = longer.into_iter().chain(cases).chain([shorter]);
            // A source and a type cannot be empty.
            texts
                .filter(|text| !text.is_empty())
                .map(Value::from)
                .collect()
        }
        Value::Number(_) => {
            let (mut texts, mut numbers) = (Vec::new(), Vec::new());
            named(alternatives, &mut texts, &mut numbers);
            let around = numbers
                .into_iter()
                .flat_map(|bound| [bound - 1.0, bound, bound + 1.0]);
            around
                .map(Value::from)
                .chain([json!(value.to_string())])
                .collect()
        }
        _ => vec![json!("stray")],
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_event_has_what_each_kind_of_pattern_asks_for() {
        for field in [
            json!(["shop"]),
            json!([7]),
            json!([null]),
            json!([{"prefix": "shop."}]),
            json!([{"prefix": {"equals-ignore-case": "Shop"}}]),
            json!([{"suffix": ".png"}]),
            json!([{"equals-ignore-case": "Shop"}]),
            json!([{"wildcard": "shop.*.eu"}]),
            json!([{"anything-but": ["stray", "other"]}]),
            json!([{"anything-but": {"prefix": "stray"}}]),
            json!([{"numeric": [">", 100]}]),
            json!([{"numeric": [">", 0, "<", 1]}]),
            json!([{"numeric": ["=", 3.5]}]),
            json!([{"exists": true}]),
            json!([{"exists": false}]),
            json!([{"cidr": "10.0.0.0/24"}]),
        ] {
            let pattern = json!({"source": ["shop"], "detail": {"field": field, "kind": ["sale"]}});
            let event = matching(&pattern).unwrap_or_else(|| panic!("{pattern}"));
            assert!(matches(&pattern, &event), "{pattern} {event}");
            let near = nearly_matching(&pattern, &event);
            assert!(!near.is_empty(), "{pattern}");
            assert!(
                near.iter().all(|near| !matches(&pattern, near)),
                "{pattern}"
            );
        }
    }

    #[test]
    fn what_no_sender_decides_about_is_left_alone() {
        assert_eq!(matching(&json!({"account": ["123456789012"]})), None);
        let pattern = json!({"account": ["123456789012"], "source": ["shop"]});
        assert_eq!(matching(&pattern), None);
        let event = json!({"account": "123456789012", "source": "shop"});
        for near in nearly_matching(&pattern, &event) {
            assert_eq!(near["account"], event["account"]);
        }
    }

    #[test]
    fn alternatives_are_followed() {
        let pattern =
            json!({"$or": [{"source": ["a"]}, {"detail": {"b": [{"numeric": ["<", 2]}]}}]});
        let event = matching(&pattern).expect("the first will do");
        assert_eq!(event["source"], "a");
    }

    proptest! {
        /// Whatever stands in it, an event that is made for a pattern matches it, and what is near does not.
        #[test]
        fn made_events_match_and_near_ones_do_not(
            source in "[a-z.*]{1,8}", least in -1_000..1_000_i32, span in 1..50_i32, prefix in "[a-zA-Z/~]{1,6}",
        ) {
            let pattern = json!({
                "source": [source],
                "detail": {
                    "a/b": {"total": [{"numeric": [">=", least, "<", least + span]}]},
                    "name": [{"prefix": prefix}, {"suffix": source}],
                },
            });
            let event = matching(&pattern).expect("there is one");
            prop_assert!(matches(&pattern, &event));
            for near in nearly_matching(&pattern, &event) {
                prop_assert!(!matches(&pattern, &near));
            }
        }
    }
}
