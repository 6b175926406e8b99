use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::ticket::Ticket;
use crate::alpaca::Side;
use crate::decimal::{Money, decimal_from_json};
use crate::error::Refusal;
use crate::event::{
    Action, Event, Note, OrderResult, RebalancePlan, RebalancePlanItem, TradeExecuted,
    WorkflowCompleted,
};
use crate::id::PlanId;
use crate::services::{FailedPart, Services, workflow_failed};
use crate::step::{Conclusion, IfRefused};
use crate::workflow::{Binding, Failure, Workflow};

/// What a workflow that fails here says of where it failed.
pub(super) const PART: FailedPart = FailedPart {
    workflow_type: "trading_execution",
    step: "trade_execution",
};

/// Cash above the plan's by more than this part of the account's value is idle money, and is told.
const IDLE: Decimal = Decimal::from_parts(1, 0, 0, false, 2);

/// One plan that was carried out, as far as that was possible.
pub(super) struct Execution<'a> {
    pub services: &'a Services,
    pub event: &'a Event,
    pub plan: &'a RebalancePlan,
    pub workflow: &'a Workflow,
}

impl Execution<'_> {
    /// What the step comes to: TradeExecuted, and the workflow's end. `binding` is none where the
    /// plan asked for no order.
    pub fn conclude(&self, tickets: &[Ticket], binding: Option<Binding>) -> Conclusion {
        let Self {
            services,
            event,
            plan,
            workflow,
        } = self;
        assert!(
            binding.is_some() || tickets.is_empty(),
            "orders are placed for a plan that the account is bound to"
        );
        assert!(
            tickets.iter().all(|ticket| ticket.unknown.is_none()),
            "a workflow ends when every order's fate is known"
        );
        let now = services.now();
        let executed = self.executed(tickets);
        let success = executed.success;
        let reason = executed.failure_reason.clone().unwrap_or_default();
        let plan_id = PlanId::new(plan.plan_id.clone());
        let plan_id = binding.map(|_| &plan_id);
        // An earlier attempt may have placed an order that the broker does not show: then nobody
        // else may have the session.
        let frees_session = tickets.iter().all(|ticket| ticket.orders.is_empty())
            && matches!(binding, None | Some(Binding::First));
        let summary = json!({
            "orders_placed": executed.orders_placed,
            "orders_succeeded": executed.orders_succeeded,
            "total_trade_value": executed.execution_data["total_trade_value"],
            "execution_plan_id": plan.plan_id,
        });
        tracing::info!(success, orders = executed.orders_placed, "trade executed");
        let executed = services.caused(event, executed);
        let (last, mut changes) = if success {
            let completed = WorkflowCompleted {
                workflow_type: "trading".to_owned(),
                workflow_duration_ms: (now.get() - workflow.started_at).num_milliseconds(),
                success,
                summary: summary.as_object().cloned().unwrap_or_default(),
            };
            (
                services.caused(event, completed),
                services.workflows.completing(workflow, &executed, plan_id),
            )
        } else {
            let failed = workflow_failed(event, PART, &Refusal::new(reason.clone()));
            let failure = Failure {
                reason: &reason,
                result: Some(&executed),
                plan_id,
                frees_session,
                is_overdue: false,
            };
            (
                services.caused(event, failed),
                services.workflows.failing(workflow, &failure),
            )
        };
        if is_money_to_come(tickets) {
            changes.extend(services.workflows.leaving_over(workflow, now.get()));
        }
        let entries = vec![services.steps.entry(&executed), services.steps.entry(&last)];
        // Orders were placed: that is told even where the workflow has been ended meanwhile.
        Conclusion {
            if_refused: IfRefused::Publish(entries.clone()),
            entries,
            changes,
        }
    }

    fn executed(&self, tickets: &[Ticket]) -> TradeExecuted {
        let now = self.services.now();
        let results: Vec<OrderResult> = tickets.iter().map(|ticket| ticket.result(now)).collect();
        let counted: Vec<&Ticket> = tickets.iter().filter(|ticket| !ticket.skipped).collect();
        let failed: Vec<&&Ticket> = counted
            .iter()
            .filter(|ticket| !ticket.is_success())
            .collect();
        let placed = counted
            .iter()
            .filter(|ticket| !ticket.orders.is_empty())
            .count();
        let untraded = untraded(self.plan);
        let mut reasons: Vec<String> = failed
            .iter()
            .map(|ticket| format!("{}: {}", ticket.symbol, ticket.failure()))
            .collect();
        reasons.extend(
            untraded
                .iter()
                .map(|(symbol, reason)| format!("{symbol}: {reason}")),
        );
        let mut failed_symbols: Vec<String> =
            failed.iter().map(|ticket| ticket.symbol.clone()).collect();
        failed_symbols.extend(untraded.iter().map(|(symbol, _)| symbol.clone()));
        let total: Decimal = tickets.iter().map(Ticket::value).sum();
        let success = reasons.is_empty();
        let mut data = json!({
            "plan_id": self.plan.plan_id,
            "orders_placed": placed,
            "orders_succeeded": counted.len() - failed.len(),
            "total_trade_value": Money::new(total).to_string(),
            "execution_timestamp": now.to_string(),
            "success": success,
            "orders": results,
            "portfolio": portfolio(self.plan),
            "signals": metadata(self.plan, "signals"),
        });
        let rows: Vec<Value> = untraded
            .iter()
            .map(|(symbol, reason)| json!({"symbol": symbol, "reason": reason}))
            .collect();
        let notes = self.notes(tickets);
        for (name, value) in [("untraded", json!(rows)), ("notes", json!(notes))] {
            if value.as_array().is_some_and(|rows| !rows.is_empty()) {
                data[name] = value;
            }
        }
        if let Some(idle) = self.idle_cash(tickets) {
            data["idle_cash"] = idle;
        }
        TradeExecuted {
            execution_data: data.as_object().cloned().unwrap_or_default(),
            success,
            orders_placed: i64::try_from(placed).unwrap_or(i64::MAX),
            orders_succeeded: i64::try_from(counted.len() - failed.len()).unwrap_or(i64::MAX),
            failure_reason: (!success).then(|| reasons.join("; ")),
            failed_symbols,
        }
    }

    /// What the reader of the mail should know although it is no failure.
    fn notes(&self, tickets: &[Ticket]) -> Vec<Note> {
        let planned = metadata(self.plan, "notes").cloned().unwrap_or_default();
        let mut notes: Vec<Note> = serde_json::from_value(planned).unwrap_or_default();
        for ticket in tickets {
            // What is told as the reason of a failure need not be told twice.
            let failure =
                (!ticket.is_success()).then(|| format!("{}: {}", ticket.symbol, ticket.failure()));
            let texts = ticket
                .notes
                .iter()
                .filter(|note| Some(*note) != failure.as_ref());
            notes.extend(texts.map(|text| Note {
                symbol: ticket.symbol.clone(),
                text: text.clone(),
            }));
            if ticket.awaits_money {
                let text = format!(
                    "{}: what is missing is bought by another run within the day, if the money comes in time",
                    ticket.symbol
                );
                notes.push(Note {
                    symbol: ticket.symbol.clone(),
                    text,
                });
            }
        }
        notes
    }

    /// The cash that is left above what the plan's targets leave, with the reasons; none where it
    /// is too little to matter. Worked out from the plan and the fills, so that another attempt
    /// says the same.
    fn idle_cash(&self, tickets: &[Ticket]) -> Option<Value> {
        let committed = metadata(self.plan, "committed_cash")
            .and_then(|given| decimal_from_json(given).ok())
            .unwrap_or_default();
        let before = decimal_from_json(metadata(self.plan, "cash_balance")?).ok()? + committed;
        let wanted: Decimal = equities(self.plan)
            .map(|item| item.target_value.get())
            .sum();
        let planned = self.plan.total_portfolio_value.get() - wanted;
        let moved = |side: Action| -> Decimal {
            tickets
                .iter()
                .filter(|ticket| (ticket.side == Side::Buy) == (side == Action::Buy))
                .map(Ticket::value)
                .sum()
        };
        let cash = before + moved(Action::Sell) - moved(Action::Buy);
        if cash - planned <= self.plan.total_portfolio_value.get() * IDLE {
            return None;
        }
        let mut reasons: Vec<Value> = Vec::new();
        for ticket in tickets.iter().filter(|ticket| ticket.side == Side::Buy) {
            if let Some(reason) = unspent(ticket) {
                reasons.push(json!({"symbol": ticket.symbol, "reason": reason}));
            }
        }
        reasons.extend(
            untraded(self.plan)
                .iter()
                .map(|(symbol, reason)| json!({"symbol": symbol, "reason": reason})),
        );
        let is_short = |item: &&RebalancePlanItem| {
            item.action == Action::Hold && item.target_value.get() > item.current_value.get()
        };
        for item in equities(self.plan).filter(is_short) {
            reasons.push(json!({"symbol": item.symbol, "reason": "what is missing is worth less than 1 % of the account"}));
        }
        if !committed.is_zero() {
            reasons.push(json!({"reason": "orders that are not of this plan hold money"}));
        }
        if reasons.is_empty() {
            reasons
                .push(json!({"reason": "the account has more cash than the plan's targets leave"}));
        }
        Some(
            json!({"cash": Money::new(cash).to_string(), "planned": Money::new(planned).to_string(), "reasons": reasons}),
        )
    }
}

/// Whether money for a buy was still on its way: another run can spend it.
fn is_money_to_come(tickets: &[Ticket]) -> bool {
    tickets.iter().any(|ticket| ticket.awaits_money)
}

/// Why a buy did not spend what the plan gave it, if so.
fn unspent(ticket: &Ticket) -> Option<String> {
    if !ticket.is_success() {
        return Some(ticket.failure());
    }
    if !ticket.fractionable {
        return Some("it trades in whole shares".to_owned());
    }
    // Whoever reads the reasons sees the symbol beside them.
    let note = ticket.notes.last()?;
    Some(
        note.strip_prefix(&format!("{}: ", ticket.symbol))
            .unwrap_or(note)
            .to_owned(),
    )
}

/// The items that are positions: a plan that wants cash alone has a line for it.
fn equities(plan: &RebalancePlan) -> impl Iterator<Item = &RebalancePlanItem> {
    plan.items
        .iter()
        .filter(|item| item.symbol != crate::portfolio::CASH)
}

/// The symbols that the plan would trade and cannot, with the reason.
fn untraded(plan: &RebalancePlan) -> Vec<(String, String)> {
    let given = metadata(plan, "untraded").and_then(Value::as_object);
    given
        .into_iter()
        .flatten()
        .map(|(symbol, reason)| {
            (
                symbol.clone(),
                reason.as_str().unwrap_or_default().to_owned(),
            )
        })
        .collect()
}

fn metadata<'a>(plan: &'a RebalancePlan, name: &str) -> Option<&'a Value> {
    plan.metadata.as_ref()?.get(name)
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
