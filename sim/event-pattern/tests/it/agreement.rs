//! The search for array-consistent matches against a plain search that tries every combination.
//!
//! Events and patterns are drawn from a seed; a failure prints both.

use event_pattern::{FlatEvent, Pattern};
use serde_json::{Map, Value, json};

/// A small generator, the same on every machine.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

fn draw_value(dice: &mut Dice, depth: u32) -> Value {
    match dice.roll(if depth == 0 { 2 } else { 6 }) {
        0 | 1 => json!(dice.roll(2)),
        2 | 3 => Value::Array(
            (0..dice.roll(4))
                .map(|_| draw_value(dice, depth - 1))
                .collect(),
        ),
        _ => draw_object(dice, depth - 1),
    }
}

fn draw_object(dice: &mut Dice, depth: u32) -> Value {
    let mut object = Map::new();
    for _ in 0..=dice.roll(3) {
        let key = ["a", "b", "c"][usize::try_from(dice.roll(3)).expect("small")];
        object.insert(key.to_owned(), draw_value(dice, depth));
    }
    Value::Object(object)
}

fn draw_path(dice: &mut Dice) -> String {
    let steps = 1 + dice.roll(3);
    let keys: Vec<&str> = (0..steps)
        .map(|_| ["a", "b", "c"][usize::try_from(dice.roll(3)).expect("small")])
        .collect();
    keys.join(".")
}

type Place = Vec<(usize, usize)>;

/// Leaves by path, each with the array elements it lies in.
fn flatten(
    value: &Value,
    path: &str,
    place: &Place,
    arrays: &mut usize,
    leaves: &mut Vec<(String, i64, Place)>,
) {
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                let path = if path.is_empty() {
                    key.clone()
                } else {
                    format!("{path}.{key}")
                };
                flatten(value, &path, place, arrays, leaves);
            }
        }
        Value::Array(elements) => {
            let array = *arrays;
            *arrays += 1;
            for (index, element) in elements.iter().enumerate() {
                let mut inner = place.clone();
                if element.is_object() || element.is_array() {
                    inner.push((array, index));
                }
                flatten(element, path, &inner, arrays, leaves);
            }
        }
        number => leaves.push((
            path.to_owned(),
            number.as_i64().expect("only numbers"),
            place.clone(),
        )),
    }
}

fn agree(one: &Place, two: &Place) -> bool {
    one.iter()
        .all(|(array, index)| two.iter().all(|(other, at)| array != other || index == at))
}

/// `None` asks for absence.
fn holds(fields: &[(String, Option<i64>)], bound: &Place, leaves: &[(String, i64, Place)]) -> bool {
    let Some(((path, wanted), rest)) = fields.split_first() else {
        return true;
    };
    let mut candidates = leaves
        .iter()
        .filter(|(at, _, place)| at == path && agree(bound, place));
    match wanted {
        None => candidates.next().is_none() && holds(rest, bound, leaves),
        Some(wanted) => candidates
            .filter(|(_, value, _)| value == wanted)
            .any(|(_, _, place)| {
                let both: Place = bound.iter().chain(place).copied().collect();
                holds(rest, &both, leaves)
            }),
    }
}

#[test]
fn the_search_finds_what_trying_every_combination_finds() {
    let mut dice = Dice(42);
    let mut matched = 0;
    for _ in 0..40_000 {
        let event = draw_object(&mut dice, 5);
        let mut fields = std::collections::BTreeMap::new();
        for _ in 0..=dice.roll(3) {
            let wanted = if dice.roll(4) == 0 {
                None
            } else {
                Some(i64::try_from(dice.roll(2)).expect("small"))
            };
            fields.insert(draw_path(&mut dice), wanted);
        }
        let pattern: Map<String, Value> = fields
            .iter()
            .map(|(path, wanted)| {
                (
                    path.clone(),
                    wanted.map_or_else(|| json!([{"exists": false}]), |wanted| json!([wanted])),
                )
            })
            .collect();
        let pattern = Value::Object(pattern).to_string();
        let mut leaves = Vec::new();
        flatten(&event, "", &Place::new(), &mut 0, &mut leaves);
        let fields: Vec<(String, Option<i64>)> = fields.into_iter().collect();
        let expected = holds(&fields, &Place::new(), &leaves);
        let flat = FlatEvent::from_value(&event).expect("an object");
        let parsed = Pattern::parse(&pattern).expect("valid");
        assert_eq!(
            parsed.matches(&flat),
            expected,
            "pattern {pattern}\nevent {event}"
        );
        assert_eq!(
            parsed.explain(&flat).is_match(),
            expected,
            "explained: pattern {pattern}\nevent {event}"
        );
        matched += u32::from(expected);
    }
    assert!(
        (4_000..36_000).contains(&matched),
        "{matched} of 40000 match: the draw judges little"
    );
}
