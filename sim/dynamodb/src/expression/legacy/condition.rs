//! Conditions of requests from before expressions.

use super::super::condition::{BoundCondition, Comparator, Condition, Function, Operand, Test};
use super::super::key_condition::{KeyTest, KeyTests};
use super::super::parser::Symbols;
use super::{Attributes, LegacyError, Slots};
use crate::value::{Checked, Flag, Shared, Type, Value};
use serde::Deserialize;
use serde::de::Deserializer;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::ops::RangeInclusive;
use std::sync::Arc;

/// `ConditionalOperator`: how conditions are connected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Connective {
    /// All must be true.
    #[default]
    And,
    /// One must be true.
    Or,
}

/// `Expected` of a write: conditions by attribute.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Expected(BTreeMap<Arc<str>, ExpectedCondition>);

/// `QueryFilter`, `ScanFilter` or `KeyConditions`: conditions by attribute.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Conditions(BTreeMap<Arc<str>, FilterCondition>);

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ExpectedCondition {
    value: Option<Checked<Value>>,
    exists: Option<Flag>,
    comparison_operator: Option<Shared>,
    attribute_value_list: Option<Vec<Checked<Value>>>,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct FilterCondition {
    comparison_operator: Option<Shared>,
    attribute_value_list: Option<Vec<Checked<Value>>>,
}

impl<'de> Deserialize<'de> for Expected {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer
            .deserialize_map(Attributes(PhantomData))
            .map(Expected)
    }
}

impl<'de> Deserialize<'de> for Conditions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer
            .deserialize_map(Attributes(PhantomData))
            .map(Conditions)
    }
}

/// `ComparisonOperator`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Compare(Comparator),
    Between,
    In,
    BeginsWith,
    Contains,
    NotContains,
    Null,
    NotNull,
}

impl Operator {
    const ALL: [Operator; 13] = [
        Operator::Compare(Comparator::Equal),
        Operator::Compare(Comparator::NotEqual),
        Operator::Compare(Comparator::Less),
        Operator::Compare(Comparator::LessOrEqual),
        Operator::Compare(Comparator::Greater),
        Operator::Compare(Comparator::GreaterOrEqual),
        Operator::Between,
        Operator::In,
        Operator::BeginsWith,
        Operator::Contains,
        Operator::NotContains,
        Operator::Null,
        Operator::NotNull,
    ];

    fn named(name: &str) -> Result<Operator, LegacyError> {
        let found = Operator::ALL
            .into_iter()
            .find(|operator| operator.name() == name);
        found.ok_or(LegacyError::UnknownOperator)
    }

    fn name(self) -> &'static str {
        match self {
            Operator::Compare(Comparator::Equal) => "EQ",
            Operator::Compare(Comparator::NotEqual) => "NE",
            Operator::Compare(Comparator::Less) => "LT",
            Operator::Compare(Comparator::LessOrEqual) => "LE",
            Operator::Compare(Comparator::Greater) => "GT",
            Operator::Compare(Comparator::GreaterOrEqual) => "GE",
            Operator::Between => "BETWEEN",
            Operator::In => "IN",
            Operator::BeginsWith => "BEGINS_WITH",
            Operator::Contains => "CONTAINS",
            Operator::NotContains => "NOT_CONTAINS",
            Operator::Null => "NULL",
            Operator::NotNull => "NOT_NULL",
        }
    }

    /// How many values it takes.
    fn arity(self) -> RangeInclusive<usize> {
        match self {
            Operator::Null | Operator::NotNull => 0..=0,
            Operator::Between => 2..=2,
            Operator::In => 1..=usize::MAX,
            _ => 1..=1,
        }
    }

    /// Whether it takes values of this type.
    fn takes(self, kind: Type) -> bool {
        match self {
            Operator::Compare(Comparator::Equal | Comparator::NotEqual)
            | Operator::Null
            | Operator::NotNull => true,
            Operator::Compare(_) | Operator::Between | Operator::In => {
                matches!(kind, Type::S | Type::N | Type::B)
            }
            Operator::BeginsWith => matches!(kind, Type::S | Type::B),
            Operator::Contains | Operator::NotContains => {
                matches!(kind, Type::S | Type::N | Type::B | Type::Bool | Type::Null)
            }
        }
    }

    fn check(self, values: &[Value]) -> Result<(), LegacyError> {
        let operator = self.name();
        if !self.arity().contains(&values.len()) {
            return Err(LegacyError::ArgumentCount(operator));
        }
        if let Some(value) = values.iter().find(|value| !self.takes(value.kind())) {
            return Err(LegacyError::ArgumentType {
                operator,
                given: value.kind().name(),
            });
        }
        if values
            .windows(2)
            .any(|pair| pair[0].kind() != pair[1].kind())
        {
            return Err(LegacyError::ArgumentTypes);
        }
        let out_of_order =
            self == Operator::Between && values[0].order(&values[1]) == Some(Ordering::Greater);
        if out_of_order {
            Err(LegacyError::BoundOrder)
        } else {
            Ok(())
        }
    }

    /// The test of an attribute.
    fn test(self, attribute: &Arc<str>, values: &[Value], slots: &mut Slots) -> Test {
        let path = Operand::Path(slots.path(attribute));
        let mut values = values
            .iter()
            .map(|value| Operand::Value(slots.value(value)));
        let mut with_value = |function, path| {
            Test::Call(
                function,
                std::iter::once(path).chain(values.by_ref()).collect(),
            )
        };
        match self {
            Operator::Null => with_value(Function::AttributeNotExists, path),
            Operator::NotNull => with_value(Function::AttributeExists, path),
            Operator::BeginsWith => with_value(Function::BeginsWith, path),
            Operator::Contains => with_value(Function::Contains, path),
            // Of an attribute that does not exist, neither CONTAINS nor NOT_CONTAINS is true.
            Operator::NotContains => {
                let exists = Test::Call(Function::AttributeExists, vec![path.clone()]);
                let contains = with_value(Function::Contains, path);
                Test::And(Box::new(exists), Box::new(Test::Not(Box::new(contains))))
            }
            Operator::In => Test::In(path, values.collect()),
            Operator::Compare(comparator) => {
                let value = values.next().unwrap_or_else(|| path.clone());
                Test::Compare(comparator, [path, value])
            }
            Operator::Between => {
                let lower = values.next().unwrap_or_else(|| path.clone());
                let upper = values.next().unwrap_or_else(|| path.clone());
                Test::Between(Box::new([path, lower, upper]))
            }
        }
    }

    /// The test of a key attribute. The number of values was checked before.
    fn key_test(self, values: Vec<Value>) -> KeyTest {
        let mut values = values.into_iter();
        match (self, values.next(), values.next()) {
            (Operator::Compare(Comparator::Equal), Some(value), _) => KeyTest::Equal(value),
            (Operator::Compare(Comparator::Less), Some(value), _) => KeyTest::Less(value),
            (Operator::Compare(Comparator::LessOrEqual), Some(value), _) => {
                KeyTest::LessOrEqual(value)
            }
            (Operator::Compare(Comparator::Greater), Some(value), _) => KeyTest::Greater(value),
            (Operator::Compare(Comparator::GreaterOrEqual), Some(value), _) => {
                KeyTest::GreaterOrEqual(value)
            }
            (Operator::BeginsWith, Some(value), _) => KeyTest::BeginsWith(value),
            (Operator::Between, Some(lower), Some(upper)) => KeyTest::Between(lower, upper),
            _ => KeyTest::NotIndexable,
        }
    }
}

/// Values that are read without an error, or the first error.
fn checked<'a>(
    values: impl IntoIterator<Item = &'a Checked<Value>>,
) -> Result<Vec<Value>, LegacyError> {
    values
        .into_iter()
        .map(|value| value.0.clone().map_err(LegacyError::Value))
        .collect()
}

/// The condition of several tests; none if there are none.
fn connected(tests: Vec<Test>, connective: Connective, slots: Slots) -> Option<BoundCondition> {
    let test = tests.into_iter().reduce(|left, right| match connective {
        Connective::And => Test::And(Box::new(left), Box::new(right)),
        Connective::Or => Test::Or(Box::new(left), Box::new(right)),
    })?;
    let condition = Arc::new(Condition {
        test,
        symbols: Symbols::default(),
    });
    Some(BoundCondition {
        condition,
        names: slots.names,
        values: slots.values,
    })
}

/// What a condition asks of an attribute.
struct Asked<'a> {
    attribute: &'a Arc<str>,
    operator: Operator,
    values: Vec<Value>,
}

impl Conditions {
    /// How many conditions there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// The attributes of the conditions without an operator, which breaks a constraint of the
    /// request.
    pub fn without_operator(&self) -> impl Iterator<Item = &Arc<str>> {
        let missing = self
            .0
            .iter()
            .filter(|(_, given)| given.comparison_operator.is_none());
        missing.map(|(attribute, _)| attribute)
    }

    /// Operators with their checked values. All values are read before any operator is looked at.
    fn operators(&self) -> Result<Vec<Asked<'_>>, LegacyError> {
        let mut operators = Vec::with_capacity(self.0.len());
        for (attribute, condition) in &self.0 {
            operators.push((
                attribute,
                &condition.comparison_operator,
                checked(condition.attribute_value_list.iter().flatten())?,
            ));
        }
        let known = operators.into_iter().map(|(attribute, name, values)| {
            let Some(Shared(name)) = name else {
                return Err(LegacyError::NoOperator(attribute.to_string()));
            };
            let operator = Operator::named(name)?;
            operator.check(&values)?;
            Ok(Asked {
                attribute,
                operator,
                values,
            })
        });
        known.collect()
    }

    /// The filter that these conditions are, if there are any.
    pub fn filter(&self, connective: Connective) -> Result<Option<BoundCondition>, LegacyError> {
        let mut slots = Slots::default();
        let operators = self.operators()?.into_iter();
        let tests = operators.map(|asked| {
            asked
                .operator
                .test(asked.attribute, &asked.values, &mut slots)
        });
        let tests = tests.collect();
        Ok(connected(tests, connective, slots))
    }

    /// The key tests that these conditions are.
    pub fn key_tests(&self) -> Result<KeyTests, LegacyError> {
        let asked = self.operators()?.into_iter();
        let tests = asked.map(|asked| {
            (
                asked.attribute.clone(),
                asked.operator.key_test(asked.values),
            )
        });
        Ok(KeyTests::new(tests.collect()))
    }
}

impl Expected {
    /// How many conditions there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// The condition that these are, if there are any.
    pub fn condition(&self, connective: Connective) -> Result<Option<BoundCondition>, LegacyError> {
        let mut slots = Slots::default();
        if self.0.keys().any(|name| name.is_empty()) {
            return Err(LegacyError::EmptyName);
        }
        for condition in self.0.values() {
            checked(
                condition
                    .value
                    .iter()
                    .chain(condition.attribute_value_list.iter().flatten()),
            )?;
        }
        let tests = self.0.iter().map(|(attribute, condition)| {
            condition.check(attribute)?;
            condition.test(attribute, &mut slots)
        });
        let tests = tests.collect::<Result<Vec<_>, _>>()?;
        Ok(connected(tests, connective, slots))
    }
}

impl ExpectedCondition {
    /// Checks which parts are given together.
    fn check(&self, attribute: &str) -> Result<(), LegacyError> {
        let has_value = self.value.is_some();
        let has_list = self.attribute_value_list.is_some();
        let exists = self.exists.map(|exists| exists.0);
        let rule = match (&self.comparison_operator, exists) {
            (Some(_), Some(_)) => "Exists and ComparisonOperator cannot be used together",
            _ if has_value && has_list => "Value and AttributeValueList cannot be used together",
            (None, _) if has_list => {
                "AttributeValueList can only be used with a ComparisonOperator"
            }
            (None, Some(true)) if !has_value => "Value must be provided when Exists is true",
            (None, Some(false)) if has_value => "Value cannot be used when Exists is false",
            (None, None) if !has_value => "Value must be provided when Exists is null",
            _ => return Ok(()),
        };
        Err(combination(rule, attribute))
    }

    fn test(&self, attribute: &Arc<str>, slots: &mut Slots) -> Result<Test, LegacyError> {
        let values = checked(
            self.value
                .iter()
                .chain(self.attribute_value_list.iter().flatten()),
        )?;
        let operator = match &self.comparison_operator {
            Some(Shared(name)) => Operator::named(name)?,
            None if values.is_empty() => Operator::Null,
            None => Operator::Compare(Comparator::Equal),
        };
        let is_missing = values.is_empty() && self.attribute_value_list.is_none();
        if is_missing && !operator.arity().contains(&0) {
            let name = operator.name();
            let rule =
                format!("Value or AttributeValueList must be used with ComparisonOperator: {name}");
            return Err(combination(&rule, attribute));
        }
        operator.check(&values)?;
        Ok(operator.test(attribute, &values, slots))
    }
}

fn combination(rule: &str, attribute: &str) -> LegacyError {
    LegacyError::Combination {
        rule: rule.to_string(),
        attribute: attribute.to_string(),
    }
}
