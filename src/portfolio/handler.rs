use std::collections::BTreeMap;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde_json::{Value, json};

use super::planned_trade::PlannedTrade;
use super::planner::{Snapshot, items, plan};
use super::survey::{Survey, survey};
use crate::decimal::{Money, Weight};
use crate::error::{Refusal, StepError, StepFailure};
use crate::event::{
    Action, AllocationComparison, Body, Event, JsonObject, RebalancePlan, RebalancePlanned,
    SignalGenerated, Urgency,
};
use crate::id::PlanId;
use crate::services::{FailedPart, Services};
use crate::step::Conclusion;
use crate::workflow::Workflow;

const PART: FailedPart = FailedPart {
    workflow_type: "portfolio_analysis",
    step: "portfolio_analysis",
};

/// How often one plan may be made anew because another run has moved the account.
const MOST_REPLANS: u64 = 3;

/// What is wanted of a plan, and which state of the account it is for.
struct Basis {
    weights: BTreeMap<String, Decimal>,
    signals: Value,
    /// The account's count before the snapshot.
    sequence: Option<i64>,
    /// How often the plan was made anew.
    replans: u64,
}

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
        let Body::SignalGenerated(signal) = &event.body else {
            return Ok(Conclusion::default());
        };
        self.services
            .act(event, PART, |workflow| {
                self.planned(event, signal, workflow)
            })
            .await
    }

    async fn planned(
        &self,
        event: &Event,
        signal: &SignalGenerated,
        workflow: Workflow,
    ) -> Result<Conclusion, StepFailure> {
        // Read before the account: what moves it afterwards makes the count another one.
        let sequence = self
            .services
            .workflows
            .settled_sequence(&workflow.session.account)
            .await?;
        let basis = Basis {
            weights: signal.consolidated_portfolio.target_allocations.clone(),
            signals: Value::Object(signal.signals_data.clone()),
            sequence,
            replans: 0,
        };
        let planned = self
            .services
            .caused(event, self.plan(event, &basis, &workflow).await?);
        Ok(Conclusion {
            entries: vec![self.services.steps.entry(&planned)],
            changes: self
                .services
                .workflows
                .advancing(&workflow.correlation_id, "rebalance_planned"),
            ..Conclusion::default()
        })
    }

    /// Makes `overtaken` anew for the account as it stands now, at the count `sequence`; `event`
    /// brought it.
    ///
    /// # Errors
    /// A refusal where it was made anew too often: then the account does not come to rest.
    pub async fn replan(
        &self,
        event: &Event,
        overtaken: &RebalancePlan,
        workflow: &Workflow,
        sequence: i64,
    ) -> Result<RebalancePlanned, StepFailure> {
        let metadata = overtaken.metadata.clone().unwrap_or_default();
        let replans = metadata.get("replans").and_then(Value::as_u64).unwrap_or(0) + 1;
        if replans > MOST_REPLANS {
            return Err(Refusal::new(format!(
                "the plan was overtaken by other runs on the account {replans} times"
            ))
            .into());
        }
        let weights = metadata
            .get("target_allocations")
            .and_then(|weights| serde_json::from_value(weights.clone()).ok());
        let weights =
            weights.ok_or_else(|| Refusal::new("the plan was overtaken by another run on the account, and does not say its targets"))?;
        let basis = Basis {
            weights,
            signals: metadata.get("signals").cloned().unwrap_or_default(),
            sequence: Some(sequence),
            replans,
        };
        self.plan(event, &basis, workflow).await
    }

    async fn plan(
        &self,
        event: &Event,
        basis: &Basis,
        workflow: &Workflow,
    ) -> Result<RebalancePlanned, StepFailure> {
        let survey = survey(&self.services, &basis.weights).await?;
        let trades = plan(&survey.snapshot, &basis.weights)
            .map_err(|error| Refusal::new(error.to_string()))?;
        tracing::info!(items = trades.len(), "rebalance planned");
        Ok(self.body(event, basis, workflow, &survey, &trades))
    }

    fn body(
        &self,
        event: &Event,
        basis: &Basis,
        workflow: &Workflow,
        survey: &Survey,
        trades: &[PlannedTrade],
    ) -> RebalancePlanned {
        let snapshot = &survey.snapshot;
        let total = Money::new(trades.iter().map(|trade| trade.amount.abs()).sum());
        let plan = RebalancePlan {
            schema_version: "1.0".to_owned(),
            correlation_id: event.header.correlation_id.as_str().to_owned(),
            causation_id: event.header.event_id.as_str().to_owned(),
            timestamp: self.services.now(),
            plan_id: PlanId::caused_by(&event.header.event_id)
                .as_str()
                .to_owned(),
            items: items(trades),
            total_portfolio_value: Money::new(snapshot.value),
            total_trade_value: total,
            max_drift_tolerance: Weight::new(Decimal::new(5, 2)),
            execution_urgency: Urgency::Normal,
            estimated_duration_minutes: None,
            metadata: Some(metadata(basis, workflow, survey, trades)),
        };
        RebalancePlanned {
            rebalance_plan: plan,
            allocation_comparison: comparison(snapshot, &basis.weights, trades),
            trades_required: trades.iter().any(|trade| trade.action != Action::Hold),
            total_trade_value_cents: (total.get() * Decimal::ONE_HUNDRED).to_i64(),
        }
    }
}

/// What execution and the mail need to know of how the plan was made.
fn metadata(
    basis: &Basis,
    workflow: &Workflow,
    survey: &Survey,
    trades: &[PlannedTrade],
) -> JsonObject {
    let snapshot = &survey.snapshot;
    let priced = snapshot
        .prices
        .iter()
        .filter(|(symbol, _)| !snapshot.untraded.contains_key(*symbol));
    let prices: BTreeMap<&String, String> = priced
        .map(|(symbol, price)| (symbol, price.to_string()))
        .collect();
    let quantities: BTreeMap<&String, String> = snapshot
        .holdings
        .iter()
        .map(|(symbol, holding)| (symbol, holding.quantity.normalize().to_string()))
        .collect();
    let targets: BTreeMap<&String, String> = basis
        .weights
        .iter()
        .map(|(symbol, weight)| (symbol, weight.to_string()))
        .collect();
    // A sale's amount is negative: it adds to the cash.
    let planned_cash = snapshot.cash - trades.iter().map(|trade| trade.amount).sum::<Decimal>();
    let mut metadata = json!({
        "session_date": workflow.session.date.to_string(),
        "valid_until": workflow.session.valid_until.to_string(),
        "portfolio_value": snapshot.value.to_string(),
        "cash_balance": snapshot.cash.to_string(),
        // What orders of others may cost is cash, and not there for the plan.
        "committed_cash": survey.committed.to_string(),
        "planned_cash": planned_cash.to_string(),
        "position_count": snapshot.holdings.len(),
        "quantities": quantities,
        "reference_prices": prices,
        // What the snapshot rests on; a plan that names nothing here was made while another was
        // carried out.
        "account_sequence": basis.sequence,
        // For a plan that has to be made anew.
        "target_allocations": targets,
        "replans": basis.replans,
        // For the mail, whose step sees the execution's event only.
        "signals": basis.signals,
        "module": "portfolio_v2.core.planner",
    });
    let untraded: BTreeMap<&String, &String> = trades
        .iter()
        .filter(|trade| trade.is_untraded)
        .filter_map(|trade| snapshot.untraded.get_key_value(&trade.symbol))
        .collect();
    if !untraded.is_empty() {
        metadata["untraded"] = json!(untraded);
    }
    if !survey.notes.is_empty() {
        metadata["notes"] = json!(survey.notes);
    }
    metadata.as_object().cloned().unwrap_or_default()
}

fn comparison(
    snapshot: &Snapshot,
    weights: &BTreeMap<String, Decimal>,
    trades: &[PlannedTrade],
) -> AllocationComparison {
    let mut comparison = AllocationComparison::default();
    for trade in trades {
        let target = weights
            .get(&trade.symbol)
            .copied()
            .unwrap_or_default()
            .round_dp(4);
        let current = if snapshot.value.is_zero() {
            Decimal::ZERO
        } else {
            (trade.current_value / snapshot.value).round_dp(4)
        };
        comparison
            .target_values
            .insert(trade.symbol.clone(), target);
        comparison
            .current_values
            .insert(trade.symbol.clone(), current);
        comparison
            .deltas
            .insert(trade.symbol.clone(), target - current);
    }
    comparison
}
