use std::collections::{BTreeMap, BTreeSet};

use super::Judgement;
use super::stuck::{told_to_be_cut_short, told_to_be_stuck};
use crate::projection::puts;
use harness::journal::Journal;

/// Every workflow ends: with WorkflowCompleted or WorkflowFailed; or its next step was given up,
/// and the alarm on that very loss went off; or its execution was, between its result and its end,
/// and so did the alarm on the loss of its plan.
pub(super) fn check(journal: &Journal) -> Judgement {
    let mut judgement = Judgement::default();
    let mut started: BTreeMap<&str, u64> = BTreeMap::new();
    let mut ended = BTreeSet::new();
    for put in puts(journal).filter(|put| !put.is_replayed) {
        let Some(workflow) = put.workflow() else {
            continue;
        };
        match put.detail_type {
            "WorkflowStarted" => {
                started.entry(workflow).or_insert(put.entry.sequence);
            }
            "WorkflowCompleted" | "WorkflowFailed" => {
                ended.insert(workflow);
            }
            _ => {}
        }
    }
    let mut stuck = told_to_be_stuck(journal);
    stuck.extend(told_to_be_cut_short(journal));
    for (workflow, sequence) in started {
        judgement.premise();
        if !ended.contains(workflow) && !stuck.contains(workflow) {
            let problem = format!(
                "the workflow {workflow} neither completed nor failed, and no alarm on the loss of its next step went off"
            );
            judgement.violated(problem, vec![sequence]);
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

    /// A workflow whose first step's event a rule gave up.
    fn stuck() -> History {
        let started = event("WorkflowStarted", "a", "w");
        let history = History::new().rule("first", &json!({ "detail-type": ["WorkflowStarted"] }));
        history.puts(&started).buries(&started, "first")
    }

    #[test]
    fn a_workflow_completes_or_fails() {
        let started = event("WorkflowStarted", "a", "w");
        assert_eq!(History::new().puts(&started).judged(check), (1, 1));
        assert_eq!(
            History::new()
                .puts(&started)
                .puts(&event("WorkflowFailed", "b", "a"))
                .judged(check),
            (1, 0)
        );
        assert_eq!(
            History::new()
                .puts(&started)
                .puts(&event("WorkflowCompleted", "b", "a"))
                .judged(check),
            (1, 0)
        );
    }

    #[test]
    fn an_alarm_excuses_the_workflow_whose_step_it_is_about() {
        assert_eq!(stuck().goes_on().judged(check), (1, 1));
        assert_eq!(stuck().judged(check), (1, 0), "it may still go off");
        let alarmed = stuck().alarms_on("first").goes_on();
        assert_eq!(alarmed.judged(check), (1, 0));
        assert_eq!(
            stuck().alarms_on("second").goes_on().judged(check),
            (1, 1),
            "another rule's"
        );
        assert_eq!(
            stuck()
                .alarm("Errors", "FunctionName", "f")
                .goes_on()
                .judged(check),
            (1, 1),
            "a failed function tells nothing of it"
        );
    }

    #[test]
    fn a_loss_from_which_something_followed_stops_nobody() {
        let went_on = stuck()
            .alarms_on("first")
            .puts(&event("SignalGenerated", "b", "a"));
        assert_eq!(went_on.judged(check), (1, 1));
    }

    #[test]
    fn an_execution_given_up_between_result_and_end_is_told() {
        let plan = event("RebalancePlanned", "p", "s");
        let traded = |outcome: InvocationOutcome| {
            History::new()
                .rule("first", &json!({ "detail-type": ["RebalancePlanned"] }))
                .puts(&event("WorkflowStarted", "a", "w"))
                .puts(&plan)
                .starts(1, plan.clone())
                .puts(&event("TradeExecuted", "t", "p"))
                .ends(outcome)
                .buries(&plan, "first")
        };
        let cut_short = traded(InvocationOutcome::TimedOut);
        assert_eq!(cut_short.goes_on().judged(check), (1, 1), "nobody is told");
        let cut_short = traded(InvocationOutcome::TimedOut).alarms_on("first");
        assert_eq!(cut_short.goes_on().judged(check), (1, 0));
        let whole = traded(InvocationOutcome::Success).alarms_on("first");
        assert_eq!(whole.judged(check), (1, 1), "it lived to put its end");
    }

    #[test]
    fn a_copy_to_be_looked_at_is_nobodys_step() {
        let started = event("WorkflowStarted", "a", "w");
        let history = History::new()
            .puts(&started)
            .buries(&started, "unknown")
            .alarms_on("unknown");
        assert_eq!(history.judged(check), (1, 1));
    }
}
