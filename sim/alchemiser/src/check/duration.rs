use super::Judgement;
use crate::projection::invocations;
use crate::trading::{BusMode, TradingJournal};
use harness::journal::Journal;
use simulated_cloud::cloud_event::{CloudEvent, InvocationOutcome};

/// What a step may take, with room for the calls around its work.
const STEP_MS: u64 = 60_000;
/// What an execution may take, and an invocation that does the whole day by itself.
const EXECUTION_MS: u64 = 900_000;

/// No invocation runs longer than its budget, unless it was frozen by a fault and ended by Lambda.
pub(super) fn check(journal: &Journal) -> Judgement {
    let mut judgement = Judgement::default();
    let does_all = journal.settings().bus != BusMode::EventBridge;
    let invocations = invocations(journal);
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
        if *outcome == InvocationOutcome::TimedOut {
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

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::check::testing::{History, event};
    use crate::trading::Settings;

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
}
