use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::Finding;
use crate::cloud::record::Record;
use crate::journal::Journal;
use alchemiser_mocks::exchange::{OrderStatus, Report, Side};
use serde_json::Value;

const NAME: &str = "one intent an order";

/// What one plan wants of a symbol on one side.
#[derive(Default)]
struct Intent {
    wanted: Option<Decimal>,
    filled: Decimal,
    live: Option<(String, u64)>,
}

/// At most one order intent for a symbol, side and plan: no second order while one lives, no id accepted twice, and
/// all orders together never fill more than the first one asked for; but what is left of a position, less than a share,
/// may be closed once. A workflow has one plan, and whose order it is
/// tells the invocation that placed it, not the order's name.
pub(super) fn check(journal: &Journal) -> Vec<Finding> {
    let workflows = workflows(journal);
    let mut findings = Vec::new();
    let mut intents: BTreeMap<String, Intent> = BTreeMap::new();
    let mut accepted: BTreeMap<String, (String, u64)> = BTreeMap::new();
    for (entry, report) in journal.reports() {
        let Some(order) = report.order() else { continue };
        let id = order.client_order_id.clone().unwrap_or_default();
        if matches!(report, Report::OrderAccepted { .. }) {
            let workflow = entry.invocation.and_then(|number| workflows.get(&number)).map_or("nobody", String::as_str);
            let key = format!("{workflow}: {} {:?}", order.symbol, order.side);
            let intent = intents.entry(key.clone()).or_default();
            if let Some((_, first)) = accepted.insert(id.clone(), (key.clone(), entry.sequence)) {
                findings.push(Finding::at(NAME, format!("the order {id} was accepted twice"), vec![first, entry.sequence]));
            }
            if let Some((other, first)) = &intent.live {
                findings.push(Finding::at(NAME, format!("{key}: {id} was placed while {other} was live"), vec![*first, entry.sequence]));
            }
            let quantity = order.quantity.unwrap_or_default();
            let wanted = intent.wanted.get_or_insert(quantity);
            if order.side == Side::Sell && intent.filled == *wanted && quantity < Decimal::ONE {
                *wanted += quantity;
            }
            intent.live = Some((id, entry.sequence));
            continue;
        }
        let Some((key, _)) = accepted.get(&id) else { continue };
        let intent = intents.entry(key.clone()).or_default();
        match report {
            Report::OrderFilled { fill_quantity, status, .. } => {
                intent.filled += fill_quantity;
                let wanted = intent.wanted.unwrap_or_default();
                if intent.filled > wanted {
                    let problem = format!("{key}: {} shares filled, but only {wanted} wanted", intent.filled);
                    findings.push(Finding::at(NAME, problem, vec![entry.sequence]));
                }
                if *status == OrderStatus::Filled {
                    intent.live = None;
                }
            }
            Report::OrderCancelled { .. } | Report::OrderExpired { .. } | Report::OrderRejected { .. } => intent.live = None,
            _ => {}
        }
    }
    findings
}

/// The workflow that each invocation is for.
fn workflows(journal: &Journal) -> BTreeMap<u64, String> {
    let started = journal.records().filter_map(|(_, record)| match record {
        Record::InvocationStarted { invocation, payload, request_id, .. } => {
            let id = payload.pointer("/detail/correlation_id").or_else(|| payload.get("correlation_id")).and_then(Value::as_str);
            Some((*invocation, id.unwrap_or(request_id).to_owned()))
        }
        _ => None,
    });
    started.collect()
}
