use std::collections::{BTreeMap, BTreeSet};

use super::Judgement;
use super::alarms::{Alarms, Told, losses};
use super::rules::Rules;
use harness::journal::{Fact, Journal};
use simulated_cloud::record::{DeliveryId, DeliveryOutcome, LossCause, Record};

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
pub(super) fn check(journal: &Journal) -> Judgement {
    let mut judgement = Judgement::default();
    conserved(journal, &mut judgement);
    told(journal, &mut judgement);
    judgement
}

fn conserved(journal: &Journal, judgement: &mut Judgement) {
    let at_rest = journal
        .entries()
        .iter()
        .all(|entry| !matches!(entry.fact, Fact::End { at_rest: false }));
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
            Record::ReplayChanged { replay, filter, .. } if !filter.is_empty() => {
                filters.insert(replay, filter);
            }
            Record::EventPut {
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
            Record::ScheduleFired {
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
            Record::Delivery {
                delivery, outcome, ..
            } => {
                let account = accounts.entry(delivery.clone()).or_default();
                account.tried = Some(entry.sequence);
                if *outcome == DeliveryOutcome::Delivered {
                    account.ends.push(entry.sequence);
                }
            }
            Record::DeadLettered {
                delivery: Some(delivery),
                ..
            }
            | Record::Lost {
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
            Record::EventVanished { bus, detail_type } => {
                let problem =
                    format!("{detail_type} was put on the bus {bus:?}, which does not exist");
                judgement.violated(problem, vec![entry.sequence]);
            }
            Record::Lost {
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

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::testing::{History, delivery, event, of_rule};
    use super::*;

    fn failed() -> DeliveryOutcome {
        DeliveryOutcome::Failed("TIMEOUT".to_owned())
    }

    /// A rule that wants the event, and the event put.
    fn put(event: &Value) -> History {
        History::new()
            .rule("first", &json!({ "detail-type": ["TradeExecuted"] }))
            .puts(event)
    }

    #[test]
    fn an_event_comes_to_one_end_at_each_target() {
        let event = event("TradeExecuted", "t", "p");
        let put = || put(&event);
        assert_eq!(
            put()
                .delivers(&event, "first", failed())
                .delivers(&event, "first", DeliveryOutcome::Delivered)
                .judged(check),
            (1, 0)
        );
        assert_eq!(put().judged(check), (1, 1), "never tried");
        assert_eq!(
            put().delivers(&event, "first", failed()).judged(check),
            (1, 1),
            "given up silently"
        );
        let twice = put()
            .delivers(&event, "first", DeliveryOutcome::Delivered)
            .delivers(&event, "first", DeliveryOutcome::Delivered);
        assert_eq!(twice.judged(check), (1, 1), "no copy, and yet twice");
        let under_way = put().fact(Fact::End { at_rest: false });
        assert_eq!(
            under_way.judged(check),
            (1, 0),
            "on its way when the run was over"
        );
    }

    #[test]
    fn a_copy_comes_to_an_end_of_its_own() {
        let event = event("TradeExecuted", "t", "p");
        let copy = Record::Delivery {
            delivery: DeliveryId {
                copy: 1,
                ..delivery(&event, "first")
            },
            detail_type: "TradeExecuted".to_owned(),
            attempt: 1,
            outcome: DeliveryOutcome::Delivered,
        };
        let delivered = || put(&event).delivers(&event, "first", DeliveryOutcome::Delivered);
        assert_eq!(delivered().record(copy.clone()).judged(check), (1, 0));
        assert_eq!(
            delivered().record(copy.clone()).record(copy).judged(check),
            (1, 1)
        );
    }

    #[test]
    fn only_a_rule_that_matches_delivers() {
        let other = event("WorkflowFailed", "f", "p");
        assert_eq!(put(&other).judged(check), (0, 0));
        assert_eq!(
            put(&other)
                .delivers(&other, "first", DeliveryOutcome::Delivered)
                .judged(check),
            (0, 1)
        );
    }

    #[test]
    fn a_replay_is_an_event_of_its_own() {
        let event = event("TradeExecuted", "t", "p");
        let again = Record::Delivery {
            delivery: DeliveryId {
                replay: Some("again".to_owned()),
                ..delivery(&event, "first")
            },
            detail_type: "TradeExecuted".to_owned(),
            attempt: 1,
            outcome: DeliveryOutcome::Delivered,
        };
        let replayed = || {
            put(&event)
                .delivers(&event, "first", DeliveryOutcome::Delivered)
                .replays(&event, Some("again"))
        };
        assert_eq!(replayed().record(again).judged(check), (2, 0));
        assert_eq!(replayed().judged(check), (2, 1));
    }

    #[test]
    fn what_is_given_up_is_told_by_the_alarm_on_it() {
        let event = event("TradeExecuted", "t", "p");
        let buried = |rule: &str| {
            put(&event)
                .buries(&event, "first")
                .alarms_on(rule)
                .at("14:00:00")
                .states("0", &[])
                .judged(check)
                .1
        };
        assert_eq!(buried("first"), 0);
        assert_eq!(buried("second"), 1, "another rule's");
    }

    #[test]
    fn a_refused_dead_letter_is_told_as_well() {
        let event = event("TradeExecuted", "t", "p");
        let lost = |cause: LossCause| {
            let (from, delivery) = (of_rule("first"), Some(delivery(&event, "first")));
            let lost = Record::Lost {
                from,
                cause,
                reason: "refused".to_owned(),
                delivery,
                body: event.clone(),
            };
            put(&event)
                .record(lost)
                .alarm("FailedInvocations", "RuleName", "first")
        };
        let judged = |history: History| history.at("14:00:00").states("0", &[]).judged(check).1;
        assert_eq!(judged(lost(LossCause::NoQueue)), 0);
        assert_eq!(judged(lost(LossCause::QueueRefused)), 1);
        assert_eq!(
            judged(lost(LossCause::QueueRefused).alarm(
                "InvocationsFailedToBeSentToDlq",
                "RuleName",
                "first"
            )),
            0
        );
        assert_eq!(judged(lost(LossCause::NoInput)), 1, "AWS tells nobody");
    }
}
