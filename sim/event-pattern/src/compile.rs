//! The flat alternatives that a pattern expands to, and how one is matched.

use std::borrow::Borrow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::event::{FlatEvent, Leaf};
use super::matcher::{Matcher, Scalar};
use super::membership::Membership;

/// Fields by path while a pattern is read. A path that comes again is overwritten, inside and
/// outside of `$or`.
pub(super) type Draft = BTreeMap<String, Arc<[Matcher]>>;

/// Fields that must all hold.
#[derive(Debug, Clone)]
pub(super) struct Alternative {
    /// Sorted by path. The order decides which arrays are bound when an absence is judged.
    fields: Vec<Field>,
}

/// What the values at one path must be.
#[derive(Debug, Clone)]
pub(super) struct Field {
    pub(super) path: String,
    /// Any one of these suffices.
    pub(super) matchers: Arc<[Matcher]>,
}

impl From<Draft> for Alternative {
    fn from(draft: Draft) -> Self {
        Alternative {
            fields: draft
                .into_iter()
                .map(|(path, matchers)| Field { path, matchers })
                .collect(),
        }
    }
}

impl Alternative {
    /// The lists of all fields.
    pub(super) fn lists(&self) -> impl Iterator<Item = &Arc<[Matcher]>> {
        self.fields.iter().map(|field| &field.matchers)
    }

    pub(super) fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// Whether the event has a match for every field, in one element of each array.
    pub(super) fn holds(&self, event: &FlatEvent) -> bool {
        first_without_match(&self.fields, event).is_none()
    }
}

impl Field {
    pub(super) fn accepts(&self, value: &Scalar) -> bool {
        self.matchers.iter().any(|matcher| matcher.accepts(value))
    }
}

pub(super) fn may_be_absent(matchers: &[Matcher]) -> bool {
    matchers.contains(&Matcher::Absent)
}

/// The first field that cannot hold together with those before it.
///
/// Goes from field to field with all ways in which the fields so far can be bound to array
/// elements. Bindings that no later field can contradict are dropped, so that the ways stay few.
pub(super) fn first_without_match<F: Borrow<Field>>(
    fields: &[F],
    event: &FlatEvent,
) -> Option<usize> {
    let mut bindings = vec![Membership::default()];
    for (index, field) in fields.iter().enumerate() {
        let field: &Field = field.borrow();
        bindings = extend(&bindings, event.leaves(&field.path), field);
        if bindings.is_empty() {
            return Some(index);
        }
        if bindings.len() > 1 || !bindings[0].is_empty() {
            forget_finished_arrays(&fields[index + 1..], event, &mut bindings);
        }
    }
    None
}

/// Drops bindings to arrays in which none of the fields to come has a leaf.
fn forget_finished_arrays<F: Borrow<Field>>(
    to_come: &[F],
    event: &FlatEvent,
    bindings: &mut Vec<Membership>,
) {
    let mut needed = BTreeSet::new();
    for field in to_come {
        for leaf in event.leaves(&field.borrow().path) {
            needed.extend(leaf.membership.arrays());
        }
    }
    for binding in bindings.iter_mut() {
        binding.keep_arrays(|array| needed.contains(&array));
    }
    bindings.sort_unstable();
    bindings.dedup();
}

/// The bindings after one more field.
fn extend(bindings: &[Membership], leaves: &[Leaf], field: &Field) -> Vec<Membership> {
    let accepted: Vec<&Leaf> = leaves
        .iter()
        .filter(|leaf| field.accepts(&leaf.value))
        .collect();
    let may_be_absent = may_be_absent(&field.matchers);
    let mut extended = Vec::new();
    for binding in bindings {
        for leaf in &accepted {
            if binding.agrees_with(&leaf.membership) {
                extended.push(binding.joined_with(&leaf.membership));
            }
        }
        if may_be_absent
            && !leaves
                .iter()
                .any(|leaf| binding.agrees_with(&leaf.membership))
        {
            extended.push(binding.clone());
        }
    }
    extended
}
