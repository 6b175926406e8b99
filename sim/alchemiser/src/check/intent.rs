use std::collections::BTreeMap;

use alchemiser_mocks::exchange::{OrderFacts, Report, Side};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::Judgement;
use crate::projection::{Invocation, invocations, is_our_id};
use crate::trading::TradingJournal;
use harness::journal::Journal;

/// What one plan wants of a symbol on one side.
#[derive(Default)]
struct Intent {
    wanted: Option<Decimal>,
    filled: Decimal,
    live: Option<(String, u64)>,
}

/// At most one order intent for a symbol, side and plan: no second order while one lives, no id
/// accepted twice, and all orders together never fill more than the first one asked for; but what
/// is left of a position, less than a share, may be closed once. A workflow has one plan, and whose
/// order it is tells the invocation that placed it, not the order's name. An order that its owner
/// replaced by another lives on in that, with the quantity that the owner gave it.
pub(super) fn check(journal: &Journal) -> Judgement {
    let mut judgement = Judgement::default();
    let invocations = invocations(journal);
    let mut intents = Intents::default();
    for (entry, report) in journal.reports() {
        let Some((order, order_id)) = report
            .order()
            .and_then(|order| Some((order, order.order_id?)))
        else {
            continue;
        };
        if !matches!(report, Report::OrderAccepted { .. }) {
            intents.follow(order_id, report, entry.sequence, &mut judgement);
            continue;
        }
        let quantity = order.quantity.unwrap_or_default();
        intents.asked.insert(order_id, quantity);
        if entry.invocation.is_some() || is_our_id(order) {
            let workflow = workflow(&invocations, entry.invocation);
            let key = format!("{workflow}: {} {:?}", order.symbol, order.side);
            judgement.premise();
            intents.accept(key, order, order_id, entry.sequence, &mut judgement);
        }
    }
    judgement
}

/// All intents, and the orders that serve them.
#[derive(Default)]
struct Intents<'a> {
    intents: BTreeMap<String, Intent>,
    /// The intent of each order.
    owners: BTreeMap<Uuid, String>,
    /// The journal entry of the first order of each client order id.
    ids: BTreeMap<&'a str, u64>,
    /// The quantity of each order.
    asked: BTreeMap<Uuid, Decimal>,
}

impl<'a> Intents<'a> {
    /// An order of ours was accepted.
    fn accept(
        &mut self,
        key: String,
        order: &'a OrderFacts,
        order_id: Uuid,
        sequence: u64,
        judgement: &mut Judgement,
    ) {
        let id = order.client_order_id.as_deref().unwrap_or_default();
        if let Some(first) = self.ids.insert(id, sequence) {
            let problem = format!("the order {id} was accepted twice");
            judgement.violated(problem, vec![first, sequence]);
        }
        let intent = self.intents.entry(key.clone()).or_default();
        if let Some((other, first)) = &intent.live {
            let problem = format!("{key}: {id} was placed while {other} was live");
            judgement.violated(problem, vec![*first, sequence]);
        }
        let quantity = order.quantity.unwrap_or_default();
        let wanted = intent.wanted.get_or_insert(quantity);
        if order.side == Side::Sell && intent.filled == *wanted && quantity < Decimal::ONE {
            *wanted += quantity;
        }
        intent.live = Some((id.to_owned(), sequence));
        self.owners.insert(order_id, key);
    }

    /// Something became of an order; those of others are not looked at.
    fn follow(
        &mut self,
        order_id: Uuid,
        report: &Report,
        sequence: u64,
        judgement: &mut Judgement,
    ) {
        let Some(key) = self.owners.get(&order_id).cloned() else {
            return;
        };
        let intent = self.intents.entry(key.clone()).or_default();
        match report {
            Report::OrderFilled {
                fill_quantity,
                status,
                ..
            } => {
                intent.filled += fill_quantity;
                let wanted = intent.wanted.unwrap_or_default();
                if intent.filled > wanted {
                    let problem = format!(
                        "{key}: {} shares filled, but only {wanted} wanted",
                        intent.filled
                    );
                    judgement.violated(problem, vec![sequence]);
                }
                if !status.is_working() {
                    intent.live = None;
                }
            }
            Report::OrderReplaced { replaced_by, .. } => {
                let given =
                    intent.filled + self.asked.get(replaced_by).copied().unwrap_or_default();
                intent.wanted = intent.wanted.max(Some(given));
                intent.live = Some((replaced_by.to_string(), sequence));
                self.owners.insert(*replaced_by, key);
            }
            Report::OrderStatusChanged { status, .. } if !status.is_working() => intent.live = None,
            Report::OrderCancelled { .. }
            | Report::OrderExpired { .. }
            | Report::OrderRejected { .. } => intent.live = None,
            _ => {}
        }
    }
}

/// The workflow that an order was placed for; a command without a workflow of its own stands for
/// itself.
fn workflow<'a>(invocations: &BTreeMap<u64, Invocation<'a>>, number: Option<u64>) -> &'a str {
    let invocation = number.and_then(|number| invocations.get(&number));
    invocation.map_or("nobody", |invocation| {
        invocation.workflow().unwrap_or(invocation.request_id)
    })
}

#[cfg(test)]
mod tests {
    use alchemiser_mocks::exchange::OrderStatus;

    use super::*;
    use crate::check::testing::{History, event};

    fn execution() -> History {
        History::new().starts(1, event("RebalancePlanned", "p", "s"))
    }

    #[test]
    fn a_leg_follows_where_the_one_before_is_done() {
        let first = || {
            execution()
                .accepts("alch-1", "buy 10 MSFT @ 50")
                .fills("alch-1", "4", "50")
        };
        assert_eq!(
            first()
                .cancels("alch-1")
                .accepts("alch-2", "buy 6 MSFT @ 51")
                .fills("alch-2", "6", "51")
                .judged(check),
            (2, 0)
        );
        assert_eq!(
            first().accepts("alch-2", "buy 6 MSFT @ 51").judged(check),
            (2, 1),
            "while the first one lives"
        );
        assert_eq!(
            first()
                .cancels("alch-1")
                .accepts("alch-2", "buy 7 MSFT @ 51")
                .fills("alch-2", "7", "51")
                .judged(check),
            (2, 1)
        );
        assert_eq!(
            first()
                .cancels("alch-1")
                .accepts("alch-1", "buy 6 MSFT @ 51")
                .judged(check),
            (2, 1),
            "one id twice"
        );
    }

    #[test]
    fn what_is_executed_lives_no_more_though_its_settlement_is_open() {
        let second = |status| {
            execution()
                .accepts("alch-1", "sell 47 MSFT @ 50")
                .fills_and_shows("alch-1", "47", "50", status)
                .accepts("close", "sell 0.5 MSFT @ 50")
                .judged(check)
        };
        assert_eq!(second(OrderStatus::Calculated), (2, 0));
        assert_eq!(second(OrderStatus::PendingCancel), (2, 1));
    }

    #[test]
    fn another_workflow_has_an_intent_of_its_own_and_a_stranger_none() {
        let mut other = event("RebalancePlanned", "q", "s");
        other["detail"]["correlation_id"] = "v".into();
        let both = execution()
            .accepts("alch-1", "buy 10 MSFT @ 50")
            .starts(2, other)
            .accepts("alch-2", "buy 10 MSFT @ 50");
        assert_eq!(both.judged(check), (2, 0));
        let by_hand = execution()
            .accepts("alch-1", "buy 10 MSFT @ 50")
            .within(None)
            .accepts("by-hand", "buy 10 MSFT @ 50");
        assert_eq!(by_hand.fills("by-hand", "10", "50").judged(check), (1, 0));
    }

    #[test]
    fn a_part_of_a_share_is_closed_once() {
        let sold = || {
            execution()
                .accepts("alch-1", "sell 10 MSFT @ 50")
                .fills("alch-1", "10", "50")
        };
        assert_eq!(
            sold()
                .accepts("close", "sell 0.5 MSFT @ 50")
                .fills("close", "0.5", "50")
                .judged(check),
            (2, 0)
        );
        assert_eq!(
            sold()
                .accepts("close", "sell 1 MSFT @ 50")
                .fills("close", "1", "50")
                .judged(check),
            (2, 1)
        );
    }

    #[test]
    fn an_order_that_its_owner_replaced_lives_on() {
        let replaced = || {
            let history = execution()
                .accepts("alch-1", "buy 10 MSFT @ 50")
                .within(None)
                .accepts("by-hand", "buy 20 MSFT @ 52");
            history.replaces("alch-1", "by-hand").within(Some(1))
        };
        assert_eq!(
            replaced().fills("by-hand", "20", "52").judged(check),
            (1, 0)
        );
        assert_eq!(
            replaced()
                .accepts("alch-2", "buy 10 MSFT @ 51")
                .judged(check),
            (2, 1),
            "beside it"
        );
    }
}
