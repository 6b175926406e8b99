use std::collections::{BTreeMap, BTreeSet};

use alchemiser_mocks::mail::{MailReport, MailStage};

use super::Judgement;
use super::stuck::told_to_be_stuck;
use crate::projection::{Invocation, Put, invocations, puts};
use crate::trading::{BusMode, TradingFact, TradingJournal, TradingRecord};
use harness::journal::{Entry, Journal, JournalEvent};
use simulated_cloud::cloud_event::InvocationOutcome;

/// Whose a mail is that no notification on a bus asked for.
const UNKNOWN: &str = "unknown";

fn is_in_memory(journal: &Journal) -> bool {
    journal.settings().bus == BusMode::Memory
}

/// One acceptance of a mail by the server.
struct Copy<'a> {
    sequence: u64,
    content: (&'a str, &'a str, &'a str),
}

/// Exactly one mail for each workflow; or its next step was given up, and the alarm on that very
/// loss went off. A further copy goes out only with the identical message id and content, and only
/// where after each one before the server's answer was lost, or the function did not live to record
/// it.
pub(super) fn check(journal: &Journal) -> Judgement {
    let mut judgement = Judgement::default();
    let mut copies: BTreeMap<&str, Vec<Copy<'_>>> = BTreeMap::new();
    for entry in journal.entries() {
        if let Some(TradingRecord::MailContent {
            message_id,
            subject,
            text,
            html,
            ..
        }) = entry.fact.trading()
        {
            let copy = Copy {
                sequence: entry.sequence,
                content: (subject, text, html),
            };
            copies.entry(message_id).or_default().push(copy);
        }
    }
    judge_copies(journal, &copies, &mut judgement);
    let (started, notified) = workflows(journal);
    let mut sent: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for message_id in copies.keys() {
        let workflow = event_of(message_id)
            .and_then(|event| notified.get(event))
            .copied()
            .unwrap_or(UNKNOWN);
        sent.entry(workflow).or_default().insert(message_id);
    }
    for (workflow, messages) in sent.iter().filter(|(_, messages)| messages.len() > 1) {
        // Notifications that never were on a bus name no workflow.
        if *workflow == UNKNOWN && is_in_memory(journal) {
            continue;
        }
        judgement.violated(
            format!(
                "the workflow {workflow} sent {} different mails",
                messages.len()
            ),
            Vec::new(),
        );
    }
    let stuck = told_to_be_stuck(journal);
    for (workflow, sequence) in started {
        judgement.premise();
        if !sent.contains_key(workflow) && !stuck.contains(workflow) {
            let problem = format!(
                "the workflow {workflow} sent no mail, and no alarm on the loss of its next step went off"
            );
            judgement.violated(problem, vec![sequence]);
        }
    }
    judgement
}

/// The id of the event that a mail was sent for.
fn event_of(message_id: &str) -> Option<&str> {
    message_id.split('@').next()
}

/// Where each workflow was started, and the workflow of each notification, by the event's own id.
fn workflows(journal: &Journal) -> (BTreeMap<&str, u64>, BTreeMap<&str, &str>) {
    let (mut started, mut notified) = (BTreeMap::new(), BTreeMap::new());
    for put in puts(journal) {
        let Some(workflow) = put.workflow() else {
            continue;
        };
        match (put.detail_type, put.event_id()) {
            ("WorkflowStarted", _) => {
                started.entry(workflow).or_insert(put.entry.sequence);
            }
            ("TradingNotificationRequested", Some(event)) => {
                notified.insert(event, workflow);
            }
            _ => {}
        }
    }
    (started, notified)
}

fn judge_copies(
    journal: &Journal,
    copies: &BTreeMap<&str, Vec<Copy<'_>>>,
    judgement: &mut Judgement,
) {
    let invocations = invocations(journal);
    let by_hand = puts(journal).filter(Put::is_by_hand);
    let by_hand: BTreeSet<&str> = by_hand.filter_map(|put| put.event_id()).collect();
    for (message_id, copies) in copies {
        let first = &copies[0];
        // What a person puts under an id of the system's has that person's content.
        let is_of_the_system = message_id
            .split_once('@')
            .is_none_or(|(event, _)| !by_hand.contains(event));
        for (place, copy) in copies.iter().enumerate().skip(1) {
            if is_of_the_system && copy.content != first.content {
                judgement.violated(
                    format!("the mail {message_id} went out with two contents"),
                    vec![first.sequence, copy.sequence],
                );
            }
            let known = copies[..place]
                .iter()
                .find(|earlier| !is_unknown(journal, &invocations, message_id, earlier.sequence));
            if let Some(known) = known {
                let problem = format!(
                    "the mail {message_id} went out again, though the function knew that the server had taken it"
                );
                judgement.violated(problem, vec![known.sequence, copy.sequence]);
            }
        }
    }
}

/// Whether the function could not know, or could not record, that the server had taken the mail.
fn is_unknown(
    journal: &Journal,
    invocations: &BTreeMap<u64, Invocation<'_>>,
    message_id: &str,
    taken: u64,
) -> bool {
    let by_entry = journal
        .entries()
        .get(place_of(taken))
        .and_then(|entry| entry.invocation)
        .and_then(|number| invocations.get(&number));
    // A server of the machine's own does not know who called it.
    let by_event = || {
        invocations.values().find(|invocation| {
            invocation.lives_at(taken)
                && !invocation.is_observation()
                && invocation.event_id() == event_of(message_id)
        })
    };
    let Some(sender) = by_entry.or_else(by_event) else {
        return false;
    };
    let end = sender.ended.map_or(u64::MAX, |(entry, _)| entry.sequence);
    let is_success = sender
        .ended
        .is_some_and(|(_, outcome)| outcome == InvocationOutcome::Success);
    let place = place_of(taken);
    // The server tells of a dialogue before it shows the mail.
    let dialogue = journal.entries()[..place]
        .iter()
        .rev()
        .take_while(|entry| is_of_the_server(entry));
    if dialogue.into_iter().any(is_answer_lost) {
        return true;
    }
    let after = journal.entries()[place..]
        .iter()
        .take_while(|entry| entry.sequence <= end)
        .filter(|entry| entry.invocation == Some(sender.number));
    if is_hand_over_lost(after.clone()) {
        return true;
    }
    let (mut is_recorded, mut is_refused) = (false, false);
    for entry in after {
        match &entry.fact {
            JournalEvent::Call { site, outcome, .. } => {
                is_recorded |= site.operation == RECORD && outcome.is_success();
                is_refused |= site.operation.starts_with(STORE) && !outcome.is_success();
            }
            // Done, though the function was not told.
            JournalEvent::Fault {
                site,
                answered: Some(outcome),
                ..
            } if site.operation == RECORD => is_recorded |= outcome.is_success(),
            _ => {}
        }
    }
    // One that does the whole day answers well where the day has gone well.
    !(is_recorded || is_success && !is_refused)
}

/// Whether an invocation did not learn that the server had taken a mail, as far as its entries say
/// something of that: where its caller gave up, a fault is all that they have of the hand-over.
fn is_hand_over_lost<'a>(after: impl Iterator<Item = &'a Entry>) -> bool {
    let mut is_struck = false;
    for entry in after {
        match &entry.fact {
            JournalEvent::Call { site, outcome, .. } if site.operation == HAND_OVER => {
                return !outcome.is_success();
            }
            JournalEvent::Fault { site, .. } if site.operation == HAND_OVER => is_struck = true,
            _ => {}
        }
    }
    is_struck
}

fn is_of_the_server(entry: &Entry) -> bool {
    matches!(entry.fact.trading(), Some(TradingRecord::Mail { .. }))
}

fn is_answer_lost(entry: &Entry) -> bool {
    matches!(
        entry.fact.trading(),
        Some(TradingRecord::Mail {
            report: MailReport::ConnectionDropped {
                stage: MailStage::AfterData
            }
        })
    )
}

/// Who keeps the records.
const STORE: &str = "dynamodb ";

/// The call that records the outcome of a step.
const RECORD: &str = "dynamodb TransactWriteItems";

/// The call that hands a mail's text over. An invocation that sends mails of others lives on where it
/// fails.
const HAND_OVER: &str = "smtp DATA";

fn place_of(sequence: u64) -> usize {
    usize::try_from(sequence.saturating_sub(1)).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::check::testing::{History, event};
    use harness::fault::{CallEffect, Phase, Site};
    use harness::journal::CallOutcome;

    const MAIL: &str = "n@alchemiser";

    fn asked() -> Value {
        event("TradingNotificationRequested", "n", "t")
    }

    /// A workflow whose mail is asked for, and an invocation that sends it.
    fn sending() -> History {
        History::new()
            .puts(&event("WorkflowStarted", "a", "w"))
            .puts(&asked())
            .starts(1, asked())
    }

    fn again(history: History, number: u64) -> History {
        history.starts(number, asked()).mails(MAIL, "done")
    }

    #[test]
    fn a_workflow_sends_one_mail() {
        assert_eq!(
            sending()
                .mails(MAIL, "done")
                .ends(InvocationOutcome::Success)
                .judged(check),
            (1, 0)
        );
        assert_eq!(
            sending().ends(InvocationOutcome::Success).judged(check),
            (1, 1)
        );
        let other = event("TradingNotificationRequested", "m", "t");
        assert_eq!(
            sending()
                .mails(MAIL, "done")
                .puts(&other)
                .mails("m@alchemiser", "done")
                .judged(check),
            (1, 1)
        );
    }

    #[test]
    fn a_mail_that_was_given_up_and_told_excuses_and_no_other_alarm_does() {
        let lost = || {
            let history = History::new().rule(
                "mail",
                &json!({ "detail-type": ["TradingNotificationRequested"] }),
            );
            history
                .puts(&event("WorkflowStarted", "a", "w"))
                .puts(&asked())
                .buries(&asked(), "mail")
        };
        assert_eq!(lost().alarms_on("mail").judged(check), (1, 0));
        assert_eq!(
            lost()
                .alarm("Errors", "FunctionName", "f")
                .goes_on()
                .judged(check),
            (1, 1)
        );
    }

    #[test]
    fn a_second_copy_only_where_the_function_could_not_know_of_the_first() {
        let died = sending()
            .mails(MAIL, "done")
            .ends(InvocationOutcome::Crashed);
        assert_eq!(
            again(died, 2).judged(check),
            (1, 0),
            "before it was recorded"
        );
        let knew = sending()
            .mails(MAIL, "done")
            .calls(RECORD, 200)
            .ends(InvocationOutcome::Crashed);
        assert_eq!(
            again(knew, 2).judged(check),
            (1, 1),
            "after it was recorded"
        );
        let lost = TradingRecord::Mail {
            report: MailReport::ConnectionDropped {
                stage: MailStage::AfterData,
            },
        };
        let unanswered = sending()
            .fact(lost.into())
            .mails(MAIL, "done")
            .ends(InvocationOutcome::Failed);
        assert_eq!(
            again(unanswered, 2).judged(check),
            (1, 0),
            "the answer was lost"
        );
        let lived_on = |status| {
            let sent = sending().mails(MAIL, "done").calls(HAND_OVER, status);
            sent.ends(InvocationOutcome::Success)
        };
        assert_eq!(again(lived_on(451), 2).judged(check), (1, 0));
        assert_eq!(again(lived_on(250), 2).judged(check), (1, 1));
        let done = sending()
            .mails(MAIL, "done")
            .ends(InvocationOutcome::Success);
        assert_eq!(again(done, 2).judged(check), (1, 1));
        let site = Site {
            trigger: "TradingNotificationRequested".to_owned(),
            operation: RECORD.to_owned(),
            number: 1,
        };
        let kept = |status: u16| {
            let sent = sending().mails(MAIL, "done");
            let asked = sent.calls("dynamodb GetItem", status);
            again(asked.ends(InvocationOutcome::Success), 2).judged(check)
        };
        assert_eq!(kept(200), (1, 1));
        assert_eq!(kept(400), (1, 0), "the whole day went well, its record not");
        let written = |status: u16| {
            let fault = JournalEvent::Fault {
                site: site.clone(),
                phase: Phase::After,
                effect: CallEffect::Crash,
                answered: Some(CallOutcome::Answered(status)),
            };
            let history = sending().mails(MAIL, "done").fact(fault);
            again(history.ends(InvocationOutcome::Crashed), 2).judged(check)
        };
        assert_eq!(written(200), (1, 1), "the record was written");
        assert_eq!(written(400), (1, 0), "it met another transaction");
    }

    #[test]
    fn a_third_copy_only_where_that_happened_twice() {
        let twice = |outcome: InvocationOutcome| {
            let first = sending()
                .mails(MAIL, "done")
                .ends(InvocationOutcome::TimedOut);
            again(again(first, 2).ends(outcome), 3).judged(check)
        };
        assert_eq!(twice(InvocationOutcome::Crashed), (1, 0));
        assert_eq!(twice(InvocationOutcome::Success), (1, 1));
    }

    #[test]
    fn a_copy_has_the_same_content() {
        let twice = |by: Option<u64>| {
            let asked_for = History::new()
                .puts(&event("WorkflowStarted", "a", "w"))
                .starts(7, event("TradeExecuted", "t", "p"))
                .within(by)
                .puts(&asked())
                .starts(1, asked());
            let died = asked_for
                .mails(MAIL, "done")
                .ends(InvocationOutcome::Crashed);
            died.starts(2, asked())
                .mails(MAIL, "done well")
                .judged(check)
        };
        assert_eq!(twice(Some(7)), (1, 1));
        assert_eq!(twice(None), (1, 0), "a person asked for it");
    }
}
