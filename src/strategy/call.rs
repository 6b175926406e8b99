//! A call of a function, and the fixed parts of its arguments.

use rust_decimal::prelude::ToPrimitive;

use super::error::{EvaluationError, Problem};
use super::expression::{Expression, ExpressionKind};
use super::function::{Direction, Function};
use super::indicator::{Indicator, WINDOW_MAX};
use super::measure::Measure;

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
        check_arity(function, expression, arguments.len())?;
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

/// Whether the function takes so many arguments.
fn check_arity(function: Function, call: &Expression, found: usize) -> Result<(), EvaluationError> {
    let (least, most) = function.arity();
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
            function: function.name(),
            allowed,
            found,
        },
    ))
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

/// The indicator with the window of its options, or its default window without options.
///
/// The window of a strategy always counts (incident 71: it was ignored for twelve weeks).
pub(super) fn read_measure(
    indicator: Indicator,
    options: Option<&Expression>,
) -> Result<Measure, EvaluationError> {
    let Some(options) = options else {
        return Ok(Measure {
            indicator,
            window: indicator.default_window(),
        });
    };
    let unknown = |part: &Expression| {
        EvaluationError::at(
            part,
            Problem::UnknownOption {
                found: part.excerpt(),
            },
        )
    };
    let ExpressionKind::Map(entries) = &options.kind else {
        return Err(unknown(options));
    };
    let mut window = None;
    for (key, value) in entries {
        let is_window = matches!(&key.kind, ExpressionKind::Keyword(name) if name == "window");
        if !is_window || window.is_some() || indicator.default_window().is_none() {
            return Err(unknown(key));
        }
        window = Some(read_window(value, indicator.least_window())?);
    }
    Ok(Measure {
        indicator,
        window: window.or(indicator.default_window()),
    })
}

/// The window written at that place: a whole number, which must not be an expression, so that the
/// data a strategy needs is known before it is evaluated.
pub(super) fn read_window(expression: &Expression, least: usize) -> Result<usize, EvaluationError> {
    let window = match &expression.kind {
        ExpressionKind::Number(number) if number.is_integer() => number.to_usize(),
        _ => None,
    };
    window
        .filter(|window| (least..=WINDOW_MAX).contains(window))
        .ok_or_else(|| {
            EvaluationError::at(
                expression,
                Problem::BadWindow {
                    found: expression.excerpt(),
                    least,
                },
            )
        })
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
        let measure = read_condition(condition)?;
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
fn read_condition(condition: &Expression) -> Result<Measure, EvaluationError> {
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
        [] => read_measure(indicator, None),
        [options] if matches!(options.kind, ExpressionKind::Map(_)) => {
            read_measure(indicator, Some(options))
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
