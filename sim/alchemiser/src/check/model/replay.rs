use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::step::{ASKED, COMPLETED, EVENTS, FAILED, STARTED, Waker, outcomes};
use crate::check::Judgement;
use crate::projection::{Invocation, Put, invocations, puts};
use harness::journal::Journal;

/// How long after its start a workflow is overdue.
const PATIENCE: TimeDelta = TimeDelta::minutes(30);
/// How far the clocks of two execution environments may be apart.
const CLOCKS_APART: TimeDelta = TimeDelta::seconds(10);

/// Holds all events of a journal against the model, in the order in which a bus accepted them. An
/// event that comes again is only asked who put it.
pub(super) fn replay(journal: &Journal, judgement: &mut Judgement) {
    let invocations = invocations(journal);
    let mut begun: BTreeMap<(Waker, &str), u64> = BTreeMap::new();
    let mut rounds = Vec::new();
    for invocation in invocations.values().filter(|one| !one.is_observation()) {
        let started = invocation.started.sequence;
        match (Waker::of(invocation.payload, ""), invocation.event_id()) {
            (Some(waker @ Waker::Event(_)), Some(event)) => {
                begun.entry((waker, event)).or_insert(started);
            }
            (Some(Waker::Overdue), _) => rounds.push(started),
            _ => {}
        }
    }
    let mut replay = Replay {
        invocations,
        begun,
        rounds,
        lives: BTreeMap::new(),
    };
    for put in puts(journal).filter(|put| !put.is_replayed) {
        replay.take(&put, judgement);
    }
    for (workflow, life) in &replay.lives {
        life.judge_end(workflow, judgement);
        life.judge_mail(workflow, judgement);
    }
}

struct Replay<'a> {
    invocations: BTreeMap<u64, Invocation<'a>>,
    /// Where the first attempt of each step began, by what woke it.
    begun: BTreeMap<(Waker, &'a str), u64>,
    /// Where each round of the watchdog began.
    rounds: Vec<u64>,
    lives: BTreeMap<&'a str, Life<'a>>,
}

/// What is known of a workflow so far.
#[derive(Default)]
struct Life<'a> {
    /// When it began, at the latest.
    began: Option<DateTime<Utc>>,
    /// The ids of its events.
    known: BTreeMap<&'a str, u64>,
    /// What has come of each cause so far, but for what is asked of the mail.
    results: BTreeMap<(Waker, &'a str), Vec<&'a str>>,
    /// Where it ended first, but for what was put by hand.
    ended: Option<u64>,
    completed: Option<u64>,
    failed: Option<u64>,
    is_failed_by_hand: bool,
    /// Where its mail was asked for, and whether it is to tell success.
    asked: Option<(u64, bool)>,
}

impl<'a> Replay<'a> {
    fn take(&mut self, put: &Put<'a>, judgement: &mut Judgement) {
        let (Some(event), Some(workflow), Some(id)) = (
            EVENTS.iter().find(|event| **event == put.detail_type),
            put.workflow(),
            put.event_id(),
        ) else {
            return;
        };
        let life = self.lives.entry(workflow).or_default();
        let Some(by) = put.entry.invocation else {
            life.takes_by_hand(event, id, put);
            return;
        };
        judgement.premise();
        let by = self.invocations.get(&by);
        let waker = by.and_then(|by| Some((by, Waker::of(by.payload, event)?)));
        let may = |waker: Waker| {
            outcomes(waker)
                .iter()
                .any(|outcome| outcome.contains(event))
        };
        let Some((by, waker)) = waker.filter(|(by, waker)| may(*waker) && !by.is_observation())
        else {
            let who = by.map_or_else(|| "nobody".to_owned(), Invocation::trigger);
            let problem =
                format!("{event} of {workflow} was put by the step of {who}, which may not");
            judgement.violated(problem, vec![put.entry.sequence]);
            return;
        };
        if life.known.insert(id, put.entry.sequence).is_some() {
            return;
        }
        let problem = if *event == ASKED {
            life.asked = Some((
                put.entry.sequence,
                put.detail.at("trading_success").is_true(),
            ));
            None
        } else {
            life.follows(event, waker, by, put)
        };
        let problem = problem
            .or_else(|| life.is_early(event, waker, put))
            .or_else(|| late(life, &self.begun, &self.rounds, (event, waker), put));
        life.note(event, put);
        if let Some(problem) = problem {
            judgement.violated(
                format!("{event} of {workflow} {problem}"),
                vec![put.entry.sequence],
            );
        }
    }
}

/// What is wrong with an event that comes behind the end of its workflow: only a step that was under
/// way by then may still have a result.
fn late(
    life: &Life<'_>,
    begun: &BTreeMap<(Waker, &str), u64>,
    rounds: &[u64],
    (event, waker): (&str, Waker),
    put: &Put<'_>,
) -> Option<String> {
    let ended = life.ended.filter(|_| event != ASKED)?;
    let cause = put.detail.at("causation_id").as_str().unwrap_or_default();
    let was_under_way = match waker {
        Waker::Event(_) => begun
            .get(&(waker, cause))
            .is_some_and(|began| *began < ended),
        Waker::Overdue => rounds.iter().any(|began| *began < ended),
        Waker::Command | Waker::Leftover => false,
    };
    (!was_under_way).then(|| {
        format!(
            "was put by the step of {}, which began when the workflow had ended",
            waker.words()
        )
    })
}

impl<'a> Life<'a> {
    /// What others put is no step of ours, and may be anything.
    fn takes_by_hand(&mut self, event: &str, id: &'a str, put: &Put<'a>) {
        self.known.insert(id, put.entry.sequence);
        match event {
            STARTED => {
                self.began.get_or_insert(put.entry.at);
                // One that was refused left no record, and may be begun again.
                self.ended = None;
            }
            FAILED => self.is_failed_by_hand = true,
            _ => {}
        }
    }

    /// What is wrong with what an event follows from.
    fn follows(
        &mut self,
        event: &'a str,
        waker: Waker,
        by: &Invocation<'a>,
        put: &Put<'a>,
    ) -> Option<String> {
        let cause = put.detail.at("causation_id").as_str().unwrap_or_default();
        let is_its_own = match waker {
            Waker::Event(_) => by.event_id() == Some(cause),
            _ => put.workflow() == Some(cause),
        };
        if !is_its_own {
            return Some(format!(
                "names the cause {cause:?}, which is not what woke the step of {}",
                waker.words()
            ));
        }
        let result = self.results.entry((waker, cause)).or_default();
        let before = result.clone();
        result.push(event);
        let is_outcome = outcomes(waker)
            .iter()
            .any(|outcome| outcome.starts_with(result));
        (!is_outcome).then(|| {
            format!(
                "follows from {}, from which {} had come",
                waker.words(),
                if before.is_empty() {
                    "nothing".to_owned()
                } else {
                    before.join(" and ")
                }
            )
        })
    }

    /// What is wrong with the time at which the watchdog ends a workflow or asks for its mail.
    fn is_early(&self, event: &str, waker: Waker, put: &Put<'_>) -> Option<String> {
        let began = self.began.filter(|_| waker == Waker::Overdue)?;
        let decided = stamped(put).filter(|_| event == FAILED);
        let lived = decided.unwrap_or(put.entry.at) - began;
        (lived < PATIENCE - CLOCKS_APART).then(|| {
            format!(
                "was put by the watchdog after {} minutes, and it is overdue after {}",
                lived.num_minutes(),
                PATIENCE.num_minutes()
            )
        })
    }

    fn note(&mut self, event: &str, put: &Put<'_>) {
        let sequence = put.entry.sequence;
        match event {
            STARTED => {
                self.began = stamped(put);
            }
            COMPLETED => {
                self.completed.get_or_insert(sequence);
                self.ended.get_or_insert(sequence);
            }
            FAILED => {
                self.failed.get_or_insert(sequence);
                self.ended.get_or_insert(sequence);
            }
            _ => {}
        }
    }

    /// It ends one way.
    fn judge_end(&self, workflow: &str, judgement: &mut Judgement) {
        if let (Some(completed), Some(failed), false) =
            (self.completed, self.failed, self.is_failed_by_hand)
        {
            let problem = format!("{workflow} completed, and it failed too");
            judgement.violated(problem, vec![completed.min(failed), completed.max(failed)]);
        }
    }

    /// The mail tells the end: success where it completed, and nothing else.
    fn judge_mail(&self, workflow: &str, judgement: &mut Judgement) {
        let Some((asked, is_success)) = self.asked else {
            return;
        };
        judgement.premise();
        let problem = match (is_success, self.completed, self.failed) {
            (true, _, Some(failed)) => Some(("failed, and its mail tells success", failed)),
            (false, Some(completed), None) if !self.is_failed_by_hand => {
                Some(("completed, and its mail tells a failure", completed))
            }
            _ => None,
        };
        if let Some((words, end)) = problem {
            judgement.violated(format!("{workflow} {words}"), vec![end, asked]);
        }
    }
}

/// When the event came about, as it says itself.
fn stamped(put: &Put<'_>) -> Option<DateTime<Utc>> {
    put.detail.at("timestamp").as_str()?.parse().ok()
}
