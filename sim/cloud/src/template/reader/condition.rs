use std::collections::{BTreeMap, BTreeSet};

use crate::stack::Position;
use crate::template::reader::error::Problem;
use crate::template::reader::intrinsic::Intrinsic;
use crate::template::reader::node::{Entry, Kind, Node};
use crate::template::reader::scope::Scope;

/// Decides every condition of the section `Conditions`. One that cannot be decided is left out and
/// reported.
pub(in crate::template) fn decide_all(
    entries: &[Entry],
    scope: Scope<'_>,
) -> BTreeMap<String, bool> {
    let mut decisions = Decisions {
        entries,
        scope,
        decided: BTreeMap::new(),
        visited: BTreeSet::new(),
    };
    for entry in entries {
        decisions.decide(entry, &mut Vec::new());
    }
    decisions.decided
}

/// Conditions that build upon each other through more than this many others are refused: they are
/// walked one within the other.
const DEPTH_MAX: usize = 200;

struct Decisions<'a> {
    entries: &'a [Entry],
    scope: Scope<'a>,
    decided: BTreeMap<String, bool>,
    /// Those that need no second look: decided, or reported.
    visited: BTreeSet<String>,
}

impl Decisions<'_> {
    /// Decides one condition, after those that it builds upon.
    fn decide(&mut self, entry: &Entry, path: &mut Vec<String>) {
        if let Some(start) = path.iter().position(|name| *name == entry.key) {
            let mut circle = path[start..].to_vec();
            circle.push(entry.key.clone());
            self.scope
                .report
                .add(entry.position, Problem::Cycle { path: circle });
            return;
        }
        if self.visited.contains(&entry.key) {
            return;
        }
        if path.len() == DEPTH_MAX {
            let rule =
                format!("must not build upon more than {DEPTH_MAX} conditions, one upon the other");
            self.scope
                .report
                .invalid(entry.position, "Conditions", &rule, &entry.key);
            return;
        }
        path.push(entry.key.clone());
        let mut needs = Vec::new();
        collect(&entry.value, &mut needs);
        for (position, name) in needs {
            match self.entries.iter().find(|other| other.key == name) {
                Some(other) => self.decide(other, path),
                None => {
                    let known = self.entries.iter().map(|entry| entry.key.clone()).collect();
                    self.scope
                        .report
                        .unknown(position, "condition", &name, "the template", known);
                }
            }
        }
        path.pop();
        self.visited.insert(entry.key.clone());
        let scope = Scope {
            conditions: &self.decided,
            ..self.scope
        };
        if let Some(truth) = truth(&entry.value, scope) {
            self.decided.insert(entry.key.clone(), truth);
        }
    }
}

/// The conditions that a condition names, in either form.
fn collect(node: &Node, found: &mut Vec<(Position, String)>) {
    match &node.kind {
        Kind::Call(Intrinsic::Condition, argument) => {
            found.extend(argument.scalar().map(|name| (argument.position, name)))
        }
        Kind::Call(_, argument) => collect(argument, found),
        Kind::List(items) => items.iter().for_each(|item| collect(item, found)),
        Kind::Map(entries) => match lone_condition(entries) {
            Some(name) => found.push((node.position, name)),
            None => entries
                .iter()
                .for_each(|entry| collect(&entry.value, found)),
        },
        _ => {}
    }
}

/// The name in `Condition: Name`, which has no short form of its own, only a lone key.
fn lone_condition(entries: &[Entry]) -> Option<String> {
    match entries {
        [entry] if entry.key == "Condition" => entry.value.scalar(),
        _ => None,
    }
}

/// Whether a condition function holds; `None` if it cannot be told, which is reported.
pub(in crate::template) fn truth(node: &Node, scope: Scope<'_>) -> Option<bool> {
    let Kind::Call(intrinsic, argument) = &node.kind else {
        if let Some(name) = lone_condition(node.entries()) {
            return scope.conditions.get(&name).copied();
        }
        scope.report.wrong_type(
            node.position,
            "a condition",
            "a condition function such as Fn::Equals",
            node.shown(),
        );
        return None;
    };
    let items = match &argument.kind {
        Kind::List(items) => items.as_slice(),
        _ => &[],
    };
    match (intrinsic, items) {
        (Intrinsic::Condition, _) => scope.conditions.get(&argument.scalar()?).copied(),
        (Intrinsic::Equals, [left, right]) => Some(scalar(left, scope)? == scalar(right, scope)?),
        (Intrinsic::Contains, [list, value]) => contains(list, value, scope),
        (Intrinsic::Not, [condition]) => truth(condition, scope).map(|truth| !truth),
        (Intrinsic::And, [_, _, ..]) if items.len() <= 10 => {
            all(items, scope).map(|truths| truths.iter().all(|truth| *truth))
        }
        (Intrinsic::Or, [_, _, ..]) if items.len() <= 10 => {
            all(items, scope).map(|truths| truths.iter().any(|truth| *truth))
        }
        (intrinsic, _) => {
            let expected = match intrinsic {
                Intrinsic::Equals => "[value, value]",
                Intrinsic::Contains => "[list, value]",
                Intrinsic::Not => "[condition]",
                Intrinsic::And | Intrinsic::Or => "a list of 2 to 10 conditions",
                _ => "a condition function such as Fn::Equals",
            };
            scope.malformed(*intrinsic, expected, argument);
            None
        }
    }
}

fn all(items: &[Node], scope: Scope<'_>) -> Option<Vec<bool>> {
    items.iter().map(|item| truth(item, scope)).collect()
}

fn scalar(node: &Node, scope: Scope<'_>) -> Option<String> {
    let value = scope.resolve(node);
    let text = value.scalar();
    if text.is_none() {
        scope.malformed(Intrinsic::Equals, "two texts", &value);
    }
    text
}

fn contains(list: &Node, value: &Node, scope: Scope<'_>) -> Option<bool> {
    let value = scalar(value, scope)?;
    match scope.resolve(list).kind {
        Kind::List(items) => Some(
            items
                .iter()
                .any(|item| item.scalar().as_ref() == Some(&value)),
        ),
        _ => {
            scope.malformed(Intrinsic::Contains, "[list, value]", list);
            None
        }
    }
}
