use std::collections::BTreeMap;

use super::Judgement;
use crate::projection::{invocations, puts};
use harness::journal::{CallOutcome, Journal, JournalEvent};

/// Steps that have nothing at the broker before they end: to try one again costs nothing.
const BEFORE_ORDERS: [&str; 2] = ["WorkflowStarted", "SignalGenerated"];

/// What may pass is tried again: no workflow is failed in these steps because the broker could not be
/// reached, or asked for patience, the last time that it was called.
pub(super) fn check(journal: &Journal) -> Judgement {
    let mut judgement = Judgement::default();
    let invocations = invocations(journal);
    // Of each invocation, the last call to the broker so far.
    let mut last: BTreeMap<u64, (u64, &CallOutcome)> = BTreeMap::new();
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
        }
        let by = invocations
            .get(&number)
            .filter(|_| ends.contains_key(&entry.sequence));
        let Some(by) = by.filter(|by| BEFORE_ORDERS.contains(&by.trigger().as_str())) else {
            continue;
        };
        let Some((call, outcome)) = last.get(&number) else {
            continue;
        };
        judgement.premise();
        let may_pass = match outcome {
            CallOutcome::Connected => false,
            CallOutcome::Unanswered(_) => true,
            CallOutcome::Answered(status) => *status >= 500 || *status == 429,
        };
        if may_pass {
            let problem = format!(
                "the step of {} failed its workflow for what may pass: the broker's last answer was {outcome}",
                by.trigger()
            );
            judgement.violated(problem, vec![*call, entry.sequence]);
        }
    }
    judgement
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
        assert_eq!(
            failed("RebalancePlanned", &[503]),
            (0, 0),
            "it may have ordered"
        );
    }
}
