use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::Judgement;
use super::session::sent;
use crate::projection::{Invocation, Order, accepted_orders, invocations, mails, puts};
use crate::trading::{BusMode, TradingJournal};
use harness::journal::{Journal, JournalEvent};
use simulated_cloud::cloud_event::{CloudEvent, InvocationOutcome};
use simulated_cloud::packed_json::Json;

/// How long somebody is at a step behind the last sign of him: a lease, and how far clocks may be
/// apart.
const LEASE: TimeDelta = TimeDelta::seconds(45 + 10);

/// A step has one attempt at a time. Who is refused because another one is at it finds one there; who
/// is told that it is done comes after one that did something; who did it puts what comes of it; and an
/// attempt orders nothing once a later one of its step has.
pub(super) fn check(journal: &Journal) -> Judgement {
    let mut judgement = Judgement::default();
    // Where the day passes in memory too, its events come from there first.
    if journal.settings().bus != BusMode::EventBridge {
        return judgement;
    }
    let invocations = invocations(journal);
    let seen = Seen::of(journal, &invocations);
    for (entry, record) in journal.records() {
        let CloudEvent::InvocationEnded {
            invocation,
            response,
            ..
        } = record
        else {
            continue;
        };
        let Some(invocation) = invocations.get(invocation) else {
            continue;
        };
        let problem = match Answer::of(response.view()) {
            Some(Answer::InProgress) if !seen.is_somebody_at(invocation) => {
                "was refused because another attempt was at it, and there was none"
            }
            Some(Answer::Duplicate) if !seen.is_done(invocation) => {
                "was told that it was done, and nothing had come of it"
            }
            Some(Answer::Processed) if seen.is_owed(invocation) => {
                "did its step, and nothing came of it"
            }
            Some(_) => {
                judgement.premise();
                continue;
            }
            None => continue,
        };
        judgement.premise();
        let (number, trigger) = (invocation.number, invocation.trigger());
        judgement.violated(
            format!("the invocation {number} by {trigger} {problem}"),
            vec![invocation.started.sequence, entry.sequence],
        );
    }
    judge_orders(journal, &invocations, &mut judgement);
    judgement
}

/// What an attempt says of its step.
enum Answer {
    /// Another attempt is at it.
    InProgress,
    /// It was done before.
    Duplicate,
    /// It is done now.
    Processed,
}

impl Answer {
    fn of(response: Json<'_>) -> Option<Self> {
        let is = |name: &str, word: &str| response.at(name).as_str() == Some(word);
        if is("errorType", "InProgress") {
            Some(Self::InProgress)
        } else if is("body", "Duplicate event skipped") {
            Some(Self::Duplicate)
        } else if is("body", "Event processed successfully") {
            Some(Self::Processed)
        } else {
            None
        }
    }
}

/// Who was at what, and when.
struct Seen<'a, 'v> {
    invocations: &'v BTreeMap<u64, Invocation<'a>>,
    /// When a request arrived whose caller had died: a claim may be among them.
    late: Vec<DateTime<Utc>>,
    /// The journal entry at which an invocation first put an event.
    first_put: BTreeMap<u64, u64>,
    /// The ids of the mails that went out.
    mailed: Vec<String>,
    /// The journal entries at which a workflow was started and ended.
    started: BTreeMap<&'a str, u64>,
    ended: BTreeMap<&'a str, u64>,
}

impl<'a, 'v> Seen<'a, 'v> {
    fn of(journal: &'a Journal, invocations: &'v BTreeMap<u64, Invocation<'a>>) -> Self {
        let late = journal.entries().iter();
        let late = late.filter(|entry| matches!(entry.fact, JournalEvent::LateArrival { .. }));
        let (mut first_put, mut started, mut ended) =
            (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        for put in puts(journal) {
            let of_workflow = match put.detail_type {
                "WorkflowStarted" => Some(&mut started),
                "WorkflowCompleted" | "WorkflowFailed" => Some(&mut ended),
                _ => None,
            };
            if let Some((workflow, entries)) = put.workflow().zip(of_workflow) {
                entries.entry(workflow).or_insert(put.entry.sequence);
            }
            if let Some(by) = put.entry.invocation {
                first_put.entry(by).or_insert(put.entry.sequence);
            }
        }
        let mailed = mails(journal).into_iter();
        Self {
            invocations,
            late: late.map(|entry| entry.at).collect(),
            first_put,
            mailed: mailed.map(|mail| mail.message_id.clone()).collect(),
            started,
            ended,
        }
    }

    /// The other invocations that began before this one ended, and that do something.
    fn others(&self, of: &Invocation<'a>) -> impl Iterator<Item = &'v Invocation<'a>> {
        let (number, until) = (of.number, ended(of));
        self.invocations.values().filter(move |other| {
            other.number != number && !other.is_observation() && other.started.sequence < until
        })
    }

    fn is_somebody_at(&self, refused: &Invocation<'a>) -> bool {
        let at = refused
            .ended
            .map_or(refused.started.at, |(entry, _)| entry.at);
        let is_recent = |then: DateTime<Utc>| then <= at && at - then <= LEASE;
        let lives = |other: &Invocation<'a>| {
            other
                .ended
                .is_none_or(|(entry, _)| entry.at > at || is_recent(entry.at))
        };
        // A command and the watchdog also claim what is not of their own workflow, and an execution the
        // account.
        let may_hold = |other: &Invocation<'a>| {
            let is_free = |one: &Invocation<'_>| one.event_id().is_none();
            is_free(other)
                || is_free(refused)
                || other.workflow() == refused.workflow()
                || other.trigger() == refused.trigger()
        };
        self.late.iter().any(|then| is_recent(*then))
            || self
                .others(refused)
                .any(|other| may_hold(other) && lives(other))
    }

    /// Whether a step was done of which nothing came, though its workflow goes on.
    fn is_owed(&self, by: &Invocation<'a>) -> bool {
        let until = ended(by);
        let is_before = |entry: Option<&u64>| entry.is_some_and(|entry| *entry < until);
        let workflow = by.workflow().unwrap_or_default();
        let goes_on = is_before(self.started.get(workflow)) && !self.is_over(workflow, until);
        let has_put = is_before(self.first_put.get(&by.number));
        let is_owed = STEPS.contains(&by.trigger().as_str()) && goes_on && !has_put;
        is_owed && !self.is_done(by) && !self.may_be_over(by)
    }

    /// Whether a watchdog died before: it may have ended the workflow, and not told so yet.
    fn may_be_over(&self, by: &Invocation<'a>) -> bool {
        self.others(by).any(|other| {
            let is_well = |(_, outcome)| outcome == InvocationOutcome::Success;
            other.trigger() == "watchdog" && !other.ended.is_some_and(is_well)
        })
    }

    fn is_over(&self, workflow: &str, until: u64) -> bool {
        self.ended.get(workflow).is_some_and(|entry| *entry < until)
    }

    fn is_done(&self, told: &Invocation<'a>) -> bool {
        let until = ended(told);
        let mut same = self.others(told).filter(|other| {
            other.workflow() == told.workflow() && other.trigger() == told.trigger()
        });
        let did = |other: &Invocation<'a>| {
            let has_ended = other.ended.is_some_and(|(entry, outcome)| {
                outcome == InvocationOutcome::Success && entry.sequence < until
            });
            // Of a step whose workflow is over nothing comes; the note that it is done may be all.
            let has_nothing_to_do = other
                .workflow()
                .is_some_and(|workflow| self.is_over(workflow, other.started.sequence));
            has_ended
                || has_nothing_to_do
                || self
                    .first_put
                    .get(&other.number)
                    .is_some_and(|put| *put < until)
        };
        let is_mailed = |id: &str| self.mailed.iter().any(|mail| mail.starts_with(id));
        same.any(did) || told.event_id().is_some_and(is_mailed)
    }
}

/// The steps of a workflow that has no end yet. Something comes of each.
const STEPS: [&str; 3] = ["WorkflowStarted", "SignalGenerated", "RebalancePlanned"];

fn ended(invocation: &Invocation<'_>) -> u64 {
    invocation
        .ended
        .map_or(u64::MAX, |(entry, _)| entry.sequence)
}

/// No attempt orders anything once a later one of the same step has.
fn judge_orders(
    journal: &Journal,
    invocations: &BTreeMap<u64, Invocation<'_>>,
    judgement: &mut Judgement,
) {
    let orders = accepted_orders(journal);
    let mut newest: BTreeMap<&str, (&Order<'_>, &Invocation<'_>)> = BTreeMap::new();
    for order in &orders {
        let by = order.invocation.and_then(|number| invocations.get(&number));
        let Some((by, step)) = by.and_then(|by| Some((by, by.event_id()?))) else {
            continue;
        };
        let (first, later) = newest.entry(step).or_insert((order, by));
        if later.number == by.number {
            continue;
        }
        judgement.premise();
        if later.started.sequence < by.started.sequence {
            (*first, *later) = (order, by);
        } else if sent(journal, order).is_some_and(|sent| sent > first.accepted) {
            let problem = format!(
                "the invocation {} ordered {} once the invocation {}, a later attempt, had",
                by.number, order.facts.symbol, later.number
            );
            judgement.violated(problem, vec![first.sequence, order.sequence]);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::check::testing::{History, event};

    fn step() -> serde_json::Value {
        event("SignalGenerated", "s", "a")
    }

    fn answers(history: History, invocation: u64, response: serde_json::Value) -> History {
        let is_error = response.get("errorType").is_some();
        history.record(CloudEvent::InvocationEnded {
            invocation,
            outcome: if is_error {
                InvocationOutcome::Failed
            } else {
                InvocationOutcome::Success
            },
            response: response.into(),
            duration_ms: 10,
        })
    }

    fn busy(history: History, at: &str) -> (usize, usize) {
        let history = history.at(at).starts(2, step());
        answers(history, 2, json!({ "errorType": "InProgress" })).judged(check)
    }

    #[test]
    fn who_finds_another_at_it_is_not_alone() {
        let first = || History::new().starts(1, step());
        assert_eq!(busy(first(), "13:50:00"), (1, 0), "it lives");
        let dead = || first().ends(InvocationOutcome::Crashed);
        assert_eq!(busy(dead(), "13:35:50"), (1, 0), "its lease lasts");
        assert_eq!(busy(dead(), "13:36:10"), (1, 1));
        assert_eq!(busy(History::new(), "13:35:00"), (1, 1));
        let elsewhere = event("RebalancePlanned", "p", "s");
        let mut elsewhere_of_another = elsewhere.clone();
        elsewhere_of_another["detail"]["correlation_id"] = json!("x");
        let beside = |payload| History::new().starts(1, payload);
        assert_eq!(busy(beside(elsewhere), "13:35:10"), (1, 0), "its workflow");
        assert_eq!(busy(beside(elsewhere_of_another), "13:35:10"), (1, 1));
        assert_eq!(
            busy(beside(json!({ "mode": "watchdog" })), "13:35:10"),
            (1, 0)
        );
    }

    #[test]
    fn what_is_done_was_done_by_somebody() {
        let told = |history: History| {
            let history = history.starts(2, step());
            let done = json!({ "statusCode": 200, "body": "Duplicate event skipped" });
            answers(history, 2, done).judged(check)
        };
        let first = || History::new().starts(1, step());
        assert_eq!(told(first().ends(InvocationOutcome::Success)), (1, 0));
        assert_eq!(told(first()), (1, 1), "it is at work");
        assert_eq!(told(first().ends(InvocationOutcome::Crashed)), (1, 1));
        let put = first().puts(&event("RebalancePlanned", "p", "s"));
        assert_eq!(told(put.ends(InvocationOutcome::Crashed)), (1, 0));
        let over = || History::new().puts(&event("WorkflowFailed", "f", "a"));
        let noted = over().starts(1, step()).ends(InvocationOutcome::Crashed);
        assert_eq!(told(noted), (1, 0), "nothing was left to do");
        assert_eq!(told(over()), (1, 1), "nobody was there");
        assert_eq!(told(History::new()), (1, 1));
    }

    #[test]
    fn something_comes_of_a_step() {
        let started = || {
            History::new()
                .puts(&event("WorkflowStarted", "a", "w"))
                .starts(2, step())
        };
        let did = |history: History| {
            let done = json!({ "statusCode": 200, "body": "Event processed successfully" });
            answers(history, 2, done).judged(check)
        };
        assert_eq!(did(started()), (1, 1));
        assert_eq!(
            did(started().puts(&event("RebalancePlanned", "p", "s"))),
            (1, 0)
        );
        let died = started().starts(3, json!({ "mode": "watchdog" }));
        let died = died.ends(InvocationOutcome::Crashed);
        assert_eq!(did(died), (1, 0), "it may have ended the workflow");
        let over = started()
            .within(None)
            .puts(&event("WorkflowFailed", "f", "a"));
        assert_eq!(did(over), (1, 0), "its workflow has ended");
        assert_eq!(
            did(History::new().starts(2, step())),
            (1, 0),
            "nobody started it"
        );
    }

    #[test]
    fn an_older_attempt_orders_nothing_once_a_newer_one_has() {
        let plan = || event("RebalancePlanned", "p", "s");
        let both = |first: u64, second: u64| {
            let history = History::new().starts(1, plan()).starts(2, plan());
            let history = history
                .within(Some(first))
                .accepts("alch-1", "buy 1 MSFT @ 50");
            let history = history.calls("alpaca POST orders", 200).at("13:36:00");
            let history = history
                .within(Some(second))
                .accepts("alch-2", "buy 1 IBM @ 50");
            history.calls("alpaca POST orders", 200).judged(check)
        };
        assert_eq!(both(1, 2), (1, 0));
        assert_eq!(
            both(2, 1),
            (1, 0),
            "how long it was on its way nobody knows"
        );
        let slow = |milliseconds: u64| {
            let history = History::new().starts(1, plan()).starts(2, plan());
            let history = history.accepts("alch-1", "buy 1 MSFT @ 50").at("13:36:00");
            let history = history.within(Some(1)).accepts("alch-2", "buy 1 IBM @ 50");
            let site = harness::fault::Site {
                trigger: "t".to_owned(),
                operation: "alpaca POST orders".to_owned(),
                number: 1,
            };
            let call = JournalEvent::Call {
                site,
                attempt: 1,
                outcome: harness::journal::CallOutcome::Answered(200),
                duration_ms: milliseconds,
                needs: Vec::new(),
            };
            history.fact(call).judged(check)
        };
        assert_eq!(slow(1_100), (1, 1));
        assert_eq!(slow(90_000), (1, 0), "it was on its way before");
    }
}
