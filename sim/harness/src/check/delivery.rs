//! Nothing that a bus accepted vanishes.

use std::collections::{BTreeMap, BTreeSet};

use super::Judgement;
use super::alarms::{Alarms, Told, losses};
use super::rules::Rules;
use crate::journal::{Journal, JournalEvent};
use simulated_cloud::cloud_event::{CloudEvent, DeliveryId, DeliveryOutcome, LossCause};

/// What is known of the deliveries of one event to one target.
#[derive(Default)]
struct Account {
    /// The entries at which the event was put, or put again.
    put: Vec<u64>,
    /// The entries at which the delivery came to an end.
    ends: Vec<u64>,
    /// The last attempt.
    tried: Option<u64>,
}

/// Every event that a bus accepted comes to exactly one end at every target of every rule that
/// matches it: delivered, dead-lettered, or lost and told. Copies that EventBridge makes come to
/// one end each. What is given up, lies in a dead-letter queue or is refused by it, is told by the
/// alarm on that very loss.
pub fn check(journal: &Journal) -> Judgement {
    let mut judgement = Judgement::default();
    conserved(journal, &mut judgement);
    told(journal, &mut judgement);
    judgement
}

fn conserved(journal: &Journal, judgement: &mut Judgement) {
    let at_rest = journal
        .entries()
        .iter()
        .all(|entry| !matches!(entry.fact, JournalEvent::End { at_rest: false }));
    let (accounts, knows_rules) = accounts(journal);
    for (id, account) in accounts {
        let Account { put, ends, tried } = account;
        let way = format!("the event {} to {} of {}", id.event, id.target, id.rule);
        if id.copy == 0 && !put.is_empty() {
            judgement.premise();
        }
        if put.is_empty() && id.copy == 0 && knows_rules {
            let entries = ends.iter().chain(&tried).take(1).copied().collect();
            judgement.violated(
                format!("{way} was delivered, and no such rule matched it"),
                entries,
            );
        } else if id.copy == 0 && ends.len() < put.len() && at_rest {
            let problem = format!(
                "{way}: put {} times, and came to {} ends",
                put.len(),
                ends.len()
            );
            judgement.violated(problem, put.iter().chain(&tried).copied().collect());
        } else if ends.len() > put.len().max(1) {
            judgement.violated(format!("{way} came to {} ends", ends.len()), ends);
        }
    }
}

/// The delivery that an event which was put has to come to.
fn first_copy(
    event: &str,
    replay: Option<String>,
    bus: &str,
    rule: &str,
    target: &str,
) -> DeliveryId {
    DeliveryId {
        event: event.to_owned(),
        replay,
        bus: bus.to_owned(),
        rule: rule.to_owned(),
        target: target.to_owned(),
        copy: 0,
    }
}

/// What was put, and what became of it, for each delivery; and whether the journal tells of rules
/// at all.
fn accounts(journal: &Journal) -> (BTreeMap<DeliveryId, Account>, bool) {
    let mut rules = Rules::default();
    let mut knows_rules = false;
    let mut filters: BTreeMap<&str, &[String]> = BTreeMap::new();
    let mut accounts: BTreeMap<DeliveryId, Account> = BTreeMap::new();
    for (entry, record) in journal.records() {
        rules.take(record);
        knows_rules |= !rules.is_empty();
        match record {
            CloudEvent::ReplayChanged { replay, filter, .. } if !filter.is_empty() => {
                filters.insert(replay, filter);
            }
            CloudEvent::EventPut {
                id, bus, replay, ..
            } => {
                let filter = replay
                    .as_deref()
                    .and_then(|replay| filters.get(replay))
                    .copied()
                    .unwrap_or_default();
                for (name, rule) in rules.matching(record, filter) {
                    for target in &rule.targets {
                        let way = first_copy(id, replay.clone(), bus, name, &target.id);
                        accounts.entry(way).or_default().put.push(entry.sequence);
                    }
                }
            }
            CloudEvent::ScheduleFired {
                schedule,
                event: Some(event),
                ..
            } => {
                let targets = rules
                    .get("default", schedule)
                    .map(|rule| rule.targets.as_slice())
                    .unwrap_or_default();
                for target in targets {
                    let way = first_copy(event, None, "default", schedule, &target.id);
                    accounts.entry(way).or_default().put.push(entry.sequence);
                }
            }
            CloudEvent::Delivery {
                delivery, outcome, ..
            } => {
                let account = accounts.entry(delivery.clone()).or_default();
                account.tried = Some(entry.sequence);
                if *outcome == DeliveryOutcome::Delivered {
                    account.ends.push(entry.sequence);
                }
            }
            CloudEvent::DeadLettered {
                delivery: Some(delivery),
                ..
            }
            | CloudEvent::Lost {
                delivery: Some(delivery),
                ..
            } => {
                accounts
                    .entry(delivery.clone())
                    .or_default()
                    .ends
                    .push(entry.sequence);
            }
            _ => {}
        }
    }
    (accounts, knows_rules)
}

fn told(journal: &Journal, judgement: &mut Judgement) {
    let alarms = Alarms::of(journal);
    // What many messages have in common is told once.
    let mut told_of: BTreeSet<String> = BTreeSet::new();
    for (entry, record) in journal.records() {
        match record {
            CloudEvent::EventVanished { bus, detail_type } => {
                let problem =
                    format!("{detail_type} was put on the bus {bus:?}, which does not exist");
                judgement.violated(problem, vec![entry.sequence]);
            }
            CloudEvent::Lost {
                from,
                cause: LossCause::NoInput,
                reason,
                ..
            } => {
                judgement.violated(
                    format!("{from} lost an event, of which AWS tells nobody: {reason}"),
                    vec![entry.sequence],
                );
            }
            _ => {}
        }
        for loss in losses(record) {
            match alarms.told(entry.at, &loss) {
                Told::Open => {}
                Told::Yes => judgement.premise(),
                Told::No => {
                    judgement.premise();
                    if told_of.insert(loss.describe()) {
                        judgement.violated(loss.describe(), vec![entry.sequence]);
                    }
                }
            }
        }
    }
}
