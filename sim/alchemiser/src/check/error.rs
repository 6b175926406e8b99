use std::collections::{BTreeMap, BTreeSet};

use alchemiser_mocks::mail::MailReport;

use super::Judgement;
use crate::projection::{Invocation, invocations};
use crate::trading::{Mailbox, TradingFact, TradingJournal, TradingRecord};
use harness::fault::{CallEffect, Site};
use harness::journal::{CallOutcome, Entry, Journal, JournalEvent};
use simulated_cloud::cloud_event::{CloudEvent, InvocationOutcome};
use simulated_cloud::packed_json::Json;

/// An invocation that fails names somebody by its error's class, and that one has failed it: a call to
/// him was refused or not answered. One that dies or stands still was made to.
pub(super) fn check(journal: &Journal) -> Judgement {
    let mut judgement = Judgement::default();
    let invocations = invocations(journal);
    let seen = Seen::of(journal, &invocations);
    for (entry, record) in journal.records() {
        let CloudEvent::InvocationEnded {
            invocation,
            outcome,
            response,
            ..
        } = record
        else {
            continue;
        };
        let Some(invocation) = invocations
            .get(invocation)
            .filter(|_| *outcome != InvocationOutcome::Success)
        else {
            continue;
        };
        let (class, message) = words(response.view());
        // What is too large to be put is nobody's failure.
        let is_about_size = message.contains("TooLarge");
        let Some(has_cause) = seen
            .has_cause(invocation, *outcome, class)
            .filter(|_| !is_about_size)
        else {
            continue;
        };
        judgement.premise();
        if !has_cause {
            let problem = format!(
                "the invocation {} by {} ended with {class}, and nothing had failed it: {message}",
                invocation.number,
                invocation.trigger()
            );
            judgement.violated(problem, vec![entry.sequence]);
        }
    }
    judgement
}

/// The class of an error, and what it says.
fn words(response: Json<'_>) -> (&str, &str) {
    let text = |name| response.at(name).as_str().unwrap_or_default();
    (text("errorType"), text("errorMessage"))
}

/// What the journal tells of each invocation.
#[derive(Default)]
struct Seen<'a> {
    /// Those that a fault hit.
    hit: BTreeSet<u64>,
    /// Those whose calls a fault made slow from then on, to whomever.
    slowed: BTreeSet<u64>,
    /// Whom a call could not be made to: the first word of its site.
    failed: BTreeMap<u64, BTreeSet<&'a str>>,
    /// Those that were given what a function had put, as it was put.
    given_ours: BTreeSet<u64>,
    /// Where the scenario made the mail server say something. The journal may have it within another
    /// invocation that sends a mail at the same time.
    mail_scripted: Vec<u64>,
    /// Whether the scenario makes the broker show late what it has, or refuse for now.
    is_broker_slow: bool,
}

impl<'a> Seen<'a> {
    fn of(journal: &'a Journal, invocations: &BTreeMap<u64, Invocation<'a>>) -> Self {
        let mut seen = Self {
            is_broker_slow: journal.troubles().any(|trouble| trouble.symbol.is_none()),
            ..Self::default()
        };
        let mut ours = BTreeSet::new();
        for entry in journal.entries() {
            seen.take(entry);
            if let JournalEvent::Cloud {
                record: CloudEvent::EventPut { id, .. },
            } = &entry.fact
                && entry.invocation.is_some()
            {
                ours.insert(id.as_str());
            }
        }
        let is_ours = |invocation: &&Invocation<'_>| {
            let id = invocation.event().at("id").as_str();
            id.is_some_and(|id| ours.contains(id))
        };
        seen.given_ours = invocations
            .values()
            .filter(is_ours)
            .map(|invocation| invocation.number)
            .collect();
        seen
    }

    fn take(&mut self, entry: &'a Entry) {
        if let JournalEvent::PowerLoss { invocations, .. } = &entry.fact {
            self.hit.extend(invocations);
        }
        if let Some(TradingRecord::Mail {
            report: MailReport::MailScripted { .. },
        }) = entry.fact.trading()
        {
            self.mail_scripted.push(entry.sequence);
        }
        let Some(invocation) = entry.invocation else {
            return;
        };
        let whom = match &entry.fact {
            JournalEvent::Fault { site, effect, .. } => {
                self.hit.insert(invocation);
                if matches!(effect, CallEffect::Pace(_)) {
                    self.slowed.insert(invocation);
                }
                whom(site)
            }
            JournalEvent::Call { site, outcome, .. } if failed(outcome) => whom(site),
            JournalEvent::Unpublished { .. } => PUBLISHER,
            _ => return,
        };
        self.failed.entry(invocation).or_default().insert(whom);
    }

    /// Whether something made an invocation end so; none where its error names nobody.
    fn has_cause(
        &self,
        invocation: &Invocation<'_>,
        outcome: InvocationOutcome,
        class: &str,
    ) -> Option<bool> {
        let failed = |whom: &str| {
            let known = self.failed.get(&invocation.number);
            self.slowed.contains(&invocation.number)
                || known.is_some_and(|known| known.contains(whom))
        };
        match (outcome, class) {
            (InvocationOutcome::Crashed | InvocationOutcome::TimedOut, _) => {
                Some(self.hit.contains(&invocation.number))
            }
            (_, "StoreUnavailable") => Some(failed("dynamodb")),
            (_, "PublishFailed") => Some(failed(PUBLISHER)),
            (_, "BrokerUnavailable") => Some(failed(BROKER) || self.is_broker_slow),
            (_, "MailNotDelivered") => {
                let mut scripted = self.mail_scripted.iter();
                Some(failed(Mailbox::NAME) || scripted.any(|place| invocation.lives_at(*place)))
            }
            (_, "InvalidEvent") => Some(!self.given_ours.contains(&invocation.number)),
            _ => None,
        }
    }
}

const PUBLISHER: &str = "events";
const BROKER: &str = "alpaca";

/// Whom a call is made to: the first word of its operation.
fn whom(site: &Site) -> &str {
    site.operation.split(' ').next().unwrap_or_default()
}

/// Whether a call came back without what was asked for, for no reason that lies in what was asked
/// for.
fn failed(outcome: &CallOutcome) -> bool {
    match outcome {
        CallOutcome::Connected => false,
        CallOutcome::Unanswered(_) => true,
        CallOutcome::Answered(code) => !matches!(code, 200..=299 | 402..=428),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::check::testing::{History, event};
    use crate::trading::TroubleKind;
    use harness::fault::Phase;

    fn begun() -> History {
        let asked = event("TradingNotificationRequested", "n", "t");
        History::new().puts(&asked).starts(1, asked)
    }

    fn ended(history: History, outcome: InvocationOutcome, class: &str) -> (usize, usize) {
        let ended = CloudEvent::InvocationEnded {
            invocation: 1,
            outcome,
            response: json!({ "errorType": class, "errorMessage": "words" }).into(),
            duration_ms: 10,
        };
        history.record(ended).judged(check)
    }

    fn failed(history: History, class: &str) -> (usize, usize) {
        ended(history, InvocationOutcome::Failed, class)
    }

    fn struck(operation: &str, effect: CallEffect) -> JournalEvent {
        JournalEvent::Fault {
            site: Site {
                trigger: "t".to_owned(),
                operation: operation.to_owned(),
                number: 1,
            },
            phase: Phase::Before,
            effect,
            answered: None,
        }
    }

    #[test]
    fn who_is_named_has_failed() {
        for (class, operation) in [
            ("StoreUnavailable", "dynamodb PutItem"),
            ("PublishFailed", "events PutEvents"),
            ("BrokerUnavailable", "alpaca GET orders"),
            ("MailNotDelivered", "smtp connect"),
        ] {
            assert_eq!(failed(begun(), class), (1, 1), "{class}");
            assert_eq!(failed(begun().calls(operation, 500), class), (1, 0));
            assert_eq!(failed(begun().calls(operation, 200), class), (1, 1));
            assert_eq!(failed(begun().calls("lambda Invoke", 500), class), (1, 1));
            let hit = struck(operation, CallEffect::Reset);
            assert_eq!(failed(begun().fact(hit), class), (1, 0));
        }
        let slow = struck("events PutEvents", CallEffect::Pace(60));
        assert_eq!(failed(begun().fact(slow), "StoreUnavailable"), (1, 0));
        let refused = || begun().calls("alpaca POST orders", 422);
        assert_eq!(failed(refused(), "BrokerUnavailable"), (1, 1));
        let slow = refused().trouble(None, TroubleKind::Delay);
        assert_eq!(failed(slow, "BrokerUnavailable"), (1, 0));
    }

    #[test]
    fn who_dies_was_killed() {
        let crashed = InvocationOutcome::Crashed;
        assert_eq!(ended(begun(), crashed, "Runtime.ExitError"), (1, 1));
        let hit = struck("alpaca GET orders", CallEffect::Crash);
        assert_eq!(
            ended(begun().fact(hit), crashed, "Runtime.ExitError"),
            (1, 0)
        );
        let lost = JournalEvent::PowerLoss {
            invocations: vec![1],
            idle: 0,
        };
        assert_eq!(
            ended(begun().fact(lost), crashed, "Runtime.ExitError"),
            (1, 0)
        );
    }

    #[test]
    fn what_a_function_put_can_be_read() {
        let asked = event("TradingNotificationRequested", "n", "t");
        let by_us = History::new()
            .starts(7, json!({}))
            .puts(&asked)
            .starts(1, asked.clone());
        assert_eq!(failed(by_us, "InvalidEvent"), (1, 1));
        assert_eq!(failed(begun(), "InvalidEvent"), (1, 0), "put by hand");
    }

    #[test]
    fn errors_that_name_nobody_are_not_judged() {
        assert_eq!(failed(begun(), "InProgress"), (0, 0));
        assert_eq!(
            ended(begun(), InvocationOutcome::Success, "StoreUnavailable"),
            (0, 0)
        );
    }
}
