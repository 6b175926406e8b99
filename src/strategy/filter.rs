//! Ranks candidates by an indicator and keeps the first of them.

use std::collections::BTreeSet;

use rust_decimal::Decimal;

use super::error::EvaluationError;
use super::evaluate::Evaluator;
use super::function::{Call, Direction, FilterCall};
use super::measure::Measure;
use super::trace::Decision;
use super::value::Value;

impl Evaluator<'_> {
    /// The kept symbols as a list, best first.
    ///
    /// Candidates are single symbols, each counted once. Equal values rank by symbol, A before B, in both directions. A
    /// candidate without value is skipped with a warning; if that leaves none the list is empty, which the weight
    /// function around it refuses.
    pub(super) fn filter(&mut self, call: Call) -> Result<Value, EvaluationError> {
        let FilterCall { measure, direction, count, candidates } = FilterCall::read(&call)?;
        let start = self.begin();
        let symbols = self.symbols(std::slice::from_ref(candidates))?;
        let (mut kept, skipped) = self.ranking(call, measure, direction, symbols);
        let dropped = kept.split_off(count.min(kept.len()));
        let list = kept.iter().map(|(symbol, _)| Value::Text(symbol.clone())).collect();
        let decision = Decision::Filter { measure, direction, kept, dropped, skipped };
        self.record(start, call.expression, decision);
        self.end();
        Ok(Value::List(list))
    }

    /// The symbols with their values, best first, and the symbols without value.
    fn ranking(
        &mut self,
        call: Call,
        measure: Measure,
        direction: Direction,
        symbols: BTreeSet<String>,
    ) -> (Vec<(String, Decimal)>, Vec<String>) {
        let (mut ranked, mut skipped) = (Vec::new(), Vec::new());
        for symbol in symbols {
            match self.measure(call.expression, measure, &symbol) {
                Ok(value) => ranked.push((symbol, value)),
                Err(problem) => {
                    self.warn(call.expression, format!("candidate skipped: {problem}"));
                    skipped.push(symbol);
                }
            }
        }
        // The sort is stable and the symbols came in ascending order, so equal values stay in that order.
        ranked.sort_by(|(_, left), (_, right)| match direction {
            Direction::Top => right.cmp(left),
            Direction::Bottom => left.cmp(right),
        });
        (ranked, skipped)
    }
}
