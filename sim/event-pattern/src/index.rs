//! Many patterns, matched at once.

use std::collections::{BTreeMap, BTreeSet};

use super::Pattern;
use super::address::Address;
use super::compile::{Alternative, Field, may_be_absent};
use super::event::FlatEvent;
use super::matcher::{Matcher, NumericRange, Scalar};
use super::number::Number;

/// Patterns by what an event must have to match them, so that an event meets few of them.
///
/// Each alternative of a pattern is kept under one of its fields: the one whose listed values the
/// fewest alternatives share. Where no field lists plain values it is kept under a field that must
/// be present, else it meets every event.
///
/// ```
/// use event_pattern::{FlatEvent, Pattern, PatternIndex};
///
/// let patterns = [r#"{"source": ["shop"]}"#, r#"{"source": ["bank"]}"#, r#"{"source": [{"prefix": "s"}]}"#];
/// let patterns: Result<Vec<Pattern>, _> = patterns.into_iter().map(Pattern::parse).collect();
/// let index = PatternIndex::from(patterns?);
/// assert_eq!(index.matching(&FlatEvent::parse(r#"{"source": "shop"}"#)?), [0, 2]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Default)]
pub struct PatternIndex {
    patterns: Vec<Pattern>,
    by_path: BTreeMap<String, FieldIndex>,
    /// Patterns that may match an event that has none of their fields.
    others: Vec<usize>,
}

/// The patterns that are kept under one field.
#[derive(Debug, Default)]
struct FieldIndex {
    by_text: BTreeMap<String, Vec<usize>>,
    by_value: BTreeMap<Value, Vec<usize>>,
    /// Those that any value at the field may match.
    by_presence: Vec<usize>,
}

/// A plain value other than a text. Two are equal exactly where a pattern's value and an event's
/// are.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Value {
    Address(Address),
    /// The bits of a double.
    Number(u64),
    /// A number beyond doubles.
    NumberText(String),
    Bool(bool),
    Null,
}

/// A plain value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Text(String),
    Value(Value),
}

impl From<Vec<Pattern>> for PatternIndex {
    fn from(patterns: Vec<Pattern>) -> Self {
        let mut shared: BTreeMap<(&str, Key), usize> = BTreeMap::new();
        for field in patterns
            .iter()
            .flat_map(|pattern| &pattern.alternatives)
            .flat_map(Alternative::fields)
        {
            for key in plain_values(field).into_iter().flatten() {
                *shared.entry((&field.path, key)).or_default() += 1;
            }
        }
        let mut by_path: BTreeMap<String, FieldIndex> = BTreeMap::new();
        let mut others = Vec::new();
        for (number, pattern) in patterns.iter().enumerate() {
            for alternative in &pattern.alternatives {
                let rarest = alternative
                    .fields()
                    .iter()
                    .filter_map(|field| {
                        let keys = plain_values(field)?;
                        let sharing: usize = keys
                            .iter()
                            .map(|key| shared[&(field.path.as_str(), key.clone())])
                            .sum();
                        Some((sharing, &field.path, keys))
                    })
                    .min();
                let required = || {
                    alternative
                        .fields()
                        .iter()
                        .find(|field| !may_be_absent(&field.matchers))
                };
                if let Some((_, path, keys)) = rarest {
                    let field = by_path.entry(path.clone()).or_default();
                    keys.into_iter()
                        .for_each(|key| field.list(key).push(number));
                } else if let Some(field) = required() {
                    by_path
                        .entry(field.path.clone())
                        .or_default()
                        .by_presence
                        .push(number);
                } else {
                    others.push(number);
                }
            }
        }
        PatternIndex {
            patterns,
            by_path,
            others,
        }
    }
}

impl PatternIndex {
    /// The patterns that match, by their places in the list that the index was made from, in its
    /// order.
    #[must_use]
    pub fn matching(&self, event: &FlatEvent) -> Vec<usize> {
        let mut candidates: Vec<usize> = self.others.clone();
        for (path, leaves) in event.fields() {
            let Some(field) = self.by_path.get(path) else {
                continue;
            };
            candidates.extend(&field.by_presence);
            for leaf in leaves {
                field.collect(&leaf.value, &mut candidates);
            }
        }
        candidates.sort_unstable();
        candidates.dedup();
        candidates.retain(|number| self.patterns[*number].matches(event));
        candidates
    }
}

impl FieldIndex {
    fn list(&mut self, key: Key) -> &mut Vec<usize> {
        match key {
            Key::Text(text) => self.by_text.entry(text).or_default(),
            Key::Value(value) => self.by_value.entry(value).or_default(),
        }
    }

    /// Adds the patterns that are kept under this value.
    fn collect(&self, scalar: &Scalar, candidates: &mut Vec<usize>) {
        // A text that spells an address may be listed as either: `exactly` compares its characters.
        if let Scalar::Text(text) = scalar {
            candidates.extend(self.by_text.get(text).into_iter().flatten());
        }
        let value = match scalar {
            Scalar::Text(text) => Address::parse(text).map(Value::Address),
            other => plain_value(other),
        };
        candidates.extend(
            value
                .and_then(|value| self.by_value.get(&value))
                .into_iter()
                .flatten(),
        );
    }
}

/// The plain values of which the field needs one; `None` where something else may satisfy it.
fn plain_values(field: &Field) -> Option<BTreeSet<Key>> {
    let key = |matcher: &Matcher| match matcher {
        Matcher::Equals(Scalar::Text(text)) => Some(Key::Text(text.clone())),
        Matcher::Equals(scalar) => plain_value(scalar).map(Key::Value),
        Matcher::Address(address) => Some(Key::Value(Value::Address(*address))),
        Matcher::Numeric(NumericRange {
            lower: Some(lower),
            upper: Some(upper),
        }) if lower == upper => Some(Key::Value(number_value(lower.value))),
        _ => None,
    };
    field.matchers.iter().map(key).collect()
}

fn plain_value(scalar: &Scalar) -> Option<Value> {
    match scalar {
        Scalar::Text(_) => None,
        Scalar::Number(number) => Some(value_of(number)),
        Scalar::Bool(value) => Some(Value::Bool(*value)),
        Scalar::Null => Some(Value::Null),
    }
}

fn value_of(number: &Number) -> Value {
    number
        .value()
        .map_or_else(|| Value::NumberText(number.text().to_owned()), number_value)
}

/// Both zeros have the same key.
fn number_value(number: f64) -> Value {
    Value::Number((number + 0.0).to_bits())
}
