use std::collections::{BTreeMap, BTreeSet};

use alchemiser_mocks::exchange::{Hours, Report, Side};
use chrono::TimeDelta;
use rust_decimal::Decimal;

use super::Judgement;
use super::cashbook::{Cashbook, others_trade};
use super::plan::{Item, Plan, executions, plans};
use crate::projection::{Invocation, Order, accepted_orders, invocations};
use crate::trading::{TradingFact, TradingJournal, TroubleKind};
use harness::journal::{Entry, Journal, JournalEvent};
use simulated_cloud::cloud_event::CloudEvent;

/// A trade may miss what was planned by this part: prices move between the plan and the orders.
const CLOSE_ENOUGH: Decimal = Decimal::from_parts(2, 0, 0, false, 2);

const LAST_MINUTE: TimeDelta = TimeDelta::minutes(1);

/// What went wrong, and where.
#[derive(Default)]
struct Troubles<'a> {
    /// Whether something touches every symbol.
    of_all: bool,
    of_symbols: BTreeSet<&'a str>,
    /// Those whose execution a fault hit.
    of_workflows: BTreeSet<&'a str>,
    whole_shares: BTreeSet<&'a str>,
}

impl<'a> Troubles<'a> {
    /// What the owner and the market do by themselves.
    fn add_others(&mut self, entry: &Entry, report: &'a Report) {
        match report {
            Report::CashMoved { .. } | Report::AccountChanged { .. } => self.of_all = true,
            Report::Split { symbol, .. } | Report::AssetChanged { symbol, .. } => {
                self.of_symbols.insert(symbol);
            }
            Report::SymbolRenamed { symbol, to, .. } => {
                self.of_symbols.extend([symbol.as_str(), to])
            }
            Report::OrderAccepted { order, .. } if entry.invocation.is_none() => {
                self.of_symbols.insert(&order.symbol);
            }
            _ => {}
        }
    }
}

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
    let hours = if journal.settings().around_the_clock {
        Hours::Always
    } else {
        Hours::Regular
    };
    let (troubles, book) = (troubles(journal, &invocations), Cashbook::of(journal));
    for (workflow, execution) in executions(journal) {
        let Some(plan) = plans.get(workflow) else {
            continue;
        };
        let own: Vec<&Order<'_>> = orders
            .iter()
            .filter(|order| {
                order
                    .invocation
                    .and_then(|number| invocations.get(&number))
                    .and_then(Invocation::workflow)
                    == Some(workflow)
            })
            .collect();
        let is_touched = troubles.of_all || troubles.of_workflows.contains(workflow);
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
                    ended: execution.sequence,
                    hours,
                };
                carried_out.evaluate(item, &troubles, &mut judgement);
            }
        }
    }
    judgement
}

/// A plan, and what became of it.
struct CarriedOut<'a> {
    plan: &'a Plan<'a>,
    own: &'a [&'a Order<'a>],
    /// Dollars in the account at the end.
    left: Decimal,
    /// The journal entry of the end.
    ended: u64,
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

    fn evaluate(&self, item: &Item<'_>, troubles: &Troubles<'_>, judgement: &mut Judgement) {
        let (Some(price), Some(side)) = (self.plan.price(item.symbol), item.side) else {
            return;
        };
        let is_whole = troubles.whole_shares.contains(item.symbol);
        // The least that is worth an order.
        let least = if is_whole { price } else { Decimal::ONE };
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
        let others_are_touched =
            !troubles.of_symbols.is_empty() || !troubles.whole_shares.is_empty();
        let free = self.left
            - self
                .plan
                .reserve
                .unwrap_or(self.plan.equity / Decimal::ONE_HUNDRED);
        let is_excused =
            side == Side::Buy && others_are_touched && (!shares.is_zero() || free < least);
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
                    .chain([self.ended])
                    .collect(),
            );
        }
    }
}

/// What was scripted, and which workflows' plans faults hit while they were carried out.
fn troubles<'a>(journal: &'a Journal, invocations: &BTreeMap<u64, Invocation<'a>>) -> Troubles<'a> {
    let mut troubles = Troubles::default();
    for trouble in journal.troubles() {
        match (&trouble.symbol, trouble.trouble) {
            (None, _) => troubles.of_all = true,
            (Some(symbol), TroubleKind::WholeShares) => {
                troubles.whole_shares.insert(symbol);
            }
            (Some(symbol), _) => {
                troubles.of_symbols.insert(symbol);
            }
        }
    }
    let execution = |number: &u64| {
        let invocation = invocations.get(number)?;
        let is_execution = invocation.trigger() == "RebalancePlanned";
        is_execution.then(|| invocation.workflow()).flatten()
    };
    for entry in journal.entries() {
        match &entry.fact {
            JournalEvent::Fault { .. } | JournalEvent::LateArrival { .. } => {
                let hit = entry.invocation.as_ref().and_then(execution);
                troubles.of_workflows.extend(hit);
            }
            JournalEvent::PowerLoss { invocations, .. } => {
                let hit = invocations.iter().filter_map(execution);
                troubles.of_workflows.extend(hit);
            }
            JournalEvent::Cloud {
                record: CloudEvent::DeliveryDisturbed { detail_type, .. },
            } => troubles.of_all |= detail_type == "RebalancePlanned",
            fact => {
                if let Some(report) = fact.report() {
                    troubles.add_others(entry, report);
                }
            }
        }
    }
    troubles
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::testing::{History, executed, planned};

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
    fn what_is_touched_is_not_judged() {
        assert_eq!(
            bought(
                History::new().trouble(Some("MSFT"), TroubleKind::Orders),
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
            begun(History::new().trouble(Some("AAPL"), TroubleKind::Orders))
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
        let broke = begun(History::new().trouble(Some("AAPL"), TroubleKind::Orders));
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
