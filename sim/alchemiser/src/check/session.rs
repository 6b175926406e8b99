use chrono::{DateTime, TimeDelta, Utc};

use super::Judgement;
use crate::projection::{Order, accepted_orders};
use crate::trading::TradingJournal;
use harness::journal::{Journal, JournalEvent};

/// What is sent so shortly before the close may come after it.
const LAST_CALL: TimeDelta = TimeDelta::seconds(10);
/// What an order may need on its way, where nothing tells when it was sent.
const ON_ITS_WAY: TimeDelta = TimeDelta::seconds(1);

/// No order of ours is accepted outside of a market session, or sent in its last ten seconds: it
/// would wait for the next one.
pub(super) fn check(journal: &Journal) -> Judgement {
    let mut judgement = Judgement::default();
    let hours = journal.settings().hours();
    for order in accepted_orders(journal)
        .iter()
        .filter(|order| order.is_ours())
    {
        judgement.premise();
        let what = format!("{} {}", order.facts.side.as_str(), order.facts.symbol);
        let Some(session) = hours.session_at(order.accepted) else {
            judgement.violated(
                format!(
                    "the order to {what} was accepted at {}, outside of a session",
                    order.accepted
                ),
                vec![order.sequence],
            );
            continue;
        };
        let is_late = match sent(journal, order) {
            Some(sent) => sent >= session.close - LAST_CALL,
            None => order.accepted >= session.close - LAST_CALL + ON_ITS_WAY,
        };
        if is_late {
            let problem = format!(
                "the order to {what} came at {}, and the session ends at {}",
                order.accepted, session.close
            );
            judgement.violated(problem, vec![order.sequence]);
        }
    }
    judgement
}

/// When the call began that placed the order, where it came back.
pub(super) fn sent(journal: &Journal, order: &Order<'_>) -> Option<DateTime<Utc>> {
    let place = usize::try_from(order.sequence).unwrap_or(usize::MAX);
    let after = journal
        .entries()
        .get(place..)?
        .iter()
        .filter(|entry| entry.invocation == order.invocation);
    let mut begun = after.filter_map(|entry| match &entry.fact {
        JournalEvent::Call {
            site, duration_ms, ..
        } if matches!(
            site.operation.as_str(),
            "alpaca POST orders" | "alpaca DELETE positions"
        ) =>
        {
            Some(
                entry.at - TimeDelta::milliseconds(i64::try_from(*duration_ms).unwrap_or(i64::MAX)),
            )
        }
        _ => None,
    });
    begun
        .find(|begun| *begun <= order.accepted)
        .filter(|_| order.invocation.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::testing::{History, event};
    use crate::trading::Settings;

    fn ordered(time: &str) -> History {
        History::new()
            .starts(1, event("RebalancePlanned", "p", "s"))
            .at(time)
            .accepts("alch-1", "buy 1 MSFT @ 50")
    }

    #[test]
    fn orders_are_placed_within_a_session() {
        assert_eq!(ordered("13:29:59").judged(check), (1, 1), "before the open");
        assert_eq!(ordered("13:30:00").judged(check), (1, 0));
        assert_eq!(
            ordered("19:59:50").judged(check),
            (1, 0),
            "sent just before the last call"
        );
        assert_eq!(
            ordered("19:59:51").judged(check),
            (1, 1),
            "in the last ten seconds"
        );
        assert_eq!(ordered("20:00:00").judged(check), (1, 1), "after the close");
    }

    #[test]
    fn it_counts_when_an_order_was_sent() {
        // The call took 100 ms and came back a second after the broker had the order.
        let answered = |time: &str| {
            ordered(time)
                .at(time)
                .calls("alpaca POST orders", 200)
                .judged(check)
                .1
        };
        assert_eq!(answered("19:59:50"), 0, "sent 100 ms before the last call");
        assert_eq!(answered("19:59:51"), 1);
    }

    #[test]
    fn a_market_may_be_open_around_the_clock_and_others_order_when_they_like() {
        let settings = Settings {
            around_the_clock: true,
            ..Settings::default()
        };
        let night = History::new()
            .settings(settings)
            .starts(1, event("RebalancePlanned", "p", "s"))
            .at("02:00:00");
        assert_eq!(
            night.accepts("alch-1", "buy 1 MSFT @ 50").judged(check),
            (1, 0)
        );
        assert_eq!(
            History::new()
                .at("02:00:00")
                .accepts("by-hand", "buy 1 MSFT @ 50")
                .judged(check),
            (0, 0)
        );
    }
}
