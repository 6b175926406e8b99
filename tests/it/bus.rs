//! The event bus: what goes on it, what happens when it does not take it, and how the two buses of
//! dual mode compare.

use std::sync::Arc;

use alchemiser::bus::{BusEntry, Difference, DualBus, EventBridgeBus, EventBus, InMemoryBus};
use alchemiser::error::StepError;
use alchemiser::event::{
    Body, Event, Origin, SystemNotificationRequested, TradeExecuted, WorkflowFailed,
    WorkflowStarted,
};
use alchemiser::id::{CorrelationId, EventId};
use alchemiser::timestamp::Timestamp;
use serde_json::{Value, json};
use tracing_test::traced_test;

use crate::support::{Answer, FixedClock, NoCalls, ScriptedHttp, aws_over, opening};

const LIMIT: usize = 200_000;

fn event(body: impl Into<Body>) -> Event {
    let workflow = CorrelationId::new("wf-1");
    Event::caused(
        &Origin {
            correlation_id: &workflow,
            causation_id: "cause-1",
            at: Timestamp::new(opening()),
        },
        body.into(),
        0,
    )
}

fn started() -> WorkflowStarted {
    WorkflowStarted {
        workflow_type: "trading".to_owned(),
        requested_by: "TradingSystem".to_owned(),
        configuration: Default::default(),
    }
}

fn failed_in(step: &str) -> WorkflowFailed {
    WorkflowFailed {
        workflow_type: step.to_owned(),
        failure_reason: "no data".to_owned(),
        failure_step: step.to_owned(),
        error_details: Default::default(),
    }
}

fn notification(text: &str) -> SystemNotificationRequested {
    SystemNotificationRequested {
        notification_type: "note".to_owned(),
        subject: "s".to_owned(),
        html_content: text.to_owned(),
        text_content: None,
        recipient_override: None,
    }
}

fn entry(body: impl Into<Body>) -> BusEntry {
    BusEntry::new(&event(body), "alchemiser")
}

fn eventbridge(connector: ScriptedHttp, attempts: u32) -> EventBridgeBus {
    EventBridgeBus::new(
        aws_over(connector, attempts).eventbridge(),
        Arc::new(FixedClock(opening())),
        "trading-bus",
        LIMIT,
    )
}

fn taken() -> Answer {
    Ok((
        200,
        json!({"FailedEntryCount": 0, "Entries": [{"EventId": "put-1"}]}).to_string(),
    ))
}

fn refused(code: &str, message: &str) -> Answer {
    let entries = json!([{"ErrorCode": code, "ErrorMessage": message}]);
    Ok((
        200,
        json!({"FailedEntryCount": 1, "Entries": entries}).to_string(),
    ))
}

fn client_error(status: u16, exception: &str, message: &str) -> Answer {
    Ok((
        status,
        json!({"__type": exception, "message": message}).to_string(),
    ))
}

fn reason(outcome: Result<(), StepError>) -> String {
    match outcome {
        Err(StepError::PublishFailed(reason)) => reason,
        other => panic!("expected a failed publish, found {other:?}"),
    }
}

#[test]
fn a_source_is_short_and_the_module_stays_in_the_detail() {
    let executed = TradeExecuted {
        execution_data: Default::default(),
        success: true,
        orders_placed: 0,
        orders_succeeded: 0,
        failure_reason: None,
        failed_symbols: Vec::new(),
    };
    for (event, source, module) in [
        (
            event(started()),
            "alchemiser.orchestration",
            "orchestration.event_driven_orchestrator",
        ),
        (
            event(failed_in("signal_generation")),
            "alchemiser.strategy",
            "strategy_v2.handlers",
        ),
        (
            event(failed_in("portfolio_analysis")),
            "alchemiser.portfolio",
            "portfolio_v2.handlers",
        ),
        (
            event(failed_in("trade_execution")),
            "alchemiser.execution",
            "execution_v2.handlers",
        ),
        (
            event(failed_in("watchdog")),
            "alchemiser.orchestration",
            "orchestration.event_driven_orchestrator",
        ),
        (
            event(executed),
            "alchemiser.execution",
            "execution_v2.handlers",
        ),
    ] {
        let entry = BusEntry::new(&event, "alchemiser");
        assert_eq!(
            (entry.source.as_str(), event.header.source_module.as_str()),
            (source, module),
            "{}",
            entry.detail_type
        );
        let detail: Value = serde_json::from_str(&entry.detail).expect("a detail is JSON");
        assert_eq!(detail["source_module"], module);
    }
}

#[test]
fn an_entry_holds_the_event_to_the_byte_and_names_workflow_and_cause() {
    let event = event(started());
    let entry = BusEntry::new(&event, "alchemiser");
    assert_eq!(entry.event_id, event.header.event_id);
    assert_eq!(entry.detail_type, "WorkflowStarted");
    assert_eq!(entry.detail, event.to_json());
    assert_eq!(entry.resources, ["correlation:wf-1", "causation:cause-1"]);
}

#[tokio::test]
async fn one_put_events_call_carries_one_entry_with_every_field() {
    let http = ScriptedHttp::new(|_| taken());
    let entry = entry(started());
    eventbridge(http.clone(), 1)
        .publish(&entry)
        .await
        .expect("the event is taken");
    let calls = http.asked();
    assert_eq!(calls.len(), 1);
    assert_eq!(calls[0].operation.as_deref(), Some("PutEvents"));
    let expected = json!({"Entries": [{
        "Time": opening().timestamp(),
        "Source": "alchemiser.orchestration",
        "DetailType": "WorkflowStarted",
        "Detail": entry.detail,
        "EventBusName": "trading-bus",
        "Resources": ["correlation:wf-1", "causation:cause-1"],
    }]});
    assert_eq!(calls[0].body, expected);
}

#[tokio::test]
async fn a_failed_entry_raises_with_its_code_and_message() {
    let http = ScriptedHttp::new(|_| refused("InternalFailure", "try again later"));
    let outcome = eventbridge(http.clone(), 3)
        .publish(&entry(started()))
        .await;
    assert_eq!(reason(outcome), "InternalFailure: try again later");
    assert_eq!(
        http.asked().len(),
        1,
        "the whole invocation is tried again, not the entry"
    );
}

#[tokio::test]
async fn a_failed_entry_without_a_code_raises_too() {
    let http = ScriptedHttp::new(|_| {
        Ok((
            200,
            json!({"FailedEntryCount": 1, "Entries": []}).to_string(),
        ))
    });
    assert_eq!(
        reason(eventbridge(http, 1).publish(&entry(started())).await),
        "1 entries failed without a code"
    );
}

#[tokio::test]
async fn a_client_error_raises_with_the_words_of_aws() {
    let http = ScriptedHttp::new(|_| {
        client_error(
            400,
            "ResourceNotFoundException",
            "Event bus trading-bus does not exist.",
        )
    });
    let reason = reason(
        eventbridge(http.clone(), 3)
            .publish(&entry(started()))
            .await,
    );
    assert!(reason.contains("ResourceNotFoundException"), "{reason}");
    assert!(
        reason.contains("Event bus trading-bus does not exist."),
        "{reason}"
    );
    assert_eq!(http.asked().len(), 1, "a client error is final");
}

#[tokio::test(start_paused = true)]
async fn a_server_error_is_tried_as_often_as_configured_and_then_raises() {
    let http = ScriptedHttp::new(|_| client_error(500, "InternalException", "oh no"));
    let reason = reason(
        eventbridge(http.clone(), 3)
            .publish(&entry(started()))
            .await,
    );
    assert!(reason.contains("oh no"), "{reason}");
    assert_eq!(http.asked().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_publish_that_succeeds_at_the_second_try_is_a_success() {
    let http = ScriptedHttp::in_turn(vec![Err("connection reset by peer"), taken()]);
    eventbridge(http.clone(), 3)
        .publish(&entry(started()))
        .await
        .expect("the second try is taken");
    let calls = http.asked();
    assert_eq!(calls.len(), 2);
    assert_eq!(calls[0].body, calls[1].body, "the very same bytes");
}

#[tokio::test]
async fn an_unreachable_aws_raises() {
    let http = ScriptedHttp::new(|_| Err("connection refused"));
    let reason = reason(eventbridge(http, 1).publish(&entry(started())).await);
    assert!(reason.contains("connection refused"), "{reason}");
}

#[tokio::test]
async fn a_detail_over_the_limit_is_refused_before_any_call() {
    let bus = EventBridgeBus::new(
        aws_over(NoCalls, 1).eventbridge(),
        Arc::new(FixedClock(opening())),
        "trading-bus",
        1_000,
    );
    let entry = entry(notification(&"x".repeat(1_000)));
    let expected = format!(
        "PayloadTooLarge: the detail of SystemNotificationRequested {} has {} bytes, allowed are 1000",
        entry.event_id,
        entry.detail.len()
    );
    assert_eq!(reason(bus.publish(&entry).await), expected);
}

#[tokio::test]
async fn the_limit_itself_is_allowed_and_counts_bytes_not_characters() {
    let entry = entry(notification(&"é".repeat(300)));
    let (bytes, characters) = (entry.detail.len(), entry.detail.chars().count());
    assert_eq!(bytes, characters + 300);
    let bus = |limit| {
        let http = ScriptedHttp::new(|_| taken());
        EventBridgeBus::new(
            aws_over(http, 1).eventbridge(),
            Arc::new(FixedClock(opening())),
            "trading-bus",
            limit,
        )
    };
    bus(bytes)
        .publish(&entry)
        .await
        .expect("exactly the limit is allowed");
    for limit in [bytes - 1, characters] {
        assert!(
            reason(bus(limit).publish(&entry).await).starts_with("PayloadTooLarge"),
            "{limit}"
        );
    }
}

#[tokio::test]
async fn memory_gives_entries_once_and_in_order() {
    let bus = InMemoryBus::default();
    let (first, second) = (entry(started()), entry(failed_in("watchdog")));
    bus.publish(&first).await.expect("memory takes everything");
    bus.publish(&second).await.expect("memory takes everything");
    assert_eq!(
        (bus.take(), bus.take(), bus.take()),
        (Some(first), Some(second), None)
    );
}

fn dual(connector: ScriptedHttp) -> (Arc<InMemoryBus>, DualBus) {
    let memory = Arc::new(InMemoryBus::default());
    (
        Arc::clone(&memory),
        DualBus::new(memory, eventbridge(connector, 1)),
    )
}

fn difference(entry: &BusEntry, reason: &str) -> Difference {
    Difference {
        event_id: entry.event_id.clone(),
        detail_type: entry.detail_type.clone(),
        reason: reason.to_owned(),
    }
}

fn changed(entry: &BusEntry) -> BusEntry {
    BusEntry {
        detail: entry.detail.replace("trading", "testing"),
        ..entry.clone()
    }
}

#[tokio::test]
async fn dual_mode_publishes_to_both_and_finds_no_difference() {
    let http = ScriptedHttp::new(|_| taken());
    let (memory, dual) = dual(http.clone());
    let entry = entry(started());
    dual.publish(&entry).await.expect("both take it");
    assert_eq!(memory.take(), Some(entry.clone()));
    assert_eq!(http.asked()[0].body["Entries"][0]["Detail"], entry.detail);
    assert_eq!(dual.compare(), []);
}

#[traced_test]
#[tokio::test]
async fn a_failing_shadow_is_logged_and_the_workflow_goes_on() {
    let (memory, dual) = dual(ScriptedHttp::new(|_| {
        refused("ThrottlingException", "slow down")
    }));
    let entry = entry(started());
    dual.publish(&entry)
        .await
        .expect("the shadow's failure is not the workflow's");
    assert_eq!(memory.take(), Some(entry.clone()), "the primary has it");
    logs_assert(|lines| {
        let failures: Vec<&&str> = lines
            .iter()
            .filter(|line| line.contains("shadow publish failed"))
            .collect();
        match failures.as_slice() {
            [line]
                if line.contains("ERROR")
                    && line.contains(entry.event_id.as_str())
                    && line.contains("slow down") =>
            {
                Ok(())
            }
            other => Err(format!("{other:?}")),
        }
    });
    let missing = difference(
        &entry,
        "missing on EventBridge: publish failed: ThrottlingException: slow down",
    );
    assert_eq!(dual.compare(), [missing]);
}

#[tokio::test]
async fn comparing_reports_every_difference_in_the_order_of_ids_and_then_forgets_it() {
    let http = ScriptedHttp::new(
        |asked| match asked.body["Entries"][0]["DetailType"].as_str() {
            Some("WorkflowFailed") => Err("connection refused"),
            _ => taken(),
        },
    );
    let (_, dual) = dual(http);
    let numbered = |id: &str, body: Body| BusEntry {
        event_id: EventId::new(id),
        ..entry(body)
    };
    let same = numbered("b", started().into());
    let (last, first) = (
        numbered("c", failed_in("watchdog").into()),
        numbered("a", failed_in("trade_execution").into()),
    );
    for entry in [&last, &same, &first] {
        dual.publish(entry).await.expect("memory takes everything");
    }
    let differences = dual.compare();
    let found: Vec<(&str, &str)> = differences
        .iter()
        .map(|difference| {
            (
                difference.event_id.as_str(),
                difference.detail_type.as_str(),
            )
        })
        .collect();
    assert_eq!(found, [("a", "WorkflowFailed"), ("c", "WorkflowFailed")]);
    for difference in &differences {
        assert!(
            difference.reason.starts_with("missing on EventBridge: "),
            "{difference:?}"
        );
        assert!(
            difference.reason.contains("connection refused"),
            "{difference:?}"
        );
    }
    assert_eq!(
        dual.compare(),
        [],
        "each comparison is about what came since the last"
    );
}

#[tokio::test]
async fn one_id_with_two_contents_is_a_difference() {
    let (_, dual) = dual(ScriptedHttp::in_turn(vec![
        taken(),
        refused("InternalFailure", "no"),
    ]));
    let entry = entry(started());
    dual.publish(&entry).await.expect("both take it");
    dual.publish(&changed(&entry))
        .await
        .expect("memory takes it");
    assert_eq!(dual.compare(), [difference(&entry, "the contents differ")]);
}

#[tokio::test]
async fn a_shadow_that_took_it_at_last_makes_no_difference() {
    let (memory, dual) = dual(ScriptedHttp::in_turn(vec![
        refused("InternalFailure", "no"),
        taken(),
    ]));
    let entry = entry(started());
    dual.publish(&entry).await.expect("memory takes it");
    dual.publish(&entry).await.expect("both take it");
    assert_eq!(dual.compare(), []);
    assert_eq!(
        (memory.take(), memory.take()),
        (Some(entry.clone()), Some(entry)),
        "each copy is handled; claims tell them apart"
    );
}
