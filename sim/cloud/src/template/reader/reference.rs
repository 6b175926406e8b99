use std::collections::BTreeMap;

use crate::stack::Position;
use crate::template::reader::intrinsic::Intrinsic;
use crate::template::reader::node::{Kind, Node};
use crate::template::reader::substitution::{self, Piece};

/// A use of a name by `Ref`, `Fn::GetAtt`, `Fn::Sub`, `Fn::If` or `Condition`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::template) struct Reference {
    pub(in crate::template) position: Position,
    pub(in crate::template) name: String,
    pub(in crate::template) of: Of,
}

/// What sort of name is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::template) enum Of {
    /// A parameter, a pseudo parameter or a resource.
    Value,
    /// A resource, by `Fn::GetAtt`.
    Resource,
    Condition,
}

/// All references below a node. With `conditions`, only those in the branches of `Fn::If` that are
/// taken.
pub(in crate::template) fn references(
    node: &Node,
    conditions: Option<&BTreeMap<String, bool>>,
) -> Vec<Reference> {
    let mut found = Vec::new();
    collect(node, conditions, &mut found);
    found
}

fn collect(node: &Node, conditions: Option<&BTreeMap<String, bool>>, found: &mut Vec<Reference>) {
    match &node.kind {
        Kind::List(items) => items
            .iter()
            .for_each(|item| collect(item, conditions, found)),
        Kind::Map(entries) => entries
            .iter()
            .for_each(|entry| collect(&entry.value, conditions, found)),
        Kind::Call(intrinsic, argument) => collect_call(*intrinsic, argument, conditions, found),
        _ => {}
    }
}

fn collect_call(
    intrinsic: Intrinsic,
    argument: &Node,
    conditions: Option<&BTreeMap<String, bool>>,
    found: &mut Vec<Reference>,
) {
    let mut add = |node: &Node, name: &str, of| {
        found.push(Reference {
            position: node.position,
            name: name.to_owned(),
            of,
        })
    };
    match (intrinsic, &argument.kind) {
        (Intrinsic::Ref, Kind::Text(name)) => add(argument, name, Of::Value),
        (Intrinsic::Condition, Kind::Text(name)) => add(argument, name, Of::Condition),
        (Intrinsic::GetAtt, Kind::Text(text)) => add(
            argument,
            text.split('.').next().unwrap_or_default(),
            Of::Resource,
        ),
        (Intrinsic::GetAtt, Kind::List(items)) => {
            if let Some((node, name)) = items.first().and_then(|node| Some((node, node.scalar()?)))
            {
                add(node, &name, Of::Resource);
            }
            items
                .iter()
                .skip(1)
                .for_each(|item| collect(item, conditions, found));
        }
        (Intrinsic::Sub, _) => collect_sub(argument, conditions, found),
        (Intrinsic::If, Kind::List(items)) => {
            let name = items.first().and_then(Node::scalar).unwrap_or_default();
            if let Some(node) = items.first() {
                add(node, &name, Of::Condition);
            }
            let taken = conditions
                .and_then(|conditions| conditions.get(&name))
                .copied();
            let branches = items.iter().enumerate().skip(1);
            branches
                .filter(|(index, _)| taken.is_none_or(|taken| (*index == 1) == taken))
                .for_each(|(_, item)| collect(item, conditions, found));
        }
        _ => collect(argument, conditions, found),
    }
}

fn collect_sub(
    argument: &Node,
    conditions: Option<&BTreeMap<String, bool>>,
    found: &mut Vec<Reference>,
) {
    let (text, variables) = match &argument.kind {
        Kind::List(items) => (items.first(), items.get(1)),
        _ => (Some(argument), None),
    };
    let Some((node, Kind::Text(text))) = text.map(|node| (node, &node.kind)) else {
        return;
    };
    for piece in substitution::pieces(text) {
        let Piece::Name(name) = piece else { continue };
        if variables.is_some_and(|variables| variables.get(name).is_some()) {
            continue;
        }
        let (name, of) = name
            .split_once('.')
            .map_or((name, Of::Value), |(resource, _)| (resource, Of::Resource));
        found.push(Reference {
            position: node.position,
            name: name.to_owned(),
            of,
        });
    }
    if let Some(variables) = variables {
        collect(variables, conditions, found);
    }
}
