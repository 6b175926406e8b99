use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde_json::json;

use super::{Evaluation, Expression, Prices};
use crate::alpaca::{Bar, EARLIEST, span_of};
use crate::error::{Refusal, StepError, StepFailure};
use crate::event::{ConsolidatedPortfolio, Event, SignalGenerated};
use crate::orchestration::Starter;
use crate::services::{FailedPart, Services, workflow_failed};
use crate::step::Conclusion;
use crate::workflow::Workflow;

const PART: FailedPart = FailedPart {
    workflow_type: "signal_generation",
    step: "signal_generation",
};

/// One strategy file, parsed.
#[derive(Clone, Debug)]
pub struct Strategy {
    /// The file's name.
    pub name: String,
    /// Its share of the portfolio; all shares sum to 1.
    pub allocation: Decimal,
    /// What it says.
    pub expression: Expression,
}

/// WorkflowStarted → SignalGenerated.
#[derive(Clone)]
pub struct SignalGeneration {
    services: Services,
    starter: Starter,
    strategies: Arc<Vec<Strategy>>,
}

/// Closes up to one bar date, by symbol. A series that does not reach the bar date is stale and
/// counts as missing: no indicator mixes dates (incident 77).
struct Closes(BTreeMap<String, Vec<Decimal>>);

impl Prices for Closes {
    fn closes(&self, symbol: &str) -> Option<&[Decimal]> {
        self.0.get(symbol).map(Vec::as_slice)
    }
}

impl SignalGeneration {
    /// A handler for `strategies`.
    #[must_use]
    pub fn new(services: Services, strategies: Arc<Vec<Strategy>>) -> Self {
        Self {
            starter: Starter::new(services.clone()),
            services,
            strategies,
        }
    }

    /// The work of the step.
    ///
    /// # Errors
    /// Whatever keeps it from being done now.
    pub async fn work(&self, event: &Event) -> Result<Conclusion, StepError> {
        match self.starter.adopt(event).await {
            Ok(()) => {}
            Err(StepFailure::Retry(error)) => return Err(error),
            Err(StepFailure::Reject(refusal)) => {
                tracing::warn!(reason = %refusal, "a WorkflowStarted event was refused");
                // Whoever put it has no other answer: it ends, and the owner is told.
                let refusal = Refusal::new(format!("no run was started: {refusal}"));
                let failed = self
                    .services
                    .caused(event, workflow_failed(event, PART, &refusal));
                return Ok(Conclusion {
                    entries: vec![self.services.steps.entry(&failed)],
                    ..Conclusion::default()
                });
            }
        }
        self.services
            .act(event, PART, |workflow| self.signals(event, workflow))
            .await
    }

    async fn signals(&self, event: &Event, workflow: Workflow) -> Result<Conclusion, StepFailure> {
        let (closes, bar_date) = self.closes(&workflow).await?;
        let mut parts = Vec::new();
        for strategy in self.strategies.iter() {
            refuse_unpriced(strategy, &closes, workflow.session.previous)?;
            let evaluation = super::evaluate(&strategy.expression, &closes)
                .map_err(|error| Refusal::new(format!("strategy {}: {error}", strategy.name)))?;
            for warning in &evaluation.warnings {
                tracing::warn!(strategy = strategy.name, warning, "strategy warning");
            }
            parts.push((strategy, evaluation));
        }
        let weighted: Vec<(Decimal, BTreeMap<String, Decimal>)> = parts
            .iter()
            .map(|(strategy, evaluation)| (strategy.allocation, evaluation.allocation.clone()))
            .collect();
        let combined =
            super::combine(&weighted).map_err(|error| Refusal::new(error.to_string()))?;
        let generated = self
            .services
            .caused(event, self.signal(event, &parts, &combined, bar_date));
        tracing::info!(?bar_date, symbols = combined.len(), "signals generated");
        Ok(Conclusion {
            entries: vec![self.services.steps.entry(&generated)],
            changes: self
                .services
                .workflows
                .advancing(&workflow.correlation_id, "signals_generated"),
            ..Conclusion::default()
        })
    }

    /// Closes of all symbols that the strategies need, up to the last completed session. Strategies
    /// that look at no price have no bar date.
    async fn closes(
        &self,
        workflow: &Workflow,
    ) -> Result<(Closes, Option<NaiveDate>), StepFailure> {
        let mut needs: BTreeMap<String, usize> = BTreeMap::new();
        for strategy in self.strategies.iter() {
            for (symbol, bars) in super::data_needs(&strategy.expression) {
                let most = needs.entry(symbol).or_default();
                *most = (*most).max(bars);
            }
        }
        let symbols: Vec<String> = needs.keys().cloned().collect();
        let most = needs.values().copied().max().unwrap_or(1);
        if symbols.is_empty() {
            return Ok((Closes(BTreeMap::new()), None));
        }
        let (start, end) = span_of(most, self.services.clock.now());
        let mut bars = self
            .services
            .alpaca
            .daily_bars(&symbols, start, end)
            .await?;
        let completed = |bar: &&Bar| bar.date < workflow.session.date;
        let last = bars
            .values()
            .flatten()
            .filter(completed)
            .map(|bar| bar.date)
            .max();
        let bar_date = last.ok_or_else(|| {
            Refusal::new(format!(
                "no prices before {} for any of {symbols:?}",
                workflow.session.date
            ))
        })?;
        if bar_date != workflow.session.previous {
            let reason = format!(
                "the newest prices are of {bar_date}, the last session was {}",
                workflow.session.previous
            );
            return Err(Refusal::new(reason).into());
        }
        // The span of days that holds enough bars of one symbol holds too few of another that was
        // halted for long. What is seen of that one must not depend on how far back somebody else
        // looks.
        let count = |bars: &[Bar]| bars.iter().filter(completed).count();
        let is_short = |symbol: &&String| {
            bars.get(*symbol)
                .is_some_and(|bars| count(bars) < needs[*symbol])
        };
        let short: Vec<String> = symbols.iter().filter(is_short).cloned().collect();
        if !short.is_empty() {
            bars.extend(
                self.services
                    .alpaca
                    .daily_bars(&short, EARLIEST, end)
                    .await?,
            );
        }
        let fresh = bars.into_iter().filter_map(|(symbol, bars)| {
            let kept: Vec<&Bar> = bars.iter().filter(completed).collect();
            let is_fresh = kept.last().is_some_and(|bar| bar.date == bar_date);
            is_fresh.then(|| (symbol, kept.iter().map(|bar| bar.close).collect()))
        });
        Ok((Closes(fresh.collect()), Some(bar_date)))
    }

    fn signal(
        &self,
        event: &Event,
        parts: &[(&Strategy, Evaluation)],
        combined: &BTreeMap<String, Decimal>,
        bar_date: Option<NaiveDate>,
    ) -> SignalGenerated {
        let now = self.services.now();
        let symbols: Vec<&String> = combined.keys().collect();
        let names: Vec<&str> = parts
            .iter()
            .map(|(strategy, _)| strategy.name.as_str())
            .collect();
        let weights: Vec<String> = combined
            .iter()
            .map(|(symbol, weight)| {
                format!("{symbol} {}%", (weight * Decimal::ONE_HUNDRED).round_dp(1))
            })
            .collect();
        let signals = json!({
            "DSL": {
                "symbol": symbols.iter().map(|symbol| symbol.as_str()).collect::<Vec<_>>().join(","),
                "symbols": symbols,
                "action": "BUY",
                "reasoning": format!("{}: {}", names.join(", "), weights.join(", ")),
                "is_multi_symbol": symbols.len() > 1,
                "bar_date": bar_date.map(|date| date.to_string()),
            }
        });
        SignalGenerated {
            signals_data: signals.as_object().cloned().unwrap_or_default(),
            consolidated_portfolio: ConsolidatedPortfolio {
                target_allocations: combined.clone(),
                correlation_id: event.header.correlation_id.as_str().to_owned(),
                timestamp: now,
                strategy_count: i64::try_from(names.len()).unwrap_or(i64::MAX),
                source_strategies: names.iter().map(|name| (*name).to_owned()).collect(),
                schema_version: "1.0.0".to_owned(),
                constraints: None,
            },
            signal_count: 1,
        }
    }
}

/// Alone, a strategy without any fresh price would be refused for want of prices; beside others
/// that have theirs it must not decide on what is left when every candidate is skipped.
fn refuse_unpriced(
    strategy: &Strategy,
    closes: &Closes,
    bar_date: NaiveDate,
) -> Result<(), Refusal> {
    let needs = super::data_needs(&strategy.expression);
    if needs.is_empty() || needs.keys().any(|symbol| closes.closes(symbol).is_some()) {
        return Ok(());
    }
    let symbols: Vec<&String> = needs.keys().collect();
    Err(Refusal::new(format!(
        "strategy {}: there is no price of {bar_date} for any of {symbols:?}",
        strategy.name
    )))
}
