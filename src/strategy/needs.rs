//! Which closes a strategy reads, known before it is evaluated (specification 5.6).

use std::collections::{BTreeMap, BTreeSet};

use super::expression::{Expression, ExpressionKind};
use super::function::{Call, FilterCall, Function, read_symbol, symbol_of};
use super::indicator::Indicator;
use super::measure::{Measure, read_window};

/// The symbols whose closes the strategy may read, and how many daily bars each needs.
///
/// Both branches of every `if` count, and every symbol that may become a candidate of a filter or of
/// `weight-inverse-volatility`. A symbol that is only held and never measured is not listed. Parts that
/// [`check`](super::check) refuses need nothing.
pub fn data_needs(expression: &Expression) -> BTreeMap<String, usize> {
    let mut needs = BTreeMap::new();
    collect_needs(expression, &mut needs);
    needs
}

fn collect_needs(expression: &Expression, needs: &mut BTreeMap<String, usize>) {
    if let Ok(Some(call)) = Call::read(expression) {
        collect_call_needs(&call, needs);
    }
    match &expression.kind {
        ExpressionKind::List(children) => children.iter().for_each(|child| collect_needs(child, needs)),
        ExpressionKind::Map(entries) => entries.iter().for_each(|(_, value)| collect_needs(value, needs)),
        _ => {}
    }
}

/// What this call itself reads, without its arguments.
fn collect_call_needs(call: &Call, needs: &mut BTreeMap<String, usize>) {
    let mut candidates = BTreeSet::new();
    let measure = match call.function {
        Function::Measure(indicator) => {
            candidates.extend(read_symbol(&call.arguments[0]).ok());
            Measure::read(indicator, call.arguments.get(1)).ok()
        }
        Function::Filter => FilterCall::read(call).ok().map(|filter| {
            collect_candidates(filter.candidates, &mut candidates);
            filter.measure
        }),
        Function::WeightInverseVolatility => {
            call.arguments[1..].iter().for_each(|asset| collect_candidates(asset, &mut candidates));
            let indicator = Indicator::StdevReturn;
            let window = read_window(&call.arguments[0], indicator.least_window()).ok();
            window.map(|window| Measure { indicator, window: Some(window) })
        }
        _ => None,
    };
    let Some(measure) = measure else {
        return;
    };
    for symbol in candidates {
        let bars = needs.entry(symbol).or_insert(0);
        *bars = measure.bars_required().max(*bars);
    }
}

/// The symbols that the expression may evaluate to.
fn collect_candidates(expression: &Expression, candidates: &mut BTreeSet<String>) {
    let mut collect_all = |parts: &[Expression]| {
        parts.iter().for_each(|part| collect_candidates(part, candidates));
    };
    match &expression.kind {
        ExpressionKind::Text(text) => candidates.extend(symbol_of(text)),
        ExpressionKind::Map(entries) => {
            candidates.extend(entries.iter().filter_map(|(key, _)| read_symbol(key).ok()));
        }
        ExpressionKind::List(children) => match Call::read(expression) {
            Ok(None) => collect_all(children),
            Ok(Some(call)) => match call.function {
                Function::Defsymphony => collect_all(&call.arguments[2..]),
                Function::Asset => candidates.extend(read_symbol(expression).ok()),
                Function::If | Function::Group | Function::WeightInverseVolatility => {
                    collect_all(&call.arguments[1..]);
                }
                Function::WeightEqual => collect_all(call.arguments),
                Function::WeightSpecified => {
                    call.arguments.chunks(2).for_each(|pair| collect_all(&pair[1..]));
                }
                Function::Filter => collect_all(&call.arguments[call.arguments.len() - 1..]),
                Function::Compare(_) | Function::Select(_) | Function::Measure(_) => {}
            },
            Err(_) => {}
        },
        ExpressionKind::Symbol(_) | ExpressionKind::Keyword(_) | ExpressionKind::Number(_) => {}
    }
}
