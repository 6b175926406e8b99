use std::collections::{BTreeMap, BTreeSet};

use alchemiser_mocks::exchange::Report;
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use super::Judgement;
use super::plan::{Named, Plan, executions, plans, told};
use super::stuck::told_to_be_stuck;
use super::trouble::Troubles;
use crate::projection::{Fill, Invocation, Order, accepted_orders, invocations, sign};
use crate::trading::TradingJournal;
use harness::journal::{Journal, JournalEvent};

/// No order is placed from a snapshot of the account that others have overtaken: once an order of
/// another workflow has filled, a plan made before is carried out no more; once somebody has traded
/// a symbol by hand, and the function has looked at the account since, that symbol is left alone.
/// When all is settled, the positions are those of the newest plan that was carried out, within its
/// own tolerance, or its mail names each that differs.
pub(super) fn check(journal: &Journal) -> Judgement {
    let mut judgement = Judgement::default();
    let orders = accepted_orders(journal);
    let invocations = invocations(journal);
    let plans = plans(journal);
    let view = View {
        journal,
        orders: &orders,
        invocations: &invocations,
        reads: reads(journal, &invocations),
    };
    for order in orders.iter().filter(|order| order.is_ours()) {
        if let Some(plan) = view
            .workflow(order)
            .and_then(|workflow| plans.get(workflow))
        {
            view.judge_order(order, plan, &mut judgement);
        }
    }
    view.judge_positions(&plans, &mut judgement);
    judgement
}

/// What is known of orders and of who placed them.
struct View<'a> {
    journal: &'a Journal,
    orders: &'a [Order<'a>],
    invocations: &'a BTreeMap<u64, Invocation<'a>>,
    /// When the makers of plans read the account, by workflow.
    reads: BTreeMap<&'a str, Vec<(DateTime<Utc>, u64)>>,
}

fn reads<'a>(
    journal: &Journal,
    invocations: &BTreeMap<u64, Invocation<'a>>,
) -> BTreeMap<&'a str, Vec<(DateTime<Utc>, u64)>> {
    let mut reads: BTreeMap<&str, Vec<(DateTime<Utc>, u64)>> = BTreeMap::new();
    for entry in journal.entries() {
        let JournalEvent::Call { site, .. } = &entry.fact else {
            continue;
        };
        if site.operation != "alpaca GET account"
            || !["SignalGenerated", "RebalancePlanned"].contains(&site.trigger.as_str())
        {
            continue;
        }
        if let Some(workflow) = entry
            .invocation
            .and_then(|number| invocations.get(&number)?.workflow())
        {
            reads
                .entry(workflow)
                .or_default()
                .push((entry.at, entry.sequence));
        }
    }
    reads
}

/// The smallest order that the broker takes, in dollars.
const SMALLEST_ORDER: Decimal = Decimal::ONE;

impl<'a> View<'a> {
    /// The workflow that an order of ours was placed for.
    fn workflow(&self, order: &Order<'a>) -> Option<&'a str> {
        order.workflow(self.invocations)
    }

    /// The journal entry from which on a fill is news to the plan: when its maker had read the
    /// account.
    fn snapshot(&self, plan: &Plan<'a>) -> u64 {
        let reads = self
            .reads
            .get(plan.workflow)
            .map(Vec::as_slice)
            .unwrap_or_default();
        let read = reads.iter().rev().find(|(at, _)| *at <= plan.made);
        let made = || {
            self.journal
                .entries()
                .partition_point(|entry| entry.at <= plan.made) as u64
        };
        read.map_or_else(made, |(_, sequence)| *sequence)
    }

    /// The last time before `sequence` that an invocation looked at what is held.
    fn looked(&self, invocation: Option<u64>, sequence: u64) -> u64 {
        let before = usize::try_from(sequence.saturating_sub(1)).unwrap_or(usize::MAX);
        let entries = self
            .journal
            .entries()
            .get(..before)
            .unwrap_or_default()
            .iter()
            .rev();
        let mut of_it = entries.filter(|entry| entry.invocation == invocation);
        let look = of_it.find(|entry| matches!(&entry.fact, JournalEvent::Call { site, .. } if site.operation == "alpaca GET positions"));
        look.map_or(0, |entry| entry.sequence)
    }

    fn judge_order(&self, order: &Order<'a>, plan: &Plan<'a>, judgement: &mut Judgement) {
        judgement.premise();
        let snapshot = self.snapshot(plan);
        for other in self.orders {
            let Some(fill) = other
                .fills
                .iter()
                .find(|fill| snapshot < fill.sequence && fill.sequence < order.sequence)
            else {
                continue;
            };
            let is_overtaken = if other.is_ours() {
                self.workflow(other) != Some(plan.workflow)
            } else {
                let is_known = || fill.sequence < self.looked(order.invocation, order.sequence);
                other.heir_of.is_none() && other.facts.symbol == order.facts.symbol && is_known()
            };
            if is_overtaken {
                let whose = self
                    .workflow(other)
                    .map_or_else(|| "by hand".to_owned(), |workflow| format!("of {workflow}"));
                let problem = format!(
                    "an order for {} of the plan of {}, made at {}, was placed though an order {whose} for {} had filled since",
                    order.facts.symbol, plan.workflow, plan.made, other.facts.symbol
                );
                judgement.violated(problem, vec![fill.sequence, order.sequence]);
                return;
            }
        }
    }

    fn judge_positions(&self, plans: &BTreeMap<&'a str, Plan<'a>>, judgement: &mut Judgement) {
        let executions = executions(self.journal);
        let newest = plans
            .values()
            .filter(|plan| executions.contains_key(plan.workflow))
            .max_by_key(|plan| plan.made);
        let Some((plan, execution)) =
            newest.and_then(|plan| Some((plan, executions.get(plan.workflow)?)))
        else {
            return;
        };
        // A later plan that was begun and not carried out to the end is told of by its own
        // workflow.
        let is_later = |order: &Order<'a>| {
            self.workflow(order)
                .and_then(|other| plans.get(other))
                .is_some_and(|other| other.made > plan.made)
        };
        if self
            .orders
            .iter()
            .filter(|order| order.is_ours())
            .any(is_later)
        {
            return;
        }
        let snapshot = self.snapshot(plan);
        let told = told(self.journal);
        let named = told
            .get(plan.workflow)
            .map(|detail| Named::in_notification(*detail));
        let foreign = self.moved_by_others(snapshot);
        let whole = Troubles::of(self.journal, self.invocations).whole_shares;
        for (symbol, held) in self.held_at_the_end() {
            let (Some(price), false) = (plan.price(symbol), foreign.contains(symbol)) else {
                continue;
            };
            judgement.premise();
            let planned = plan
                .item(symbol)
                .map(|item| item.planned_value())
                .unwrap_or_default();
            let difference = (held * price - planned).abs();
            // Of what trades in whole shares a part of one is never bought.
            let is_part = whole.contains(symbol) && difference < price;
            let is_too_small = difference < SMALLEST_ORDER;
            let is_named = named.as_ref().is_some_and(|named| named.names(symbol));
            if difference > plan.tolerance * plan.equity
                && !is_named
                && !is_part
                && !is_too_small
                && !told_to_be_stuck(self.journal).contains(plan.workflow)
            {
                let problem = format!(
                    "{held} {symbol} are {} dollars at the prices of the newest plan, of {}, which wants {planned}; no mail says so",
                    (held * price).round_dp(2),
                    plan.workflow
                );
                judgement.violated(problem, vec![execution.sequence]);
            }
        }
    }

    /// Shares of each symbol that was ever held, at the end.
    fn held_at_the_end(&self) -> BTreeMap<&'a str, Decimal> {
        let mut held: BTreeMap<&str, Decimal> = BTreeMap::new();
        for (_, report) in self.journal.reports() {
            match report {
                Report::Statement { positions, .. } => {
                    held.values_mut()
                        .for_each(|quantity| *quantity = Decimal::ZERO);
                    held.extend(
                        positions
                            .iter()
                            .map(|(symbol, quantity)| (symbol.as_str(), *quantity)),
                    );
                }
                Report::OrderFilled {
                    order,
                    fill_quantity,
                    ..
                } => {
                    *held.entry(&order.symbol).or_default() += sign(order.side) * fill_quantity;
                }
                Report::Split { symbol, after, .. } => {
                    held.insert(symbol, *after);
                }
                Report::SymbolRenamed {
                    symbol,
                    to,
                    quantity,
                    ..
                } => {
                    held.remove(symbol.as_str());
                    held.insert(to, *quantity);
                }
                _ => {}
            }
        }
        held
    }

    /// The symbols that somebody else traded since the snapshot, or whose shares changed without a
    /// trade.
    fn moved_by_others(&self, snapshot: u64) -> BTreeSet<&'a str> {
        let since = |fill: &Fill| fill.sequence > snapshot;
        let foreign = self
            .orders
            .iter()
            .filter(|order| !order.is_ours() && order.fills.iter().any(since));
        let mut moved: BTreeSet<&str> = foreign.map(|order| order.facts.symbol.as_str()).collect();
        let mut held: Option<BTreeMap<&str, Decimal>> = None;
        for (entry, report) in self.journal.reports() {
            match report {
                Report::Statement { positions, .. } => {
                    let stated: BTreeMap<&str, Decimal> = positions
                        .iter()
                        .map(|(symbol, held)| (symbol.as_str(), *held))
                        .collect();
                    if let Some(known) = held.filter(|_| entry.sequence > snapshot) {
                        let of = |map: &BTreeMap<&str, Decimal>, symbol: &str| {
                            map.get(symbol).copied().unwrap_or_default()
                        };
                        let symbols: BTreeSet<&str> =
                            known.keys().chain(stated.keys()).copied().collect();
                        moved.extend(
                            symbols
                                .into_iter()
                                .filter(|symbol| of(&known, symbol) != of(&stated, symbol)),
                        );
                    }
                    held = Some(stated);
                }
                Report::Split { symbol, after, .. } => {
                    if entry.sequence > snapshot {
                        moved.insert(symbol);
                    }
                    held.as_mut().and_then(|held| held.insert(symbol, *after));
                }
                Report::SymbolRenamed {
                    symbol,
                    to,
                    quantity,
                    ..
                } => {
                    if entry.sequence > snapshot {
                        moved.extend([symbol.as_str(), to]);
                    }
                    if let Some(held) = &mut held {
                        held.remove(symbol.as_str());
                        held.insert(to, *quantity);
                    }
                }
                Report::OrderFilled {
                    order,
                    fill_quantity,
                    ..
                } => {
                    if let Some(held) = &mut held {
                        *held.entry(&order.symbol).or_default() += sign(order.side) * fill_quantity;
                    }
                }
                _ => {}
            }
        }
        moved
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::check::testing::{History, executed, mailed, notification, planned};
    use simulated_cloud::cloud_event::InvocationOutcome;

    const BUY: &[(&str, &str, &str, &str)] = &[("MSFT", "BUY", "0", "5000")];

    /// A plan of the workflow `old`, from an empty account of 10,000 dollars.
    fn planned_early() -> History {
        History::new()
            .states("10000", &[])
            .puts(&planned("old", "p", BUY))
    }

    #[test]
    fn a_mail_that_was_given_up_and_told_excuses() {
        let asked = notification("w");
        let rule = json!({ "detail-type": ["TradingNotificationRequested"] });
        let half = || {
            let history = History::new().rule("mail", &rule).states("10000", &[]);
            let history = history
                .puts(&planned("w", "p", BUY))
                .starts(1, planned("w", "p", BUY));
            let bought = history.accepts("alch-w", "buy 100 MSFT @ 50");
            let bought = bought.fills("alch-w", "50", "50").cancels("alch-w");
            let bought = bought.puts(&executed("w")).ends(InvocationOutcome::Success);
            bought.puts(&asked).buries(&asked, "mail")
        };
        let judged = |history: History| {
            // The time in which an alarm may go off is over.
            let end = history.at("14:35:00").states("7500", &[("MSFT", "50")]);
            end.judged(check).1
        };
        assert_eq!(judged(half().alarms_on("mail")), 0);
        assert_eq!(judged(half()), 1);
    }

    /// The plan's order is placed, fills, and is told of.
    fn carried_out(history: History, workflow: &str, id: &str) -> History {
        let order = format!("alch-{workflow}");
        let placed = history
            .starts(id.len() as u64, planned(workflow, id, BUY))
            .accepts(&order, "buy 100 MSFT @ 50");
        placed
            .fills(&order, "100", "50")
            .puts(&executed(workflow))
            .ends(InvocationOutcome::Success)
    }

    #[test]
    fn a_plan_is_carried_out_on_the_account_that_it_was_made_for() {
        assert_eq!(
            carried_out(planned_early(), "old", "p").judged(check),
            (2, 0),
            "an order, and a position"
        );
        let other = planned_early().puts(&planned("new", "pp", BUY));
        let overtaken = carried_out(carried_out(other, "new", "pp"), "old", "p");
        assert_eq!(
            overtaken.judged(check).1,
            2,
            "its order, and the doubled position"
        );
    }

    #[test]
    fn what_was_filled_before_the_plan_was_made_is_no_news() {
        let before = carried_out(planned_early(), "old", "p").at("13:50:00");
        let mut later = planned("new", "pp", &[("MSFT", "BUY", "5000", "10000")]);
        later["detail"]["rebalance_plan"]["timestamp"] = "2012-03-14T13:49:00Z".into();
        assert_eq!(
            carried_out(before.puts(&later), "new", "pp")
                .judged(check)
                .1,
            0
        );
    }

    #[test]
    fn a_symbol_that_somebody_traded_is_left_alone_once_that_is_known() {
        let by_hand = |symbol: &str| {
            let order = format!("buy 10 {symbol} @ 50");
            planned_early()
                .accepts("by-hand", &order)
                .fills("by-hand", "10", "50")
                .starts(1, planned("old", "p", BUY))
        };
        let ordered = |history: History| {
            history
                .accepts("alch-1", "buy 100 MSFT @ 50")
                .judged(check)
                .1
        };
        assert_eq!(
            ordered(by_hand("MSFT").calls("alpaca GET positions", 200)),
            1
        );
        assert_eq!(ordered(by_hand("MSFT")), 0, "nobody looked");
        assert_eq!(
            ordered(by_hand("AAPL").calls("alpaca GET positions", 200)),
            0,
            "another symbol"
        );
    }

    #[test]
    fn in_the_end_the_positions_are_those_of_the_newest_plan_or_are_named() {
        let partly = |filled: &str| {
            let placed = planned_early()
                .starts(1, planned("old", "p", BUY))
                .accepts("alch-1", "buy 100 MSFT @ 50");
            placed
                .fills("alch-1", filled, "50")
                .cancels("alch-1")
                .puts(&executed("old"))
                .ends(InvocationOutcome::Success)
        };
        assert_eq!(
            partly("90").judged(check).1,
            0,
            "500 dollars are missing: 5 % of the account"
        );
        assert_eq!(partly("89").judged(check).1, 1);
        assert_eq!(
            mailed(partly("89"), "old", &["MSFT"]).judged(check).1,
            0,
            "its mail says so"
        );
        assert_eq!(
            mailed(partly("89"), "old", &["AAPL"]).judged(check).1,
            1,
            "it speaks of another"
        );
    }

    #[test]
    fn shares_that_others_moved_are_theirs() {
        let sold = carried_out(planned_early(), "old", "p")
            .accepts("by-hand", "sell 50 MSFT @ 50")
            .fills("by-hand", "50", "50");
        assert_eq!(sold.judged(check).1, 0);
        let split = carried_out(planned_early(), "old", "p").states("5000", &[("MSFT", "200")]);
        assert_eq!(split.judged(check).1, 0);
    }
}
