use alchemiser_mocks::exchange::Report;

use super::Judgement;
use crate::projection::Causes;
use crate::trading::{TradingFact, TradingRecord};
use harness::fault::Site;
use harness::journal::{Journal, JournalEvent};
use simulated_cloud::cloud_event::CloudEvent;
use simulated_cloud::packed_json::Json;

/// An error notification is answered, and that is all: whatever it wakes, and whatever follows from
/// that, puts no event, places no order, sends no mail and writes nothing.
pub(super) fn check(journal: &Journal) -> Judgement {
    let mut judgement = Judgement::default();
    let causes = Causes::of(journal);
    let woken =
        causes.inherited(|invocation| holds_error_notification(invocation.payload).then_some(()));
    woken.iter().for_each(|_| judgement.premise());
    for entry in journal.entries() {
        let Some(invocation) = entry.invocation.filter(|number| woken.contains_key(number)) else {
            continue;
        };
        let deed = match (&entry.fact, entry.fact.trading()) {
            (
                JournalEvent::Cloud {
                    record: CloudEvent::EventPut { detail_type, .. },
                },
                _,
            ) => format!("{detail_type} was put"),
            (
                _,
                Some(TradingRecord::Exchange {
                    report: Report::OrderAccepted { order, .. },
                }),
            ) => format!("an order for {} was placed", order.symbol),
            (_, Some(TradingRecord::MailContent { subject, .. })) => {
                format!("the mail {subject:?} was sent")
            }
            (JournalEvent::Call { site, .. }, _) if writes(site) => {
                format!("{} was called", site.operation)
            }
            _ => continue,
        };
        judgement.violated(
            format!("{deed} in invocation {invocation}, which an error notification caused"),
            vec![entry.sequence],
        );
    }
    judgement
}

/// Whether a call changes something on the other side.
fn writes(site: &Site) -> bool {
    let operation = site.operation.as_str();
    let is_read = operation.starts_with("alpaca GET")
        || matches!(operation, "dynamodb GetItem" | "dynamodb Query");
    !is_read
}

/// Whether a payload is an error notification, or wraps one in envelopes or observations.
fn holds_error_notification(payload: Json<'_>) -> bool {
    let is_one = payload.at("detail-type").as_str() == Some("ErrorNotificationRequested");
    let inner = ["observe", "detail"]
        .into_iter()
        .filter_map(|key| payload.get(key));
    is_one || inner.into_iter().any(holds_error_notification)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::testing::{History, event};
    use super::*;
    use simulated_cloud::cloud_event::InvocationOutcome;

    #[test]
    fn a_notification_that_is_answered_is_all() {
        for payload in [
            event("ErrorNotificationRequested", "e", "w"),
            json!({ "observe": event("ErrorNotificationRequested", "e", "w") }),
            json!({ "detail-type": "Scheduled Event", "detail": event("ErrorNotificationRequested", "e", "w") }),
        ] {
            let woken = || History::new().starts(1, payload.clone());
            assert_eq!(
                woken().calls("dynamodb GetItem", 200).judged(check),
                (1, 0),
                "{payload}"
            );
            assert_eq!(
                woken().calls("dynamodb UpdateItem", 200).judged(check),
                (1, 1),
                "{payload}"
            );
            assert_eq!(
                woken().calls("smtp connect", 200).judged(check),
                (1, 1),
                "{payload}"
            );
            assert_eq!(
                woken().mails("m@alchemiser", "error").judged(check),
                (1, 1),
                "{payload}"
            );
            assert_eq!(
                woken().accepts("alch-1", "buy 1 MSFT @ 50").judged(check),
                (1, 1),
                "{payload}"
            );
        }
    }

    #[test]
    fn what_follows_from_it_counts_as_well() {
        let next = event("WorkflowFailed", "f", "e");
        let chain = |first: &str| {
            let history = History::new()
                .starts(1, event(first, "e", "w"))
                .puts(&next)
                .ends(InvocationOutcome::Success);
            history
                .starts(2, next.clone())
                .mails("m@alchemiser", "error")
        };
        assert_eq!(
            chain("ErrorNotificationRequested").judged(check),
            (2, 2),
            "the event and the mail"
        );
        assert_eq!(chain("TradeExecuted").judged(check), (0, 0));
    }
}
