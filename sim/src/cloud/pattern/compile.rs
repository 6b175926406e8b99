//! The flat alternatives that a pattern expands to, and how one is matched.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::event::{FlatEvent, Leaf};
use super::matcher::Matcher;
use super::membership::Membership;

/// Fields by path while a pattern is read. A path that comes again is overwritten, inside and outside of `$or`.
pub(super) type Draft = BTreeMap<String, Arc<[Matcher]>>;

/// Fields that must all hold.
#[derive(Debug, Clone)]
pub(super) struct Alternative {
    /// Sorted by path. The order decides which arrays are bound when an absence is judged.
    fields: Vec<(String, Arc<[Matcher]>)>,
}

impl From<Draft> for Alternative {
    fn from(draft: Draft) -> Self {
        Alternative { fields: draft.into_iter().collect() }
    }
}

impl Alternative {
    /// The lists of all fields.
    pub(super) fn lists(&self) -> impl Iterator<Item = &Arc<[Matcher]>> {
        self.fields.iter().map(|(_, matchers)| matchers)
    }

    /// Whether the event has a match for every field, in one element of each array.
    ///
    /// Goes from field to field with all ways in which the fields so far can be bound to array elements. Bindings that
    /// no later field can contradict are dropped, so that the ways stay few.
    pub(super) fn holds(&self, event: &FlatEvent) -> bool {
        let mut bindings = vec![Membership::default()];
        for (index, (path, matchers)) in self.fields.iter().enumerate() {
            bindings = extend(&bindings, event.leaves(path), matchers);
            if bindings.is_empty() {
                return false;
            }
            if bindings.len() > 1 || !bindings[0].is_empty() {
                self.forget_finished_arrays(event, index + 1, &mut bindings);
            }
        }
        true
    }

    /// Drops bindings to arrays in which no field from `next` on has a leaf.
    fn forget_finished_arrays(&self, event: &FlatEvent, next: usize, bindings: &mut Vec<Membership>) {
        let mut needed = BTreeSet::new();
        for (path, _) in &self.fields[next..] {
            for leaf in event.leaves(path) {
                needed.extend(leaf.membership.arrays());
            }
        }
        for binding in bindings.iter_mut() {
            binding.keep_arrays(|array| needed.contains(&array));
        }
        bindings.sort_unstable();
        bindings.dedup();
    }
}

/// The bindings after one more field.
fn extend(bindings: &[Membership], leaves: &[Leaf], matchers: &[Matcher]) -> Vec<Membership> {
    let accepted: Vec<&Leaf> = leaves.iter().filter(|leaf| matchers.iter().any(|matcher| matcher.accepts(&leaf.value))).collect();
    let may_be_absent = matchers.contains(&Matcher::Absent);
    let mut extended = Vec::new();
    for binding in bindings {
        for leaf in &accepted {
            if binding.agrees_with(&leaf.membership) {
                extended.push(binding.joined_with(&leaf.membership));
            }
        }
        if may_be_absent && !leaves.iter().any(|leaf| binding.agrees_with(&leaf.membership)) {
            extended.push(binding.clone());
        }
    }
    extended
}
