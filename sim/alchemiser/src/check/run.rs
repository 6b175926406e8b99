use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde_json::json;

use super::Judgement;
use crate::projection::{Invocation, Put, invocations, puts};
use crate::trading::{BusMode, TradingJournal};
use harness::journal::{Journal, JournalEvent};
use simulated_cloud::cloud_event::InvocationOutcome;
use simulated_cloud::packed_json::Json;

/// What a command to trade may say.
const FIELDS: [&str; 7] = [
    "schema_version",
    "mode",
    "trading_mode",
    "arguments",
    "correlation_id",
    "causation_id",
    "scheduled_time",
];

const STARTED: &str = "WorkflowStarted";

/// A run is begun by an explicit command, within a session; a session has one run that does not fail;
/// and a command that is carried out within a session has a run there, or somebody is told.
pub(super) fn check(journal: &Journal) -> Judgement {
    let mut judgement = Judgement::default();
    if journal.settings().bus != BusMode::EventBridge {
        return judgement;
    }
    let invocations = invocations(journal);
    let starts: Vec<Put<'_>> = puts(journal)
        .filter(|put| !put.is_replayed && put.detail_type == STARTED)
        .collect();
    for start in &starts {
        let by = start.by(&invocations);
        if let Some(by) = by {
            judgement.premise();
            judge_start(journal, &invocations, start, by, &mut judgement);
        }
    }
    judge_answers(journal, &invocations, &starts, &mut judgement);
    if journal.settings().one_run_a_session {
        judge_sessions(journal, &invocations, &starts, &mut judgement);
    }
    judgement
}

fn judge_start(
    journal: &Journal,
    invocations: &BTreeMap<u64, Invocation<'_>>,
    start: &Put<'_>,
    by: &Invocation<'_>,
    judgement: &mut Judgement,
) {
    let workflow = start.workflow().unwrap_or_default();
    let is_live = start
        .detail
        .at("configuration")
        .at("live_trading")
        .is_true();
    if is_command(by)
        && let Some(mistake) = mistake(by.payload, is_live)
    {
        let problem = format!("{workflow} was started by a command that {mistake}");
        judgement.violated(problem, vec![by.started.sequence, start.entry.sequence]);
    }
    // An attempt that died may have decided it, and a later one puts it.
    let hours = journal.settings().hours();
    let mut attempts = invocations
        .values()
        .filter(|attempt| attempt.request_id == by.request_id || is_same_command(attempt, by));
    let is_within = |at: DateTime<Utc>| hours.session_at(at).is_some();
    let was_within = attempts.any(|attempt| is_within(attempt.started.at));
    if !was_within && !is_within(start.entry.at) {
        let problem = format!("{workflow} was started outside of a session");
        judgement.violated(problem, vec![start.entry.sequence]);
    }
}

fn is_command(invocation: &Invocation<'_>) -> bool {
    invocation.trigger() == "trade"
}

fn is_same_command(one: &Invocation<'_>, other: &Invocation<'_>) -> bool {
    is_command(one) && one.workflow().is_some() && one.workflow() == other.workflow()
}

/// What is wrong with a command that started something.
fn mistake(command: Json<'_>, is_live: bool) -> Option<String> {
    let is_empty = command.to_value() == json!({});
    for (name, value) in command.members() {
        if !FIELDS.contains(&name) {
            return Some(format!("says {name}"));
        }
        let is_no_argument = value.is_list() && value.items().next().is_none();
        let says_something = value.as_str().is_some() || is_no_argument;
        if !says_something {
            return Some(format!("says of {name} what means nothing"));
        }
    }
    let mode = command.at("mode").as_str();
    if mode != Some("trade") && !(is_empty && mode.is_none()) {
        return Some("asks for no trading".to_owned());
    }
    let traded = if is_live { "live" } else { "paper" };
    let expected = command.at("trading_mode").as_str().unwrap_or(traded);
    (expected != traded).then(|| format!("expects {expected} trading"))
}

/// Who asks for a run within a session has one there, or tells the owner why there is none.
fn judge_answers(
    journal: &Journal,
    invocations: &BTreeMap<u64, Invocation<'_>>,
    starts: &[Put<'_>],
    judgement: &mut Judgement,
) {
    let hours = journal.settings().hours();
    let asks = puts(journal).filter(|put| put.detail_type == "TradingNotificationRequested");
    let asked_by = asks.filter_map(|put| put.by(invocations));
    let told: Vec<DateTime<Utc>> = asked_by
        .filter(|by| is_command(by))
        .map(|by| by.started.at)
        .collect();
    for invocation in invocations
        .values()
        .filter(|invocation| is_command(invocation))
    {
        let Some((ended, InvocationOutcome::Success)) = invocation.ended else {
            continue;
        };
        let session = hours.session_at(invocation.started.at);
        let is_meant = mistake(invocation.payload, false).is_none();
        let (Some(session), true) = (session, is_meant) else {
            continue;
        };
        let due = invocation.payload.at("scheduled_time").as_str();
        let due = due.and_then(|text| text.parse().ok());
        if due.is_some_and(|due| hours.session_at(due) != Some(session)) {
            continue;
        }
        judgement.premise();
        let is_in_session = |at: DateTime<Utc>| hours.session_at(at) == Some(session);
        // Who has begun it may have died before he said so.
        let is_begun = starts.iter().any(|put| is_in_session(put.entry.at))
            || invocations.values().any(|other| {
                let outcome = other.ended.map(|(_, outcome)| outcome);
                is_command(other)
                    && is_in_session(other.started.at)
                    && outcome != Some(InvocationOutcome::Success)
            });
        // So may a copy of the same command have.
        let tells = told.iter().any(|at| is_in_session(*at));
        if !is_begun && !tells {
            let problem = format!(
                "the command of invocation {} came within a session, and there is neither a run of that session nor a word of why",
                invocation.number
            );
            judgement.violated(problem, vec![invocation.started.sequence, ended.sequence]);
        }
    }
}

/// Whether the last attempt of a step of the workflow died behind its transaction: it may have noted
/// that the workflow has failed, and not have come to telling so.
fn may_have_failed(
    journal: &Journal,
    invocations: &BTreeMap<u64, Invocation<'_>>,
    workflow: &str,
    before: &Put<'_>,
) -> bool {
    let attempts = invocations.values().filter(|attempt| {
        attempt.workflow() == Some(workflow)
            && !attempt.is_observation()
            && attempt.started.sequence < before.entry.sequence
    });
    let last = attempts.max_by_key(|attempt| attempt.started.sequence);
    last.is_some_and(|last| {
        let has_died = last
            .ended
            .is_some_and(|(_, outcome)| outcome != InvocationOutcome::Success);
        let mut own = journal.entries().iter();
        has_died && own.any(|entry| {
            entry.invocation == Some(last.number)
                && matches!(&entry.fact, JournalEvent::Call { site, .. } if site.operation == NOTES)
        })
    })
}

/// What notes the result of a step.
const NOTES: &str = "dynamodb TransactWriteItems";

/// But for what the watchdog goes on with, a session has one run, and another one only where that has
/// failed.
fn judge_sessions(
    journal: &Journal,
    invocations: &BTreeMap<u64, Invocation<'_>>,
    starts: &[Put<'_>],
    judgement: &mut Judgement,
) {
    let goes_on = |put: &Put<'_>| {
        let by = put.by(invocations);
        by.is_some_and(|by| by.trigger() == "watchdog")
    };
    let failed: BTreeSet<&str> = puts(journal)
        .filter(|put| put.detail_type == "WorkflowFailed")
        .filter_map(|put| put.workflow())
        .collect();
    let mut of_sessions: BTreeMap<&str, &Put<'_>> = BTreeMap::new();
    for start in starts.iter().filter(|start| !goes_on(start)) {
        let session = start.detail.at("configuration").at("session_date").as_str();
        let Some((session, workflow)) = session.zip(start.workflow()) else {
            continue;
        };
        let first = of_sessions.insert(session, start);
        let Some((first, before)) = first.and_then(|first| Some((first, first.workflow()?))) else {
            continue;
        };
        let is_over =
            failed.contains(before) || may_have_failed(journal, invocations, before, start);
        if before != workflow && !is_over {
            let problem =
                format!("{workflow} was started in the session of {session}, which {before} has");
            judgement.violated(problem, vec![first.entry.sequence, start.entry.sequence]);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::check::testing::{History, event};
    use crate::trading::Settings;

    fn started(workflow: &str) -> Value {
        let mut started = event("WorkflowStarted", workflow, workflow);
        started["detail"]["correlation_id"] = json!(workflow);
        started
    }

    /// A command is carried out, and starts a run.
    fn commanded(time: &str, command: Value) -> (usize, usize) {
        let history = History::new().at(time).starts(1, command);
        history
            .puts(&started("w"))
            .ends(InvocationOutcome::Success)
            .judged(check)
    }

    #[test]
    fn an_explicit_command_starts_a_run() {
        for sound in [
            json!({}),
            json!({ "mode": "trade", "trading_mode": "paper" }),
        ] {
            assert_eq!(commanded("13:35:00", sound), (2, 0));
        }
        for wrong in [
            json!({ "mode": "trade", "trading_mode": "live" }),
            json!({ "mode": "trade", "trading_mode": null }),
            json!({ "mode": "trade", "shares": "10" }),
            json!({ "trading_mode": "paper" }),
            json!([]),
        ] {
            assert_eq!(commanded("13:35:00", wrong.clone()), (1, 1), "{wrong}");
        }
    }

    #[test]
    fn a_run_starts_within_a_session() {
        let command = || json!({ "mode": "trade" });
        assert_eq!(commanded("13:29:00", command()), (1, 1), "before the open");
        assert_eq!(commanded("20:00:00", command()), (1, 1), "after the close");
        let taken_up = History::new().at("19:59:58").starts(1, command());
        let taken_up = taken_up.at("20:00:00").puts(&started("w"));
        assert_eq!(taken_up.judged(check), (1, 0), "it began in time");
    }

    #[test]
    fn a_command_has_an_answer() {
        let command = || json!({ "mode": "trade", "scheduled_time": "2012-03-14T13:35:00Z" });
        let answered = |history: History| history.ends(InvocationOutcome::Success).judged(check);
        assert_eq!(answered(History::new().starts(1, command())), (1, 1));
        let told = event("TradingNotificationRequested", "n", "a");
        assert_eq!(
            answered(History::new().starts(1, command()).puts(&told)),
            (1, 0)
        );
        let second = History::new()
            .starts(1, command())
            .puts(&started("w"))
            .starts(2, command());
        assert_eq!(answered(second), (2, 0), "the session has its run");
        let late = History::new().at("21:00:00").starts(1, command());
        assert_eq!(answered(late), (0, 0), "no session");
    }

    #[test]
    fn a_session_has_one_run() {
        let twice = |by: Value, is_one: bool, ends: &str| {
            let settings = Settings {
                one_run_a_session: is_one,
                ..Settings::default()
            };
            let of_session = |workflow: &str| {
                let mut started = started(workflow);
                started["detail"]["configuration"] = json!({ "session_date": "2012-03-14" });
                started
            };
            let mut end = event(ends, "e", "w");
            end["detail"]["correlation_id"] = json!("w");
            let history = History::new().settings(settings).starts(1, json!({}));
            let history = history
                .puts(&of_session("w"))
                .puts(&of_session("w"))
                .puts(&end);
            history.starts(2, by).puts(&of_session("x")).judged(check).1
        };
        assert_eq!(twice(json!({}), true, "WorkflowCompleted"), 1);
        assert_eq!(twice(json!({}), true, "WorkflowFailed"), 0);
        assert_eq!(twice(json!({}), false, "WorkflowCompleted"), 0);
        let goes_on = json!({ "mode": "watchdog" });
        assert_eq!(twice(goes_on, true, "WorkflowCompleted"), 0);
    }

    #[test]
    fn who_died_behind_its_transaction_may_have_ended_the_workflow() {
        let of_session = |workflow: &str| {
            let mut started = started(workflow);
            started["detail"]["configuration"] = json!({ "session_date": "2012-03-14" });
            started
        };
        let second = |call: &str| {
            let mut step = event("RebalancePlanned", "p", "s");
            step["detail"]["correlation_id"] = json!("w");
            let first = History::new().starts(1, json!({})).puts(&of_session("w"));
            let died = first.starts(2, step).calls(call, 200);
            let died = died.ends(InvocationOutcome::Crashed);
            died.starts(3, json!({}))
                .puts(&of_session("x"))
                .judged(check)
                .1
        };
        assert_eq!(second("dynamodb TransactWriteItems"), 0);
        assert_eq!(second("dynamodb UpdateItem"), 1);
    }
}
