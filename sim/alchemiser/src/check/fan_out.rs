use std::collections::{BTreeMap, BTreeSet};

use super::Judgement;
use crate::projection::workflow_of;
use harness::journal::Journal;
use simulated_cloud::cloud_event::CloudEvent;

/// Six steps, each by two rules at most, each put twice and tried three times, and room for the
/// watchdog.
const MOST: usize = 6 * 2 * 2 * 3 + 18;

/// The command, five events, and a plan that was made anew three times, which is as often as it may
/// be.
const LONGEST: usize = 6 + 3;

/// The invocations of one workflow are bounded, and so is every chain in which an invocation puts
/// an event that wakes the next: a loop that takes another name each time round is a loop too. What
/// the cloud delivers once more, by itself or because somebody has it replayed, is the same wake. How
/// often a person puts an event is that person's; what comes of it is a chain.
pub(super) fn check(journal: &Journal) -> Judgement {
    let mut judgement = Judgement::default();
    crowds(journal, &mut judgement);
    if let Some((problem, entry)) = chain(journal) {
        judgement.violated(problem, vec![entry]);
    }
    judgement
}

/// The first chain that is too long.
fn chain(journal: &Journal) -> Option<(String, u64)> {
    let mut of_invocations: BTreeMap<u64, usize> = BTreeMap::new();
    let mut of_events: BTreeMap<&str, usize> = BTreeMap::new();
    for (entry, record) in journal.records() {
        match record {
            CloudEvent::EventPut {
                id, replay: None, ..
            } => {
                let length = entry
                    .invocation
                    .and_then(|number| of_invocations.get(&number))
                    .copied()
                    .unwrap_or(0);
                of_events.insert(id, length);
            }
            CloudEvent::InvocationStarted {
                invocation,
                payload,
                ..
            } => {
                let payload = payload.view();
                let event = payload.get("observe").unwrap_or(payload);
                let length = event
                    .at("id")
                    .as_str()
                    .and_then(|id| of_events.get(id))
                    .map_or(1, |length| length + 1);
                if length > LONGEST {
                    let problem = format!(
                        "a chain of {length} invocations, each woken by an event of the one before; {LONGEST} are sound"
                    );
                    return Some((problem, entry.sequence));
                }
                of_invocations.insert(*invocation, length);
            }
            _ => {}
        }
    }
    None
}

/// The ids of the events that no invocation put.
fn by_hand(journal: &Journal) -> BTreeSet<&str> {
    let records = journal.records();
    let ids = records.filter_map(|(entry, record)| match record {
        CloudEvent::EventPut {
            id, replay: None, ..
        } if entry.invocation.is_none() => Some(id.as_str()),
        _ => None,
    });
    ids.collect()
}

fn crowds(journal: &Journal, judgement: &mut Judgement) {
    let mut woken: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
    let mut known = BTreeSet::new();
    let by_hand = by_hand(journal);
    for (entry, record) in journal.records() {
        if let CloudEvent::InvocationStarted {
            payload, attempt, ..
        } = record
            && let Some(workflow) = workflow_of(payload.view())
        {
            let payload = payload.view();
            let observed = payload.get("observe");
            let event = observed.unwrap_or(payload).at("id").as_str();
            let is_copy =
                event.is_some_and(|event| !known.insert((event, observed.is_some(), *attempt)));
            let is_by_hand = event.is_some_and(|event| by_hand.contains(event));
            if !is_copy && !is_by_hand {
                woken.entry(workflow).or_default().push(entry.sequence);
            }
        }
    }
    for (workflow, entries) in woken {
        judgement.premise();
        if entries.len() > MOST {
            let problem = format!(
                "the workflow {workflow} woke the function {} times, at most {MOST} are sound",
                entries.len()
            );
            judgement.violated(problem, entries.into_iter().rev().take(3).collect());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::testing::{History, event};
    use simulated_cloud::cloud_event::InvocationOutcome;

    #[test]
    fn a_workflow_wakes_the_function_so_often_and_no_oftener() {
        let woken = |times: usize, id: fn(u64) -> u64| {
            let numbers = 1..=u64::try_from(times).expect("few");
            numbers.fold(History::new(), |history, number| {
                history.starts(number, event("TradeExecuted", &id(number).to_string(), "p"))
            })
        };
        assert_eq!(woken(MOST, |number| number).judged(check), (1, 0));
        assert_eq!(woken(MOST + 1, |number| number).judged(check), (1, 1));
        assert_eq!(
            woken(MOST + 1, |_| 1).judged(check),
            (1, 0),
            "copies of one"
        );
        let by_hand = (1..=MOST as u64 + 1).fold(History::new(), |history, number| {
            let event = event("TradeExecuted", &number.to_string(), "p");
            history.within(None).puts(&event).starts(number, event)
        });
        assert_eq!(by_hand.judged(check), (0, 0), "a person put them");
    }

    #[test]
    fn a_chain_is_so_long_and_no_longer() {
        let chain = |length: u64| {
            let link = |number: u64| {
                let mut event = event("TradeExecuted", &number.to_string(), "p");
                // A loop may take another name each time round.
                event["detail"]["correlation_id"] = format!("w{number}").into();
                event
            };
            (1..=length).fold(History::new(), |history, number| {
                history
                    .starts(number, link(number - 1))
                    .puts(&link(number))
                    .ends(InvocationOutcome::Success)
            })
        };
        let longest = u64::try_from(LONGEST).expect("few");
        assert_eq!(chain(longest).judged(check).1, 0);
        assert_eq!(chain(longest + 1).judged(check).1, 1);
    }
}
