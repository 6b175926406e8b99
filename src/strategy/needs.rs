//! Which closes a strategy reads, known before it is evaluated (rules.md 5.6).

use std::collections::BTreeMap;

use super::call::{Call, FilterCall, read_measure, read_symbol, read_window};
use super::candidate::{is_group, symbols_of};
use super::expression::{Expression, ExpressionKind};
use super::function::Function;
use super::indicator::Indicator;
use super::measure::Measure;

/// The symbols whose closes the strategy may read, and how many daily bars each needs.
///
/// Both branches of every `if` count, and every symbol that may become a candidate of a filter or
/// of `weight-inverse-volatility`. What is inside a ranked group is needed for as many sessions
/// more as the group's past is simulated. A symbol that is only held and never measured is not
/// listed. Parts that [`check`](super::check) refuses need nothing.
pub fn data_needs(expression: &Expression) -> BTreeMap<String, usize> {
    let mut needs = Needs::default();
    needs.collect(expression, 0);
    needs.bars
}

#[derive(Default)]
struct Needs {
    bars: BTreeMap<String, usize>,
}

impl Needs {
    fn add(&mut self, symbol: String, bars: usize) {
        let most = self.bars.entry(symbol).or_default();
        *most = bars.max(*most);
    }

    /// What the expression reads if it is also evaluated on each of `past` sessions before the
    /// last.
    fn collect(&mut self, expression: &Expression, past: usize) {
        if let Ok(Some(call)) = Call::read(expression)
            && self.collect_call(&call, past)
        {
            return;
        }
        match &expression.kind {
            ExpressionKind::List(children) => {
                children.iter().for_each(|child| self.collect(child, past))
            }
            ExpressionKind::Map(entries) => entries
                .iter()
                .for_each(|(_, value)| self.collect(value, past)),
            _ => {}
        }
    }

    /// What a call that measures reads; false for other calls, which read only what their arguments
    /// read.
    fn collect_call(&mut self, call: &Call, past: usize) -> bool {
        let (measure, candidates) = match call.function {
            Function::Measure(indicator) => {
                if let (Ok(symbol), Ok(measure)) = (
                    read_symbol(&call.arguments[0]),
                    read_measure(indicator, call.arguments.get(1)),
                ) {
                    self.add(symbol, measure.bars_required().saturating_add(past));
                }
                return true;
            }
            Function::Filter => match FilterCall::read(call) {
                Ok(filter) => (filter.measure, std::slice::from_ref(filter.candidates)),
                Err(_) => return false,
            },
            Function::WeightInverseVolatility => {
                let indicator = Indicator::StdevReturn;
                match read_window(&call.arguments[0], indicator.least_window()) {
                    Ok(window) => (
                        Measure {
                            indicator,
                            window: Some(window),
                        },
                        &call.arguments[1..],
                    ),
                    Err(_) => return false,
                }
            }
            _ => return false,
        };
        candidates
            .iter()
            .for_each(|candidate| self.collect_candidate(candidate, &[measure], past));
        true
    }

    /// What measuring a candidate reads, and finding out what it is. What an inner filter keeps is
    /// measured by the outer ones as well.
    fn collect_candidate(&mut self, candidate: &Expression, measures: &[Measure], past: usize) {
        let most = |of: fn(Measure) -> usize| {
            measures
                .iter()
                .map(|measure| of(*measure))
                .max()
                .unwrap_or_default()
        };
        if is_group(candidate) {
            let past = past.saturating_add(most(Measure::closes_simulated) - 1);
            symbols_of(candidate)
                .into_iter()
                .for_each(|symbol| self.add(symbol, past.saturating_add(1)));
            return self.collect(candidate, past);
        }
        match Call::read(candidate) {
            Ok(Some(call)) if call.function == Function::If => {
                self.collect(&call.arguments[0], past);
                call.arguments[1..]
                    .iter()
                    .for_each(|branch| self.collect_candidate(branch, measures, past));
            }
            Ok(Some(call)) if call.function == Function::Filter => {
                if let Ok(filter) = FilterCall::read(&call) {
                    self.collect_candidate(
                        filter.candidates,
                        &[measures, &[filter.measure]].concat(),
                        past,
                    );
                }
            }
            Ok(None) if let ExpressionKind::List(children) = &candidate.kind => {
                children
                    .iter()
                    .for_each(|child| self.collect_candidate(child, measures, past));
            }
            _ => {
                let bars = most(Measure::bars_required).saturating_add(past);
                symbols_of(candidate)
                    .into_iter()
                    .for_each(|symbol| self.add(symbol, bars));
                self.collect(candidate, past);
            }
        }
    }
}
