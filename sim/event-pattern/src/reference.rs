//! EventBridge's matching a second time, slow and plain: no index, no flattened alternatives, every
//! combination tried. The invariants judge by it what the simulated cloud delivered, so that a
//! mistake in one of them shows.

use std::net::IpAddr;

use serde_json::{Map, Value};

/// A scalar of an event, with the element of each array that it lies in.
struct Leaf<'a> {
    path: String,
    value: &'a Value,
    place: Place,
}

/// Elements of arrays: which array, which element.
type Place = Vec<(usize, usize)>;

/// One demand of a pattern: any of these at this path.
type Field<'a> = (String, &'a [Value]);

/// An event's scalars, to hold several patterns against.
pub struct Leaves<'a>(Vec<Leaf<'a>>);

impl<'a> Leaves<'a> {
    /// The scalars of `event`, in its order.
    #[must_use]
    pub fn of(event: &'a Value) -> Self {
        let mut leaves = Vec::new();
        flatten(event, "", &Place::new(), &mut 0, &mut leaves);
        Self(leaves)
    }

    /// Whether the event matches a valid pattern.
    #[must_use]
    pub fn match_pattern(&self, pattern: &Value) -> bool {
        let Some(pattern) = pattern.as_object() else {
            return false;
        };
        alternatives(pattern, "").into_iter().any(|mut fields| {
            // An absence is judged with the arrays bound that come before it.
            fields.sort_by(|(one, _), (other, _)| one.cmp(other));
            holds(&fields, &Place::new(), &self.0)
        })
    }
}

/// Whether `event` matches a valid pattern.
#[must_use]
pub fn matches(pattern: &Value, event: &Value) -> bool {
    Leaves::of(event).match_pattern(pattern)
}

fn flatten<'a>(
    value: &'a Value,
    path: &str,
    place: &Place,
    arrays: &mut usize,
    leaves: &mut Vec<Leaf<'a>>,
) {
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                flatten(value, &joined(path, key), place, arrays, leaves);
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
        scalar => leaves.push(Leaf {
            path: path.to_owned(),
            value: scalar,
            place: place.clone(),
        }),
    }
}

fn joined(path: &str, key: &str) -> String {
    if path.is_empty() {
        key.to_owned()
    } else {
        format!("{path}.{key}")
    }
}

/// The lists of fields of which one must hold: more than one only where the pattern has a `$or`.
fn alternatives<'a>(pattern: &'a Map<String, Value>, path: &str) -> Vec<Vec<Field<'a>>> {
    let mut all: Vec<Vec<Field<'a>>> = vec![Vec::new()];
    for (key, value) in pattern {
        let choices: Vec<Vec<Field<'a>>> = match value {
            Value::Array(branches) if is_or(key, branches) => branches
                .iter()
                .filter_map(Value::as_object)
                .flat_map(|branch| alternatives(branch, path))
                .collect(),
            Value::Array(list) => vec![vec![(joined(path, key), list.as_slice())]],
            Value::Object(inner) => alternatives(inner, &joined(path, key)),
            _ => Vec::new(),
        };
        all = all
            .iter()
            .flat_map(|fields| {
                choices
                    .iter()
                    .map(|choice| [fields.clone(), choice.clone()].concat())
            })
            .collect();
    }
    all
}

/// `$or` is a field like others where its branches are not two objects or more that name fields.
fn is_or(key: &str, branches: &[Value]) -> bool {
    const OPERATORS: [&str; 9] = [
        "exactly",
        "prefix",
        "suffix",
        "numeric",
        "anything-but",
        "exists",
        "cidr",
        "equals-ignore-case",
        "wildcard",
    ];
    let names_fields = |branch: &Value| {
        branch.as_object().is_some_and(|branch| {
            !branch.is_empty() && !branch.keys().any(|key| OPERATORS.contains(&key.as_str()))
        })
    };
    key == "$or" && branches.len() >= 2 && branches.iter().all(names_fields)
}

fn agree(one: &Place, other: &Place) -> bool {
    one.iter().all(|(array, index)| {
        other
            .iter()
            .all(|(at, element)| array != at || index == element)
    })
}

fn holds(fields: &[Field<'_>], bound: &Place, leaves: &[Leaf<'_>]) -> bool {
    let Some(((path, list), rest)) = fields.split_first() else {
        return true;
    };
    let mut candidates = leaves
        .iter()
        .filter(|leaf| leaf.path == *path && agree(bound, &leaf.place))
        .peekable();
    let is_absent = candidates.peek().is_none();
    if is_absent
        && list
            .iter()
            .any(|wanted| wanted.get("exists") == Some(&Value::Bool(false)))
        && holds(rest, bound, leaves)
    {
        return true;
    }
    candidates
        .filter(|leaf| list.iter().any(|wanted| accepts(wanted, leaf.value)))
        .any(|leaf| {
            let both: Place = bound.iter().chain(&leaf.place).copied().collect();
            holds(rest, &both, leaves)
        })
}

/// Whether one entry of a pattern's list accepts a scalar.
fn accepts(wanted: &Value, value: &Value) -> bool {
    let Some((operator, operand)) = wanted.as_object().and_then(|object| object.iter().next())
    else {
        return equals(wanted, value);
    };
    let text = value.as_str();
    match operator.as_str() {
        "exactly" => value == operand,
        "exists" => operand == &Value::Bool(true),
        "equals-ignore-case" => text
            .zip(operand.as_str())
            .is_some_and(|(text, wanted)| folded(text) == folded(wanted)),
        "prefix" => {
            text.is_some_and(|text| affix(text, operand, |text, wanted| text.starts_with(wanted)))
        }
        "suffix" => {
            text.is_some_and(|text| affix(text, operand, |text, wanted| text.ends_with(wanted)))
        }
        "wildcard" => text
            .zip(operand.as_str())
            .is_some_and(|(text, wanted)| wildcard(wanted.as_bytes(), text.as_bytes())),
        "cidr" => text
            .zip(operand.as_str())
            .is_some_and(|(text, block)| in_block(text, block)),
        "numeric" => value
            .as_f64()
            .zip(operand.as_array())
            .is_some_and(|(number, bounds)| within(number, bounds)),
        "anything-but" => !excluded(operand, value),
        _ => false,
    }
}

fn equals(wanted: &Value, value: &Value) -> bool {
    match (wanted, value) {
        (Value::Number(one), Value::Number(other)) => one.as_f64() == other.as_f64(),
        (Value::String(one), Value::String(other)) => {
            match (one.parse::<IpAddr>(), other.parse::<IpAddr>()) {
                (Ok(one), Ok(other)) => one == other,
                _ => one == other,
            }
        }
        _ => wanted == value,
    }
}

fn folded(text: &str) -> String {
    text.to_lowercase()
}

/// A prefix or a suffix, as it is or in any case.
fn affix(text: &str, operand: &Value, has: fn(&str, &str) -> bool) -> bool {
    match (
        operand.as_str(),
        operand.get("equals-ignore-case").and_then(Value::as_str),
    ) {
        (Some(wanted), _) => has(text, wanted),
        (None, Some(wanted)) => has(&folded(text), &folded(wanted)),
        (None, None) => false,
    }
}

/// `*` stands for any text; a backslash takes the next character as it is.
fn wildcard(pattern: &[u8], text: &[u8]) -> bool {
    match pattern {
        [] => text.is_empty(),
        [b'*', rest @ ..] => (0..=text.len()).any(|skipped| wildcard(rest, &text[skipped..])),
        [b'\\', character, rest @ ..] | [character, rest @ ..] => {
            text.first() == Some(character) && wildcard(rest, &text[1..])
        }
    }
}

fn in_block(text: &str, block: &str) -> bool {
    let Some((network, bits)) = block.split_once('/') else {
        return false;
    };
    let (Ok(address), Ok(network), Ok(bits)) = (
        text.parse::<IpAddr>(),
        network.parse::<IpAddr>(),
        bits.parse::<u32>(),
    ) else {
        return false;
    };
    let leading = |address: IpAddr| match address {
        IpAddr::V4(address) => address
            .to_bits()
            .checked_shr(32_u32.saturating_sub(bits))
            .map_or(0, u128::from),
        IpAddr::V6(address) => address
            .to_bits()
            .checked_shr(128_u32.saturating_sub(bits))
            .unwrap_or(0),
    };
    address.is_ipv4() == network.is_ipv4() && leading(address) == leading(network)
}

fn within(number: f64, bounds: &[Value]) -> bool {
    bounds.chunks(2).all(|bound| match bound {
        [Value::String(sign), limit] => limit.as_f64().is_some_and(|limit| match sign.as_str() {
            "<" => number < limit,
            "<=" => number <= limit,
            ">" => number > limit,
            ">=" => number >= limit,
            _ => number == limit,
        }),
        _ => false,
    })
}

/// What `anything-but` leaves out: values, or texts by an operator of their own.
fn excluded(operand: &Value, value: &Value) -> bool {
    match operand {
        Value::Array(list) => list
            .iter()
            .any(|wanted| wanted == value || numbers_equal(wanted, value)),
        Value::Object(object) => object.iter().any(|(operator, operand)| match operand {
            Value::Array(list) => list.iter().any(|one| {
                accepts(
                    &Value::Object(Map::from_iter([(operator.clone(), one.clone())])),
                    value,
                )
            }),
            one => accepts(
                &Value::Object(Map::from_iter([(operator.clone(), one.clone())])),
                value,
            ),
        }),
        wanted => wanted == value || numbers_equal(wanted, value),
    }
}

fn numbers_equal(one: &Value, other: &Value) -> bool {
    one.is_number() && other.is_number() && one.as_f64() == other.as_f64()
}
