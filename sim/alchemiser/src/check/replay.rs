use alchemiser_mocks::exchange::Report;

use super::Judgement;
use crate::projection::Causes;
use crate::trading::TradingJournal;
use harness::journal::Journal;

/// Replaying any part of the archive adds no order: neither in the invocations that a replayed
/// event wakes, nor in those that they bring about.
pub(super) fn check(journal: &Journal) -> Judgement {
    let mut judgement = Judgement::default();
    let causes = Causes::of(journal);
    let replays = causes.inherited(|invocation| invocation.replay());
    replays.iter().for_each(|_| judgement.premise());
    for (entry, report) in journal.reports() {
        let Report::OrderAccepted { order, .. } = report else {
            continue;
        };
        if let Some(replay) = entry.invocation.and_then(|number| replays.get(&number)) {
            let problem = format!(
                "{} {} was ordered because of the replay {replay}",
                order.side.as_str(),
                order.symbol
            );
            judgement.violated(problem, vec![entry.sequence]);
        }
    }
    judgement
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::check::testing::{History, event};
    use simulated_cloud::cloud_event::InvocationOutcome;

    #[test]
    fn orders_of_what_a_replay_brought_about_are_found() {
        let (first, next) = (
            event("SignalGenerated", "s", "w"),
            event("RebalancePlanned", "p", "s"),
        );
        let chain = |replay: Option<&str>| {
            let mut payload = first.clone();
            if let Some(replay) = replay {
                payload["replay-name"] = json!(replay);
            }
            let history = History::new()
                .starts(1, payload)
                .puts(&next)
                .ends(InvocationOutcome::Success);
            history
                .starts(2, next.clone())
                .accepts("alch-1", "buy 1 MSFT @ 50")
        };
        assert_eq!(chain(Some("again")).judged(check), (2, 1));
        assert_eq!(chain(None).judged(check), (0, 0));
    }
}
