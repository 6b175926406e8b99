//! Paths into an item, such as `a.b[0].#c`.

use super::error::Flaw;
use crate::value::{Item, Value};
use std::fmt::Write as _;
use std::sync::Arc;

/// How many steps a path may have.
const MOST_STEPS: usize = 32;

/// A step of a path as it is parsed: the name is found when the expression is bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// The name in this slot.
    Name(u32),
    /// An element of a list.
    Index(u32),
}

/// A path as it is parsed. Its first step is a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Path(Vec<Step>);

impl Path {
    pub fn new(steps: Vec<Step>) -> Result<Path, Flaw> {
        if steps.len() > MOST_STEPS {
            return Err(Flaw::PathTooDeep(steps.len()));
        }
        Ok(Path(steps))
    }

    /// The path of the whole attribute whose name is in this slot.
    pub fn of_attribute(slot: u32) -> Path {
        Path(vec![Step::Name(slot)])
    }

    pub fn into_steps(self) -> Vec<Step> {
        self.0
    }

    /// The slot of the attribute at the top.
    pub fn root(&self) -> u32 {
        match self.0.first() {
            Some(Step::Name(slot)) => *slot,
            _ => 0,
        }
    }

    pub fn is_nested(&self) -> bool {
        self.0.len() > 1
    }

    /// The slots of the names, in the order of the text.
    pub fn slots(&self) -> impl Iterator<Item = u32> {
        self.0.iter().filter_map(|step| match step {
            Step::Name(slot) => Some(*slot),
            Step::Index(_) => None,
        })
    }

    /// The value at the path, if the item has one.
    pub fn find<'a>(&self, item: &'a Item, names: &[Arc<str>]) -> Option<&'a Value> {
        let (root, rest) = self.0.split_first()?;
        let Step::Name(slot) = root else { return None };
        let mut value = item.get(&names[*slot as usize])?;
        for step in rest {
            value = match (step, value) {
                (Step::Name(slot), Value::M(map)) => map.get(&names[*slot as usize])?,
                (Step::Index(index), Value::L(list)) => list.get(*index as usize)?,
                _ => return None,
            };
        }
        Some(value)
    }

    /// The path with its names.
    pub fn named(&self, names: &[Arc<str>]) -> NamedPath {
        let steps = self.0.iter().map(|step| match step {
            Step::Name(slot) => NamedStep::Name(names[*slot as usize].clone()),
            Step::Index(index) => NamedStep::Index(*index),
        });
        NamedPath(steps.collect())
    }
}

/// A step of a path whose names are known. Indexes of a list are in the order of their numbers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum NamedStep {
    Name(Arc<str>),
    Index(u32),
}

/// A path whose names are known.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct NamedPath(pub Vec<NamedStep>);

impl NamedPath {
    /// The value at the path, if the item has one.
    pub fn find<'a>(&self, item: &'a Item) -> Option<&'a Value> {
        let (root, rest) = self.0.split_first()?;
        let NamedStep::Name(name) = root else {
            return None;
        };
        rest.iter()
            .try_fold(item.get(name)?, |value, step| match (step, value) {
                (NamedStep::Name(name), Value::M(map)) => map.get(name),
                (NamedStep::Index(index), Value::L(list)) => list.get(*index as usize),
                _ => None,
            })
    }

    /// The path as error messages show it: `[a, b, [0]]`.
    pub fn shown(&self) -> String {
        let mut text = String::from("[");
        for (position, step) in self.0.iter().enumerate() {
            if position > 0 {
                text.push_str(", ");
            }
            let written = match step {
                NamedStep::Name(name) => write!(text, "{name}"),
                NamedStep::Index(index) => write!(text, "[{index}]"),
            };
            debug_assert!(written.is_ok(), "a String takes all text");
        }
        text.push(']');
        text
    }

    /// How the two paths get into each other's way, if they do.
    fn clash(&self, other: &NamedPath) -> Option<Flaw> {
        for (mine, theirs) in self.0.iter().zip(&other.0) {
            match (mine, theirs) {
                (NamedStep::Name(_), NamedStep::Index(_))
                | (NamedStep::Index(_), NamedStep::Name(_)) => {
                    return Some(Flaw::PathsConflict(self.shown(), other.shown()));
                }
                _ if mine != theirs => return None,
                _ => {}
            }
        }
        Some(Flaw::PathsOverlap(self.shown(), other.shown()))
    }
}

/// Refuses paths that overlap; if none does, paths that conflict.
pub(super) fn check_clashes(paths: &[NamedPath]) -> Result<(), Flaw> {
    let mut conflict = None;
    for (position, path) in paths.iter().enumerate() {
        for earlier in &paths[..position] {
            match earlier.clash(path) {
                Some(overlap @ Flaw::PathsOverlap(..)) => return Err(overlap),
                Some(other) => conflict = conflict.or(Some(other)),
                None => {}
            }
        }
    }
    conflict.map_or(Ok(()), Err)
}
