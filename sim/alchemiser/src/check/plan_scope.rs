use std::collections::{BTreeMap, BTreeSet};

use super::Judgement;
use super::plan::{Plan, plans};
use crate::projection::{Invocation, accepted_orders, invocations};
use crate::trading::{BusMode, TradingJournal, TroubleKind};
use harness::journal::Journal;

/// No order of ours is for a symbol outside of its plan, or against it: a buy where the plan buys,
/// a sell where it sells; nor does it come in another session. The plan is the one that the order's invocation was given.
pub(super) fn check(journal: &Journal) -> Judgement {
    let mut judgement = Judgement::default();
    // Where the day passes in one invocation, its plan is on no bus.
    if journal.settings().bus != BusMode::EventBridge {
        return judgement;
    }
    let hours = journal.settings().hours();
    let unpriced: BTreeSet<&str> = journal
        .troubles()
        .filter(|trouble| trouble.trouble == TroubleKind::Quote)
        .filter_map(|trouble| trouble.symbol.as_deref())
        .collect();
    let (invocations, known) = (invocations(journal), plans(journal));
    for order in accepted_orders(journal)
        .iter()
        .filter(|order| order.is_ours())
    {
        let Some(invocation) = order.invocation.and_then(|number| invocations.get(&number)) else {
            continue;
        };
        judgement.premise();
        let what = format!("{} {}", order.facts.side.as_str(), order.facts.symbol);
        let Some(plan) = plan_of(invocation, &known) else {
            judgement.violated(
                format!("the order to {what} follows no plan"),
                vec![order.sequence],
            );
            continue;
        };
        if unpriced.contains(order.facts.symbol.as_str()) {
            judgement.violated(
                format!("the order to {what} was placed on a quote that nobody may use"),
                vec![order.sequence],
            );
        }
        if hours.session_at(plan.made) != hours.session_at(order.accepted) {
            judgement.violated(
                format!(
                    "the order to {what} follows the plan {} of another session, made at {}",
                    plan.id, plan.made
                ),
                vec![order.sequence],
            );
        }
        match plan.item(&order.facts.symbol).map(|item| item.side) {
            None => judgement.violated(
                format!(
                    "the order to {what} is for a symbol outside of the plan {}",
                    plan.id
                ),
                vec![order.sequence],
            ),
            Some(side) if side != Some(order.facts.side) => {
                judgement.violated(
                    format!("the order to {what} is against the plan {}", plan.id),
                    vec![order.sequence],
                );
            }
            Some(_) => {}
        }
    }
    judgement
}

fn plan_of<'a>(invocation: &Invocation<'a>, known: &BTreeMap<&str, Plan<'a>>) -> Option<Plan<'a>> {
    let given = Plan::read(invocation.event().at("detail"));
    given.or_else(|| known.get(invocation.workflow()?).cloned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::check::testing::{History, planned};

    fn ordered(order: &str) -> (usize, usize) {
        let plan = planned(
            "w",
            "p",
            &[
                ("MSFT", "BUY", "0", "500"),
                ("AAPL", "SELL", "500", "0"),
                ("IBM", "HOLD", "100", "100"),
            ],
        );
        History::new()
            .starts(1, plan)
            .accepts("alch-1", order)
            .judged(check)
    }

    #[test]
    fn an_order_is_for_what_the_plan_wants() {
        assert_eq!(ordered("buy 10 MSFT @ 50"), (1, 0));
        assert_eq!(ordered("sell 5 AAPL @ 100"), (1, 0));
        for order in [
            "buy 1 EDZ @ 10",
            "sell 1 EDZ @ 10",
            "sell 1 MSFT @ 50",
            "buy 1 AAPL @ 100",
            "buy 1 IBM @ 100",
        ] {
            assert_eq!(ordered(order), (1, 1), "{order}");
        }
    }

    #[test]
    fn what_has_no_price_is_left_alone() {
        let ordered = |unpriced: &str| {
            let plan = planned("w", "p", &[("MSFT", "BUY", "0", "500")]);
            let history = History::new().trouble(Some(unpriced), TroubleKind::Quote);
            let ordered = history
                .starts(1, plan)
                .accepts("alch-1", "buy 10 MSFT @ 50");
            ordered.judged(check)
        };
        assert_eq!(ordered("MSFT"), (1, 1));
        assert_eq!(ordered("IBM"), (1, 0));
    }

    #[test]
    fn a_plan_is_for_its_session() {
        let mut plan = planned("w", "p", &[("MSFT", "BUY", "0", "500")]);
        plan["detail"]["rebalance_plan"]["timestamp"] = json!("2012-03-13T13:35:00Z");
        let history = History::new().starts(1, plan);
        let ordered = history.accepts("alch-1", "buy 10 MSFT @ 50");
        assert_eq!(ordered.judged(check), (1, 1));
    }

    #[test]
    fn who_has_no_plan_orders_nothing() {
        let unasked = History::new()
            .starts(1, json!({ "mode": "trade", "correlation_id": "w" }))
            .accepts("alch-1", "buy 1 MSFT @ 50");
        assert_eq!(unasked.judged(check), (1, 1));
        assert_eq!(
            History::new()
                .accepts("by-hand", "buy 1 MSFT @ 50")
                .judged(check),
            (0, 0)
        );
    }
}
