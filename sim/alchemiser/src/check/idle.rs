use std::collections::BTreeSet;

use alchemiser_mocks::exchange::{Report, Side};
use rust_decimal::Decimal;

use super::Judgement;
use super::cashbook::Cashbook;
use super::plan::{Plan, executions, plans, told};
use crate::projection::{Order, accepted_orders, invocations};
use crate::trading::TradingJournal;
use harness::journal::Journal;
use simulated_cloud::packed_json::Json;

/// At the end of a session in which a plan was carried out, cash above what the plan leaves, by
/// more than the price of its dearest buy's share or 1 % of the account, is named in the mail with
/// a reason. What the owner moved since is his own.
pub(super) fn check(journal: &Journal) -> Judgement {
    let mut judgement = Judgement::default();
    let (plans, executions, told) = (plans(journal), executions(journal), told(journal));
    let book = Cashbook::of(journal);
    let (orders, invocations) = (accepted_orders(journal), invocations(journal));
    let mut seen = BTreeSet::new();
    for (entry, report) in journal.reports() {
        let Report::Statement { at, cash, .. } = report else {
            continue;
        };
        // The newest plan since the statement before; that one's workflow answers for the money. One that
        // was not carried out is told of otherwise.
        let newest = plans
            .values()
            .filter(|plan| plan.made <= *at)
            .max_by_key(|plan| plan.made);
        let is_executed = |plan: &&Plan<'_>| {
            executions
                .get(plan.workflow)
                .is_some_and(|execution| execution.sequence < entry.sequence)
        };
        let Some(plan) = newest.filter(is_executed) else {
            continue;
        };
        if !seen.insert(plan.workflow) {
            continue;
        }
        judgement.premise();
        // What moved while the plan was made it may know of, or not.
        let foreign = |since| book.foreign(since, entry.sequence);
        let own = cash
            - foreign(plan.begun(&invocations)).max(foreign(plan.made))
            - sold_since(&orders, executions[plan.workflow].sequence);
        let wanted: Decimal = plan
            .items
            .iter()
            .filter(|item| item.symbol != "CASH")
            .map(|item| item.target_value)
            .sum();
        let idle = own - (plan.equity - wanted) - kept_for_orders(plan);
        let room = dearest(plan).max(plan.reserve());
        if idle > room && !is_told(told.get(plan.workflow).copied()) {
            let problem = format!(
                "{} dollars lie idle at the close of {}, {room} are usual, and no mail of {} says why",
                idle.round_dp(2),
                at,
                plan.workflow
            );
            judgement.violated(
                problem,
                vec![executions[plan.workflow].sequence, entry.sequence],
            );
        }
    }
    judgement
}

/// Dollars that orders of ours brought after the result was put: that they live on is in it.
fn sold_since(orders: &[Order<'_>], result: u64) -> Decimal {
    let sells = orders.iter().filter(|order| order.facts.side == Side::Sell);
    let fills = sells
        .filter(|order| order.is_ours())
        .flat_map(|order| &order.fills);
    let late = fills.filter(|fill| fill.sequence > result);
    late.map(|fill| fill.price * fill.quantity).sum()
}

/// Dollars that orders had a claim on when the plan was made, or what it leaves alone for them: those
/// whose orders they are tell of it.
fn kept_for_orders(plan: &Plan<'_>) -> Decimal {
    if plan.committed.is_zero() {
        return Decimal::ZERO;
    }
    let items = plan.items.iter();
    let untraded = items.filter(|item| plan.untraded.contains(item.symbol));
    let missing = untraded.map(|item| item.target_value - item.current_value);
    plan.committed.max(missing.sum())
}

/// The highest price of a share that the plan buys.
fn dearest(plan: &Plan<'_>) -> Decimal {
    plan.buys()
        .filter_map(|item| plan.price(item.symbol))
        .max()
        .unwrap_or_default()
}

fn is_told(notification: Option<Json<'_>>) -> bool {
    let Some(detail) = notification else {
        return false;
    };
    let idle = detail.at("execution_data").at("idle_cash");
    let mut reasons = idle.at("reasons").items();
    reasons.any(|reason| {
        reason
            .at("reason")
            .as_str()
            .is_some_and(|why| !why.is_empty())
    })
}

#[cfg(test)]
mod tests {
    use alchemiser_mocks::exchange::CashKind;
    use serde_json::json;

    use super::*;
    use crate::check::testing::{History, event, executed, mailed, notification, planned};

    /// A plan that leaves 5,000 of 10,000 dollars, of which so many are spent.
    fn spent(shares: &str) -> History {
        let plan = planned("w", "p", &[("MSFT", "BUY", "0", "5000")]);
        let history = History::new()
            .states("10000", &[])
            .puts(&plan)
            .starts(1, plan);
        let bought = history
            .accepts("alch-1", "buy 100 MSFT @ 50")
            .fills("alch-1", shares, "50")
            .cancels("alch-1");
        bought.puts(&executed("w")).within(None)
    }

    fn closed(history: History, cash: &str) -> (usize, usize) {
        history.at("20:00:00").states(cash, &[]).judged(check)
    }

    #[test]
    fn what_is_left_over_is_told() {
        assert_eq!(
            closed(spent("98"), "5100"),
            (1, 0),
            "100 dollars: 1 % of the account"
        );
        assert_eq!(closed(spent("97"), "5150"), (1, 1));
        assert_eq!(spent("97").judged(check), (0, 0), "the day is not over");
    }

    #[test]
    fn a_plan_that_was_not_carried_out_is_told_of_otherwise() {
        let mut newer = planned("x", "q", &[("MSFT", "BUY", "0", "5000")]);
        newer["detail"]["rebalance_plan"]["timestamp"] = json!("2012-03-14T13:35:30Z");
        assert_eq!(closed(spent("97").puts(&newer), "5150"), (0, 0));
    }

    #[test]
    fn a_reason_in_the_mail_tells() {
        let told = |reasons: serde_json::Value, is_sent: bool| {
            let mut asked = notification("w");
            asked["detail"]["execution_data"]["idle_cash"] =
                json!({ "cash": "5150", "planned": "5000", "reasons": reasons });
            let history = spent("97").puts(&asked);
            closed(
                if is_sent {
                    let sent = history.mails("n-w@alchemiser", "idle");
                    sent.puts(&notification("w"))
                } else {
                    history
                },
                "5150",
            )
        };
        assert_eq!(
            told(
                json!([{ "symbol": "MSFT", "reason": "the spread is too wide" }]),
                true
            ),
            (1, 0)
        );
        assert_eq!(
            told(
                json!([{ "symbol": "MSFT", "reason": "the spread is too wide" }]),
                false
            ),
            (1, 1),
            "its mail did not go out"
        );
        assert_eq!(told(json!([]), true), (1, 1), "without a reason");
        assert_eq!(
            closed(mailed(spent("97"), "w", &["MSFT"]), "5150"),
            (1, 1),
            "that an order failed says nothing of the money"
        );
    }

    #[test]
    fn what_the_owner_took_before_the_plan_is_not_there_to_be_idle() {
        let taken = Report::CashMoved {
            at: "2012-03-14T13:00:00Z".parse().expect("a time"),
            kind: CashKind::Withdrawal,
            amount: Decimal::from(-2_000),
            symbol: None,
        };
        let plan = planned("w", "p", &[("MSFT", "BUY", "0", "5000")]);
        let history = History::new().states("12000", &[]).report(taken);
        let history = history.puts(&plan).starts(1, plan);
        let bought = history
            .accepts("alch-1", "buy 100 MSFT @ 50")
            .fills("alch-1", "100", "50");
        let told = bought.puts(&executed("w")).within(None);
        assert_eq!(closed(told, "5000"), (1, 0));
    }

    #[test]
    fn what_moves_while_the_plan_is_made_may_be_in_it() {
        let moved = |kind, amount: i64, began: &str, shares: &str, cash| {
            let moved = Report::CashMoved {
                at: "2012-03-14T13:35:02Z".parse().expect("a time"),
                kind,
                amount: Decimal::from(amount),
                symbol: None,
            };
            let signals = event("SignalGenerated", "s", "a");
            let plan = planned("w", "p", &[("MSFT", "BUY", "0", "5000")]);
            let mut plan_of_it = plan.clone();
            plan_of_it["detail"]["rebalance_plan"]["timestamp"] = json!("2012-03-14T13:35:04Z");
            let history = History::new().states(began, &[]).starts(1, signals);
            let history = history.report(moved).puts(&plan_of_it).starts(2, plan);
            let bought = history
                .accepts("alch-1", "buy 100 MSFT @ 50")
                .fills("alch-1", shares, "50")
                .cancels("alch-1");
            closed(bought.puts(&executed("w")).within(None), cash)
        };
        assert_eq!(
            moved(CashKind::Withdrawal, -2_000, "12000", "100", "5000"),
            (1, 0)
        );
        assert_eq!(
            moved(CashKind::Withdrawal, -2_000, "12000", "96", "5200"),
            (1, 1)
        );
        assert_eq!(
            moved(CashKind::Deposit, 2_000, "10000", "100", "7000"),
            (1, 0)
        );
    }

    #[test]
    fn what_the_owner_brings_is_his_own() {
        assert_eq!(closed(spent("100"), "6000"), (1, 0), "a deposit");
        let sold = spent("100")
            .accepts("by-hand", "sell 50 MSFT @ 50")
            .fills("by-hand", "50", "50");
        assert_eq!(closed(sold, "7500"), (1, 0));
    }
}
