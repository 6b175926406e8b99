use std::collections::BTreeSet;

use super::Judgement;
use crate::projection::invocations;
use crate::trading::{BusMode, TradingJournal};
use harness::fault::CallEffect;
use harness::journal::{Entry, Journal, JournalEvent};
use simulated_cloud::cloud_event::{CloudEvent, InvocationOutcome};

/// What a step may take, with room for the calls around its work.
const STEP_MS: u64 = 60_000;
/// What an execution may take, and an invocation that does the whole day by itself.
const EXECUTION_MS: u64 = 900_000;

/// No invocation runs longer than its budget, unless it was frozen by a fault, and ended by Lambda or by
/// a loss of power before that.
pub(super) fn check(journal: &Journal) -> Judgement {
    let mut judgement = Judgement::default();
    let does_all = journal.settings().bus != BusMode::EventBridge;
    let invocations = invocations(journal);
    let frozen = frozen(journal);
    for (entry, record) in journal.records() {
        let CloudEvent::InvocationEnded {
            invocation,
            outcome,
            duration_ms,
            ..
        } = record
        else {
            continue;
        };
        let is_frozen = *outcome == InvocationOutcome::Crashed && frozen.contains(invocation);
        if *outcome == InvocationOutcome::TimedOut || is_frozen {
            continue;
        }
        judgement.premise();
        let trigger = invocations
            .get(invocation)
            .map(|invocation| invocation.trigger())
            .unwrap_or_default();
        let budget = if trigger == "RebalancePlanned" || does_all {
            EXECUTION_MS
        } else {
            STEP_MS
        };
        if *duration_ms > budget {
            let problem = format!(
                "the invocation {invocation} by {trigger} took {duration_ms} ms, its budget is {budget} ms"
            );
            judgement.violated(problem, vec![entry.sequence]);
        }
    }
    judgement
}

/// The invocations that a fault froze.
fn frozen(journal: &Journal) -> BTreeSet<u64> {
    let is_frozen = |entry: &&Entry| {
        matches!(
            entry.fact,
            JournalEvent::Fault {
                effect: CallEffect::TimeOut,
                ..
            }
        )
    };
    let entries = journal.entries().iter().filter(is_frozen);
    entries.filter_map(|entry| entry.invocation).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::check::testing::{History, event};
    use crate::trading::Settings;
    use harness::fault::{Phase, Site};

    fn took(
        bus: BusMode,
        payload: Value,
        outcome: InvocationOutcome,
        duration_ms: u64,
    ) -> (usize, usize) {
        let ended = CloudEvent::InvocationEnded {
            invocation: 1,
            outcome,
            response: Value::Null.into(),
            duration_ms,
        };
        History::new()
            .settings(Settings {
                bus,
                ..Settings::default()
            })
            .starts(1, payload)
            .record(ended)
            .judged(check)
    }

    #[test]
    fn a_step_has_a_minute_and_an_execution_a_quarter_of_an_hour() {
        let (on_bus, success) = (BusMode::EventBridge, InvocationOutcome::Success);
        assert_eq!(
            took(on_bus, event("TradeExecuted", "t", "p"), success, STEP_MS),
            (1, 0)
        );
        assert_eq!(
            took(
                on_bus,
                event("TradeExecuted", "t", "p"),
                success,
                STEP_MS + 1
            ),
            (1, 1)
        );
        assert_eq!(
            took(
                on_bus,
                event("TradeExecuted", "t", "p"),
                InvocationOutcome::TimedOut,
                EXECUTION_MS
            ),
            (0, 0)
        );
        assert_eq!(
            took(
                on_bus,
                event("RebalancePlanned", "p", "s"),
                success,
                EXECUTION_MS
            ),
            (1, 0)
        );
        assert_eq!(
            took(
                on_bus,
                event("RebalancePlanned", "p", "s"),
                success,
                EXECUTION_MS + 1
            ),
            (1, 1)
        );
        assert_eq!(
            took(on_bus, json!({ "mode": "trade" }), success, EXECUTION_MS),
            (1, 1)
        );
        assert_eq!(
            took(
                BusMode::Memory,
                json!({ "mode": "trade" }),
                success,
                EXECUTION_MS
            ),
            (1, 0)
        );
    }

    #[test]
    fn what_a_fault_froze_may_die_of_something_else() {
        let died = |effect: CallEffect| {
            let ended = CloudEvent::InvocationEnded {
                invocation: 1,
                outcome: InvocationOutcome::Crashed,
                response: Value::Null.into(),
                duration_ms: STEP_MS + 1,
            };
            let fault = JournalEvent::Fault {
                site: Site {
                    trigger: "TradeExecuted".to_owned(),
                    operation: "dynamodb GetItem".to_owned(),
                    number: 1,
                },
                phase: Phase::Before,
                effect,
                answered: None,
            };
            let history = History::new().starts(1, event("TradeExecuted", "t", "p"));
            history.fact(fault).record(ended).judged(check)
        };
        assert_eq!(died(CallEffect::TimeOut), (0, 0));
        assert_eq!(died(CallEffect::Reset), (1, 1));
    }
}
