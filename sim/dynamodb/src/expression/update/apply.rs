//! Applying an update to an item.
//!
//! Everything that is read is read from the item as it was, and every index of a list means what it
//! meant there. So values are worked out first; then they are written, in the order of their paths,
//! so that elements set behind the end of a list come in the order of their indexes; then paths are
//! taken away, the highest first, so that no element moves before it is reached.

use super::super::error::UpdateError;
use super::super::path::{NamedPath, NamedStep};
use super::{Action, BoundUpdate, Function, Sign, Term};
use crate::value::{Item, Value};
use std::collections::BTreeSet;
use std::sync::Arc;

pub(super) fn apply(bound: &BoundUpdate, item: &Item, exists: bool) -> Result<Item, UpdateError> {
    let mut writes: Vec<(&NamedPath, Value)> = Vec::with_capacity(bound.targets.len());
    let mut removals: Vec<&NamedPath> = Vec::new();
    // An operand of ADD or DELETE that does not fit is told before a path that does not exist.
    for (action, target) in bound.update.actions.iter().zip(&bound.targets) {
        let found = target.find(item);
        match action {
            Action::Set(..) | Action::Remove(_) => {}
            Action::Add(_, slot) => {
                let added = &bound.values[*slot as usize];
                writes.push((target, sum_or_union(found, added, &bound.mismatch)?));
            }
            Action::Delete(_, slot) => {
                let members = &bound.values[*slot as usize];
                match without(found, members, &bound.mismatch)? {
                    Rest::Nothing => check_parent(item, target)?,
                    Rest::Empty => removals.push(target),
                    Rest::Set(set) => writes.push((target, set)),
                }
            }
        }
    }
    for (action, target) in bound.update.actions.iter().zip(&bound.targets) {
        match action {
            Action::Set(_, term) => writes.push((target, evaluate(bound, term, item)?)),
            Action::Remove(_) if target.find(item).is_some() => removals.push(target),
            // Nothing of an item that does not exist can be in the way of taking away.
            Action::Remove(_) if exists => check_parent(item, target)?,
            _ => {}
        }
    }
    let mut updated = item.clone();
    writes.sort_unstable_by_key(|(target, _)| *target);
    for (target, value) in writes {
        write(&mut updated, target, value)?;
    }
    removals.sort_unstable();
    for target in removals.into_iter().rev() {
        remove(&mut updated, target);
    }
    Ok(updated)
}

/// The value of a term in the item as it was.
fn evaluate(bound: &BoundUpdate, term: &Term, item: &Item) -> Result<Value, UpdateError> {
    match term {
        Term::Path(path) => path
            .find(item, &bound.names)
            .cloned()
            .ok_or(UpdateError::MissingAttribute),
        Term::Value(slot) => Ok(bound.values[*slot as usize].clone()),
        Term::Sum(sign, terms) => {
            let left = evaluate(bound, &terms[0], item)?;
            let right = evaluate(bound, &terms[1], item)?;
            match (left, right, sign) {
                (Value::N(left), Value::N(right), Sign::Plus) => Ok(Value::N(left.plus(right)?)),
                (Value::N(left), Value::N(right), Sign::Minus) => Ok(Value::N(left.minus(right)?)),
                _ => Err(UpdateError::OperandType),
            }
        }
        Term::Call(Function::IfNotExists, arguments) => match &arguments[0] {
            Term::Path(path) => match path.find(item, &bound.names) {
                Some(value) => Ok(value.clone()),
                None => evaluate(bound, &arguments[1], item),
            },
            // Binding refuses anything else.
            other => evaluate(bound, other, item),
        },
        Term::Call(Function::ListAppend, arguments) => {
            let first = evaluate(bound, &arguments[0], item)?;
            let second = evaluate(bound, &arguments[1], item)?;
            match (first, second) {
                (Value::L(mut first), Value::L(second)) => {
                    Arc::make_mut(&mut first).extend(second.iter().cloned());
                    Ok(Value::L(first))
                }
                _ => Err(UpdateError::OperandType),
            }
        }
    }
}

/// What `ADD` makes of a stored value.
fn sum_or_union(
    stored: Option<&Value>,
    added: &Value,
    mismatch: &UpdateError,
) -> Result<Value, UpdateError> {
    match (stored, added) {
        (None, added) => Ok(added.clone()),
        (Some(Value::N(stored)), Value::N(added)) => Ok(Value::N(stored.plus(*added)?)),
        (Some(Value::Ss(stored)), Value::Ss(added)) => Ok(Value::Ss(union(stored, added))),
        (Some(Value::Ns(stored)), Value::Ns(added)) => Ok(Value::Ns(union(stored, added))),
        (Some(Value::Bs(stored)), Value::Bs(added)) => Ok(Value::Bs(union(stored, added))),
        // Expressions do not add lists, but `AttributeUpdates` do.
        (Some(Value::L(stored)), Value::L(added)) => Ok(Value::L(Arc::new(
            stored.iter().chain(added.iter()).cloned().collect(),
        ))),
        _ => Err(mismatch.clone()),
    }
}

fn union<T: Ord + Clone>(stored: &Arc<BTreeSet<T>>, added: &BTreeSet<T>) -> Arc<BTreeSet<T>> {
    let mut union = stored.clone();
    Arc::make_mut(&mut union).extend(added.iter().cloned());
    union
}

/// What `DELETE` leaves of a stored set.
enum Rest {
    /// There was nothing.
    Nothing,
    /// The set is empty, and goes.
    Empty,
    Set(Value),
}

fn without(
    stored: Option<&Value>,
    members: &Value,
    mismatch: &UpdateError,
) -> Result<Rest, UpdateError> {
    fn difference<T: Ord + Clone>(
        stored: &BTreeSet<T>,
        members: &BTreeSet<T>,
        value: impl FnOnce(Arc<BTreeSet<T>>) -> Value,
    ) -> Rest {
        let rest: BTreeSet<T> = stored.difference(members).cloned().collect();
        if rest.is_empty() {
            Rest::Empty
        } else {
            Rest::Set(value(Arc::new(rest)))
        }
    }
    match (stored, members) {
        (None, _) => Ok(Rest::Nothing),
        (Some(Value::Ss(stored)), Value::Ss(members)) => Ok(difference(stored, members, Value::Ss)),
        (Some(Value::Ns(stored)), Value::Ns(members)) => Ok(difference(stored, members, Value::Ns)),
        (Some(Value::Bs(stored)), Value::Bs(members)) => Ok(difference(stored, members, Value::Bs)),
        _ => Err(mismatch.clone()),
    }
}

/// Refuses a path whose parent is missing, or is no list or map as the path takes it for.
fn check_parent(item: &Item, path: &NamedPath) -> Result<(), UpdateError> {
    let Some((last, parents)) = path.0.split_last() else {
        return Err(UpdateError::InvalidPath);
    };
    if parents.is_empty() {
        return Ok(());
    }
    match (NamedPath(parents.to_vec()).find(item), last) {
        (Some(Value::M(_)), NamedStep::Name(_)) | (Some(Value::L(_)), NamedStep::Index(_)) => {
            Ok(())
        }
        _ => Err(UpdateError::InvalidPath),
    }
}

/// The map or list that the last step of a path leads out of.
enum Parent<'a> {
    Map(&'a mut Item),
    List(&'a mut Vec<Value>),
}

fn parent<'a>(item: &'a mut Item, steps: &[NamedStep]) -> Option<Parent<'a>> {
    let mut place = Parent::Map(item);
    for step in steps {
        let value = match (place, step) {
            (Parent::Map(map), NamedStep::Name(name)) => map.get_mut(name)?,
            (Parent::List(list), NamedStep::Index(index)) => list.get_mut(*index as usize)?,
            _ => return None,
        };
        place = match value {
            Value::M(map) => Parent::Map(Arc::make_mut(map)),
            Value::L(list) => Parent::List(Arc::make_mut(list)),
            _ => return None,
        };
    }
    Some(place)
}

/// Puts a value at a path. An index behind the end of a list appends.
fn write(item: &mut Item, path: &NamedPath, value: Value) -> Result<(), UpdateError> {
    let Some((last, parents)) = path.0.split_last() else {
        return Err(UpdateError::InvalidPath);
    };
    match (parent(item, parents), last) {
        (Some(Parent::Map(map)), NamedStep::Name(name)) => {
            map.insert(name.clone(), value);
        }
        (Some(Parent::List(list)), NamedStep::Index(index)) => {
            match list.get_mut(*index as usize) {
                Some(element) => *element = value,
                None => list.push(value),
            }
        }
        _ => return Err(UpdateError::InvalidPath),
    }
    Ok(())
}

/// Takes away what the item has at a path.
fn remove(item: &mut Item, path: &NamedPath) {
    let Some((last, parents)) = path.0.split_last() else {
        return;
    };
    match (parent(item, parents), last) {
        (Some(Parent::Map(map)), NamedStep::Name(name)) => {
            map.remove(name);
        }
        (Some(Parent::List(list)), NamedStep::Index(index)) if (*index as usize) < list.len() => {
            list.remove(*index as usize);
        }
        _ => {}
    }
}
