use std::collections::{BTreeMap, BTreeSet};

use crate::template::reader::declaration::Declaration;
use crate::template::reader::error::Problem;
use crate::template::reader::reference::{Of, references};
use crate::template::reader::report::Report;

/// The declarations in an order in which each comes after what it refers to; otherwise in the
/// template's order. Circles are reported, each once, and their members stand somewhere.
pub(in crate::template) fn order<'a>(
    declarations: &'a [Declaration],
    conditions: &BTreeMap<String, bool>,
    report: &Report,
) -> Vec<&'a Declaration> {
    let mut walk = Walk {
        declarations,
        needs: needs(declarations, conditions),
        done: BTreeSet::new(),
        order: Vec::new(),
        report,
    };
    for index in 0..declarations.len() {
        walk.visit(index, &mut Vec::new());
    }
    walk.order
        .into_iter()
        .map(|index| &declarations[index])
        .collect()
}

struct Walk<'a> {
    declarations: &'a [Declaration],
    needs: Vec<BTreeSet<usize>>,
    done: BTreeSet<usize>,
    order: Vec<usize>,
    report: &'a Report,
}

impl Walk<'_> {
    fn visit(&mut self, index: usize, path: &mut Vec<usize>) {
        if let Some(start) = path.iter().position(|visited| *visited == index) {
            return self.circle(&path[start..]);
        }
        if self.done.contains(&index) {
            return;
        }
        path.push(index);
        for need in self.needs[index].clone() {
            self.visit(need, path);
        }
        path.pop();
        if self.done.insert(index) {
            self.order.push(index);
        }
    }

    fn circle(&self, members: &[usize]) {
        let ids = members
            .iter()
            .chain(members.first())
            .map(|member| self.declarations[*member].id.clone());
        let position = members
            .first()
            .map(|member| self.declarations[*member].position)
            .unwrap_or_default();
        self.report.add(
            position,
            Problem::Cycle {
                path: ids.collect(),
            },
        );
    }
}

/// For each declaration, the others that have to be read before it.
fn needs(
    declarations: &[Declaration],
    conditions: &BTreeMap<String, bool>,
) -> Vec<BTreeSet<usize>> {
    let mut owners: BTreeMap<String, usize> = BTreeMap::new();
    for (index, declaration) in declarations.iter().enumerate() {
        owners.extend(
            declaration
                .generated_ids()
                .into_iter()
                .map(|id| (id, index)),
        );
    }
    owners.extend(
        declarations
            .iter()
            .enumerate()
            .map(|(index, declaration)| (declaration.id.clone(), index)),
    );
    let created = |declaration: &Declaration| {
        declaration
            .condition
            .as_ref()
            .is_none_or(|(name, _)| conditions.get(name) != Some(&false))
    };
    let of = |declaration: &Declaration| -> BTreeSet<usize> {
        let used = references(&declaration.properties, Some(conditions))
            .into_iter()
            .filter(|used| used.of != Of::Condition);
        let names = used
            .map(|used| used.name)
            .chain(declaration.depends_on.iter().map(|(id, _)| id.clone()));
        names
            .filter_map(|name| owners.get(&name).copied())
            .collect()
    };
    declarations
        .iter()
        .map(|declaration| {
            if created(declaration) {
                of(declaration)
            } else {
                BTreeSet::new()
            }
        })
        .collect()
}
