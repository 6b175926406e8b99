use super::Finding;
use crate::cloud::record::Record;
use crate::journal::Journal;

const NAME: &str = "nothing vanishes";

/// Every event that a bus accepted is delivered, dead-lettered or archived: none is lost on the way, and none is put
/// on a bus that is not there.
pub(super) fn check(journal: &Journal) -> Vec<Finding> {
    let finding = |sequence: u64, record: &Record| match record {
        Record::Lost { from, reason, .. } => Some(Finding::at(NAME, format!("{from} lost an event: {reason}"), vec![sequence])),
        Record::EventVanished { bus, detail_type } => {
            Some(Finding::at(NAME, format!("{detail_type} was put on the bus {bus:?}, which does not exist"), vec![sequence]))
        }
        _ => None,
    };
    journal.records().filter_map(|(entry, record)| finding(entry.sequence, record)).collect()
}
