use std::collections::BTreeSet;

use crate::projection::{invocations, puts, workflow_of};
use crate::trading::{TradingFact, TradingRecord, event_id};
use harness::check::alarms::Alarms;
use harness::check::rules::Rules;
use harness::journal::{Journal, JournalEvent};
use simulated_cloud::cloud_event::{CloudEvent, DeliveryId, InvocationOutcome, Origin};
use simulated_cloud::packed_json::Json;

/// The workflows that stand still because their next step was given up, of which somebody was told:
/// the step's event is lost or lies in a queue, nothing followed from it, and the alarms on that
/// very loss went off.
pub(super) fn told_to_be_stuck(journal: &Journal) -> BTreeSet<&str> {
    let followed = followed(journal);
    let mut stuck = BTreeSet::new();
    for (record, payload) in told_losses(journal) {
        if event_id(payload).is_some_and(|id| followed.contains(id)) {
            continue;
        }
        match workflow_of(payload) {
            Some(workflow) => {
                stuck.insert(workflow);
            }
            None => stuck.extend(given_up_with(journal, record)),
        }
    }
    stuck
}

/// The workflows that each attempt of this event that lived to say so failed for, at level ERROR. A
/// watchdog has no workflow of its own, but sees to those that are overdue.
fn given_up_with<'a>(journal: &'a Journal, record: &CloudEvent) -> BTreeSet<&'a str> {
    let (CloudEvent::DeadLettered { body, .. } | CloudEvent::Lost { body, .. }) = record else {
        return BTreeSet::new();
    };
    let request = body.view().at("requestContext").at("requestId");
    let all = invocations(journal);
    let attempts = all
        .values()
        .filter(|invocation| Some(invocation.request_id) == request.as_str())
        .filter(|invocation| {
            let ended = invocation.ended.map(|(_, outcome)| outcome);
            ended == Some(InvocationOutcome::Failed)
        });
    let named = attempts.map(|invocation| errors_of(journal, invocation.number));
    named
        .reduce(|named, by_this| &named & &by_this)
        .unwrap_or_default()
}

/// The workflows of the errors that an invocation logged.
fn errors_of(journal: &Journal, number: u64) -> BTreeSet<&str> {
    let of_it = journal
        .entries()
        .iter()
        .filter(|entry| entry.invocation == Some(number));
    let workflows = of_it.filter_map(|entry| match &entry.fact {
        JournalEvent::Log { level, fields, .. } if level == "ERROR" => {
            fields.view().at("correlation_id").as_str()
        }
        _ => None,
    });
    workflows.collect()
}

/// The workflows whose execution was given up between its result and its end, of which somebody was
/// told: the attempt that put TradeExecuted could not put what comes after it, and the alarms on the
/// loss of its plan went off.
pub(super) fn told_to_be_cut_short(journal: &Journal) -> BTreeSet<&str> {
    let invocations = invocations(journal);
    let died = |number: &u64| {
        let ended = invocations.get(number).and_then(|known| known.ended);
        ended.is_some_and(|(_, outcome)| {
            matches!(
                outcome,
                InvocationOutcome::TimedOut
                    | InvocationOutcome::Crashed
                    | InvocationOutcome::Failed
            )
        })
    };
    let results =
        puts(journal).filter(|put| !put.is_replayed && put.detail_type == "TradeExecuted");
    let halves: BTreeSet<&str> = results
        .filter(|put| put.entry.invocation.as_ref().is_some_and(died))
        .filter_map(|put| put.detail.at("causation_id").as_str())
        .collect();
    let is_half = |payload: &Json<'_>| event_id(*payload).is_some_and(|id| halves.contains(id));
    told_losses(journal)
        .into_iter()
        .map(|(_, payload)| payload)
        .filter(is_half)
        .filter_map(workflow_of)
        .collect()
}

/// What was given up that somebody was to act on, and somebody was told of: each with its event.
fn told_losses(journal: &Journal) -> Vec<(&CloudEvent, Json<'_>)> {
    let alarms = Alarms::of(journal);
    let mut rules = Rules::default();
    let mut told = Vec::new();
    for (entry, record) in journal.records() {
        rules.take(record);
        if let Some(payload) = given_up(&rules, record)
            && alarms.told_of(entry, record)
        {
            told.push((record, payload));
        }
    }
    told
}

/// What somebody was to act on, where that was given up. Copies to be looked at, and messages for
/// other systems, are nobody's next step.
fn given_up<'a>(rules: &Rules, record: &'a CloudEvent) -> Option<Json<'a>> {
    let (CloudEvent::DeadLettered {
        from,
        delivery,
        body,
        ..
    }
    | CloudEvent::Lost {
        from,
        delivery,
        body,
        ..
    }) = record
    else {
        return None;
    };
    match from {
        Origin::Rule { .. } => delivery
            .as_ref()
            .filter(|delivery| acts(rules, delivery))
            .map(|_| body.view()),
        Origin::Schedule { .. } => Some(body.view()),
        // What a topic has for a function is not the event of a workflow.
        Origin::Topic(_) => None,
        Origin::Function(_) => {
            let body = body.view();
            let payload = body.get("requestPayload").unwrap_or(body);
            payload.get("observe").is_none().then_some(payload)
        }
    }
}

fn acts(rules: &Rules, delivery: &DeliveryId) -> bool {
    let rule = rules.get(&delivery.bus, &delivery.rule);
    rule.is_some_and(|rule| {
        rule.targets
            .iter()
            .any(|target| target.id == delivery.target && target.acts_on_the_event())
    })
}

/// The ids of the events from which something followed: another event, or a mail.
fn followed(journal: &Journal) -> BTreeSet<&str> {
    let mut followed = BTreeSet::new();
    for entry in journal.entries() {
        match &entry.fact {
            JournalEvent::Cloud {
                record:
                    CloudEvent::EventPut {
                        detail,
                        replay: None,
                        ..
                    },
            } => {
                followed.extend(detail.view().at("causation_id").as_str());
            }
            fact => {
                if let Some(TradingRecord::MailContent { message_id, .. }) = fact.trading() {
                    followed.extend(message_id.split('@').next());
                }
            }
        }
    }
    followed
}
