use alchemiser_mocks::exchange::Report;

use super::Judgement;
use crate::projection::{Causes, Invocation};
use crate::trading::TradingJournal;
use harness::journal::{Entry, Journal};
use simulated_cloud::cloud_event::InvocationOutcome;

/// Replaying any part of the archive adds no order: neither in the invocations that a replayed
/// event wakes, nor in those that they bring about. An event whose work nobody had come to the end
/// of, because its deliveries were lost or died, is brought by a replay as it is by a retry.
pub(super) fn check(journal: &Journal) -> Judgement {
    let mut judgement = Judgement::default();
    let causes = Causes::of(journal);
    let all = causes.inherited(|invocation| invocation.replay());
    all.iter().for_each(|_| judgement.premise());
    let is_done = |invocation: &Invocation<'_>| {
        let mut others = causes.invocations().values();
        others.any(|other| is_end_of(other, invocation))
    };
    let replays =
        causes.inherited(|invocation| invocation.replay().filter(|_| is_done(invocation)));
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

/// Whether an invocation had done the work of an event before another one was given it.
fn is_end_of(one: &Invocation<'_>, other: &Invocation<'_>) -> bool {
    let is_success = |(entry, outcome): (&Entry, InvocationOutcome)| {
        outcome == InvocationOutcome::Success && entry.sequence < other.started.sequence
    };
    one.event_id().is_some()
        && one.event_id() == other.event_id()
        && one.is_observation() == other.is_observation()
        && one.ended.is_some_and(is_success)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::check::testing::{History, event};

    #[test]
    fn orders_of_what_a_replay_brought_about_are_found() {
        let (first, next) = (
            event("SignalGenerated", "s", "w"),
            event("RebalancePlanned", "p", "s"),
        );
        let chain = |replay: Option<&str>, was: InvocationOutcome| {
            let mut payload = first.clone();
            if let Some(replay) = replay {
                payload["replay-name"] = json!(replay);
            }
            let before = History::new().starts(1, first.clone()).ends(was);
            let history = before
                .starts(2, payload)
                .puts(&next)
                .ends(InvocationOutcome::Success);
            history
                .starts(3, next.clone())
                .accepts("alch-1", "buy 1 MSFT @ 50")
        };
        let success = InvocationOutcome::Success;
        assert_eq!(chain(Some("again"), success).judged(check), (2, 1));
        assert_eq!(chain(None, success).judged(check), (0, 0));
        assert_eq!(
            chain(Some("again"), InvocationOutcome::Crashed).judged(check),
            (2, 0),
            "nobody had done it"
        );
    }
}
