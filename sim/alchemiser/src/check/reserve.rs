use std::collections::{BTreeMap, BTreeSet};

use alchemiser_mocks::exchange::{Report, Side};
use rust_decimal::Decimal;

use super::Judgement;
use super::cashbook::Cashbook;
use super::plan::{Item, Plan, plans};
use crate::projection::{Fill, Order, accepted_orders, invocations};
use crate::trading::TradingJournal;
use harness::journal::Journal;

/// Dollars by which roundings may eat into the reserve.
const ROUNDING: Decimal = Decimal::ONE;

/// No buy is paid with the reserve: no plan leaves less that buys, or that is for an account in debt,
/// and no buy of a plan takes from what it leaves, neither where prices rise, nor where the sells bring
/// less, nor in a retry. What prices have changed since may be made up from it, for a buy within the
/// tolerance.
pub(super) fn check(journal: &Journal) -> Judgement {
    let mut judgement = Judgement::default();
    let plans = plans(journal);
    let invocations = invocations(journal);
    let orders = accepted_orders(journal);
    let mut of_workflows: BTreeMap<&str, Vec<&Order<'_>>> = BTreeMap::new();
    for order in orders.iter().filter(|order| order.is_ours()) {
        if let Some(workflow) = order.workflow(&invocations) {
            of_workflows.entry(workflow).or_default().push(order);
        }
    }
    let changed = changed_by_others(journal);
    let book = Cashbook::of(journal);
    let settings = journal.settings();
    let (limit, tolerance) = (settings.borrowing_limit, settings.price_tolerance);
    for (workflow, plan) in &plans {
        // One that owes money sells, however little that is.
        let keeps = |item: &Item<'_>| item.planned_value() >= Decimal::ONE;
        let owes = plan
            .cash
            .is_some_and(|cash| cash + plan.committed < Decimal::ZERO)
            && plan.untraded.is_empty()
            && plan.items.iter().any(keeps);
        let buys = plan.buys().next().is_some();
        let Some(leaves) = plan.leaves.filter(|_| buys || owes) else {
            continue;
        };
        judgement.premise();
        if leaves < plan.reserve() - ROUNDING {
            let problem = format!(
                "the plan of {workflow} leaves {leaves} dollars, and not the reserve of {}",
                plan.reserve().round_dp(2)
            );
            judgement.violated(problem, Vec::new());
            continue;
        }
        if plan.items.iter().any(|item| changed.contains(item.symbol)) {
            continue;
        }
        // What others have taken since the account was read is theirs.
        let begun = plan.begun(&invocations);
        let own = of_workflows.get(workflow).map_or(&[][..], Vec::as_slice);
        for order in own.iter().filter(|order| order.facts.side == Side::Buy) {
            for fill in &order.fills {
                judgement.premise();
                let taken = book.foreign(begun, fill.sequence).min(Decimal::ZERO);
                let left = book.cash_at(fill.sequence);
                if left < leaves - limit - ROUNDING + taken - lost(plan, own, fill, tolerance) {
                    let problem = format!(
                        "{} dollars are left behind a buy of {} for {workflow}, whose plan leaves {leaves}",
                        left.round_dp(2),
                        order.facts.symbol
                    );
                    judgement.violated(problem, vec![order.sequence, fill.sequence]);
                }
            }
        }
    }
    judgement
}

/// The symbols of which a plan's amounts say nothing any more: what was split, for a plan knows what a
/// share cost before; and what somebody put another order of another size in the place of ours for.
fn changed_by_others(journal: &Journal) -> BTreeSet<&str> {
    let changed = journal
        .reports()
        .filter_map(|(entry, report)| match report {
            Report::Split { symbol, .. } => Some(symbol.as_str()),
            Report::OrderReplaced { order, .. } if entry.invocation.is_none() => {
                Some(order.symbol.as_str())
            }
            _ => None,
        });
    changed.collect()
}

/// Dollars that fills up to this one cost more than at the plan's prices, or brought less. What is
/// paid for a share beyond the tolerance is no excuse. Nor is what was not sold, unless
/// it is less than an order.
fn lost(plan: &Plan<'_>, own: &[&Order<'_>], till: &Fill, tolerance: Decimal) -> Decimal {
    let mut lost = Decimal::ZERO;
    for item in &plan.items {
        let (Some(side), Some(price)) = (item.side, plan.price(item.symbol)) else {
            continue;
        };
        let is_meant =
            |order: &&&Order<'_>| order.facts.symbol == item.symbol && order.facts.side == side;
        let fills = own.iter().filter(is_meant).flat_map(|order| &order.fills);
        let mut traded = Decimal::ZERO;
        for fill in fills.filter(|fill| fill.sequence <= till.sequence) {
            let at_most = fill.price.min(price * (Decimal::ONE + tolerance));
            lost += fill.quantity
                * match side {
                    Side::Buy => at_most - price,
                    Side::Sell => price - fill.price,
                };
            traded += fill.quantity * price;
        }
        if side == Side::Sell {
            let unsold = (item.amount - traded).max(Decimal::ZERO);
            lost += Some(unsold)
                .filter(|unsold| *unsold < Decimal::ONE)
                .unwrap_or_default();
        }
    }
    lost.max(Decimal::ZERO)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::check::testing::{History, planned};
    use alchemiser_mocks::exchange::CashKind;

    /// A plan for 9,900 of 10,000 dollars that leaves so many.
    fn plan(leaves: &str) -> serde_json::Value {
        let mut plan = planned("w", "p", &[("MSFT", "BUY", "0", "9900")]);
        let metadata = &mut plan["detail"]["rebalance_plan"]["metadata"];
        metadata["planned_cash"] = json!(leaves);
        metadata["cash_balance"] = json!("10000");
        plan
    }

    fn begun() -> History {
        History::new()
            .states("10000", &[])
            .puts(&plan("100"))
            .starts(1, plan("100"))
    }

    /// So many shares are bought at this price.
    fn bought(history: History, shares: &str, price: &str) -> (usize, usize) {
        let order = format!("buy {shares} MSFT @ {price}");
        let history = history.accepts("alch-1", &order);
        history.fills("alch-1", shares, price).judged(check)
    }

    #[test]
    fn a_plan_leaves_its_reserve() {
        let of = |leaves| History::new().puts(&plan(leaves)).judged(check);
        assert_eq!(of("100"), (1, 0));
        assert_eq!(of("99"), (1, 0), "a dollar is rounding");
        assert_eq!(of("98.99"), (1, 1));
    }

    #[test]
    fn a_buy_leaves_what_the_plan_does() {
        assert_eq!(bought(begun(), "198", "50"), (2, 0));
        assert_eq!(bought(begun(), "199", "50"), (2, 1));
        assert_eq!(bought(begun(), "198", "50.5"), (2, 0), "dearer by 1 %");
        assert_eq!(bought(begun(), "198", "50.6"), (2, 1), "and by more");
    }

    #[test]
    fn what_others_take_is_theirs() {
        let fee = begun();
        let moved = Report::CashMoved {
            at: chrono::DateTime::from_timestamp(1_331_732_200, 0).expect("a moment"),
            kind: CashKind::Fee,
            amount: "-50".parse().expect("a decimal"),
            symbol: None,
        };
        assert_eq!(bought(fee.report(moved), "198", "50"), (2, 0));
    }

    #[test]
    fn what_others_replace_is_theirs() {
        let replaced = |by: Option<u64>| {
            let ours = begun().accepts("alch-1", "buy 198 MSFT @ 50");
            let begun = ours.within(by).replaces("alch-1", "alch-2");
            bought(begun, "199", "50").1
        };
        assert_eq!((replaced(None), replaced(Some(1))), (0, 1));
    }
}
