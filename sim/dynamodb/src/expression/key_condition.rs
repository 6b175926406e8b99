//! Key conditions of queries, such as `pk = :pk AND begins_with(sk, :start)`.

use super::condition::{BoundCondition, Comparator, Function, Operand, Test};
use super::error::{ExpressionError, Flaw, Role};
use crate::value::{KeyValue, Value};
use std::sync::Arc;

/// What a key condition asks of one attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyTest {
    /// It is this value.
    Equal(Value),
    /// It is less.
    Less(Value),
    /// It is at most this value.
    LessOrEqual(Value),
    /// It is greater.
    Greater(Value),
    /// It is at least this value.
    GreaterOrEqual(Value),
    /// It lies between these values, both included.
    Between(Value, Value),
    /// It starts with this text or these bytes.
    BeginsWith(Value),
    /// Something that no key can be asked for; only `KeyConditions` can say so.
    NotIndexable,
}

/// The tests of a key condition, in the order of its text: no two of one attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyTests(Vec<(Arc<str>, KeyTest)>);

/// Why a key condition does not fit the key of a table or an index.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// More tests than the key has attributes.
    #[error(
        "The number of query conditions ({given}) exceeds the number of key attributes defined in \
         the schema ({defined})"
    )]
    TooMany {
        /// How many tests there are.
        given: usize,
        /// How many attributes the key has.
        defined: usize,
    },
    /// An operator that no key condition has.
    #[error("Attempted conditional constraint is not an indexable operation")]
    NotIndexable,
    /// A partition key tested for something else than equality.
    #[error("Query key condition not supported")]
    NotSupported,
    /// An attribute of the key without a test, while one that is not of the key has one.
    #[error("Query condition missed key schema element: {0}")]
    Missed(String),
}

impl KeyTests {
    /// Makes tests of what a request gave. `KeyConditions` have checks of their own.
    pub(super) fn new(tests: Vec<(Arc<str>, KeyTest)>) -> KeyTests {
        KeyTests(tests)
    }

    /// The tests that a condition with the names and values of a request consists of.
    pub fn of(bound: &BoundCondition) -> Result<KeyTests, ExpressionError> {
        let mut tests = Vec::with_capacity(2);
        collect(bound, &bound.condition.test, &mut tests)
            .map_err(|flaw| flaw.within(Role::KeyCondition))?;
        Ok(KeyTests(tests))
    }

    /// The tests by attribute.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &KeyTest)> {
        self.0.iter().map(|(name, test)| (name.as_ref(), test))
    }
}

impl KeyTest {
    /// Whether a key passes the test. A key of another type does not.
    pub fn passes(&self, key: &KeyValue) -> bool {
        let key = Value::from(key.clone());
        let is = |order: fn(std::cmp::Ordering) -> bool, value: &Value| {
            key.order(value).is_some_and(order)
        };
        match self {
            KeyTest::Equal(value) => is(std::cmp::Ordering::is_eq, value),
            KeyTest::Less(value) => is(std::cmp::Ordering::is_lt, value),
            KeyTest::LessOrEqual(value) => is(std::cmp::Ordering::is_le, value),
            KeyTest::Greater(value) => is(std::cmp::Ordering::is_gt, value),
            KeyTest::GreaterOrEqual(value) => is(std::cmp::Ordering::is_ge, value),
            KeyTest::Between(lower, upper) => {
                is(std::cmp::Ordering::is_ge, lower) && is(std::cmp::Ordering::is_le, upper)
            }
            KeyTest::BeginsWith(start) => super::condition::begins_with(&key, start),
            KeyTest::NotIndexable => false,
        }
    }

    /// The values that it compares with.
    pub fn values(&self) -> impl Iterator<Item = &Value> {
        let (first, second) = match self {
            KeyTest::Between(lower, upper) => (Some(lower), Some(upper)),
            KeyTest::Equal(value)
            | KeyTest::Less(value)
            | KeyTest::LessOrEqual(value)
            | KeyTest::Greater(value)
            | KeyTest::GreaterOrEqual(value)
            | KeyTest::BeginsWith(value) => (Some(value), None),
            KeyTest::NotIndexable => (None, None),
        };
        first.into_iter().chain(second)
    }
}

/// Adds the tests of a part of a condition that `AND` connects.
fn collect(
    bound: &BoundCondition,
    test: &Test,
    tests: &mut Vec<(Arc<str>, KeyTest)>,
) -> Result<(), Flaw> {
    if let Test::And(left, right) = test {
        collect(bound, left, tests)?;
        return collect(bound, right, tests);
    }
    let (name, test) = single(bound, test)?;
    if tests.iter().any(|(earlier, _)| *earlier == name) {
        return Err(Flaw::KeyTwice);
    }
    tests.push((name, test));
    Ok(())
}

/// A single test of an attribute.
fn single(bound: &BoundCondition, test: &Test) -> Result<(Arc<str>, KeyTest), Flaw> {
    match test {
        Test::Or(..) => Err(Flaw::KeyOperator("OR")),
        Test::Not(_) => Err(Flaw::KeyOperator("NOT")),
        Test::In(..) => Err(Flaw::KeyOperator("IN")),
        Test::Compare(Comparator::NotEqual, _) => Err(Flaw::KeyOperator("<>")),
        Test::Compare(comparator, operands) => comparison(bound, *comparator, operands),
        Test::Between(operands) => {
            let (name, mut values) = attribute_first(bound, "BETWEEN", &operands[..])?;
            let (upper, lower) = (values.pop(), values.pop());
            match (lower, upper) {
                (Some(lower), Some(upper)) => Ok((name, KeyTest::Between(lower, upper))),
                _ => Err(no_attribute()),
            }
        }
        Test::Call(Function::BeginsWith, arguments) => {
            let (name, mut values) = attribute_first(bound, "begins_with", arguments)?;
            Ok((
                name,
                KeyTest::BeginsWith(values.pop().ok_or_else(no_attribute)?),
            ))
        }
        Test::Call(function, _) => Err(Flaw::KeyOperator(function.name())),
        Test::And(..) => Err(Flaw::KeyNestedOperation),
    }
}

/// A comparison, in which the value may come first.
fn comparison(
    bound: &BoundCondition,
    comparator: Comparator,
    operands: &[Operand],
) -> Result<(Arc<str>, KeyTest), Flaw> {
    let (name, mut values) = attribute_and_values(bound, operands)?;
    let value = values.pop().ok_or_else(no_attribute)?;
    let value_first = matches!(operands, [Operand::Value(_), _]);
    let test = match (comparator, value_first) {
        (Comparator::Less, false) | (Comparator::Greater, true) => KeyTest::Less(value),
        (Comparator::LessOrEqual, false) | (Comparator::GreaterOrEqual, true) => {
            KeyTest::LessOrEqual(value)
        }
        (Comparator::Greater, false) | (Comparator::Less, true) => KeyTest::Greater(value),
        (Comparator::GreaterOrEqual, false) | (Comparator::LessOrEqual, true) => {
            KeyTest::GreaterOrEqual(value)
        }
        (Comparator::Equal | Comparator::NotEqual, _) => KeyTest::Equal(value),
    };
    Ok((name, test))
}

/// The attribute of a test whose first operand it must be, and the values.
fn attribute_first(
    bound: &BoundCondition,
    operator: &str,
    operands: &[Operand],
) -> Result<(Arc<str>, Vec<Value>), Flaw> {
    match operands.first() {
        Some(Operand::Path(_)) => attribute_and_values(bound, operands),
        _ => Err(Flaw::KeyCondition(format!(
            "{operator} operator must have the key attribute as its first operand"
        ))),
    }
}

/// The attribute of a test and the values that it is compared with.
fn attribute_and_values(
    bound: &BoundCondition,
    operands: &[Operand],
) -> Result<(Arc<str>, Vec<Value>), Flaw> {
    let mut attribute = None;
    let mut values = Vec::with_capacity(operands.len());
    for operand in operands {
        match operand {
            Operand::Path(_) if attribute.is_some() => {
                return Err(Flaw::KeyCondition(
                    "Multiple attribute names used in one condition".to_string(),
                ));
            }
            Operand::Path(path) if path.is_nested() => return Err(Flaw::KeyNestedPath),
            Operand::Path(path) => {
                attribute = Some(bound.names[path.root() as usize].clone());
            }
            Operand::Value(slot) => values.push(bound.values[*slot as usize].clone()),
            Operand::Call(..) => return Err(Flaw::KeyNestedOperation),
        }
    }
    Ok((attribute.ok_or_else(no_attribute)?, values))
}

fn no_attribute() -> Flaw {
    Flaw::KeyCondition("No key attribute specified".to_string())
}
