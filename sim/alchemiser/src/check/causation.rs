use std::collections::BTreeSet;

use super::Judgement;
use crate::trading::{BusMode, TradingJournal};
use harness::journal::{Journal, JournalEvent};
use simulated_cloud::cloud_event::CloudEvent;

/// The causation ids of a workflow's events form a tree whose root is the workflow's own id: each
/// names an event that was put before, or the root. Where the bus is a shadow of the one in memory,
/// an event that it failed to publish is known all the same. What a person puts may name any cause.
pub(super) fn check(journal: &Journal) -> Judgement {
    let mut judgement = Judgement::default();
    let is_shadow = journal.settings().bus == BusMode::Both;
    let mut known: BTreeSet<&str> = BTreeSet::new();
    for entry in journal.entries() {
        match &entry.fact {
            JournalEvent::Unpublished { event_id, .. } if is_shadow => {
                known.insert(event_id);
            }
            JournalEvent::Cloud {
                record:
                    CloudEvent::EventPut {
                        source,
                        detail_type,
                        detail,
                        ..
                    },
            } => {
                let field = |name: &str| detail.view().at(name).as_str().unwrap_or_default();
                let (id, cause, workflow) = (
                    field("event_id"),
                    field("causation_id"),
                    field("correlation_id"),
                );
                let is_ours = entry.invocation.is_some()
                    && source.starts_with("alchemiser.")
                    && !id.is_empty()
                    && detail_type != "ErrorNotificationRequested";
                let is_root = cause == workflow;
                if is_ours && !is_root {
                    judgement.premise();
                }
                if is_ours && !is_root && !known.contains(cause) {
                    let problem = format!(
                        "{detail_type} {id} names the cause {cause:?}, which is no event of this run"
                    );
                    judgement.violated(problem, vec![entry.sequence]);
                }
                if is_ours && workflow.is_empty() {
                    judgement.violated(
                        format!("{detail_type} {id} has no correlation id"),
                        vec![entry.sequence],
                    );
                }
                known.insert(id);
            }
            _ => {}
        }
    }
    judgement
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::testing::{History, event};
    use crate::trading::Settings;

    fn system() -> History {
        History::new().within(Some(1))
    }

    #[test]
    fn a_cause_was_put_before() {
        let (root, next) = (
            event("WorkflowStarted", "a", "w"),
            event("SignalGenerated", "b", "a"),
        );
        assert_eq!(system().puts(&root).puts(&next).judged(check), (1, 0));
        assert_eq!(
            system().puts(&next).puts(&root).judged(check),
            (1, 1),
            "put too late"
        );
        assert_eq!(system().puts(&next).judged(check), (1, 1));
        assert_eq!(History::new().puts(&next).judged(check), (0, 0), "by hand");
    }

    #[test]
    fn what_the_shadow_did_not_publish_is_a_cause_where_the_bus_is_one() {
        let unpublished = JournalEvent::Unpublished {
            event_id: "a".to_owned(),
            detail_type: "WorkflowStarted".to_owned(),
        };
        let next = event("SignalGenerated", "b", "a");
        let of = |bus: BusMode| {
            system()
                .settings(Settings {
                    bus,
                    ..Settings::default()
                })
                .fact(unpublished.clone())
                .puts(&next)
        };
        assert_eq!(of(BusMode::Both).judged(check), (1, 0));
        assert_eq!(of(BusMode::EventBridge).judged(check), (1, 1));
    }
}
