use std::collections::BTreeSet;

use super::Finding;
use crate::cloud::record::Record;
use crate::journal::Journal;
use alchemiser_mocks::exchange::Report;

/// Replaying any part of the archive adds no order.
pub(super) fn check(journal: &Journal) -> Vec<Finding> {
    let replayed: BTreeSet<u64> = journal
        .records()
        .filter_map(|(_, record)| match record {
            Record::InvocationStarted { invocation, payload, .. } if payload.get("replay-name").is_some() => Some(*invocation),
            _ => None,
        })
        .collect();
    journal
        .reports()
        .filter(|(entry, report)| {
            matches!(report, Report::OrderAccepted { .. }) && entry.invocation.is_some_and(|id| replayed.contains(&id))
        })
        .map(|(entry, _)| Finding::at("replay trades nothing", "an order was placed for a replayed event", vec![entry.sequence]))
        .collect()
}
