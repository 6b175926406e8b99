use std::collections::BTreeSet;

use super::Finding;
use crate::cloud::record::Record;
use crate::journal::Journal;
use crate::projection::events;

/// Every workflow ends: with WorkflowCompleted or WorkflowFailed, or, where nobody is left to end it, with an alarm.
pub(super) fn check(journal: &Journal) -> Vec<Finding> {
    let all = events(journal);
    let ids = |types: &[&str]| -> BTreeSet<String> {
        let chosen = all.iter().filter(|event| types.contains(&event.detail_type.as_str()) && event.replay.is_none());
        chosen.filter_map(|event| event.detail["correlation_id"].as_str().map(str::to_owned)).collect()
    };
    let ended = ids(&["WorkflowCompleted", "WorkflowFailed"]);
    let alarmed = journal.records().any(|(_, record)| matches!(record, Record::AlarmChanged { state, .. } if state == "ALARM"));
    ids(&["WorkflowStarted"])
        .difference(&ended)
        .filter(|_| !alarmed)
        .map(|workflow| {
            Finding::plain("every workflow ends", format!("the workflow {workflow} neither completed nor failed, and no alarm went off"))
        })
        .collect()
}
