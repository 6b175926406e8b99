use std::collections::BTreeMap;
use std::time::Duration;

use futures::FutureExt;
use futures::future::try_join_all;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::closing::{close_rest, rest_of};
use super::desk::{Desk, untold};
use super::leg::{find, follow, place};
use super::settlement::wait_for_funds;
use super::ticket::Ticket;
use crate::alpaca::{AlpacaError, Position, Side};
use crate::decimal::{Money, decimal_from_json};
use crate::error::{Fault, Refusal, StepError};
use crate::event::{
    Action, Body, Event, OrderResult, RebalancePlan, RebalancePlanItem, RebalancePlanned, TradeExecuted, WorkflowCompleted,
};
use crate::idempotency::Claim;
use crate::services::{FailedPart, Services, workflow_failed};
use crate::step::Conclusion;
use crate::workflow::{Binding, Workflow};

const PART: FailedPart = FailedPart { workflow_type: "trading_execution", step: "trade_execution" };

/// How long execution may take: less than the function's 900 s, so that it ends by its own hand.
pub(crate) const LIMIT: Duration = Duration::from_secs(840);

/// RebalancePlanned → TradeExecuted, and WorkflowCompleted or WorkflowFailed.
#[derive(Clone)]
pub struct TradingExecution {
    services: Services,
}

impl TradingExecution {
    /// A handler over `services`.
    #[must_use]
    pub fn new(services: Services) -> Self {
        Self { services }
    }

    /// The work of the step.
    ///
    /// # Errors
    /// Whatever keeps it from being done now; another attempt resumes by asking the broker.
    pub async fn work(&self, event: &Event) -> Result<Conclusion, StepError> {
        let Body::RebalancePlanned(planned) = &event.body else { return Ok(Conclusion::default()) };
        self.services.act(event, PART, |workflow| self.execute(event, planned, workflow)).await
    }

    async fn execute(&self, event: &Event, planned: &RebalancePlanned, workflow: Workflow) -> Result<Conclusion, Fault> {
        let plan = &planned.rebalance_plan;
        let session = metadata(plan, "session_date").unwrap_or_default();
        if session != workflow.session.date.to_string() {
            return Err(Refusal::new(format!("the plan is for session {session:?}, the workflow's is {}", workflow.session.date)).into());
        }
        if plan.items.iter().all(|item| item.action == Action::Hold) {
            return Ok(self.conclude(event, plan, &workflow, &[]));
        }
        let Claim::Work(lease) = self.services.steps.claims().claim(&format!("account#{}", workflow.session.account)).await? else {
            return Err(StepError::StoreUnavailable("the account's lease holds a step".to_owned()).into());
        };
        let tickets = self.services.steps.claims().hold(&[&lease], self.trade(plan, &workflow).boxed()).await.map_err(Fault::from);
        let released = self.services.steps.claims().release(&lease).await;
        let tickets = tickets??;
        released?;
        Ok(self.conclude(event, plan, &workflow, &tickets))
    }

    /// Sells, waits for their proceeds, buys. Where the session is over, an earlier attempt's orders are wound up, and
    /// none is placed.
    async fn trade(&self, plan: &RebalancePlan, workflow: &Workflow) -> Result<Vec<Ticket>, Fault> {
        let desk = Desk::new(&self.services, plan, workflow.session.valid_until);
        if self.services.workflows.bind(workflow, &desk.plan_id).await? == Binding::Refused {
            return Err(Refusal::new("the session is bound to another plan").into());
        }
        let mut tickets = self.phase(&desk, Side::Sell, None).await?;
        let cost = if tickets.is_empty() { Decimal::ZERO } else { self.cost_of_buys(&desk).await? };
        let funds = if cost.is_zero() { None } else { Some(wait_for_funds(desk.alpaca(), cost).await?) };
        tickets.extend(self.phase(&desk, Side::Buy, funds).await?);
        Ok(tickets)
    }

    /// Dollars for the buys that no earlier attempt has begun: those that it has took their part of the funds already.
    async fn cost_of_buys(&self, desk: &Desk<'_>) -> Result<Decimal, Fault> {
        let mut cost = Decimal::ZERO;
        for item in desk.plan.items.iter().filter(|item| item.action == Action::Buy) {
            if !find(desk, &mut Ticket::new(item, Side::Buy, Decimal::ZERO)).await? {
                cost += item.trade_amount.get();
            }
        }
        Ok(cost)
    }

    /// Places all orders of one side, one after the other, then follows them all at once. What keeps one from being
    /// placed keeps no other. Where `funds` are short, what does not fit is not placed.
    async fn phase(&self, desk: &Desk<'_>, side: Side, mut funds: Option<Decimal>) -> Result<Vec<Ticket>, Fault> {
        let action = if side == Side::Sell { Action::Sell } else { Action::Buy };
        let items: Vec<&RebalancePlanItem> = desk.plan.items.iter().filter(|item| item.action == action).collect();
        let held = if side == Side::Sell && !items.is_empty() { self.held().await? } else { BTreeMap::new() };
        let mut tickets = Vec::new();
        for item in items {
            tickets.push(self.begin(desk, item, side, held.get(&item.symbol), &mut funds).await?);
        }
        try_join_all(tickets.into_iter().map(|mut ticket| async {
            follow(desk, &mut ticket).await?;
            if ticket.problem.is_none() && !ticket.rest.is_zero() && ticket.remaining() <= Decimal::ZERO {
                close_rest(desk, &mut ticket).await?;
            }
            Ok(ticket)
        }))
        .await
    }

    /// The ticket of one item, with its first order, if it can be placed.
    async fn begin(
        &self,
        desk: &Desk<'_>,
        item: &RebalancePlanItem,
        side: Side,
        position: Option<&Position>,
        funds: &mut Option<Decimal>,
    ) -> Result<Ticket, Fault> {
        let mut ticket = Ticket::new(item, side, reference_price(desk.plan, &item.symbol).unwrap_or_default());
        let asset = match desk.alpaca().asset(&item.symbol).await {
            Err(error @ AlpacaError::Refused { .. }) if !find(desk, &mut ticket).await? => {
                ticket.problem = Some(format!("the broker {error}"));
                return Ok(ticket);
            }
            answer => answer.map_err(untold)?,
        };
        ticket.fractionable = asset.fractionable;
        let free = position.map(|position| position.qty_available.unwrap_or(position.qty)).unwrap_or_default();
        let is_begun = find(desk, &mut ticket).await?;
        // An earlier attempt may have learnt that the broker takes whole shares only.
        ticket.fractionable &= !is_begun || !ticket.total.fract().is_zero();
        ticket.rest = rest_of(desk, &ticket, free).await?;
        if is_begun {
            return Ok(ticket);
        }
        if side == Side::Sell && position.is_none() && ticket.rest.is_zero() {
            let untold = format!("{} is held no more, and no order of this plan is known that sold it", item.symbol);
            return Err(StepError::BrokerUnavailable(untold).into());
        }
        if ticket.price.is_zero() {
            ticket.problem = Some(format!("the plan has no usable reference price for {}", item.symbol));
            return Ok(ticket);
        }
        // All that is held: what an open order has taken may have been taken by our own, which the broker does not show yet.
        ticket.size(item, position.map(|position| position.qty).unwrap_or_default());
        if !asset.tradable {
            ticket.problem = Some(format!("{} cannot be traded", item.symbol));
        }
        if let Some(left) = funds {
            ticket.pay_from(left, item.trade_amount.get());
        }
        if ticket.problem.is_none() && !ticket.total.is_zero() {
            place(desk, &mut ticket).await?;
        }
        Ok(ticket)
    }

    async fn held(&self) -> Result<BTreeMap<String, Position>, Fault> {
        let positions = self.services.alpaca.positions().await.map_err(untold)?;
        Ok(positions.into_iter().map(|position| (position.symbol.clone(), position)).collect())
    }

    fn conclude(&self, event: &Event, plan: &RebalancePlan, workflow: &Workflow, tickets: &[Ticket]) -> Conclusion {
        let now = self.services.now();
        let results: Vec<OrderResult> = tickets.iter().map(|ticket| ticket.result(now)).collect();
        let executed = self.executed(plan, tickets, &results);
        let success = executed.success;
        let reason = executed.failure_reason.clone().unwrap_or_default();
        let without_orders = tickets.iter().all(|ticket| ticket.orders.is_empty());
        let summary = json!({
            "orders_placed": executed.orders_placed,
            "orders_succeeded": executed.orders_succeeded,
            "total_trade_value": executed.execution_data["total_trade_value"],
            "execution_plan_id": plan.plan_id,
        });
        tracing::info!(success, orders = executed.orders_placed, "trade executed");
        let executed = self.services.caused(event, executed);
        let (last, changes) = if success {
            let completed = WorkflowCompleted {
                workflow_type: "trading".to_owned(),
                workflow_duration_ms: (now.get() - workflow.started_at).num_milliseconds(),
                success,
                summary: summary.as_object().cloned().unwrap_or_default(),
            };
            (self.services.caused(event, completed), self.services.workflows.completing(&workflow.correlation_id, &executed))
        } else {
            let failed = workflow_failed(event, PART, &Refusal::new(reason.clone()));
            let changes = self.services.workflows.failing(workflow, &reason, Some(&executed), without_orders);
            (self.services.caused(event, failed), changes)
        };
        let entries = vec![self.services.steps.entry(&executed), self.services.steps.entry(&last)];
        // Orders were placed: that is told even where the workflow has been ended meanwhile.
        Conclusion { entries_if_refused: entries.clone(), entries, changes }
    }

    fn executed(&self, plan: &RebalancePlan, tickets: &[Ticket], results: &[OrderResult]) -> TradeExecuted {
        let counted: Vec<&Ticket> = tickets.iter().filter(|ticket| !ticket.skipped).collect();
        let failed: Vec<&&Ticket> = counted.iter().filter(|ticket| !ticket.is_success()).collect();
        let placed = counted.iter().filter(|ticket| !ticket.orders.is_empty()).count();
        let reasons: Vec<String> = failed.iter().map(|ticket| format!("{}: {}", ticket.symbol, failure(ticket))).collect();
        let total: Decimal = tickets.iter().map(Ticket::value).sum();
        let success = failed.is_empty();
        let data = json!({
            "plan_id": plan.plan_id,
            "orders_placed": placed,
            "orders_succeeded": counted.len() - failed.len(),
            "total_trade_value": Money::new(total).to_string(),
            "execution_timestamp": self.services.now().to_string(),
            "success": success,
            "orders": results,
            "portfolio": portfolio(plan),
            "signals": plan.metadata.as_ref().and_then(|metadata| metadata.get("signals")),
        });
        TradeExecuted {
            execution_data: data.as_object().cloned().unwrap_or_default(),
            success,
            orders_placed: i64::try_from(placed).unwrap_or(i64::MAX),
            orders_succeeded: i64::try_from(counted.len() - failed.len()).unwrap_or(i64::MAX),
            failure_reason: (!success).then(|| reasons.join("; ")),
            failed_symbols: failed.iter().map(|ticket| ticket.symbol.clone()).collect(),
        }
    }
}

fn failure(ticket: &Ticket) -> String {
    ticket.problem.clone().unwrap_or_else(|| format!("{} of {} shares filled", ticket.filled(), ticket.wanted()))
}

fn metadata<'a>(plan: &'a RebalancePlan, name: &str) -> Option<&'a str> {
    plan.metadata.as_ref()?.get(name)?.as_str()
}

/// The price that the planner sized the item with; none that cannot be used.
fn reference_price(plan: &RebalancePlan, symbol: &str) -> Option<Decimal> {
    let given = plan.metadata.as_ref()?.get("reference_prices")?.get(symbol)?;
    decimal_from_json(given).ok().filter(|price| *price > Decimal::ZERO)
}

/// The plan's targets, for the table of the mail.
fn portfolio(plan: &RebalancePlan) -> Vec<Value> {
    let row = |item: &RebalancePlanItem| {
        json!({
            "symbol": item.symbol,
            "target_weight": item.target_weight,
            "current_weight": item.current_weight,
            "action": item.action,
        })
    };
    plan.items.iter().map(row).collect()
}
