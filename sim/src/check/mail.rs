use std::collections::{BTreeMap, BTreeSet};

use super::Finding;
use crate::cloud::record::Record;
use crate::journal::{Fact, Journal};
use crate::projection::events;

const NAME: &str = "one mail a workflow";

/// Exactly one mail for each workflow, or an alarm. A second copy may go out only with the identical message id and
/// content, where the server's answer was lost.
pub(super) fn check(journal: &Journal) -> Vec<Finding> {
    let all = events(journal);
    let notified: BTreeMap<&str, &str> = all
        .iter()
        .filter(|event| event.detail_type == "TradingNotificationRequested")
        .filter_map(|event| Some((event.detail["event_id"].as_str()?, event.detail["correlation_id"].as_str()?)))
        .collect();
    let mut sent: BTreeMap<&str, (String, u64)> = BTreeMap::new();
    let mut ids: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut findings = Vec::new();
    for entry in journal.entries() {
        let Fact::MailContent { message_id, subject, text, html, .. } = &entry.fact else { continue };
        let content = format!("{subject}\n{text}\n{html}");
        match sent.get(message_id.as_str()) {
            Some((first, sequence)) if *first != content => {
                findings.push(Finding::at(
                    NAME,
                    format!("the mail {message_id} went out with two contents"),
                    vec![*sequence, entry.sequence],
                ));
            }
            Some(_) => {}
            None => {
                sent.insert(message_id, (content, entry.sequence));
            }
        }
        let event = message_id.trim_end_matches("@alchemiser");
        ids.entry(notified.get(event).copied().unwrap_or("unknown")).or_default().insert(message_id);
    }
    for (workflow, messages) in &ids {
        if messages.len() > 1 {
            findings.push(Finding::plain(NAME, format!("the workflow {workflow} sent {} different mails", messages.len())));
        }
    }
    let alarmed = journal.records().any(|(_, record)| matches!(record, Record::AlarmChanged { state, .. } if state == "ALARM"));
    let started =
        all.iter().filter(|event| event.detail_type == "WorkflowStarted").filter_map(|event| event.detail["correlation_id"].as_str());
    for workflow in started.collect::<BTreeSet<_>>() {
        if !ids.contains_key(workflow) && !alarmed {
            findings.push(Finding::plain(NAME, format!("the workflow {workflow} sent no mail, and no alarm went off")));
        }
    }
    findings
}
