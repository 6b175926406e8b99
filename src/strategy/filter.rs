//! Ranks candidates by an indicator and keeps the first of them.

use rust_decimal::Decimal;

use super::call::{Call, FilterCall};
use super::candidate::Candidate;
use super::error::{EvaluationError, Problem};
use super::evaluate::Evaluator;
use super::function::Direction;
use super::measure::Measure;
use super::trace::Decision;
use super::value::Value;

impl Evaluator<'_> {
    /// The kept candidates as a list, best first: symbols, and the weights of groups.
    pub(super) fn filter(&mut self, call: Call) -> Result<Value, EvaluationError> {
        let kept = self.kept(call)?;
        Ok(Value::List(
            kept.into_iter().map(Candidate::into_value).collect(),
        ))
    }

    /// The kept candidates, best first.
    ///
    /// Equal values rank by symbol or name of the group, A before B, in both directions. A
    /// candidate without value is skipped with a warning; if that leaves none the list is empty,
    /// which the weight function around it refuses.
    pub(super) fn kept<'e>(
        &mut self,
        call: Call<'e>,
    ) -> Result<Vec<Candidate<'e>>, EvaluationError> {
        let FilterCall {
            measure,
            direction,
            count,
            candidates,
        } = FilterCall::read(&call)?;
        let start = self.begin();
        let candidates = self.candidates(std::slice::from_ref(candidates))?;
        refuse_groups_without_price(&candidates, measure)?;
        let (mut kept, skipped) = self.ranking(call, measure, direction, candidates);
        let dropped = kept.split_off(count.min(kept.len()));
        let scores = |ranked: &[(Candidate, Decimal)]| {
            ranked
                .iter()
                .map(|(candidate, score)| (candidate.label.clone(), *score))
                .collect()
        };
        let decision = Decision::Filter {
            measure,
            direction,
            kept: scores(&kept),
            dropped: scores(&dropped),
            skipped,
        };
        self.record(start, call.expression, decision);
        self.end();
        Ok(kept.into_iter().map(|(candidate, _)| candidate).collect())
    }

    /// The candidates with their values, best first, and the labels of those without value.
    fn ranking<'e>(
        &mut self,
        call: Call,
        measure: Measure,
        direction: Direction,
        candidates: Vec<Candidate<'e>>,
    ) -> (Vec<(Candidate<'e>, Decimal)>, Vec<String>) {
        let (mut ranked, mut skipped) = (Vec::new(), Vec::new());
        for candidate in candidates {
            match self.score(&candidate, measure) {
                Ok(value) => ranked.push((candidate, value)),
                Err(problem) => {
                    self.warn(call.expression, format!("candidate skipped: {problem}"));
                    skipped.push(candidate.label);
                }
            }
        }
        // The sort is stable and the candidates came in the order of their labels, so equal values
        // stay in that order.
        ranked.sort_by(|(_, left), (_, right)| match direction {
            Direction::Top => right.cmp(left),
            Direction::Bottom => left.cmp(right),
        });
        (ranked, skipped)
    }
}

/// A group has returns, and no price of its own that could be compared with the prices of others.
fn refuse_groups_without_price(
    candidates: &[Candidate],
    measure: Measure,
) -> Result<(), EvaluationError> {
    let group = candidates
        .iter()
        .find_map(|candidate| candidate.group)
        .filter(|_| measure.indicator.is_price());
    match group {
        Some(group) => Err(EvaluationError::at(
            group,
            Problem::GroupWithoutPrice { measure },
        )),
        None => Ok(()),
    }
}
