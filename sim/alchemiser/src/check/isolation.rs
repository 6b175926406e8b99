use std::collections::BTreeMap;

use alchemiser_mocks::exchange::{Hours, Report, Side};
use chrono::TimeDelta;
use rust_decimal::Decimal;

use super::Judgement;
use super::cashbook::{Cashbook, others_trade};
use super::plan::{Execution, Item, Plan, executions, plans};
use super::trouble::Troubles;
use crate::projection::{Invocation, Order, accepted_orders, invocations, puts};
use crate::trading::TradingJournal;
use harness::journal::{Entry, Journal};

/// A trade may miss what was planned by this part: prices move between the plan and the orders.
const CLOSE_ENOUGH: Decimal = Decimal::from_parts(2, 0, 0, false, 2);

/// What misses less of what was planned is filled as planned.
const TO_THE_DOLLAR: Decimal = Decimal::from_parts(5, 0, 0, false, 3);

const LAST_MINUTE: TimeDelta = TimeDelta::minutes(1);

/// What no trouble touches is traded: each item of a plan that was carried out, whose symbol
/// nothing was scripted against, is ordered and filled within the session. Where another symbol's
/// trouble makes the funds short, a buy may be smaller; it is absent only where less than a dollar,
/// or than a share of what trades in whole ones, is left.
pub(super) fn check(journal: &Journal) -> Judgement {
    let mut judgement = Judgement::default();
    let (plans, orders, invocations) = (
        plans(journal),
        accepted_orders(journal),
        invocations(journal),
    );
    let hours = journal.settings().hours();
    let (troubles, book) = (Troubles::of(journal, &invocations), Cashbook::of(journal));
    let view = View {
        troubles: &troubles,
        invocations: &invocations,
        orders: &orders,
        book: &book,
        hours,
    };
    view.judge_refusals(journal, &mut judgement);
    for (workflow, execution) in executions(journal) {
        let Some(plan) = plans.get(workflow) else {
            continue;
        };
        let own: Vec<&Order<'_>> = orders
            .iter()
            .filter(|order| order.workflow(&invocations) == Some(workflow))
            .collect();
        let is_touched = troubles.touch(workflow, "RebalancePlanned");
        if is_touched || others_trade(&orders, plan.made, execution.at) {
            continue;
        }
        for item in &plan.items {
            let is_touched =
                troubles.of_symbols.contains(item.symbol) || plan.untraded.contains(item.symbol);
            if item.side.is_some() && !is_touched {
                let left = book.cash_at(execution.sequence);
                let carried_out = CarriedOut {
                    plan,
                    own: &own,
                    left,
                    taken: -book.foreign(plan.made, execution.sequence),
                    execution: &execution,
                    hours,
                };
                carried_out.evaluate(item, &troubles, &mut judgement);
            }
        }
    }
    judgement
}

/// What is known of a run.
struct View<'a, 'v> {
    troubles: &'v Troubles<'a>,
    invocations: &'v BTreeMap<u64, Invocation<'a>>,
    orders: &'v [Order<'a>],
    book: &'v Cashbook,
    hours: Hours,
}

impl<'a> View<'a, '_> {
    /// Dollars of cash that no order of others has a claim on.
    fn free_at(&self, entry: &Entry) -> Decimal {
        let others = self.orders.iter().filter(|order| {
            let is_open = order.sequence < entry.sequence
                && order.ended.is_none_or(|ended| entry.sequence < ended);
            is_open && !order.is_ours() && order.facts.side == Side::Buy
        });
        let claim = |order: &Order<'_>| {
            let shares = order.facts.quantity.unwrap_or_default() - order.filled();
            let limit = order.facts.limit_price.unwrap_or_default();
            order.facts.notional.unwrap_or(shares * limit)
        };
        self.book.cash_at(entry.sequence) - others.map(claim).sum::<Decimal>()
    }

    /// A plan is made of what can be traded, whatever is wrong with the rest: a workflow fails there
    /// only for what touches all.
    fn judge_refusals(&self, journal: &'a Journal, judgement: &mut Judgement) {
        let is_short = journal.reports().any(|(_, report)| {
            matches!(report, Report::Statement { positions, .. } if positions.values().any(Decimal::is_sign_negative))
        });
        let ends = puts(journal).filter(|put| put.detail_type == "WorkflowFailed");
        for put in ends.filter(|put| !put.is_replayed && !is_short) {
            let by = put.by(self.invocations);
            let planning = by.filter(|by| by.trigger() == PLANNING);
            let Some((workflow, by)) = put.workflow().zip(planning) else {
                continue;
            };
            // Money that comes meanwhile may come too late.
            let free = self.free_at(put.entry).min(self.free_at(by.started));
            let has_money = free > Decimal::ZERO;
            let is_late = self.hours.session_at(put.entry.at).is_none();
            if !has_money || is_late || self.troubles.touch(workflow, PLANNING) {
                continue;
            }
            judgement.premise();
            let reason = put.detail.at("failure_reason").as_str();
            let problem = format!(
                "no plan was made for {workflow}, though nothing touches all symbols: {}",
                reason.unwrap_or_default()
            );
            judgement.violated(problem, vec![put.entry.sequence]);
        }
    }
}

/// What wakes the step that makes plans.
const PLANNING: &str = "SignalGenerated";

/// A plan, and what became of it.
struct CarriedOut<'a> {
    plan: &'a Plan<'a>,
    own: &'a [&'a Order<'a>],
    /// Dollars in the account at the end.
    left: Decimal,
    /// Dollars that others have taken out since the plan was made.
    taken: Decimal,
    /// Its result.
    execution: &'a Execution<'a>,
    hours: Hours,
}

impl CarriedOut<'_> {
    /// Dollars that the shares sold brought less than the plan counted on, at its own prices: they
    /// are not there for the buys.
    fn spread(&self) -> Decimal {
        let sold = self
            .own
            .iter()
            .filter(|order| order.facts.side == Side::Sell);
        let less = sold.flat_map(|order| {
            let price = self.plan.price(&order.facts.symbol).unwrap_or_default();
            let fills = order.fills.iter();
            fills.map(move |fill| (price - fill.price) * fill.quantity)
        });
        less.sum::<Decimal>().max(Decimal::ZERO)
    }

    /// Dollars beside the reserve and what the plan leaves.
    fn free(&self) -> Decimal {
        let reserve = self.plan.reserve();
        self.left
            - self
                .plan
                .leaves
                .map_or(reserve, |leaves| leaves.max(reserve))
    }

    fn evaluate(&self, item: &Item<'_>, troubles: &Troubles<'_>, judgement: &mut Judgement) {
        let (Some(price), Some(side)) = (self.plan.price(item.symbol), item.side) else {
            return;
        };
        let is_whole = troubles.whole_shares.contains(item.symbol);
        // The least that is worth an order.
        let least = if is_whole {
            price * (Decimal::ONE / price).ceil()
        } else {
            Decimal::ONE
        };
        let session = self.hours.session_at(self.plan.made);
        // In the last minute of a session nobody need order any more.
        if item.amount < least
            || session.is_some_and(|session| session.close - self.plan.made < LAST_MINUTE)
        {
            return;
        }
        judgement.premise();
        let meant =
            |order: &&&Order<'_>| order.facts.symbol == item.symbol && order.facts.side == side;
        let own: Vec<&&Order<'_>> = self.own.iter().filter(meant).collect();
        let (mut shares, mut dollars) = (Decimal::ZERO, Decimal::ZERO);
        for fill in own.iter().flat_map(|order| &order.fills) {
            if session.is_none_or(|session| session.contains(fill.at)) {
                shares += fill.quantity;
                dollars += fill.quantity * fill.price;
            }
        }
        let missing = (item.amount - dollars).min(item.amount - shares * price);
        let spread = match side {
            Side::Buy => self.spread(),
            Side::Sell => Decimal::ZERO,
        };
        let is_done = missing <= least.max(item.amount * CLOSE_ENOUGH) + spread;
        let is_filled = item.amount - shares * price <= item.amount * TO_THE_DOLLAR;
        if is_filled && self.execution.failed.contains(item.symbol) {
            let problem = format!(
                "{} {} of the plan of {} was filled, and is told as a failure",
                side.as_str(),
                item.symbol,
                self.plan.workflow
            );
            judgement.violated(problem, vec![self.execution.sequence]);
        }
        let others_are_touched = troubles.of_money
            || !troubles.of_symbols.is_empty()
            || !troubles.whole_shares.is_empty();
        // What was ordered may be refused for money that went since.
        let is_ordered = !own.is_empty() || troubles.unpaid.contains(item.symbol);
        let is_tried = !shares.is_zero() || troubles.of_money && is_ordered;
        // What is free is shared among the buys.
        let is_too_little = self.free() * item.amount < least * self.plan.to_buy();
        let is_short = is_tried || is_too_little || self.taken >= missing;
        let is_excused = side == Side::Buy && others_are_touched && is_short;
        if !is_done && !is_excused {
            let problem = format!(
                "{} {} of the plan of {} came to {} of {} dollars, though nothing was scripted against it",
                side.as_str(),
                item.symbol,
                self.plan.workflow,
                dollars.round_dp(2),
                item.amount
            );
            judgement.violated(
                problem,
                own.iter()
                    .map(|order| order.sequence)
                    .chain([self.execution.sequence])
                    .collect(),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use alchemiser_mocks::exchange::OrderEffect;
    use chrono::DateTime;

    use super::*;
    use crate::check::testing::{History, event, executed, planned};
    use crate::trading::TroubleKind;
    use harness::journal::JournalEvent;

    const TWO: &[(&str, &str, &str, &str)] =
        &[("AAPL", "SELL", "5000", "0"), ("MSFT", "BUY", "0", "5000")];

    fn begun(history: History) -> History {
        let history = history
            .states("100", &[("AAPL", "100")])
            .puts(&planned("w", "p", TWO))
            .starts(1, planned("w", "p", TWO));
        history.accepts("alch-1", "sell 100 AAPL @ 50")
    }

    /// All is sold, and so many shares are bought.
    fn bought(history: History, shares: &str) -> (usize, usize) {
        let history = begun(history)
            .fills("alch-1", "100", "50")
            .accepts("alch-2", &format!("buy {shares} MSFT @ 50"));
        history
            .fills("alch-2", shares, "50")
            .puts(&executed("w"))
            .judged(check)
    }

    #[test]
    fn what_nothing_touches_is_traded() {
        assert_eq!(bought(History::new(), "100"), (2, 0));
        assert_eq!(bought(History::new(), "98"), (2, 0), "close enough");
        assert_eq!(bought(History::new(), "97"), (2, 1));
    }

    #[test]
    fn what_was_filled_is_no_failure() {
        let told = |failed: &str, shares: &str| {
            let mut result = executed("w");
            let row = serde_json::json!({ "symbol": failed, "success": false });
            result["detail"]["execution_data"] = serde_json::json!({ "orders": [row] });
            let history = begun(History::new())
                .fills("alch-1", "100", "50")
                .accepts("alch-2", "buy 100 MSFT @ 50");
            let history = history.fills("alch-2", shares, "50");
            history.puts(&result).judged(check)
        };
        assert_eq!(told("MSFT", "100"), (2, 1));
        assert_eq!(told("MSFT", "99"), (2, 0), "a part is missing");
        assert_eq!(told("IBM", "100"), (2, 0));
    }

    #[test]
    fn what_the_sells_brought_less_than_planned_is_not_there_for_the_buys() {
        let sold_at = |price: &str, shares: &str| {
            begun(History::new())
                .fills("alch-1", "100", price)
                .accepts("alch-2", &format!("buy {shares} MSFT @ 50"))
                .fills("alch-2", shares, "50")
                .puts(&executed("w"))
                .judged(check)
        };
        assert_eq!(sold_at("48", "94"), (2, 0), "200 dollars, and 2 %");
        assert_eq!(sold_at("48", "93"), (2, 1));
        assert_eq!(sold_at("51", "97"), (2, 1), "more is no excuse");
    }

    #[test]
    fn a_buy_of_others_claims_money_before_it_fills() {
        let beside = |order: &str| {
            begun(History::new())
                .fills("alch-1", "100", "50")
                .within(None)
                .accepts("mine", order)
                .puts(&executed("w"))
                .judged(check)
        };
        assert_eq!(beside("buy 100 IBM @ 50"), (0, 0));
        assert_eq!(beside("sell 100 IBM @ 50"), (2, 1));
    }

    #[test]
    fn money_that_goes_may_be_missing_for_an_order() {
        let refused = |taken: bool| {
            let mut history = begun(History::new()).fills("alch-1", "100", "50");
            if taken {
                history = history.report(Report::CashMoved {
                    at: DateTime::UNIX_EPOCH,
                    kind: alchemiser_mocks::exchange::CashKind::Withdrawal,
                    amount: Decimal::from(-669),
                    symbol: None,
                });
            }
            let facts = alchemiser_mocks::exchange::OrderFacts {
                order_id: None,
                client_order_id: Some("alch-2".to_owned()),
                symbol: "MSFT".to_owned(),
                side: Side::Buy,
                quantity: Some(Decimal::ONE_HUNDRED),
                notional: None,
                limit_price: None,
                origin: Default::default(),
            };
            let history = history.report(Report::OrderRejected {
                at: DateTime::UNIX_EPOCH,
                order: facts,
                code: 40_310_000,
                message: "insufficient buying power".to_owned(),
            });
            history.puts(&executed("w")).judged(check)
        };
        assert_eq!(refused(true), (2, 0));
        assert_eq!(refused(false), (2, 1));
    }

    #[test]
    fn what_others_take_may_be_missing_in_a_buy() {
        let missed = |taken: i64| {
            let history = begun(History::new()).fills("alch-1", "100", "50");
            let history = history.report(Report::CashMoved {
                at: DateTime::from_timestamp(4_102_444_800, 0).expect("a moment"),
                kind: alchemiser_mocks::exchange::CashKind::Withdrawal,
                amount: Decimal::from(-taken),
                symbol: None,
            });
            history.puts(&executed("w")).judged(check)
        };
        assert_eq!(missed(5_000), (2, 0));
        assert_eq!(missed(1_000), (2, 1), "the rest is there");
    }

    #[test]
    fn what_is_touched_is_not_judged() {
        assert_eq!(
            bought(
                History::new().trouble(Some("MSFT"), TroubleKind::Quote),
                "1"
            ),
            (1, 0)
        );
        assert_eq!(
            bought(History::new().trouble(None, TroubleKind::RateLimit), "1"),
            (0, 0)
        );
    }

    #[test]
    fn what_the_market_is_made_to_do_touches_its_symbol() {
        let scripted = |effect: OrderEffect| Report::OrderScripted {
            at: DateTime::UNIX_EPOCH,
            client_order_id: None,
            symbol: "MSFT".to_owned(),
            side: Side::Buy,
            effect,
        };
        let after = |effect| bought(History::new().report(scripted(effect)), "1");
        assert_eq!(after(OrderEffect::Never), (1, 0));
        let slow = |seconds| OrderEffect::FillAfter(Duration::from_secs(seconds));
        assert_eq!(after(slow(11)), (1, 0));
        assert_eq!(after(slow(10)), (2, 1), "within the patience of a leg");
        let refused = |message: &str| OrderEffect::Reject {
            status: 422,
            code: 0,
            message: message.to_owned(),
        };
        assert_eq!(after(refused("insufficient buying power")), (1, 0));
        assert_eq!(after(refused("qty must be integer")), (2, 1));
    }

    #[test]
    fn a_plan_is_made_whatever_is_wrong_with_a_symbol() {
        let refused = |history: History| {
            let signals = event("SignalGenerated", "s", "a");
            let mut failed = event("WorkflowFailed", "f", "s");
            failed["detail"]["failure_reason"] = "a stale quote".into();
            let history = history.states("1000", &[]);
            history.starts(1, signals).puts(&failed).judged(check)
        };
        assert_eq!(refused(History::new()), (1, 1));
        let of_one = History::new().trouble(Some("MSFT"), TroubleKind::Quote);
        assert_eq!(refused(of_one), (1, 1));
        let of_all = History::new().trouble(None, TroubleKind::Blocked);
        assert_eq!(refused(of_all), (0, 0));
        assert_eq!(refused(History::new().at("21:00:00")), (0, 0), "too late");
    }

    #[test]
    fn a_power_loss_touches_what_it_kills() {
        let lost = |invocations: &[u64]| JournalEvent::PowerLoss {
            invocations: invocations.to_vec(),
            idle: 0,
        };
        assert_eq!(bought(History::new().fact(lost(&[1])), "1"), (0, 0));
        assert_eq!(bought(History::new().fact(lost(&[2])), "1"), (2, 1));
    }

    #[test]
    fn anothers_trouble_makes_a_buy_smaller_and_not_absent() {
        let partly = |sold: &str| {
            begun(History::new().trouble(Some("AAPL"), TroubleKind::Quote))
                .fills("alch-1", sold, "50")
        };
        let smaller = partly("60")
            .accepts("alch-2", "buy 58 MSFT @ 50")
            .fills("alch-2", "58", "50");
        assert_eq!(smaller.puts(&executed("w")).judged(check), (1, 0));
        assert_eq!(
            partly("60").puts(&executed("w")).judged(check),
            (1, 1),
            "3,100 dollars, and nothing is bought"
        );
        let shared = |cash: &str| {
            let wanted = &[
                TWO[0],
                ("MSFT", "BUY", "0", "700"),
                ("GOOG", "BUY", "0", "300"),
            ];
            let history = History::new().trouble(Some("AAPL"), TroubleKind::Quote);
            let history = history
                .states(cash, &[("AAPL", "100")])
                .puts(&planned("w", "p", wanted))
                .starts(1, planned("w", "p", wanted));
            history.puts(&executed("w")).judged(check)
        };
        assert_eq!(shared("101.20"), (2, 0), "84 and 36 cents");
        assert_eq!(shared("102.00"), (2, 1), "1.40 and 0.60 dollars");
        let broke = begun(History::new().trouble(Some("AAPL"), TroubleKind::Quote));
        assert_eq!(
            broke.puts(&executed("w")).judged(check),
            (1, 0),
            "nothing is left beside the reserve"
        );
    }

    #[test]
    fn a_share_may_be_too_much_where_parts_are_not_to_be_had() {
        let whole = |shares: &str| {
            bought(
                History::new().trouble(Some("MSFT"), TroubleKind::WholeShares),
                shares,
            )
            .1
        };
        assert_eq!(whole("99"), 0);
        assert_eq!(
            bought(
                History::new().trouble(Some("AAPL"), TroubleKind::WholeShares),
                "99"
            )
            .1,
            0
        );
    }

    #[test]
    fn fills_after_the_session_come_too_late() {
        let late = begun(History::new())
            .fills("alch-1", "100", "50")
            .accepts("alch-2", "buy 100 MSFT @ 50")
            .at("20:00:00");
        assert_eq!(
            late.fills("alch-2", "100", "50")
                .puts(&executed("w"))
                .judged(check),
            (2, 1)
        );
    }
}
