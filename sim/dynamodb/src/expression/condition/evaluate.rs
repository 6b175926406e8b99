//! Whether a condition is true of an item.

use super::{BoundCondition, Comparator, Function, Operand, Test};
use crate::value::{Item, Number, Value};
use std::borrow::Cow;
use std::cmp::Ordering;

/// A condition with its names and values, and the item it is about.
pub(super) struct Scene<'a> {
    pub bound: &'a BoundCondition,
    pub item: &'a Item,
}

pub(super) fn holds(test: &Test, scene: &Scene<'_>) -> bool {
    match test {
        Test::And(left, right) => holds(left, scene) && holds(right, scene),
        Test::Or(left, right) => holds(left, scene) || holds(right, scene),
        Test::Not(test) => !holds(test, scene),
        Test::Compare(comparator, [left, right]) => {
            match (scene.value(left), scene.value(right)) {
                (Some(left), Some(right)) => compare(*comparator, &left, &right),
                // What does not exist differs from everything, and has no order.
                _ => *comparator == Comparator::NotEqual,
            }
        }
        Test::Between(operands) => {
            let [value, lower, upper] = &**operands;
            let (Some(value), Some(lower), Some(upper)) =
                (scene.value(value), scene.value(lower), scene.value(upper))
            else {
                return false;
            };
            compare(Comparator::GreaterOrEqual, &value, &lower)
                && compare(Comparator::LessOrEqual, &value, &upper)
        }
        Test::In(operand, list) => scene.value(operand).is_some_and(|value| {
            list.iter()
                .any(|candidate| scene.value(candidate).is_some_and(|one| one == value))
        }),
        Test::Call(function, arguments) => scene.call(*function, arguments),
    }
}

impl<'a> Scene<'a> {
    /// The value of an operand, if it has one.
    fn value(&self, operand: &'a Operand) -> Option<Cow<'a, Value>> {
        match operand {
            Operand::Path(path) => path.find(self.item, &self.bound.names).map(Cow::Borrowed),
            Operand::Value(slot) => Some(Cow::Borrowed(&self.bound.values[*slot as usize])),
            Operand::Call(Function::Size, arguments) => {
                let size = size(&*self.value(arguments.first()?)?)?;
                Some(Cow::Owned(Value::N(Number::from(
                    i64::try_from(size).ok()?,
                ))))
            }
            // Binding refuses other functions as operands.
            Operand::Call(..) => None,
        }
    }

    fn call(&self, function: Function, arguments: &'a [Operand]) -> bool {
        let first = arguments.first().and_then(|argument| self.value(argument));
        let second = arguments.get(1).and_then(|argument| self.value(argument));
        match (function, first, second) {
            (Function::AttributeExists, found, _) => found.is_some(),
            (Function::AttributeNotExists, found, _) => found.is_none(),
            (Function::AttributeType, Some(value), Some(name)) => {
                matches!(&*name, Value::S(name) if **name == *value.kind().name())
            }
            (Function::BeginsWith, Some(value), Some(start)) => begins_with(&value, &start),
            (Function::Contains, Some(whole), Some(part)) => contains(&whole, &part),
            _ => false,
        }
    }
}

/// What `size` gives: nothing for types without a size. Text is measured in UTF-16 units.
fn size(value: &Value) -> Option<usize> {
    match value {
        Value::S(text) => Some(text.chars().map(char::len_utf16).sum()),
        Value::B(bytes) => Some(bytes.len()),
        Value::Ss(set) => Some(set.len()),
        Value::Ns(set) => Some(set.len()),
        Value::Bs(set) => Some(set.len()),
        Value::L(list) => Some(list.len()),
        Value::M(map) => Some(map.len()),
        Value::N(_) | Value::Bool(_) | Value::Null => None,
    }
}

pub(in crate::expression) fn begins_with(value: &Value, start: &Value) -> bool {
    match (value, start) {
        (Value::S(text), Value::S(start)) => text.starts_with(&**start),
        (Value::B(bytes), Value::B(start)) => bytes.starts_with(start),
        _ => false,
    }
}

/// Whether a text or bytes hold a part, a set a member or a list an element.
fn contains(whole: &Value, part: &Value) -> bool {
    match (whole, part) {
        (Value::S(text), Value::S(part)) => text.contains(&**part),
        (Value::B(bytes), Value::B(part)) => {
            part.is_empty() || bytes.windows(part.len()).any(|window| window == &**part)
        }
        (Value::Ss(set), Value::S(member)) => set.contains(member),
        (Value::Ns(set), Value::N(member)) => set.contains(member),
        (Value::Bs(set), Value::B(member)) => set.contains(member),
        (Value::L(list), element) => list.contains(element),
        _ => false,
    }
}

/// Whether a comparison of two values is true. Values of two types differ, and have no order.
fn compare(comparator: Comparator, left: &Value, right: &Value) -> bool {
    let order = match comparator {
        Comparator::Equal => return left == right,
        Comparator::NotEqual => return left != right,
        _ => left.order(right),
    };
    match (comparator, order) {
        (_, None) => false,
        (Comparator::Less, Some(order)) => order == Ordering::Less,
        (Comparator::LessOrEqual, Some(order)) => order != Ordering::Greater,
        (Comparator::Greater, Some(order)) => order == Ordering::Greater,
        (_, Some(order)) => order != Ordering::Less,
    }
}
