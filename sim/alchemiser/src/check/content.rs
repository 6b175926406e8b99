use std::collections::{BTreeMap, BTreeSet};

use super::Judgement;
use crate::projection::puts;
use harness::journal::Journal;

/// One event id never has two contents, however often the system publishes the event. What a person
/// puts under an id of the system's is that person's, also where it is replayed.
pub(super) fn check(journal: &Journal) -> Judgement {
    let mut judgement = Judgement::default();
    let mut contents: BTreeMap<&str, (String, u64)> = BTreeMap::new();
    let mut by_hand: BTreeSet<String> = BTreeSet::new();
    for put in puts(journal) {
        let Some(id) = put.event_id() else {
            continue;
        };
        let (text, sequence) = (put.detail.to_string(), put.entry.sequence);
        if put.is_by_hand() {
            by_hand.insert(text);
            continue;
        }
        match contents.get(id) {
            _ if put.is_replayed && by_hand.contains(&text) => {}
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
        let published = |event| History::new().within(Some(1)).puts(event);
        assert_eq!(published(&first).puts(&other).judged(check), (1, 0));
        other["detail"]["success"] = true.into();
        assert_eq!(published(&first).puts(&other).judged(check), (1, 1));
        assert_eq!(published(&first).judged(check), (0, 0));
        let by_hand = || published(&first).within(None);
        assert_eq!(by_hand().puts(&other).judged(check), (0, 0));
        let replayed = |history: History| history.replays(&other, Some("a replay"));
        assert_eq!(replayed(by_hand()).judged(check), (1, 1));
        assert_eq!(replayed(by_hand().puts(&other)).judged(check), (0, 0));
    }
}
