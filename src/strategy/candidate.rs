//! What a filter or `weight-inverse-volatility` chooses from: symbols, and groups with a simulated
//! return stream.

use rust_decimal::Decimal;

use super::call::{Call, read_symbol, symbol_of};
use super::error::{EvaluationError, Problem};
use super::evaluate::Evaluator;
use super::expression::{Expression, ExpressionKind};
use super::function::Function;
use super::indicator::{IndicatorError, change};
use super::measure::Measure;
use super::value::Value;
use super::weights::{Weights, sum};
use std::collections::BTreeSet;

/// A target of this name is cash: it has no price and returns nothing.
const CASH: &str = "CASH";

/// Where the index of a group begins.
const INDEX_START: Decimal = Decimal::ONE_HUNDRED;

/// One thing to choose.
pub(super) struct Candidate<'e> {
    /// The symbol, or the name of the group; equal scores rank by it.
    pub(super) label: String,
    /// What holding it means today.
    pub(super) weights: Weights,
    /// The group's expression; a symbol is measured by its own closes.
    pub(super) group: Option<&'e Expression>,
}

impl Candidate<'_> {
    /// What the weight function around the filter sees.
    pub(super) fn into_value(self) -> Value {
        if self.group.is_some() {
            Value::Weights(self.weights)
        } else {
            Value::Text(self.label)
        }
    }
}

/// Whether the expression is a portfolio that may hold different symbols on different days, and so
/// has no price.
pub(super) fn is_group(expression: &Expression) -> bool {
    let holds_weights = match Call::read(expression) {
        Ok(Some(call)) => matches!(
            call.function,
            Function::Group
                | Function::Defsymphony
                | Function::WeightEqual
                | Function::WeightSpecified
                | Function::WeightInverseVolatility
        ),
        Ok(None) => matches!(expression.kind, ExpressionKind::Map(_)),
        Err(_) => false,
    };
    holds_weights && symbols_of(expression).len() > 1
}

/// The symbols that the expression may evaluate to.
pub(super) fn symbols_of(expression: &Expression) -> BTreeSet<String> {
    let mut symbols = BTreeSet::new();
    collect_symbols(expression, &mut symbols);
    symbols
}

fn collect_symbols(expression: &Expression, symbols: &mut BTreeSet<String>) {
    let mut collect_all = |parts: &[Expression]| {
        parts.iter().for_each(|part| collect_symbols(part, symbols));
    };
    match &expression.kind {
        ExpressionKind::Text(text) => symbols.extend(symbol_of(text)),
        ExpressionKind::Map(entries) => {
            symbols.extend(entries.iter().filter_map(|(key, _)| read_symbol(key).ok()));
        }
        ExpressionKind::List(children) => match Call::read(expression) {
            Ok(None) => collect_all(children),
            Ok(Some(call)) => match call.function {
                Function::Defsymphony => collect_all(&call.arguments[2..]),
                Function::Asset => symbols.extend(read_symbol(expression).ok()),
                Function::If | Function::Group | Function::WeightInverseVolatility => {
                    collect_all(&call.arguments[1..]);
                }
                Function::WeightEqual => collect_all(call.arguments),
                Function::WeightSpecified => {
                    call.arguments
                        .chunks(2)
                        .for_each(|pair| collect_all(&pair[1..]));
                }
                Function::Filter => collect_all(&call.arguments[call.arguments.len() - 1..]),
                Function::Compare(_) | Function::Select(_) | Function::Measure(_) => {}
            },
            Err(_) => {}
        },
        ExpressionKind::Symbol(_) | ExpressionKind::Keyword(_) | ExpressionKind::Number(_) => {}
    }
}

/// The group's name, or the expression in short where it has none.
fn label_of(expression: &Expression) -> String {
    match expression.as_call() {
        Some(("group", [name, ..])) => name.to_string(),
        _ => expression.excerpt(),
    }
}

impl Evaluator<'_> {
    /// The candidates that the expressions stand for: lists, branches and filters stand for what is
    /// in them; each symbol counts once.
    pub(super) fn candidates<'e>(
        &mut self,
        expressions: &'e [Expression],
    ) -> Result<Vec<Candidate<'e>>, EvaluationError> {
        let mut candidates = Vec::new();
        for expression in expressions {
            self.collect_candidates(expression, &mut candidates)?;
        }
        // Groups may share a name: what they hold then orders them, and not their place in the
        // file.
        candidates.sort_by(|one, other| {
            one.label
                .cmp(&other.label)
                .then_with(|| one.weights.as_map().cmp(other.weights.as_map()))
        });
        candidates.dedup_by(|one, other| {
            one.label == other.label && one.group.is_none() && other.group.is_none()
        });
        Ok(candidates)
    }

    fn collect_candidates<'e>(
        &mut self,
        expression: &'e Expression,
        candidates: &mut Vec<Candidate<'e>>,
    ) -> Result<(), EvaluationError> {
        match Call::read(expression)? {
            Some(call) if call.function == Function::If => {
                if let Some(chosen) = self.choose(call)? {
                    self.collect_candidates(chosen, candidates)?;
                }
                self.end();
            }
            Some(call) if call.function == Function::Filter => candidates.extend(self.kept(call)?),
            None if matches!(expression.kind, ExpressionKind::List(_)) => {
                let ExpressionKind::List(children) = &expression.kind else {
                    return Ok(());
                };
                for child in children {
                    self.collect_candidates(child, candidates)?;
                }
            }
            _ => self.collect_holding(expression, candidates)?,
        }
        Ok(())
    }

    /// A symbol or a group, unless it is null.
    fn collect_holding<'e>(
        &mut self,
        expression: &'e Expression,
        candidates: &mut Vec<Candidate<'e>>,
    ) -> Result<(), EvaluationError> {
        let group = is_group(expression).then_some(expression);
        let holding = match group {
            Some(group) if self.sessions_back > 0 => self.held(group, self.sessions_back)?,
            _ => self.holding(expression)?,
        };
        if let Some(weights) = holding {
            let symbol = weights.as_map().keys().next().cloned().unwrap_or_default();
            let label = if group.is_some() {
                label_of(expression)
            } else {
                symbol
            };
            candidates.push(Candidate {
                label,
                weights,
                group,
            });
        }
        Ok(())
    }

    /// What the expression wants to hold, unless it is null.
    fn holding(&mut self, expression: &Expression) -> Result<Option<Weights>, EvaluationError> {
        let children = self.children(std::slice::from_ref(expression))?;
        if children.is_empty() {
            return Ok(None);
        }
        self.equal_shares(expression, children).map(Some)
    }

    /// What a candidate measures.
    pub(super) fn score(
        &mut self,
        candidate: &Candidate,
        measure: Measure,
    ) -> Result<Decimal, Problem> {
        let Some(group) = candidate.group else {
            return self.measure(measure, &candidate.label);
        };
        let needed = measure.closes_simulated();
        let (index, end) = self.index(group, needed);
        measure
            .compute(&index)
            .map_err(|source| match (source, end) {
                (IndicatorError::InsufficientData { needed, available }, Some(reason)) => {
                    Problem::GroupHistory {
                        measure,
                        group: candidate.label.clone(),
                        needed,
                        available,
                        reason,
                    }
                }
                (source, _) => Problem::Indicator {
                    measure,
                    symbol: candidate.label.clone(),
                    source,
                },
            })
    }

    /// The closes of an index that has held on every session what the group decided on the closes
    /// of the session before, oldest first, and why it does not reach back further if it is shorter
    /// than wanted.
    fn index(&mut self, group: &Expression, closes: usize) -> (Vec<Decimal>, Option<String>) {
        let mut returns = Vec::new();
        let mut end = None;
        for back in 1..closes {
            let decided = self.sessions_back + back;
            let earned = match self.held(group, decided) {
                Ok(Some(weights)) => self.earned(&weights, decided - 1),
                Ok(None) => Err(format!("it held nothing {decided} sessions ago")),
                Err(error) => Err(error.to_string()),
            };
            match earned {
                Ok(earned) => returns.push(earned),
                Err(reason) => {
                    end = Some(reason);
                    break;
                }
            }
        }
        let mut level = INDEX_START;
        let mut index = vec![level];
        for earned in returns.iter().rev() {
            let Some(next) = level.checked_mul(Decimal::ONE + earned) else {
                return (Vec::new(), Some(IndicatorError::OutOfRange.to_string()));
            };
            level = next;
            index.push(level);
        }
        (index, end)
    }

    /// What the group wanted to hold so many sessions ago. Remembered, because a group inside a
    /// ranked group is asked for the same session again and again.
    fn held(
        &mut self,
        group: &Expression,
        sessions_back: usize,
    ) -> Result<Option<Weights>, EvaluationError> {
        let key = (group.position, sessions_back);
        if let Some(known) = self.history.get(&key) {
            return known.clone();
        }
        let today = self.sessions_back;
        let (trace, warnings, depth) = (
            std::mem::take(&mut self.trace),
            std::mem::take(&mut self.warnings),
            self.depth,
        );
        self.sessions_back = sessions_back;
        let held = self.holding(group);
        self.sessions_back = today;
        (self.trace, self.warnings, self.depth) = (trace, warnings, depth);
        self.history.insert(key, held.clone());
        held
    }

    /// The return of these weights in the session that is so many before the last.
    fn earned(&self, weights: &Weights, sessions_back: usize) -> Result<Decimal, String> {
        let mut earned = Vec::new();
        for (symbol, weight) in weights
            .as_map()
            .iter()
            .filter(|(symbol, weight)| *symbol != CASH && !weight.is_zero())
        {
            let closes = self
                .closes_before(symbol, sessions_back)
                .unwrap_or_default();
            let [.., before, close] = closes else {
                return Err(format!(
                    "there are no closes of {symbol} {sessions_back} sessions ago"
                ));
            };
            earned.push(
                weight * change(*before, *close).map_err(|error| format!("{symbol}: {error}"))?,
            );
        }
        sum(&earned).map_err(|_| IndicatorError::OutOfRange.to_string())
    }
}
