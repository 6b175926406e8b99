use std::sync::Arc;

use alchemiser::bus::BusEntry;
use alchemiser::clock::SystemClock;
use alchemiser::event::{Action, Body, Event, RebalancePlanned};
use alchemiser::id::{ClientOrderId, CorrelationId, PlanId};
use alchemiser::store::{Item, get_number, get_text, ordered, text};
use alchemiser::timestamp::Timestamp;
use alchemiser::workflow::{State, Workflow, Workflows};
use chrono::DateTime;
use clap::Subcommand;
use serde_json::{Value, json};

use crate::account::Account;
use crate::claim_chain::{Claim, claim_chain, event_of};
use crate::outcome::{Outcome, Problem, failed};
use crate::shell::quoted;
use crate::table::{facts, table};

/// What can be done with workflows.
#[derive(Debug, Subcommand)]
pub enum WorkflowCommand {
    /// Shows the state of a workflow, its steps, its events and its orders.
    Show {
        /// The workflow's id, as every event, log line and mail of it has it.
        correlation: String,
    },
}

/// Carries out a command on workflows.
pub async fn workflow(account: &Account, command: &WorkflowCommand) -> Result<Outcome, Problem> {
    let WorkflowCommand::Show { correlation } = command;
    let id = CorrelationId::new(correlation.as_str());
    let table = account.named("workflow");
    let workflows = Workflows::new(account.dynamodb.clone(), &table, Arc::new(SystemClock));
    let read = workflows
        .load(&id)
        .await
        .map_err(|error| Problem::Failed(format!("reading {table}: {error}")))?;
    let record = read.ok_or_else(|| absent(correlation, &table))?;
    let item = item(account, &table, correlation).await?;
    let claims = claim_chain(account, correlation, record.notification.as_slice()).await?;
    Ok(shown(&record, &item, &claims, account.now()))
}

fn absent(correlation: &str, table: &str) -> Problem {
    Problem::Usage(format!(
        "there is no workflow {correlation:?} in {table}: it was never begun, or more than 400 days ago.\nThe log lines of the start \
         say why not; if its command died, it is in the dead-letter queue: ops dlq list"
    ))
}

/// The raw record, for what only people want to know.
async fn item(account: &Account, table: &str, correlation: &str) -> Result<Item, Problem> {
    let key = text(format!("workflow#{correlation}"));
    let asked = account
        .dynamodb
        .get_item()
        .table_name(table)
        .key("record_key", key)
        .consistent_read(true)
        .send()
        .await;
    let answer =
        asked.map_err(|error| failed(&format!("reading {correlation} in {table}"), &error))?;
    Ok(ordered(answer.item.unwrap_or_default()))
}

/// One order: done, or only planned.
struct Order {
    symbol: String,
    side: String,
    amount: String,
    status: String,
    client_order_id: String,
}

fn shown(record: &Workflow, item: &Item, claims: &[Claim], now: Timestamp) -> Outcome {
    let entries: Vec<(&Claim, &BusEntry)> = claims
        .iter()
        .flat_map(|claim| claim.events.iter().map(move |entry| (claim, entry)))
        .collect();
    let orders = orders(
        record,
        entries.iter().filter_map(|(_, entry)| event_of(entry)),
    );
    let is_overdue = record.state == State::Running && record.deadline < now.get();
    let state = format!(
        "{}{}",
        record.state.as_str(),
        if is_overdue { ", overdue" } else { "" }
    );
    let notified = get_number(item, "notified_at")
        .and_then(DateTime::from_timestamp_millis)
        .map(|at| Timestamp::new(at).to_string());
    let mail = match (&notified, &record.notification) {
        (Some(at), _) => format!("sent at {at}"),
        (None, Some(_)) => format!("asked for, not confirmed, {} reminders", record.reminders),
        (None, None) => "not asked for".to_owned(),
    };
    let head = facts(&[
        ("Workflow", Some(record.correlation_id.to_string())),
        ("State", Some(state)),
        ("Because", record.failure_reason.clone()),
        ("Last step", get_text(item, "step")),
        ("Account", Some(record.session.account.clone())),
        (
            "Session",
            Some(format!(
                "{}, trades until {}",
                record.session.occurrence, record.session.valid_until
            )),
        ),
        (
            "Started",
            Some(Timestamp::new(record.started_at).to_string()),
        ),
        (
            "Deadline",
            Some(Timestamp::new(record.deadline).to_string()),
        ),
        ("Plan", record.plan_id.as_ref().map(ToString::to_string)),
        ("Mail", Some(mail.clone())),
    ]);
    let text = format!(
        "{head}\n{}\n{}\n{}",
        steps_text(claims, now),
        events_text(&entries),
        orders_text(record, &orders)
    );
    let json = json!({
        "correlation_id": record.correlation_id.as_str(), "state": record.state.as_str(), "is_overdue": is_overdue,
        "failure_reason": record.failure_reason, "last_step": get_text(item, "step"), "account": record.session.account,
        "session": record.session.occurrence, "valid_until": record.session.valid_until, "started_at": Timestamp::new(record.started_at),
        "deadline": Timestamp::new(record.deadline), "plan_id": record.plan_id.as_ref().map(PlanId::as_str), "notified_at": notified,
        "reminders": record.reminders, "steps": claims.iter().map(|claim| step_json(claim, now)).collect::<Vec<_>>(),
        "events": entries.iter().map(|(claim, entry)| event_json(claim, entry)).collect::<Vec<_>>(),
        "orders": orders.iter().map(Order::to_json).collect::<Vec<_>>(),
    });
    Outcome::new(text, json).noting(advice(record, claims, is_overdue))
}

/// Where a step stands, for people.
fn standing(claim: &Claim, now: Timestamp) -> String {
    let is_held = claim.lease_until > now.get().timestamp_millis();
    match (claim.state.as_str(), is_held) {
        ("completed", _) => "completed".to_owned(),
        ("recorded", true) => "recorded, being published".to_owned(),
        ("recorded", false) => "recorded, NOT PUBLISHED".to_owned(),
        (_, true) => "being worked on".to_owned(),
        (_, false) => "NOT DONE".to_owned(),
    }
}

fn steps_text(claims: &[Claim], now: Timestamp) -> String {
    let row = |claim: &Claim| {
        let (step, of) = claim.key.split_once('#').unwrap_or((&claim.key, ""));
        vec![
            step.to_owned(),
            standing(claim, now),
            claim.fence.to_string(),
            of.to_owned(),
        ]
    };
    table(
        &["STEP", "STANDING", "ATTEMPTS", "OF"],
        &claims.iter().map(row).collect::<Vec<_>>(),
    )
}

fn step_json(claim: &Claim, now: Timestamp) -> Value {
    json!({ "key": claim.key, "state": claim.state, "standing": standing(claim, now), "attempts": claim.fence })
}

fn events_text(entries: &[(&Claim, &BusEntry)]) -> String {
    let row = |(claim, entry): &(&Claim, &BusEntry)| {
        let at = event_of(entry)
            .map(|event| event.header.timestamp.to_string())
            .unwrap_or_default();
        let is_out = if claim.state == "completed" {
            "yes"
        } else {
            "no"
        };
        vec![
            at,
            entry.detail_type.clone(),
            entry.source.clone(),
            is_out.to_owned(),
            entry.event_id.to_string(),
        ]
    };
    table(
        &["TIME", "EVENT", "SOURCE", "PUBLISHED", "ID"],
        &entries.iter().map(row).collect::<Vec<_>>(),
    )
}

fn event_json(claim: &Claim, entry: &BusEntry) -> Value {
    json!({
        "event_id": entry.event_id.as_str(), "detail_type": entry.detail_type, "source": entry.source,
        "is_published": claim.state == "completed", "detail": serde_json::from_str::<Value>(&entry.detail).unwrap_or_default(),
    })
}

/// The orders of the result; where there is none yet, what the plan asks for.
fn orders(record: &Workflow, events: impl Iterator<Item = Event>) -> Vec<Order> {
    let result = record
        .result
        .as_ref()
        .and_then(|json| serde_json::from_str::<Value>(json).ok());
    if let Some(done) = result
        .as_ref()
        .and_then(|result| result["execution_data"]["orders"].as_array())
    {
        return done.iter().map(Order::done).collect();
    }
    let plan = events
        .filter_map(|event| {
            if let Body::RebalancePlanned(planned) = event.body {
                Some(planned)
            } else {
                None
            }
        })
        .last();
    plan.as_ref().map(planned).unwrap_or_default()
}

fn planned(plan: &RebalancePlanned) -> Vec<Order> {
    let id = PlanId::new(plan.rebalance_plan.plan_id.as_str());
    let trades = plan
        .rebalance_plan
        .items
        .iter()
        .filter(|item| item.action != Action::Hold);
    let order = |item: &alchemiser::event::RebalancePlanItem| {
        let side = if item.action == Action::Sell {
            "sell"
        } else {
            "buy"
        };
        Order {
            symbol: item.symbol.clone(),
            side: side.to_owned(),
            amount: item.trade_amount.to_string(),
            status: "planned".to_owned(),
            client_order_id: ClientOrderId::of_leg(&id, &item.symbol, side, 1).to_string(),
        }
    };
    trades.map(order).collect()
}

impl Order {
    /// From an order of TradeExecuted.
    fn done(order: &Value) -> Self {
        let text = |name: &str| order[name].as_str().unwrap_or_default().to_owned();
        let error = order["error_message"]
            .as_str()
            .map(|error| format!(": {error}"))
            .unwrap_or_default();
        Self {
            symbol: text("symbol"),
            side: text("action").to_lowercase(),
            amount: text("trade_amount"),
            status: text("status") + &error,
            client_order_id: text("client_order_id"),
        }
    }

    fn to_json(&self) -> Value {
        json!({
            "symbol": self.symbol, "side": self.side, "amount": self.amount, "status": self.status, "client_order_id": self.client_order_id,
        })
    }
}

fn orders_text(record: &Workflow, orders: &[Order]) -> String {
    let row = |order: &Order| {
        vec![
            order.side.clone(),
            order.symbol.clone(),
            order.amount.clone(),
            order.client_order_id.clone(),
            order.status.clone(),
        ]
    };
    let rows: Vec<Vec<String>> = orders.iter().map(row).collect();
    let doubt = if record.result.is_none() && record.plan_id.is_some() {
        "Execution has begun and gave no result: the broker knows which of these orders it has, by their ids.\n"
    } else {
        ""
    };
    format!(
        "{}{doubt}",
        table(
            &["SIDE", "SYMBOL", "DOLLARS", "CLIENT ORDER ID", "STATUS"],
            &rows
        )
    )
}

/// What somebody who looks at a stuck workflow should do.
fn advice(record: &Workflow, claims: &[Claim], is_overdue: bool) -> Vec<String> {
    let mut advice = Vec::new();
    if claims.is_empty() {
        advice.push(
            "No step has recorded an event: it was begun by an event that was put by hand, and the first step is not done.".to_owned(),
        );
    }
    if is_overdue {
        advice.push("It is overdue: the next round of the watchdog ends it.".to_owned());
    }
    if record.state == State::Running && claims.iter().any(|claim| claim.state != "completed") {
        advice.push(format!(
            "A step is not complete: is its event a dead letter? ops dlq list --correlation {}",
            quoted(record.correlation_id.as_str())
        ));
    }
    advice
}
