//! Walks a strategy's tree: which function does what (rules.md 5.2 to 5.4).

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::Prices;
use super::call::{Call, read_measure, read_name, read_symbol, symbol_of};
use super::error::{EvaluationError, Problem};
use super::expression::{Expression, ExpressionKind, Position};
use super::function::Function;
use super::measure::Measure;
use super::trace::{Decision, Evaluation, Taken, TraceStep};
use super::value::Value;
use super::weights::Weights;

/// Decides what the strategy wants to hold on these prices.
///
/// The same strategy and prices always give the same evaluation. Only the branch that an `if` takes
/// is evaluated, so an error in the other one shows only in [`check`](super::check).
///
/// # Errors
/// [`EvaluationError`] with the offending part. A missing price is an error everywhere but among
/// the candidates of a filter or of `weight-inverse-volatility`, where it is a warning.
pub fn evaluate(
    expression: &Expression,
    prices: &dyn Prices,
) -> Result<Evaluation, EvaluationError> {
    let mut evaluator = Evaluator {
        prices,
        trace: Vec::new(),
        warnings: Vec::new(),
        depth: 0,
        sessions_back: 0,
        history: BTreeMap::new(),
    };
    let value = evaluator.evaluate(expression)?;
    let weights = match value {
        Value::Weights(weights) => weights,
        Value::Text(text) => Weights::whole(&symbol_at(expression, &text)?),
        other => {
            let problem = Problem::NotAnAllocation {
                found: other.to_string(),
            };
            return Err(EvaluationError::at(expression, problem));
        }
    };
    let Evaluator {
        trace, warnings, ..
    } = evaluator;
    Ok(Evaluation {
        allocation: weights.into_map(),
        trace,
        warnings,
    })
}

/// The text as a symbol; the error is placed at the expression that gave it.
pub(super) fn symbol_at(expression: &Expression, text: &str) -> Result<String, EvaluationError> {
    symbol_of(text).ok_or_else(|| {
        EvaluationError::at(
            expression,
            Problem::NotASymbol {
                found: format!("{text:?}"),
            },
        )
    })
}

/// One evaluation under way.
pub(super) struct Evaluator<'a> {
    prices: &'a dyn Prices,
    pub(super) trace: Vec<TraceStep>,
    pub(super) warnings: Vec<String>,
    /// How many recorded decisions the current expression is inside of.
    pub(super) depth: usize,
    /// How many of the last sessions are not looked at: 0 but while a group's past is simulated.
    pub(super) sessions_back: usize,
    /// What groups decided in the past, by their position and the sessions gone since.
    pub(super) history: BTreeMap<(Position, usize), Result<Option<Weights>, EvaluationError>>,
}

impl Evaluator<'_> {
    /// The value of an expression.
    pub(super) fn evaluate(&mut self, expression: &Expression) -> Result<Value, EvaluationError> {
        match &expression.kind {
            ExpressionKind::Symbol(name) if name == "nil" => Ok(Value::Null),
            ExpressionKind::Symbol(name) => Err(EvaluationError::at(
                expression,
                Problem::UnknownName { name: name.clone() },
            )),
            ExpressionKind::Keyword(name) => Err(EvaluationError::at(
                expression,
                Problem::Keyword { name: name.clone() },
            )),
            ExpressionKind::Text(text) => Ok(Value::Text(text.clone())),
            ExpressionKind::Number(number) => Ok(Value::Number(*number)),
            ExpressionKind::Map(entries) => self.dictionary(expression, entries),
            ExpressionKind::List(children) => match Call::read(expression)? {
                Some(call) => self.call(call),
                None => self.list(children),
            },
        }
    }

    fn call(&mut self, call: Call) -> Result<Value, EvaluationError> {
        match call.function {
            Function::Defsymphony => self.evaluate(&call.arguments[2]),
            Function::If => self.branch(call),
            Function::Compare(relation) => self
                .compare(call, relation)
                .map(|comparison| Value::Bool(comparison.holds)),
            Function::Asset => read_symbol(call.expression).map(Value::Text),
            Function::Group => self.group(call),
            Function::WeightEqual => self.weight_equal(call),
            Function::WeightSpecified => self.weight_specified(call),
            Function::WeightInverseVolatility => self.weight_inverse_volatility(call),
            Function::Filter => self.filter(call),
            Function::Select(_) => Err(call.error(Problem::SelectionOutsideFilter {
                function: call.function.name(),
            })),
            Function::Measure(indicator) => {
                let symbol = read_symbol(&call.arguments[0])?;
                let measure = read_measure(indicator, call.arguments.get(1))?;
                self.indicator(call.expression, measure, &symbol)
                    .map(Value::Number)
            }
        }
    }

    fn list(&mut self, children: &[Expression]) -> Result<Value, EvaluationError> {
        let mut values = Vec::with_capacity(children.len());
        for child in children {
            values.push(self.evaluate(child)?);
        }
        Ok(Value::List(values))
    }

    /// A map outside of options is a dictionary from symbol to weight.
    fn dictionary(
        &mut self,
        expression: &Expression,
        entries: &[(Expression, Expression)],
    ) -> Result<Value, EvaluationError> {
        let mut parts = Vec::with_capacity(entries.len());
        for (key, value) in entries {
            let symbol = read_symbol(key)?;
            parts.push((self.weight(value)?, Weights::whole(&symbol)));
        }
        self.blend(expression, &parts).map(Value::Weights)
    }

    fn branch(&mut self, call: Call) -> Result<Value, EvaluationError> {
        let value = match self.choose(call)? {
            Some(expression) => self.evaluate(expression)?,
            None => Value::Null,
        };
        self.end();
        Ok(value)
    }

    /// The branch that an `if` takes, if it takes one. Its decision is left open, for what is
    /// inside the branch.
    pub(super) fn choose<'e>(
        &mut self,
        call: Call<'e>,
    ) -> Result<Option<&'e Expression>, EvaluationError> {
        let condition = &call.arguments[0];
        let start = self.begin();
        let (holds, sides) = self.condition(condition)?;
        let (taken, chosen) = match (holds, call.arguments.get(2)) {
            (true, _) => (Taken::Then, Some(&call.arguments[1])),
            (false, Some(otherwise)) => (Taken::Else, Some(otherwise)),
            (false, None) => (Taken::Nothing, None),
        };
        self.record(
            start,
            call.expression,
            Decision::Branch {
                condition: condition.excerpt(),
                sides,
                taken,
            },
        );
        Ok(chosen)
    }

    fn group(&mut self, call: Call) -> Result<Value, EvaluationError> {
        let (name, bodies) = call
            .arguments
            .split_first()
            .expect("a group has at least two arguments");
        let name = read_name(name)?.to_owned();
        let start = self.begin();
        self.record(start, call.expression, Decision::Group { name });
        let mut value = Value::Null;
        for body in bodies {
            value = self.evaluate(body)?;
        }
        self.end();
        Ok(value)
    }

    fn indicator(
        &mut self,
        expression: &Expression,
        measure: Measure,
        symbol: &str,
    ) -> Result<Decimal, EvaluationError> {
        let value = self
            .measure(measure, symbol)
            .map_err(|problem| EvaluationError::at(expression, problem))?;
        self.record_indicator(expression, measure, symbol, value);
        Ok(value)
    }

    /// Writes an indicator's value to the trace.
    pub(super) fn record_indicator(
        &mut self,
        expression: &Expression,
        measure: Measure,
        symbol: &str,
        value: Decimal,
    ) {
        let start = self.begin();
        self.record(
            start,
            expression,
            Decision::Indicator {
                measure,
                symbol: symbol.to_owned(),
                value,
            },
        );
        self.end();
    }

    /// An indicator's value.
    pub(super) fn measure(&self, measure: Measure, symbol: &str) -> Result<Decimal, Problem> {
        let closes = self.closes(symbol).ok_or_else(|| Problem::NoData {
            measure,
            symbol: symbol.to_owned(),
        })?;
        measure
            .compute(closes)
            .map_err(|source| Problem::Indicator {
                measure,
                symbol: symbol.to_owned(),
                source,
            })
    }

    /// The closes of a symbol up to the session that is looked at, if there are any.
    fn closes(&self, symbol: &str) -> Option<&[Decimal]> {
        self.closes_before(symbol, self.sessions_back)
    }

    /// The closes of a symbol without so many of the last sessions, if there are any.
    pub(super) fn closes_before(&self, symbol: &str, sessions_back: usize) -> Option<&[Decimal]> {
        let closes = self.prices.closes(symbol)?;
        closes
            .get(..closes.len().checked_sub(sessions_back)?)
            .filter(|closes| !closes.is_empty())
    }

    /// The amounts by share, normalised; an error is placed at the expression.
    pub(super) fn blend(
        &self,
        expression: &Expression,
        parts: &[(Decimal, Weights)],
    ) -> Result<Weights, EvaluationError> {
        if parts.is_empty() {
            return Err(EvaluationError::at(expression, Problem::NoAssets));
        }
        Weights::blend(parts)
            .map_err(|error| EvaluationError::at(expression, Problem::Weights(error)))
    }

    /// Opens a decision: what is evaluated until [`end`](Self::end) is inside of it. Returns its
    /// place in the trace.
    pub(super) fn begin(&mut self) -> usize {
        self.depth += 1;
        self.trace.len()
    }

    /// Writes the open decision to its place, before those inside it.
    pub(super) fn record(&mut self, start: usize, expression: &Expression, decision: Decision) {
        let step = TraceStep {
            position: expression.position,
            depth: self.depth - 1,
            decision,
        };
        self.trace.insert(start, step);
    }

    /// Closes the open decision.
    pub(super) fn end(&mut self) {
        self.depth -= 1;
    }

    /// Notes what a person should know, once.
    pub(super) fn warn(&mut self, expression: &Expression, text: String) {
        let warning = format!("{}: {text}", expression.position);
        if !self.warnings.contains(&warning) {
            self.warnings.push(warning);
        }
    }

    /// The decision of a weight function and its resulting shares.
    pub(super) fn record_weights(&mut self, start: usize, call: Call, weights: &Weights) {
        let weights: BTreeMap<String, Decimal> = weights.as_map().clone();
        self.record(
            start,
            call.expression,
            Decision::Weights {
                function: call.function.name(),
                weights,
            },
        );
    }
}
