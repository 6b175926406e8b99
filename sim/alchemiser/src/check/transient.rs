use std::collections::{BTreeMap, BTreeSet};

use super::Judgement;
use crate::projection::{invocations, puts};
use harness::journal::{CallOutcome, Journal, JournalEvent};

/// Steps that the broker is called in. One that has sent no order has nothing there: to try it again
/// costs nothing.
const STEPS: [&str; 3] = ["WorkflowStarted", "SignalGenerated", "RebalancePlanned"];

/// What brings an order to the broker.
const SENDS: [&str; 2] = ["alpaca POST orders", "alpaca DELETE positions"];

/// What may pass is tried again: no workflow is failed in these steps, before it has sent an order, because the
/// broker could not be reached, or asked for patience, the last time that it was called.
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
        assert_eq!(failed("RebalancePlanned", &[503]), (1, 1));
        let plan = History::new().starts(1, event("RebalancePlanned", "p", "s"));
        let ordered = plan.calls("alpaca POST orders", 503);
        let failed = ordered.puts(&event("WorkflowFailed", "f", "p"));
        assert_eq!(failed.judged(check), (0, 0), "there may be an order");
    }
}
