use std::collections::BTreeMap;

use super::Judgement;
use crate::projection::puts;
use harness::journal::Journal;

/// One event id never has two contents, however often the event is published.
pub(super) fn check(journal: &Journal) -> Judgement {
    let mut judgement = Judgement::default();
    let mut contents: BTreeMap<&str, (String, u64)> = BTreeMap::new();
    for put in puts(journal) {
        let Some(id) = put.event_id() else {
            continue;
        };
        let (text, sequence) = (put.detail.to_string(), put.entry.sequence);
        match contents.get(id) {
            None => {
                contents.insert(id, (text, sequence));
            }
            Some((first, before)) => {
                judgement.premise();
                if *first != text {
                    judgement.violated(
                        format!("{} {id} was published with two contents", put.detail_type),
                        vec![*before, sequence],
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
