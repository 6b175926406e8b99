use std::collections::BTreeMap;

use super::error::Problem;
use super::intrinsic::Intrinsic;
use super::node::{Entry, Kind, Node};
use super::reference::{Of, references};
use super::scope::Scope;

/// Decides every condition of the section `Conditions`. One that cannot be decided is left out and reported.
pub(super) fn decide_all(entries: &[Entry], scope: Scope<'_>) -> BTreeMap<String, bool> {
    let mut decided = BTreeMap::new();
    for entry in entries {
        decide(entry, entries, scope, &mut decided, &mut Vec::new());
    }
    decided
}

/// Decides one condition, after those that it builds upon.
fn decide(entry: &Entry, entries: &[Entry], scope: Scope<'_>, decided: &mut BTreeMap<String, bool>, path: &mut Vec<String>) {
    if decided.contains_key(&entry.key) {
        return;
    }
    if let Some(start) = path.iter().position(|name| *name == entry.key) {
        let mut circle = path[start..].to_vec();
        circle.push(entry.key.clone());
        if circle.iter().min() == circle.first() {
            scope.report.add(entry.position, Problem::Cycle { path: circle });
        }
        return;
    }
    path.push(entry.key.clone());
    for reference in references(&entry.value, None).iter().filter(|reference| reference.of == Of::Condition) {
        if let Some(other) = entries.iter().find(|other| other.key == reference.name) {
            decide(other, entries, scope, decided, path);
        }
    }
    path.pop();
    let scope = Scope { conditions: decided, ..scope };
    if let Some(truth) = truth(&entry.value, scope) {
        decided.insert(entry.key.clone(), truth);
    }
}

/// Whether a condition function holds; `None` if it cannot be told, which is reported.
pub(super) fn truth(node: &Node, scope: Scope<'_>) -> Option<bool> {
    let Kind::Call(intrinsic, argument) = &node.kind else {
        // `Condition: Name` has no short form of its own, only a lone key.
        if let ([entry], Some(name)) = (node.entries(), node.get("Condition").and_then(Node::scalar)) {
            return (entry.key == "Condition").then(|| scope.conditions.get(&name).copied()).flatten();
        }
        scope.report.wrong_type(node.position, "a condition", "a condition function such as Fn::Equals", node.shown());
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
        (Intrinsic::And, [_, _, ..]) if items.len() <= 10 => all(items, scope).map(|truths| truths.iter().all(|truth| *truth)),
        (Intrinsic::Or, [_, _, ..]) if items.len() <= 10 => all(items, scope).map(|truths| truths.iter().any(|truth| *truth)),
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
        Kind::List(items) => Some(items.iter().any(|item| item.scalar().as_ref() == Some(&value))),
        _ => {
            scope.malformed(Intrinsic::Contains, "[list, value]", list);
            None
        }
    }
}
