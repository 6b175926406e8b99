use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde_json::json;

use super::planner::{CASH, Holding, PlannedTrade, Snapshot, items, plan};
use crate::decimal::{Money, Weight};
use crate::error::{Fault, Refusal, StepError};
use crate::event::{Action, AllocationComparison, Body, Event, RebalancePlan, RebalancePlanned, SignalGenerated, Urgency};
use crate::execution::usable_quotes;
use crate::id::PlanId;
use crate::services::{FailedPart, Services};
use crate::step::Conclusion;
use crate::workflow::Workflow;

const PART: FailedPart = FailedPart { workflow_type: "portfolio_analysis", step: "portfolio_analysis" };

/// SignalGenerated → RebalancePlanned.
#[derive(Clone)]
pub struct PortfolioAnalysis {
    services: Services,
}

impl PortfolioAnalysis {
    /// A handler over `services`.
    #[must_use]
    pub fn new(services: Services) -> Self {
        Self { services }
    }

    /// The work of the step.
    ///
    /// # Errors
    /// Whatever keeps it from being done now.
    pub async fn work(&self, event: &Event) -> Result<Conclusion, StepError> {
        let Body::SignalGenerated(signal) = &event.body else { return Ok(Conclusion::default()) };
        self.services.act(event, PART, |workflow| self.planned(event, signal, workflow)).await
    }

    async fn planned(&self, event: &Event, signal: &SignalGenerated, workflow: Workflow) -> Result<Conclusion, Fault> {
        let weights = &signal.consolidated_portfolio.target_allocations;
        let snapshot = self.snapshot(weights).await?;
        let trades = plan(&snapshot, weights).map_err(|error| Refusal::new(error.to_string()))?;
        let body = self.body(event, signal, &workflow, &snapshot, &trades);
        let planned = self.services.caused(event, body);
        tracing::info!(items = trades.len(), "rebalance planned");
        Ok(Conclusion {
            entries: vec![self.services.steps.entry(&planned)],
            changes: self.services.workflows.advancing(&workflow.correlation_id, "rebalance_planned"),
            ..Conclusion::default()
        })
    }

    /// The account, its positions, and a price for each symbol held or wanted: the middle of a sane quote.
    async fn snapshot(&self, weights: &BTreeMap<String, Decimal>) -> Result<Snapshot, Fault> {
        let alpaca = &self.services.alpaca;
        let account = alpaca.account().await?;
        let positions = alpaca.positions().await?;
        let wanted =
            weights.iter().filter(|(symbol, weight)| symbol.as_str() != CASH && !weight.is_zero()).map(|(symbol, _)| symbol.clone());
        let symbols: BTreeSet<String> = wanted.chain(positions.iter().map(|position| position.symbol.clone())).collect();
        let quotes = usable_quotes(&self.services, &symbols.into_iter().collect::<Vec<_>>()).await?;
        Ok(Snapshot {
            cash: account.cash,
            value: account.portfolio_value,
            holdings: positions.into_iter().map(|position| (position.symbol, Holding { quantity: position.qty })).collect(),
            prices: quotes.into_iter().map(|(symbol, quote)| (symbol, quote.mid())).collect(),
        })
    }

    fn body(
        &self,
        event: &Event,
        signal: &SignalGenerated,
        workflow: &Workflow,
        snapshot: &Snapshot,
        trades: &[PlannedTrade],
    ) -> RebalancePlanned {
        let total = Money::new(trades.iter().map(|trade| trade.amount.abs()).sum());
        let prices: BTreeMap<&String, String> = snapshot.prices.iter().map(|(symbol, price)| (symbol, price.to_string())).collect();
        let metadata = json!({
            "session_date": workflow.session.date.to_string(),
            "valid_until": workflow.session.valid_until.to_string(),
            "portfolio_value": snapshot.value.to_string(),
            "cash_balance": snapshot.cash.to_string(),
            "position_count": snapshot.holdings.len(),
            "reference_prices": prices,
            // For the mail, whose step sees the execution's event only.
            "signals": signal.signals_data,
            "module": "portfolio_v2.core.planner",
        });
        let plan = RebalancePlan {
            schema_version: "1.0".to_owned(),
            correlation_id: event.header.correlation_id.as_str().to_owned(),
            causation_id: event.header.event_id.as_str().to_owned(),
            timestamp: self.services.now(),
            plan_id: PlanId::of_signal(&event.header.event_id).as_str().to_owned(),
            items: items(trades),
            total_portfolio_value: Money::new(snapshot.value),
            total_trade_value: total,
            max_drift_tolerance: Weight::new(Decimal::new(5, 2)),
            execution_urgency: Urgency::Normal,
            estimated_duration_minutes: None,
            metadata: metadata.as_object().cloned(),
        };
        RebalancePlanned {
            rebalance_plan: plan,
            allocation_comparison: comparison(snapshot, &signal.consolidated_portfolio.target_allocations, trades),
            trades_required: trades.iter().any(|trade| trade.action != Action::Hold),
            total_trade_value_cents: (total.get() * Decimal::ONE_HUNDRED).to_i64(),
        }
    }
}

fn comparison(snapshot: &Snapshot, weights: &BTreeMap<String, Decimal>, trades: &[PlannedTrade]) -> AllocationComparison {
    let mut comparison = AllocationComparison::default();
    for trade in trades {
        let target = weights.get(&trade.symbol).copied().unwrap_or_default().round_dp(4);
        let current = if snapshot.value.is_zero() { Decimal::ZERO } else { (trade.current_value / snapshot.value).round_dp(4) };
        comparison.target_values.insert(trade.symbol.clone(), target);
        comparison.current_values.insert(trade.symbol.clone(), current);
        comparison.deltas.insert(trade.symbol.clone(), target - current);
    }
    comparison
}
