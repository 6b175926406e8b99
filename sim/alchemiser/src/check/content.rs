use std::collections::BTreeMap;

use super::Judgement;
use harness::journal::Journal;
use simulated_cloud::record::Record;

/// One event id never has two contents, however often the event is published.
pub(super) fn check(journal: &Journal) -> Judgement {
    let mut judgement = Judgement::default();
    let mut contents: BTreeMap<&str, (String, u64)> = BTreeMap::new();
    for (entry, record) in journal.records() {
        let Record::EventPut {
            detail_type,
            detail,
            ..
        } = record
        else {
            continue;
        };
        let Some(id) = detail.view().at("event_id").as_str() else {
            continue;
        };
        let text = detail.to_string();
        match contents.get(id) {
            None => {
                contents.insert(id, (text, entry.sequence));
            }
            Some((first, sequence)) => {
                judgement.premise();
                if *first != text {
                    judgement.violated(
                        format!("{detail_type} {id} was published with two contents"),
                        vec![*sequence, entry.sequence],
                    );
                }
            }
        }
    }
    judgement
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::testing::{History, event};

    #[test]
    fn the_same_bytes_may_come_again() {
        let first = event("TradeExecuted", "t", "p");
        let mut other = first.clone();
        assert_eq!(
            History::new().puts(&first).puts(&other).judged(check),
            (1, 0)
        );
        other["detail"]["success"] = true.into();
        assert_eq!(
            History::new().puts(&first).puts(&other).judged(check),
            (1, 1)
        );
        assert_eq!(History::new().puts(&first).judged(check), (0, 0));
    }
}
