use serde_json::{Value, json};

use super::{below, one_of};
use seeded_dice::{Dice, Key};

/// The detail with one of its parts spoiled, and that part's JSON pointer. None where it has no part.
pub(super) fn spoiled(detail: &Value, dice: Dice, key: Key) -> Option<(String, Value)> {
    let mut parts = Vec::new();
    collect(detail, "", &mut parts);
    let pointer = one_of(parts, dice, key.text("part"))?;
    let mut spoiled = detail.clone();
    let part = spoiled.pointer(&pointer)?.clone();
    match one_of(instead(&part), dice, key.text("how"))? {
        Some(other) => *spoiled.pointer_mut(&pointer)? = other,
        None => remove(&mut spoiled, &pointer),
    }
    Some((pointer, spoiled))
}

/// The pointers of all parts of a value but itself.
fn collect(value: &Value, pointer: &str, parts: &mut Vec<String>) {
    let mut take = |name: &str, part: &Value| {
        let pointer = below(pointer, name);
        parts.push(pointer.clone());
        collect(part, &pointer, parts);
    };
    match value {
        Value::Object(members) => members.iter().for_each(|(name, part)| take(name, part)),
        Value::Array(items) => {
            let mut take = |(place, part): (usize, &Value)| take(&place.to_string(), part);
            items.iter().enumerate().for_each(&mut take);
        }
        _ => {}
    }
}

/// What may stand in the place of a part; none for nothing at all. All of it is of another type, or
/// empty: what could be meant would be an event that somebody sent, and no spoiled one.
fn instead(part: &Value) -> Vec<Option<Value>> {
    let other = match part {
        Value::String(text) => vec![json!(""), json!([text]), json!({ "text": text })],
        Value::Number(number) => vec![json!([number]), json!("many")],
        Value::Bool(_) => vec![json!("perhaps"), json!([])],
        Value::Null => vec![json!({"null": null}), json!([[]])],
        Value::Array(_) => vec![json!("many"), json!({})],
        Value::Object(_) => vec![json!("one"), json!([])],
    };
    let null = (!part.is_null()).then_some(Value::Null);
    let all = other.into_iter().chain(null).map(Some);
    all.chain([None]).collect()
}

fn remove(value: &mut Value, pointer: &str) {
    let Some((parent, name)) = pointer.rsplit_once('/') else {
        return;
    };
    match value.pointer_mut(parent) {
        Some(Value::Object(members)) => {
            members.remove(&name.replace("~1", "/").replace("~0", "~"));
        }
        Some(Value::Array(items)) => {
            if let Ok(place) = name.parse::<usize>() {
                items.remove(place);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_part_is_spoiled_in_turn() {
        let detail = json!({"id": "a", "count": 2, "of": {"a/b": [true, null]}});
        let mut pointers = BTreeSet::new();
        for seed in 0..300 {
            let (pointer, other) =
                spoiled(&detail, Dice::new(seed), Key::of("test")).expect("it has parts");
            assert_ne!(other, detail, "{pointer}");
            pointers.insert(pointer);
        }
        let all = [
            "/count",
            "/id",
            "/of",
            "/of/a~1b",
            "/of/a~1b/0",
            "/of/a~1b/1",
        ];
        assert_eq!(pointers, all.map(str::to_owned).into());
    }

    #[test]
    fn what_has_no_part_cannot_be_spoiled() {
        assert_eq!(spoiled(&json!({}), Dice::new(1), Key::of("test")), None);
        assert_eq!(spoiled(&json!("text"), Dice::new(1), Key::of("test")), None);
    }
}
