//! The functions a strategy can call: names, numbers of arguments, and the fixed parts of their
//! arguments.

use rust_decimal::prelude::ToPrimitive;

use super::error::{EvaluationError, Problem};
use super::expression::{Expression, ExpressionKind};
use super::indicator::Indicator;
use super::measure::Measure;

/// Every function (rules.md 5.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    Defsymphony,
    If,
    Compare(Relation),
    Asset,
    Group,
    WeightEqual,
    WeightSpecified,
    WeightInverseVolatility,
    Filter,
    Select(Direction),
    Measure(Indicator),
}

/// How two sides are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Relation {
    Above,
    Below,
    AtLeast,
    AtMost,
    Equal,
}

/// Which end of a ranking a filter keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// The highest values first.
    Top,
    /// The lowest values first.
    Bottom,
}

const FUNCTIONS: [(&str, Function); 15] = [
    ("defsymphony", Function::Defsymphony),
    ("if", Function::If),
    (">", Function::Compare(Relation::Above)),
    ("<", Function::Compare(Relation::Below)),
    (">=", Function::Compare(Relation::AtLeast)),
    ("<=", Function::Compare(Relation::AtMost)),
    ("=", Function::Compare(Relation::Equal)),
    ("asset", Function::Asset),
    ("group", Function::Group),
    ("weight-equal", Function::WeightEqual),
    ("weight-specified", Function::WeightSpecified),
    (
        "weight-inverse-volatility",
        Function::WeightInverseVolatility,
    ),
    ("filter", Function::Filter),
    ("select-top", Function::Select(Direction::Top)),
    ("select-bottom", Function::Select(Direction::Bottom)),
];

impl Function {
    /// The function of that name.
    fn from_name(name: &str) -> Option<Function> {
        let listed = FUNCTIONS
            .iter()
            .find(|(listed, _)| *listed == name)
            .map(|(_, function)| *function);
        listed.or_else(|| Indicator::from_name(name).map(Function::Measure))
    }

    /// The name it is called by.
    pub(super) fn name(self) -> &'static str {
        if let Function::Measure(indicator) = self {
            return indicator.name();
        }
        let listed = FUNCTIONS.iter().find(|(_, function)| *function == self);
        listed
            .map(|(name, _)| *name)
            .expect("every function but the indicators is in the table")
    }

    /// The least and greatest number of arguments; `weight-equal` and `weight-specified` judge
    /// theirs themselves.
    fn arity(self) -> (usize, usize) {
        match self {
            Function::Defsymphony => (3, 3),
            Function::If | Function::Filter => (2, 3),
            Function::Compare(_) => (2, 2),
            Function::Asset => (1, 2),
            Function::Group | Function::WeightInverseVolatility => (2, usize::MAX),
            Function::WeightEqual | Function::WeightSpecified => (0, usize::MAX),
            Function::Select(_) | Function::Measure(Indicator::CurrentPrice) => (1, 1),
            Function::Measure(_) => (1, 2),
        }
    }

    fn check_arity(self, call: &Expression, found: usize) -> Result<(), EvaluationError> {
        let (least, most) = self.arity();
        if (least..=most).contains(&found) {
            return Ok(());
        }
        let allowed = match most {
            usize::MAX => format!("{least} or more"),
            _ if least == most => least.to_string(),
            _ => format!("{least} to {most}"),
        };
        Err(EvaluationError::at(
            call,
            Problem::Arity {
                function: self.name(),
                allowed,
                found,
            },
        ))
    }
}

/// The names of all functions and indicators, with a blank between each.
pub fn known_names() -> String {
    let listed = FUNCTIONS.iter().map(|(name, _)| *name);
    let names: Vec<&str> = listed
        .chain(Indicator::ALL.into_iter().map(Indicator::name))
        .collect();
    names.join(" ")
}

/// A call of a known function with a permitted number of arguments.
#[derive(Clone, Copy)]
pub(super) struct Call<'a> {
    pub(super) expression: &'a Expression,
    pub(super) function: Function,
    pub(super) arguments: &'a [Expression],
}

impl<'a> Call<'a> {
    /// The call that the node is, or `None` if it is no call.
    pub(super) fn read(expression: &'a Expression) -> Result<Option<Call<'a>>, EvaluationError> {
        let Some((name, arguments)) = expression.as_call() else {
            return Ok(None);
        };
        let function = Function::from_name(name).ok_or_else(|| {
            let problem = match name {
                "ma" => Problem::Unsupported {
                    name: "ma",
                    instead: "moving-average-price",
                },
                "volatility" => Problem::Unsupported {
                    name: "volatility",
                    instead: "stdev-return",
                },
                _ => Problem::UnknownFunction {
                    name: name.to_owned(),
                },
            };
            EvaluationError::at(expression, problem)
        })?;
        function.check_arity(expression, arguments.len())?;
        Ok(Some(Call {
            expression,
            function,
            arguments,
        }))
    }

    /// The problem, placed at this call.
    pub(super) fn error(&self, problem: Problem) -> EvaluationError {
        EvaluationError::at(self.expression, problem)
    }
}

/// The ticker symbol that a node names: a string, or an `asset`.
///
/// It must not be an expression, so that the data a strategy needs is known before it is evaluated.
pub(super) fn read_symbol(expression: &Expression) -> Result<String, EvaluationError> {
    let text = match expression.as_call() {
        Some(("asset", [symbol])) => symbol.as_text(),
        Some(("asset", [symbol, name])) => {
            read_name(name)?;
            symbol.as_text()
        }
        _ => expression.as_text(),
    };
    text.and_then(symbol_of).ok_or_else(|| {
        EvaluationError::at(
            expression,
            Problem::NotASymbol {
                found: expression.excerpt(),
            },
        )
    })
}

/// The text as a ticker symbol, upper-cased, if it can be one.
pub(super) fn symbol_of(text: &str) -> Option<String> {
    let is_symbol = !text.is_empty()
        && !text
            .chars()
            .any(|part| part.is_whitespace() || part.is_control());
    is_symbol.then(|| text.to_uppercase())
}

/// The name at that place: a string, or `nil`, which reads as the empty name.
pub(super) fn read_name(expression: &Expression) -> Result<&str, EvaluationError> {
    match &expression.kind {
        ExpressionKind::Text(name) => Ok(name),
        ExpressionKind::Symbol(name) if name == "nil" => Ok(""),
        _ => Err(EvaluationError::at(
            expression,
            Problem::NotAName {
                found: expression.excerpt(),
            },
        )),
    }
}

/// The fixed parts of a filter.
pub(super) struct FilterCall<'a> {
    /// What the candidates are ranked by.
    pub(super) measure: Measure,
    /// Which end of the ranking is kept; without a selection the highest come first.
    pub(super) direction: Direction,
    /// How many are kept; without a selection all are.
    pub(super) count: usize,
    /// The expression of the candidates.
    pub(super) candidates: &'a Expression,
}

impl<'a> FilterCall<'a> {
    /// Reads the condition and the selection of a filter.
    pub(super) fn read(call: &Call<'a>) -> Result<Self, EvaluationError> {
        let (condition, selection, candidates) = match call.arguments {
            [condition, candidates] => (condition, None, candidates),
            [condition, selection, candidates] => (condition, Some(selection), candidates),
            _ => unreachable!(
                "a call of filter has two or three arguments, Call::read has checked it"
            ),
        };
        let measure = read_measure(condition)?;
        let (direction, count) = match selection {
            Some(selection) => read_selection(selection)?,
            None => (Direction::Top, usize::MAX),
        };
        Ok(FilterCall {
            measure,
            direction,
            count,
            candidates,
        })
    }
}

/// A filter's condition: an indicator without symbol.
fn read_measure(condition: &Expression) -> Result<Measure, EvaluationError> {
    let not_a_measure = || {
        EvaluationError::at(
            condition,
            Problem::NotAMeasure {
                found: condition.excerpt(),
            },
        )
    };
    let (name, arguments) = condition.as_call().ok_or_else(not_a_measure)?;
    let indicator = Indicator::from_name(name).ok_or_else(not_a_measure)?;
    match arguments {
        [] => Measure::read(indicator, None),
        [options] if matches!(options.kind, ExpressionKind::Map(_)) => {
            Measure::read(indicator, Some(options))
        }
        _ => Err(not_a_measure()),
    }
}

/// A filter's selection: which end, and how many; a fraction is cut off, as 2.9 to 2.
fn read_selection(selection: &Expression) -> Result<(Direction, usize), EvaluationError> {
    let read = || {
        let (direction, arguments) = match selection.as_call()? {
            ("select-top", arguments) => (Direction::Top, arguments),
            ("select-bottom", arguments) => (Direction::Bottom, arguments),
            _ => return None,
        };
        let [
            Expression {
                kind: ExpressionKind::Number(count),
                ..
            },
        ] = arguments
        else {
            return None;
        };
        let count = count.trunc().to_usize().filter(|count| *count >= 1)?;
        Some((direction, count))
    };
    read().ok_or_else(|| {
        EvaluationError::at(
            selection,
            Problem::NotASelection {
                found: selection.excerpt(),
            },
        )
    })
}
