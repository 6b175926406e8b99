use std::collections::BTreeMap;

use alchemiser_mocks::exchange::{OrderFacts, Report};

use super::Judgement;
use crate::projection::is_our_id;
use crate::trading::TradingJournal;
use harness::journal::{Entry, Journal, JournalEvent};

/// An order id never comes to the broker with another symbol, side or quantity, whether it is
/// accepted or refused: who asks for an id must be sure what is behind it. What was refused at once
/// for its part of a share may come again without that part: there is no order behind it. Nor is
/// there behind what came late and was refused: its caller had given it up; nor behind what another
/// attempt of the step was refused at once: this one asks whether it is there, and sizes it anew.
/// And what is there is not sent again by one who has not asked for it.
pub(super) fn check(journal: &Journal) -> Judgement {
    let mut judgement = Judgement::default();
    let mut contents: BTreeMap<&str, (&OrderFacts, &Entry, bool)> = BTreeMap::new();
    for (entry, report) in journal.reports() {
        let order = match report {
            Report::OrderAccepted { order, .. } => order,
            // Refused at once: later the market refuses what has an id of the broker's.
            Report::OrderRejected { order, .. } if order.order_id.is_none() => order,
            _ => continue,
        };
        let Some(id) = order
            .client_order_id
            .as_deref()
            .filter(|_| is_our_id(order))
        else {
            continue;
        };
        let is_refused = matches!(report, Report::OrderRejected { .. });
        if is_refused && is_late(journal, entry) {
            continue;
        }
        let Some((first, told, was_refused)) = contents.get(id) else {
            contents.insert(id, (order, entry, is_refused));
            continue;
        };
        judgement.premise();
        let is_same = first.symbol == order.symbol
            && first.side == order.side
            && first.quantity == order.quantity
            && first.notional == order.notional;
        let without_part = |facts: &OrderFacts| facts.quantity.map(|quantity| quantity.floor());
        let is_of_another_attempt = told.invocation != entry.invocation;
        if !is_same
            && *was_refused
            && first.symbol == order.symbol
            && first.side == order.side
            && (is_of_another_attempt || without_part(first) == order.quantity)
        {
            contents.insert(id, (order, entry, is_refused));
            continue;
        }
        if !is_same {
            let problem = format!(
                "the order {id} was {}, and then {}",
                content(first),
                content(order)
            );
            judgement.violated(problem, vec![told.sequence, entry.sequence]);
        } else if is_refused && !*was_refused && !is_asked_for(journal, told, entry) {
            let problem = format!(
                "the order {id} was there, and was sent again by one who had not asked for it"
            );
            judgement.violated(problem, vec![told.sequence, entry.sequence]);
        }
    }
    judgement
}

/// Whether who sends an id again has asked the broker for it, since there is an order behind it; or
/// ever, where the order came late: he may have been told that there is none, and have waited for
/// the broker's quota since.
fn is_asked_for(journal: &Journal, accepted: &Entry, again: &Entry) -> bool {
    let place = |entry: &Entry| usize::try_from(entry.sequence).unwrap_or(usize::MAX);
    let since = if is_late(journal, accepted) {
        0
    } else {
        place(accepted)
    };
    let between = journal.entries().get(since..place(again));
    let mut own = between.into_iter().flatten();
    own.any(|entry| {
        entry.invocation == again.invocation
            && matches!(&entry.fact, JournalEvent::Call { site, .. } if site.operation == LOOK_UP)
    })
}

const LOOK_UP: &str = "alpaca GET orders:by_client_order_id";

/// Whether what the broker tells is about a request that came late: the journal says so before it.
pub(super) fn is_late(journal: &Journal, told: &Entry) -> bool {
    let before = usize::try_from(told.sequence - 1).unwrap_or(usize::MAX);
    let before = journal.entries().iter().take(before).rev();
    let cause = before
        .take_while(|entry| entry.at == told.at && entry.invocation == told.invocation)
        .find(|entry| !matches!(entry.fact, JournalEvent::Party(_)));
    cause.is_some_and(|entry| matches!(entry.fact, JournalEvent::LateArrival { .. }))
}

fn content(order: &OrderFacts) -> String {
    let quantity = order
        .quantity
        .or(order.notional)
        .map(|quantity| quantity.normalize().to_string());
    format!(
        "{} {} {}",
        order.side.as_str(),
        quantity.unwrap_or_default(),
        order.symbol
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::testing::{History, event};
    use harness::fault::Site;
    use harness::journal::CallOutcome;

    #[test]
    fn who_sends_an_id_again_has_asked_for_it() {
        let again = |call: &str| {
            let history = History::new().starts(1, event("RebalancePlanned", "p", "s"));
            let history = history
                .accepts("alch-1", "buy 10 MSFT @ 50")
                .calls(call, 404);
            history.refuses("alch-1", "buy 10 MSFT @ 50").judged(check)
        };
        assert_eq!(again("alpaca GET orders:by_client_order_id"), (1, 0));
        assert_eq!(again("alpaca GET orders"), (1, 1));
    }

    #[test]
    fn an_id_may_come_again_as_it_was() {
        let posted = |second: &str| {
            History::new()
                .refuses("alch-1", "buy 10.5 MSFT @ 50")
                .accepts("alch-1", second)
                .judged(check)
        };
        assert_eq!(posted("buy 10.5 MSFT @ 50.02"), (1, 0), "at another limit");
        assert_eq!(
            posted("buy 10 MSFT @ 50").1,
            0,
            "without the part of a share"
        );
        for other in [
            "buy 9 MSFT @ 50",
            "sell 10.5 MSFT @ 50",
            "buy 10.5 AAPL @ 50",
        ] {
            assert_eq!(posted(other), (1, 1), "{other}");
        }
    }

    #[test]
    fn what_another_attempt_was_refused_is_nothing() {
        let event = || event("RebalancePlanned", "p", "s");
        let attempt = |number: u64| move |history: History| history.starts(number, event());
        let posted = |begin: &dyn Fn(History) -> History, first: fn(History) -> History| {
            let history = first(attempt(1)(History::new()));
            begin(history)
                .accepts("alch-1", "sell 9 MSFT @ 50")
                .judged(check)
        };
        let refused: fn(History) -> History =
            |history| history.refuses("alch-1", "sell 12 MSFT @ 50");
        assert_eq!(posted(&attempt(2), refused), (1, 0));
        assert_eq!(
            posted(&|history| history, refused),
            (1, 1),
            "the same attempt"
        );
        assert_eq!(
            posted(&attempt(2), |history| history
                .accepts("alch-1", "sell 12 MSFT @ 50")),
            (1, 1),
            "accepted"
        );
    }

    /// An order that arrives late.
    fn arrival() -> JournalEvent {
        JournalEvent::LateArrival {
            site: Site {
                trigger: "RebalancePlanned".to_owned(),
                operation: "alpaca POST orders".to_owned(),
                number: 1,
            },
            outcome: CallOutcome::Answered(422),
        }
    }

    #[test]
    fn who_has_asked_may_send_again_what_came_late() {
        let again = |arrives: fn(History) -> History| {
            let history = History::new().starts(1, event("RebalancePlanned", "p", "s"));
            let history = history.calls(LOOK_UP, 404).at("15:00:00");
            arrives(history)
                .accepts("alch-1", "buy 10 MSFT @ 50")
                .refuses("alch-1", "buy 10 MSFT @ 50")
                .judged(check)
        };
        assert_eq!(
            again(|history| history.fact(arrival()).at("15:00:00")),
            (1, 0)
        );
        assert_eq!(again(|history| history), (1, 1), "it was there in time");
    }

    #[test]
    fn what_comes_late_and_is_refused_is_nothing() {
        let placed = || History::new().accepts("alch-1", "sell 12 GOOG @ 100");
        let again = |history: History| history.refuses("alch-1", "sell 12.4 GOOG @ 100");
        assert_eq!(again(placed()).judged(check), (1, 1), "in time");
        let late = placed().at("15:00:00").fact(arrival()).at("15:00:00");
        assert_eq!(again(late).judged(check), (0, 0));
    }

    #[test]
    fn ids_of_others_are_theirs() {
        let by_hand = History::new()
            .accepts("mine", "buy 1 MSFT @ 50")
            .accepts("mine", "buy 2 MSFT @ 50");
        assert_eq!(by_hand.judged(check), (0, 0));
    }
}
