use chrono::{DateTime, TimeDelta, Utc};

use super::Finding;
use crate::cloud::record::Record;
use crate::journal::{Entry, Journal};

const NAME: &str = "nothing vanishes";

/// How long the alarm on a loss may take: its period of five minutes, and the next.
const TOLD_WITHIN: TimeDelta = TimeDelta::minutes(10);

/// Every event that a bus accepted is delivered, dead-lettered or archived: none is lost on the way, and none is put
/// on a bus that is not there. A loss that nobody can keep from happening, for the dead-letter queue itself refuses,
/// is told by the alarm on such refusals.
pub(super) fn check(journal: &Journal) -> Vec<Finding> {
    let finding = |entry: &Entry, record: &Record| match record {
        Record::Lost { from, reason, .. } if !is_told(journal, entry.at) => {
            Some(Finding::at(NAME, format!("{from} lost an event: {reason}"), vec![entry.sequence]))
        }
        Record::EventVanished { bus, detail_type } => {
            Some(Finding::at(NAME, format!("{detail_type} was put on the bus {bus:?}, which does not exist"), vec![entry.sequence]))
        }
        _ => None,
    };
    journal.records().filter_map(|(entry, record)| finding(entry, record)).collect()
}

fn is_told(journal: &Journal, lost: DateTime<Utc>) -> bool {
    journal.records().any(|(entry, record)| match record {
        Record::AlarmChanged { alarm, state, .. } => {
            state == "ALARM" && alarm.contains("delivery-failures") && entry.at >= lost && entry.at - lost <= TOLD_WITHIN
        }
        _ => false,
    })
}
