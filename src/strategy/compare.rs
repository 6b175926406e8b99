//! Conditions: comparisons and what counts as true.

use std::str::FromStr;

use rust_decimal::Decimal;

use super::call::Call;
use super::error::{EvaluationError, Problem};
use super::evaluate::Evaluator;
use super::expression::Expression;
use super::function::{Function, Relation};
use super::value::Value;

/// A comparison that was made.
pub(super) struct Comparison {
    pub(super) left: Value,
    pub(super) right: Value,
    pub(super) holds: bool,
}

impl Evaluator<'_> {
    /// Whether a condition holds, and both sides if it is a comparison.
    ///
    /// Besides comparisons a number is a condition (0 does not hold) and so is null (does not
    /// hold).
    pub(super) fn condition(
        &mut self,
        expression: &Expression,
    ) -> Result<(bool, Option<(Value, Value)>), EvaluationError> {
        if let Some(call) = Call::read(expression)?
            && let Function::Compare(relation) = call.function
        {
            let Comparison { left, right, holds } = self.compare(call, relation)?;
            return Ok((holds, Some((left, right))));
        }
        let holds = match self.evaluate(expression)? {
            Value::Null => false,
            Value::Bool(holds) => holds,
            Value::Number(number) => !number.is_zero(),
            other => {
                let problem = Problem::NotACondition {
                    found: other.to_string(),
                };
                return Err(EvaluationError::at(expression, problem));
            }
        };
        Ok((holds, None))
    }

    /// Evaluates and compares both arguments.
    pub(super) fn compare(
        &mut self,
        call: Call,
        relation: Relation,
    ) -> Result<Comparison, EvaluationError> {
        let left = self.side(&call.arguments[0])?;
        let right = self.side(&call.arguments[1])?;
        if relation == Relation::Equal {
            // Numbers by value, strings by text, and values of different kinds are never equal.
            let holds = left == right;
            return Ok(Comparison { left, right, holds });
        }
        let left_number = self.number(&call.arguments[0], &left);
        let right_number = self.number(&call.arguments[1], &right);
        let holds = match relation {
            Relation::Above => left_number > right_number,
            Relation::Below => left_number < right_number,
            Relation::AtLeast => left_number >= right_number,
            Relation::AtMost => left_number <= right_number,
            Relation::Equal => left_number == right_number,
        };
        Ok(Comparison { left, right, holds })
    }

    fn side(&mut self, expression: &Expression) -> Result<Value, EvaluationError> {
        let value = self.evaluate(expression)?;
        match value {
            Value::List(_) | Value::Weights(_) => {
                let problem = Problem::NotComparable {
                    found: value.to_string(),
                };
                Err(EvaluationError::at(expression, problem))
            }
            _ => Ok(value),
        }
    }

    /// A side as number: true is 1, false and null are 0, and so is a string that is no number,
    /// with a warning.
    fn number(&mut self, expression: &Expression, value: &Value) -> Decimal {
        match value {
            Value::Number(number) => *number,
            Value::Bool(true) => Decimal::ONE,
            Value::Text(text) => Decimal::from_str(text).unwrap_or_else(|_| {
                self.warn(expression, format!("{text:?} is compared as the number 0"));
                Decimal::ZERO
            }),
            _ => Decimal::ZERO,
        }
    }
}
