//! Finds mistakes in all branches of a strategy, before a market day takes the wrong one.

use super::call::{Call, FilterCall, read_measure, read_name, read_symbol, read_window};
use super::candidate::is_group;
use super::error::{EvaluationError, Problem};
use super::expression::{Expression, ExpressionKind};
use super::function::Function;
use super::indicator::Indicator;
use super::measure::Measure;

/// Checks names, numbers of arguments, symbols, windows, options and selections everywhere in the
/// strategy, also in branches that no evaluation has taken yet.
///
/// # Errors
/// The first mistake in the order of the file, as [`evaluate`](super::evaluate) would report it.
pub fn check(expression: &Expression) -> Result<(), EvaluationError> {
    match &expression.kind {
        ExpressionKind::Text(_) | ExpressionKind::Number(_) => Ok(()),
        ExpressionKind::Symbol(name) if name == "nil" => Ok(()),
        ExpressionKind::Symbol(name) => Err(EvaluationError::at(
            expression,
            Problem::UnknownName { name: name.clone() },
        )),
        ExpressionKind::Keyword(name) => Err(EvaluationError::at(
            expression,
            Problem::Keyword { name: name.clone() },
        )),
        ExpressionKind::Map(entries) => entries.iter().try_for_each(|(key, value)| {
            read_symbol(key)?;
            check(value)
        }),
        ExpressionKind::List(children) => match Call::read(expression)? {
            Some(call) => evaluated_arguments(&call)?.iter().try_for_each(check),
            None => children.iter().try_for_each(check),
        },
    }
}

/// Checks the fixed parts of a call and returns the arguments that are evaluated.
fn evaluated_arguments<'a>(call: &Call<'a>) -> Result<&'a [Expression], EvaluationError> {
    let arguments = call.arguments;
    Ok(match call.function {
        Function::Defsymphony => &arguments[2..],
        Function::If | Function::Compare(_) | Function::WeightEqual => arguments,
        Function::Asset => {
            read_symbol(call.expression)?;
            &[]
        }
        Function::Group => {
            read_name(&arguments[0])?;
            &arguments[1..]
        }
        Function::WeightSpecified if arguments.len() % 2 == 1 => {
            return Err(call.error(Problem::OddPairs {
                found: arguments.len(),
            }));
        }
        Function::WeightSpecified => arguments,
        Function::WeightInverseVolatility => {
            read_window(&arguments[0], Indicator::StdevReturn.least_window())?;
            &arguments[1..]
        }
        Function::Filter => {
            let filter = FilterCall::read(call)?;
            if filter.measure.indicator.is_price() {
                refuse_groups(filter.candidates, filter.measure)?;
            }
            &arguments[arguments.len() - 1..]
        }
        Function::Select(_) => {
            return Err(call.error(Problem::SelectionOutsideFilter {
                function: call.function.name(),
            }));
        }
        Function::Measure(indicator) => {
            read_symbol(&arguments[0])?;
            read_measure(indicator, arguments.get(1))?;
            &[]
        }
    })
}

/// Finds a group among the candidates of a filter that ranks by price.
fn refuse_groups(candidates: &Expression, measure: Measure) -> Result<(), EvaluationError> {
    if is_group(candidates) {
        return Err(EvaluationError::at(
            candidates,
            Problem::GroupWithoutPrice { measure },
        ));
    }
    match Call::read(candidates) {
        Ok(Some(call)) if call.function == Function::If => call.arguments[1..]
            .iter()
            .try_for_each(|branch| refuse_groups(branch, measure)),
        Ok(Some(call)) if call.function == Function::Filter => {
            FilterCall::read(&call).map_or(Ok(()), |inner| refuse_groups(inner.candidates, measure))
        }
        Ok(None) => match &candidates.kind {
            ExpressionKind::List(children) => children
                .iter()
                .try_for_each(|child| refuse_groups(child, measure)),
            _ => Ok(()),
        },
        _ => Ok(()),
    }
}
