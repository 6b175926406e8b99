use std::collections::BTreeMap;

use alchemiser_mocks::exchange::{OrderFacts, Report};

use super::Judgement;
use crate::projection::is_our_id;
use crate::trading::TradingJournal;
use harness::journal::Journal;

/// An order id never comes to the broker with another symbol, side or quantity, whether it is
/// accepted or refused: who asks for an id must be sure what is behind it. What was refused at once
/// for its part of a share may come again without that part: there is no order behind it.
pub(super) fn check(journal: &Journal) -> Judgement {
    let mut judgement = Judgement::default();
    let mut contents: BTreeMap<&str, (&OrderFacts, u64, bool)> = BTreeMap::new();
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
        let Some((first, sequence, was_refused)) = contents.get(id) else {
            contents.insert(id, (order, entry.sequence, is_refused));
            continue;
        };
        judgement.premise();
        let is_same = first.symbol == order.symbol
            && first.side == order.side
            && first.quantity == order.quantity
            && first.notional == order.notional;
        let without_part = |facts: &OrderFacts| facts.quantity.map(|quantity| quantity.floor());
        if !is_same
            && *was_refused
            && first.symbol == order.symbol
            && first.side == order.side
            && without_part(first) == order.quantity
        {
            contents.insert(id, (order, entry.sequence, is_refused));
            continue;
        }
        if !is_same {
            let problem = format!(
                "the order {id} was {}, and then {}",
                content(first),
                content(order)
            );
            judgement.violated(problem, vec![*sequence, entry.sequence]);
        }
    }
    judgement
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
    use crate::check::testing::History;

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
    fn ids_of_others_are_theirs() {
        let by_hand = History::new()
            .accepts("mine", "buy 1 MSFT @ 50")
            .accepts("mine", "buy 2 MSFT @ 50");
        assert_eq!(by_hand.judged(check), (0, 0));
    }
}
