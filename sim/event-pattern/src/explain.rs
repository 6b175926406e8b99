//! Why a pattern matches an event, or why not.

use std::fmt::{Display, Formatter};

use super::Pattern;
use super::compile::{Alternative, Field, first_without_match, may_be_absent};
use super::describe::describe_list;
use super::event::{FlatEvent, Leaf};
use super::matcher::{Matcher, Scalar};
use suggestion::nearest;

/// Alternatives of `$or` that are told; there may be a thousand.
const ALTERNATIVES_MAX: usize = 8;

/// Values of one field that are told.
const VALUES_MAX: usize = 5;

const ABSENCE_IN_ARRAYS: &str = "no element of the array may have it; where a field that sorts before this one picks an element, only that one counts";

/// A verdict with its reasons. Its text names every condition, what it wanted and what the event
/// has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// The ways in which the pattern can hold, of which one suffices; more than one where it has a
    /// `$or`.
    pub alternatives: Vec<ExplainedAlternative>,
}

/// Conditions that must all hold, together in one element of every array.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExplainedAlternative {
    /// One for each field, sorted by path.
    pub conditions: Vec<Condition>,
    /// Why conditions that hold each alone do not hold together.
    pub clash: Option<String>,
}

/// What one field must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// The field: keys joined with dots.
    pub path: String,
    /// What the pattern demands.
    pub wanted: String,
    /// What the event has there.
    pub found: String,
    /// Whether the two agree, and agree with the other conditions.
    pub holds: bool,
    /// What may be the mistake.
    pub hint: Option<String>,
}

impl Pattern {
    /// Says why the event matches or does not. Slower than [`Pattern::matches`], with which it
    /// always agrees.
    #[must_use]
    pub fn explain(&self, event: &FlatEvent) -> Explanation {
        Explanation {
            alternatives: self
                .alternatives
                .iter()
                .map(|alternative| explain(alternative, event))
                .collect(),
        }
    }
}

impl Explanation {
    /// Whether the event matches.
    #[must_use]
    pub fn is_match(&self) -> bool {
        self.alternatives.iter().any(ExplainedAlternative::holds)
    }
}

impl ExplainedAlternative {
    /// Whether all conditions hold.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.failures() == 0
    }

    fn failures(&self) -> usize {
        self.conditions
            .iter()
            .filter(|condition| !condition.holds)
            .count()
    }
}

fn explain(alternative: &Alternative, event: &FlatEvent) -> ExplainedAlternative {
    let fields = alternative.fields();
    let (hopeless, rest): (Vec<&Field>, Vec<&Field>) =
        fields.iter().partition(|field| is_hopeless(field, event));
    let clashing = clashing(rest, event);
    let names = |list: &[&Field], field: &Field| list.iter().any(|other| other.path == field.path);
    let is_alone = clashing.len() == 1;
    let conditions = fields
        .iter()
        .map(|field| {
            let (is_hopeless, is_clashing) = (names(&hopeless, field), names(&clashing, field));
            let hint = match (is_hopeless, is_clashing && is_alone) {
                (true, _) => hint(field, event),
                // Only an absence can fail on its own without being hopeless.
                (false, true) => Some(ABSENCE_IN_ARRAYS.to_owned()),
                (false, false) => None,
            };
            condition(field, event, !is_hopeless && !is_clashing, hint)
        })
        .collect();
    let clash = (clashing.len() > 1).then(|| describe_clash(&clashing, event));
    ExplainedAlternative { conditions, clash }
}

/// Whether the field fails whatever elements of arrays the others are bound to.
fn is_hopeless(field: &Field, event: &FlatEvent) -> bool {
    let leaves = event.leaves(&field.path);
    let excludable =
        may_be_absent(&field.matchers) && leaves.iter().all(|leaf| !leaf.membership.is_empty());
    accepted(field, event).is_empty() && !excludable
}

fn accepted<'e>(field: &Field, event: &'e FlatEvent) -> Vec<&'e Leaf> {
    event
        .leaves(&field.path)
        .iter()
        .filter(|leaf| field.accepts(&leaf.value))
        .collect()
}

/// Fields that do not hold together, of which none can be left out; empty where all hold.
fn clashing<'f>(mut fields: Vec<&'f Field>, event: &FlatEvent) -> Vec<&'f Field> {
    let Some(last) = first_without_match(&fields, event) else {
        return Vec::new();
    };
    fields.truncate(last + 1);
    let mut at = 0;
    while at < fields.len() {
        let mut fewer = fields.clone();
        fewer.remove(at);
        if first_without_match(&fewer, event).is_some() {
            fields = fewer;
        } else {
            at += 1;
        }
    }
    fields
}

fn condition(field: &Field, event: &FlatEvent, holds: bool, hint: Option<String>) -> Condition {
    let matching = accepted(field, event);
    let shown = if matching.is_empty() {
        event.leaves(&field.path).iter().collect()
    } else {
        matching
    };
    Condition {
        path: field.path.clone(),
        wanted: describe_list(&field.matchers),
        found: found(&shown, event),
        holds,
        hint,
    }
}

fn found(leaves: &[&Leaf], event: &FlatEvent) -> String {
    if leaves.is_empty() {
        return "nothing".to_owned();
    }
    let mut values: Vec<String> = leaves
        .iter()
        .take(VALUES_MAX)
        .map(|leaf| match event.place(&leaf.membership) {
            None => leaf.value.to_string(),
            Some(place) => format!("{} in {place}", leaf.value),
        })
        .collect();
    if leaves.len() > VALUES_MAX {
        values.push(format!("and {} more", leaves.len() - VALUES_MAX));
    }
    values.join(", ")
}

fn describe_clash(fields: &[&Field], event: &FlatEvent) -> String {
    let arrays = |field: &Field| -> Vec<String> {
        let members = event
            .leaves(&field.path)
            .iter()
            .flat_map(|leaf| leaf.membership.arrays());
        members
            .map(|array| event.array_path(array).to_owned())
            .collect()
    };
    let mut shared = arrays(fields[0]);
    for field in &fields[1..] {
        let others = arrays(field);
        shared.retain(|path| others.contains(path));
    }
    let array = shared
        .iter()
        .max_by_key(|path| path.len())
        .map(|path| format!(" of {path}"))
        .unwrap_or_default();
    let names = fields
        .iter()
        .map(|field| field.path.as_str())
        .collect::<Vec<_>>()
        .join(" and ");
    if fields
        .iter()
        .all(|field| !accepted(field, event).is_empty())
    {
        format!("{names} match only in different elements{array}")
    } else {
        format!("{names} do not hold together in any element{array}")
    }
}

fn hint(field: &Field, event: &FlatEvent) -> Option<String> {
    let leaves = event.leaves(&field.path);
    if leaves.is_empty() {
        return hint_on_path(&field.path, event);
    }
    field
        .matchers
        .iter()
        .flat_map(|matcher| leaves.iter().map(move |leaf| (matcher, &leaf.value)))
        .find_map(hint_on_value)
}

/// Where the event's keys part from the path.
fn hint_on_path(path: &str, event: &FlatEvent) -> Option<String> {
    let mut start = 0;
    for key in path.split('.') {
        let end = start + key.len();
        let here = &path[..end];
        if let Some(leaf) = event.leaves(here).first() {
            return Some(format!("{here} is {}, not an object", leaf.value));
        }
        if event.paths_below(here).next().is_none() {
            let parent = path[..start].trim_end_matches('.');
            let siblings = event
                .paths_below(parent)
                .filter_map(|sibling| sibling[start..].split('.').next());
            return nearest(key, siblings).map(|near| {
                format!(
                    "the event has no {here}; did you mean {}{near}?",
                    &path[..start]
                )
            });
        }
        start = end + 1;
    }
    let inner = event.paths_below(path).next()?;
    Some(format!(
        "{path} is an object, with {inner} in it; only values match"
    ))
}

/// Values that look alike and differ.
fn hint_on_value((matcher, value): (&Matcher, &Scalar)) -> Option<String> {
    match (matcher, value) {
        (Matcher::Equals(Scalar::Text(wanted)), Scalar::Text(found))
            if wanted.to_lowercase() == found.to_lowercase() =>
        {
            Some("they differ in case, which equals-ignore-case would ignore".to_owned())
        }
        (Matcher::Equals(Scalar::Text(text)), other)
        | (Matcher::Equals(other), Scalar::Text(text))
            if *text == other.to_string() =>
        {
            Some(format!("the string \"{text}\" never equals {other}"))
        }
        (Matcher::Numeric(_), Scalar::Text(text)) if text.parse::<f64>().is_ok() => {
            Some("numeric never matches a string".to_owned())
        }
        _ => None,
    }
}

impl Display for Explanation {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> std::fmt::Result {
        let count = self.alternatives.len();
        if let Some((index, holding)) = self
            .alternatives
            .iter()
            .enumerate()
            .find(|(_, alternative)| alternative.holds())
        {
            let which = if count > 1 {
                format!(" by alternative {} of {count}", index + 1)
            } else {
                String::new()
            };
            return write!(formatter, "match{which}\n{holding}");
        }
        if let [only] = self.alternatives.as_slice() {
            return write!(formatter, "no match\n{only}");
        }
        writeln!(
            formatter,
            "no match: none of {count} alternatives of $or holds"
        )?;
        let mut nearest: Vec<(usize, &ExplainedAlternative)> =
            self.alternatives.iter().enumerate().collect();
        nearest.sort_by_key(|(_, alternative)| alternative.failures());
        nearest.truncate(ALTERNATIVES_MAX);
        nearest.sort_by_key(|(index, _)| *index);
        for (index, alternative) in &nearest {
            write!(formatter, "alternative {}\n{alternative}", index + 1)?;
        }
        if count > nearest.len() {
            writeln!(
                formatter,
                "{} more alternatives fail in as many conditions or more",
                count - nearest.len()
            )?;
        }
        Ok(())
    }
}

impl Display for ExplainedAlternative {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> std::fmt::Result {
        for condition in &self.conditions {
            writeln!(
                formatter,
                "  {}  {condition}",
                if condition.holds { "ok  " } else { "FAIL" }
            )?;
            if let Some(hint) = &condition.hint {
                writeln!(formatter, "        hint: {hint}")?;
            }
        }
        self.clash
            .iter()
            .try_for_each(|clash| writeln!(formatter, "        {clash}"))
    }
}

impl Display for Condition {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> std::fmt::Result {
        write!(
            formatter,
            "{}: wanted {}, found {}",
            self.path, self.wanted, self.found
        )
    }
}
