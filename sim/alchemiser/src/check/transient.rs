use std::collections::{BTreeMap, BTreeSet};

use alchemiser_mocks::exchange::{OrderFacts, Report};
use rust_decimal::Decimal;

use super::Judgement;
use super::order_id::is_late;
use crate::projection::{Invocation, invocations, is_our_id, puts};
use crate::trading::TradingJournal;
use harness::journal::{CallOutcome, Entry, Journal, JournalEvent};
use simulated_cloud::cloud_event::InvocationOutcome;

/// Steps that the broker is called in. One that has sent no order has nothing there: to try it again
/// costs nothing.
const STEPS: [&str; 3] = ["WorkflowStarted", "SignalGenerated", "RebalancePlanned"];

/// What brings an order to the broker.
const SENDS: [&str; 2] = ["alpaca POST orders", "alpaca DELETE positions"];

/// What may pass is tried again: no workflow is failed in these steps, before it has sent an order, because the
/// broker could not be reached, or asked for patience, the last time that it was called. And an order that is
/// refused for its part of a share comes again in whole ones.
pub(super) fn check(journal: &Journal) -> Judgement {
    let mut judgement = Judgement::default();
    let invocations = invocations(journal);
    // Of each invocation, the last call to the broker so far.
    let mut last: BTreeMap<u64, (u64, &CallOutcome)> = BTreeMap::new();
    let mut sent: BTreeSet<u64> = BTreeSet::new();
    let ends: BTreeMap<u64, u64> = puts(journal)
        .filter(|put| put.detail_type == "WorkflowFailed" && !put.is_replayed)
        .filter_map(|put| Some((put.entry.sequence, put.entry.invocation?)))
        .collect();
    for entry in journal.entries() {
        let Some(number) = entry.invocation else {
            continue;
        };
        if let JournalEvent::Call { site, outcome, .. } = &entry.fact
            && site.operation.starts_with("alpaca ")
        {
            last.insert(number, (entry.sequence, outcome));
            if SENDS.contains(&site.operation.as_str()) {
                sent.insert(number);
            }
        }
        let by = invocations
            .get(&number)
            .filter(|_| ends.contains_key(&entry.sequence));
        let Some(by) = by.filter(|by| STEPS.contains(&by.trigger().as_str())) else {
            continue;
        };
        let Some((call, outcome)) = last.get(&number).filter(|_| !sent.contains(&number)) else {
            continue;
        };
        judgement.premise();
        if may_pass(outcome) {
            let problem = format!(
                "the step of {} failed its workflow for what may pass: the broker's last answer was {outcome}",
                by.trigger()
            );
            judgement.violated(problem, vec![*call, entry.sequence]);
        }
    }
    judge_parts(journal, &invocations, &mut judgement);
    judgement
}

fn may_pass(outcome: &CallOutcome) -> bool {
    match outcome {
        CallOutcome::Connected => false,
        CallOutcome::Unanswered(_) => true,
        CallOutcome::Answered(status) => *status >= 500 || *status == 429,
    }
}

/// An attempt that lives on and can reach the broker sends in whole shares what was refused for its
/// part of one, unless that is less than a dollar.
fn judge_parts(
    journal: &Journal,
    invocations: &BTreeMap<u64, Invocation<'_>>,
    judgement: &mut Judgement,
) {
    for (entry, report) in journal.reports() {
        let Report::OrderRejected { order, message, .. } = report else {
            continue;
        };
        let by = entry.invocation.and_then(|number| invocations.get(&number));
        let lives_on = by.and_then(|by| by.ended).is_some_and(|(end, outcome)| {
            outcome == InvocationOutcome::Success && end.sequence > entry.sequence
        });
        if !is_for_its_part(order, message) || !lives_on || is_late(journal, entry) {
            continue;
        }
        judgement.premise();
        if !comes_again(journal, entry, order) {
            let symbol = &order.symbol;
            let problem = format!(
                "{symbol} was refused for its part of a share, and no whole ones were tried"
            );
            judgement.violated(problem, vec![entry.sequence]);
        }
    }
}

/// Whether an order of ours was refused at once for its part of a share, and whole ones would be worth
/// a dollar.
fn is_for_its_part(order: &OrderFacts, message: &str) -> bool {
    let message = message.to_lowercase();
    let says = |word: &str| message.contains(word);
    let is_meant = says("qty must be") || says("fraction") && !says("short") && !says("day order");
    let quantity = order.quantity.unwrap_or_default();
    let worth = quantity.trunc() * order.limit_price.unwrap_or_default();
    let has_part = !quantity.fract().is_zero() && worth >= Decimal::ONE;
    is_our_id(order) && order.order_id.is_none() && is_meant && has_part
}

/// Whether the order comes to the broker again, in whole shares; or was sent, and what became of that
/// nobody was told.
fn comes_again(journal: &Journal, refused: &Entry, first: &OrderFacts) -> bool {
    let later = |entry: &Entry| entry.sequence > refused.sequence;
    let mut reports = journal.reports().filter(|(entry, _)| later(entry));
    let is_whole = |order: &OrderFacts| {
        order.client_order_id == first.client_order_id
            && order
                .quantity
                .is_some_and(|quantity| quantity.fract().is_zero())
    };
    let mut calls = journal.entries().iter().filter(|entry| later(entry));
    reports.any(|(_, report)| report.order().is_some_and(is_whole))
        || calls.any(|entry| {
            entry.invocation == refused.invocation
                && matches!(&entry.fact, JournalEvent::Call { site, outcome, .. }
                    if site.operation == SENDS[0] && may_pass(outcome))
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::testing::{History, event};

    fn failed(trigger: &str, statuses: &[u16]) -> (usize, usize) {
        let mut history = History::new().starts(1, event(trigger, "s", "a"));
        for status in statuses {
            history = history.calls("alpaca GET account", *status);
        }
        history
            .puts(&event("WorkflowFailed", "f", "s"))
            .judged(check)
    }

    #[test]
    fn what_may_pass_fails_no_workflow() {
        for status in [500, 503, 429] {
            assert_eq!(failed("SignalGenerated", &[200, status]), (1, 1));
        }
        assert_eq!(failed("SignalGenerated", &[503, 200]), (1, 0), "it passed");
        assert_eq!(
            failed("WorkflowStarted", &[403]),
            (1, 0),
            "it will not pass"
        );
        assert_eq!(failed("SignalGenerated", &[]), (0, 0));
        assert_eq!(failed("RebalancePlanned", &[503]), (1, 1));
        let plan = History::new().starts(1, event("RebalancePlanned", "p", "s"));
        let ordered = plan.calls("alpaca POST orders", 503);
        let failed = ordered.puts(&event("WorkflowFailed", "f", "p"));
        assert_eq!(failed.judged(check), (0, 0), "there may be an order");
    }

    #[test]
    fn what_is_refused_for_its_part_of_a_share_comes_again_in_whole_ones() {
        let refused = |order: &str, message: &str| {
            History::new()
                .starts(1, event("RebalancePlanned", "p", "s"))
                .refuses_with("alch-1", order, message)
        };
        let part = || refused("buy 10.5 MSFT @ 50", "Qty must be an integer");
        let done = |history: History| history.ends(InvocationOutcome::Success).judged(check);
        assert_eq!(done(part()), (1, 1));
        assert_eq!(done(part().refuses("alch-1", "buy 10 MSFT @ 50")), (1, 0));
        assert_eq!(done(part().accepts("alch-2", "buy 10 MSFT @ 50")), (1, 1));
        let unanswered = part().calls("alpaca POST orders", 503);
        assert_eq!(done(unanswered), (1, 0), "it may be there");
        let died = part().ends(InvocationOutcome::Crashed);
        assert_eq!(died.judged(check), (0, 0));
        let told = |message: &str| done(refused("buy 10.5 MSFT @ 50", message)).1;
        assert_eq!(told("asset is not fractionable"), 1);
        assert_eq!(told("fractional orders are not allowed to short"), 0);
        assert_eq!(told("insufficient buying power"), 0);
        let small = refused("buy 1.5 MSFT @ 0.50", "qty must be integer");
        assert_eq!(done(small), (0, 0), "less than a dollar is left");
    }
}
