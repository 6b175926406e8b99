//! The functions that distribute weight (corrected meaning of rules.md 5.4).

use rust_decimal::Decimal;

use super::call::{Call, read_window};
use super::candidate::Candidate;
use super::error::{EvaluationError, Problem};
use super::evaluate::{Evaluator, symbol_at};
use super::expression::{Expression, ExpressionKind};
use super::indicator::Indicator;
use super::measure::Measure;
use super::value::Value;
use super::weights::{Weights, sum};

impl Evaluator<'_> {
    /// An equal share for each child, however many symbols a child holds (incident 72: they were
    /// flattened).
    pub(super) fn weight_equal(&mut self, call: Call) -> Result<Value, EvaluationError> {
        let start = self.begin();
        let children = self.children(call.arguments)?;
        let weights = self.equal_shares(call.expression, children)?;
        self.close(start, call, weights)
    }

    /// Pairs of weight and asset, scaled to sum 1.
    pub(super) fn weight_specified(&mut self, call: Call) -> Result<Value, EvaluationError> {
        let (pairs, rest) = call.arguments.as_chunks::<2>();
        if !rest.is_empty() {
            return Err(call.error(Problem::OddPairs {
                found: call.arguments.len(),
            }));
        }
        let start = self.begin();
        let mut parts = Vec::with_capacity(pairs.len());
        for [share, asset] in pairs {
            let share = self.weight(share)?;
            let children = self.children(std::slice::from_ref(asset))?;
            parts.push((share, self.equal_shares(asset, children)?));
        }
        let weights = self.blend(call.expression, &parts)?;
        self.warn_unless_whole(call, &parts);
        self.close(start, call, weights)
    }

    /// Shares in proportion to 1 / standard deviation of daily returns; assets without positive
    /// deviation are skipped with a warning.
    pub(super) fn weight_inverse_volatility(
        &mut self,
        call: Call,
    ) -> Result<Value, EvaluationError> {
        let start = self.begin();
        let candidates = self.candidates(&call.arguments[1..])?;
        let weights = self.inverse_shares(call, candidates)?;
        self.close(start, call, weights)
    }

    fn inverse_shares(
        &mut self,
        call: Call,
        candidates: Vec<Candidate>,
    ) -> Result<Weights, EvaluationError> {
        let indicator = Indicator::StdevReturn;
        let window = read_window(&call.arguments[0], indicator.least_window())?;
        let measure = Measure {
            indicator,
            window: Some(window),
        };
        if candidates.is_empty() {
            return Err(call.error(Problem::NoAssets));
        }
        let (mut parts, mut skipped) = (Vec::new(), Vec::new());
        for candidate in candidates {
            match self.inverse_volatility(call.expression, measure, &candidate) {
                Ok(share) => parts.push((share, candidate.weights)),
                Err(reason) => skipped.push(reason),
            }
        }
        if parts.is_empty() {
            return Err(call.error(Problem::NoVolatility {
                skipped: skipped.join("; "),
            }));
        }
        for reason in skipped {
            self.warn(call.expression, format!("asset skipped: {reason}"));
        }
        self.blend(call.expression, &parts)
    }

    /// A weight such as .6 for .06 makes a sum that is neither 1 nor 100.
    fn warn_unless_whole(&mut self, call: Call, parts: &[(Decimal, Weights)]) {
        let sum = sum(parts.iter().map(|(share, _)| share)).unwrap_or_default();
        if sum != Decimal::ONE && sum != Decimal::ONE_HUNDRED {
            self.warn(
                call.expression,
                format!("the weights sum to {sum}, not to 1 or 100; they are scaled"),
            );
        }
    }

    /// Records what a weight function decided, and closes it.
    fn close(
        &mut self,
        start: usize,
        call: Call,
        weights: Weights,
    ) -> Result<Value, EvaluationError> {
        self.record_weights(start, call, &weights);
        self.end();
        Ok(Value::Weights(weights))
    }

    /// The children that the expressions evaluate to.
    pub(super) fn children(
        &mut self,
        expressions: &[Expression],
    ) -> Result<Vec<Weights>, EvaluationError> {
        let mut children = Vec::new();
        for expression in expressions {
            let value = self.evaluate(expression)?;
            collect_children(expression, value, &mut children)?;
        }
        Ok(children)
    }

    /// 1 / volatility, recorded in the trace, or the reason why there is none.
    fn inverse_volatility(
        &mut self,
        expression: &Expression,
        measure: Measure,
        candidate: &Candidate,
    ) -> Result<Decimal, String> {
        let volatility = self
            .score(candidate, measure)
            .map_err(|problem| problem.to_string())?;
        let label = &candidate.label;
        self.record_indicator(expression, measure, label, volatility);
        Decimal::ONE
            .checked_div(volatility)
            .ok_or_else(|| format!("{measure} of {label} is {volatility}, not positive"))
    }

    /// A weight as written or computed.
    pub(super) fn weight(&mut self, expression: &Expression) -> Result<Decimal, EvaluationError> {
        match self.evaluate(expression)? {
            Value::Number(number) => Ok(number),
            other => Err(EvaluationError::at(
                expression,
                Problem::NotAWeight {
                    found: other.to_string(),
                },
            )),
        }
    }

    pub(super) fn equal_shares(
        &self,
        expression: &Expression,
        children: Vec<Weights>,
    ) -> Result<Weights, EvaluationError> {
        let parts: Vec<_> = children
            .into_iter()
            .map(|child| (Decimal::ONE, child))
            .collect();
        self.blend(expression, &parts)
    }
}

/// The children that a value stands for: a symbol or weights are one, a list is as many as it has
/// items, null is none.
fn collect_children(
    expression: &Expression,
    value: Value,
    children: &mut Vec<Weights>,
) -> Result<(), EvaluationError> {
    match value {
        Value::Null => {}
        Value::Text(text) => children.push(Weights::whole(&symbol_at(expression, &text)?)),
        Value::Weights(weights) => children.push(weights),
        Value::List(values) => {
            for (index, value) in values.into_iter().enumerate() {
                collect_children(item_of(expression, index), value, children)?;
            }
        }
        Value::Bool(_) | Value::Number(_) => {
            let problem = Problem::NotAnAsset {
                found: value.to_string(),
            };
            return Err(EvaluationError::at(expression, problem));
        }
    }
    Ok(())
}

/// The expression of a list's item if the list is written out, otherwise the expression that gave
/// the list.
fn item_of(expression: &Expression, index: usize) -> &Expression {
    match &expression.kind {
        ExpressionKind::List(items) if expression.as_call().is_none() => &items[index],
        _ => expression,
    }
}
