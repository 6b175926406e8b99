use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::Finding;
use crate::journal::Journal;
use alchemiser_mocks::exchange::Report;

const NAME: &str = "one intent an order";

/// What one plan wants of a symbol on one side.
#[derive(Default)]
struct Intent {
    wanted: Decimal,
    filled: Decimal,
    live: Option<(String, u64)>,
}

/// At most one order intent for a symbol, side and plan: no second order while one lives, no id accepted twice, and
/// all legs together never fill more than the first one asked for. Orders of one plan share all but the last part of
/// their id's stem; the day's orders for one symbol and side belong to one plan.
pub(super) fn check(journal: &Journal) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut intents: BTreeMap<String, Intent> = BTreeMap::new();
    let mut accepted: BTreeMap<String, u64> = BTreeMap::new();
    for (entry, report) in journal.reports() {
        let Some(order) = report.order() else { continue };
        let id = order.client_order_id.clone().unwrap_or_default();
        // A day's session is one plan; the five-minute profile trades a symbol again in another plan.
        let key = format!("{} {:?} {}", order.symbol, order.side, entry.at.format("%Y-%m-%d"));
        let intent = intents.entry(key.clone()).or_default();
        match report {
            Report::OrderAccepted { .. } => {
                if let Some(first) = accepted.insert(id.clone(), entry.sequence) {
                    findings.push(Finding::at(NAME, format!("the order {id} was accepted twice"), vec![first, entry.sequence]));
                }
                if let Some((other, first)) = &intent.live {
                    findings.push(Finding::at(
                        NAME,
                        format!("{key}: {id} was placed while {other} was live"),
                        vec![*first, entry.sequence],
                    ));
                }
                if leg_of(&id) == Some(1) {
                    *intent = Intent { wanted: order.quantity.unwrap_or_default(), ..Intent::default() };
                }
                intent.live = Some((id, entry.sequence));
            }
            Report::OrderFilled { fill_quantity, status, .. } => {
                intent.filled += fill_quantity;
                if intent.filled > intent.wanted {
                    let problem = format!("{key}: {} shares filled, but only {} wanted", intent.filled, intent.wanted);
                    findings.push(Finding::at(NAME, problem, vec![entry.sequence]));
                }
                if format!("{status:?}") == "Filled" {
                    intent.live = None;
                }
            }
            Report::OrderCancelled { .. } | Report::OrderExpired { .. } | Report::OrderRejected { .. } => intent.live = None,
            _ => {}
        }
    }
    findings
}

/// The leg in an id such as `alch-MSFT-buy-2-...`.
fn leg_of(id: &str) -> Option<u32> {
    id.split('-').nth(3)?.parse().ok()
}
