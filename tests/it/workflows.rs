//! The table of workflows: which changes a record takes, and what the watchdog finds in it.

use std::sync::Arc;

use alchemiser::bus::BusEntry;
use alchemiser::event::Event;
use alchemiser::id::{CorrelationId, PlanId};
use alchemiser::workflow::{Binding, Failure, Session, State, Workflow, Workflows};
use serde_json::{Value, json};

use crate::support::{Answer, FixedClock, ScriptedHttp, Tables, aws_over, block_on, opening};

fn workflows() -> Workflows {
    Workflows::new(
        aws_over(Tables::new(), 1).dynamodb(),
        "alchemiser-workflow-dev",
        Arc::new(FixedClock(opening())),
    )
}

fn session() -> Session {
    Session {
        account: "PA1".to_owned(),
        date: "2025-10-10".parse().expect("a date"),
        previous: "2025-10-09".parse().expect("a date"),
        occurrence: "2025-10-10".to_owned(),
        valid_until: "2025-10-10T20:00:00Z".parse().expect("an instant"),
    }
}

async fn load(workflows: &Workflows, id: &CorrelationId) -> Workflow {
    workflows
        .load(id)
        .await
        .expect("the table answers")
        .expect("a record")
}

/// Begins the workflow of that id; whether it was let.
async fn open(workflows: &Workflows, id: &CorrelationId) -> bool {
    workflows
        .write(workflows.opening(id, &session()))
        .await
        .expect("the table answers")
}

fn executed(workflow: &str) -> Event {
    let detail = json!({
        "correlation_id": workflow, "causation_id": "plan-1", "event_id": "executed-1", "timestamp": "2025-10-10T13:36:00Z",
        "source_module": "execution_v2.handlers", "execution_data": {}, "success": true, "orders_placed": 1, "orders_succeeded": 1,
    });
    Event::parse("TradeExecuted", &detail).expect("a valid event")
}

#[test]
fn a_workflow_that_has_ended_takes_no_other_end_and_no_step() {
    block_on(async {
        for end in [State::Completed, State::Failed] {
            let (workflows, id) = (workflows(), CorrelationId::new("wf-1"));
            assert!(open(&workflows, &id).await);
            let running = load(&workflows, &id).await;
            let last = match end {
                State::Completed => workflows.completing(&running, &executed("wf-1"), None),
                _ => workflows.failing(
                    &running,
                    &Failure {
                        result: None,
                        frees_session: false,
                        ..Failure::of(&running, "the first reason")
                    },
                ),
            };
            assert!(workflows.write(last).await.expect("the table answers"));
            let ended = load(&workflows, &id).await;
            assert_eq!(ended.state, end);

            for (what, writes) in [
                ("a step", workflows.advancing(&id, "signal_generated")),
                (
                    "a result",
                    workflows.completing(&running, &executed("wf-1"), None),
                ),
                (
                    "a failure",
                    workflows.failing(
                        &running,
                        &Failure {
                            result: Some(&executed("wf-1")),
                            frees_session: true,
                            ..Failure::of(&running, "another reason")
                        },
                    ),
                ),
            ] {
                assert!(
                    !workflows.write(writes).await.expect("the table answers"),
                    "{what} after {end:?}"
                );
            }
            assert_eq!(
                workflows
                    .bind(&running, &PlanId::new("plan-1"), Some(0))
                    .await,
                Ok(Binding::Refused),
                "a plan after {end:?}"
            );
            assert!(
                !open(&workflows, &id).await,
                "a second beginning after {end:?}"
            );
            assert_eq!(load(&workflows, &id).await, ended, "nothing has changed");
        }
    });
}

#[test]
fn a_session_belongs_to_one_workflow_and_one_plan_until_it_is_set_free() {
    block_on(async {
        let workflows = workflows();
        let (first, second) = (CorrelationId::new("wf-1"), CorrelationId::new("wf-2"));
        assert!(open(&workflows, &first).await);
        assert!(!open(&workflows, &second).await, "the session is taken");
        let holder = load(&workflows, &first).await;
        assert_eq!(
            workflows
                .bind(&holder, &PlanId::new("plan-1"), Some(0))
                .await,
            Ok(Binding::First)
        );
        assert_eq!(
            workflows
                .bind(&holder, &PlanId::new("plan-1"), Some(0))
                .await,
            Ok(Binding::Resumed),
            "the same plan again"
        );
        assert_eq!(
            workflows
                .bind(&holder, &PlanId::new("plan-2"), Some(2))
                .await,
            Ok(Binding::Refused),
            "another plan"
        );
        let holder = load(&workflows, &first).await;
        assert_eq!(
            load(&workflows, &first).await.plan_id,
            Some(PlanId::new("plan-1"))
        );

        assert!(
            workflows
                .write(workflows.failing(
                    &holder,
                    &Failure {
                        result: None,
                        frees_session: false,
                        ..Failure::of(&holder, "orders were placed")
                    }
                ))
                .await
                .expect("the table answers")
        );
        assert!(
            !open(&workflows, &second).await,
            "a run with orders keeps its session"
        );
    });
}

#[test]
fn a_run_without_an_order_frees_its_own_session_and_no_other() {
    block_on(async {
        let workflows = workflows();
        let (first, second, third) = (
            CorrelationId::new("wf-1"),
            CorrelationId::new("wf-2"),
            CorrelationId::new("wf-3"),
        );
        assert!(open(&workflows, &first).await);
        let failed = load(&workflows, &first).await;
        assert!(
            workflows
                .write(workflows.failing(
                    &failed,
                    &Failure {
                        result: None,
                        frees_session: true,
                        ..Failure::of(&failed, "no price")
                    }
                ))
                .await
                .expect("the table answers")
        );
        assert!(open(&workflows, &second).await, "the session is free");
        assert_eq!(
            workflows
                .bind(&failed, &PlanId::new("plan-1"), Some(0))
                .await,
            Ok(Binding::Refused),
            "it is the second one's now"
        );

        // Somebody else's session: the second's run stays alone in it.
        let stranger = Workflow {
            correlation_id: third.clone(),
            ..load(&workflows, &second).await
        };
        let elsewhere = Session {
            occurrence: "2025-10-10T13:35:00Z".to_owned(),
            ..session()
        };
        assert!(
            workflows
                .write(workflows.opening(&third, &elsewhere))
                .await
                .expect("the table answers")
        );
        assert!(
            !workflows
                .write(workflows.failing(
                    &stranger,
                    &Failure {
                        result: None,
                        frees_session: true,
                        ..Failure::of(&stranger, "no price")
                    }
                ))
                .await
                .expect("the table answers")
        );
        assert!(
            !open(&workflows, &CorrelationId::new("wf-4")).await,
            "the session is still taken"
        );
    });
}

#[test]
fn the_first_notification_counts_and_makes_no_record() {
    block_on(async {
        let (workflows, id) = (workflows(), CorrelationId::new("wf-1"));
        let entry = |text: &str| BusEntry {
            detail: text.to_owned(),
            ..BusEntry::new(&executed("wf-1"), "alchemiser")
        };
        assert_eq!(
            workflows.pin_notification(&id, &entry("lonely")).await,
            Ok(entry("lonely"))
        );
        assert_eq!(
            workflows.load(&id).await,
            Ok(None),
            "a notification is no workflow"
        );
        assert!(open(&workflows, &id).await);
        assert_eq!(
            workflows.pin_notification(&id, &entry("first")).await,
            Ok(entry("first"))
        );
        assert_eq!(
            workflows.pin_notification(&id, &entry("second")).await,
            Ok(entry("first"))
        );
    });
}

/// What the account's count is after each binding and conclusion, and which plans may still be
/// bound.
#[test]
fn a_plan_is_bound_only_at_the_count_that_its_snapshot_was_taken_at() {
    block_on(async {
        let workflows = workflows();
        let (one, other) = (CorrelationId::new("wf-1"), CorrelationId::new("wf-2"));
        let elsewhere = Session {
            occurrence: "2025-10-10T13:40:00Z".to_owned(),
            ..session()
        };
        assert!(open(&workflows, &one).await);
        assert!(
            workflows
                .write(workflows.opening(&other, &elsewhere))
                .await
                .expect("the table answers")
        );
        assert_eq!(
            workflows.settled_sequence("PA1").await,
            Ok(Some(0)),
            "an account that nothing happened on"
        );

        let first = load(&workflows, &one).await;
        let plan = PlanId::new("plan-1");
        assert_eq!(
            workflows.bind(&first, &plan, None).await,
            Ok(Binding::Overtaken),
            "a plan that names no count"
        );
        assert_eq!(
            workflows.bind(&first, &plan, Some(1)).await,
            Ok(Binding::Overtaken),
            "a count that is not the account's"
        );
        assert_eq!(
            workflows.bind(&first, &plan, Some(0)).await,
            Ok(Binding::First)
        );
        assert_eq!(
            (
                workflows.settled_sequence("PA1").await,
                workflows.sequence("PA1").await
            ),
            (Ok(None), Ok(1)),
            "while it is carried out"
        );

        let second = load(&workflows, &other).await;
        let next = PlanId::new("plan-2");
        assert_eq!(
            workflows.bind(&second, &next, Some(0)).await,
            Ok(Binding::Overtaken),
            "a snapshot of before"
        );

        let bound = load(&workflows, &one).await;
        assert!(
            workflows
                .write(workflows.completing(&bound, &executed("wf-1"), Some(&plan)))
                .await
                .expect("the table answers")
        );
        assert_eq!(workflows.settled_sequence("PA1").await, Ok(Some(2)));
        assert_eq!(
            workflows.bind(&second, &next, Some(1)).await,
            Ok(Binding::Overtaken),
            "a snapshot of the middle"
        );
        assert_eq!(
            workflows.bind(&second, &next, Some(2)).await,
            Ok(Binding::First)
        );
    });
}

#[test]
fn a_plan_that_another_one_has_overtaken_halfway_is_only_wound_up() {
    block_on(async {
        let workflows = workflows();
        let (one, other) = (CorrelationId::new("wf-1"), CorrelationId::new("wf-2"));
        let elsewhere = Session {
            occurrence: "2025-10-10T13:40:00Z".to_owned(),
            ..session()
        };
        assert!(open(&workflows, &one).await);
        assert!(
            workflows
                .write(workflows.opening(&other, &elsewhere))
                .await
                .expect("the table answers")
        );
        assert_eq!(
            workflows
                .bind(
                    &load(&workflows, &one).await,
                    &PlanId::new("plan-1"),
                    Some(0)
                )
                .await,
            Ok(Binding::First)
        );
        // Its attempt dies; the other run plans anew under the account's lease, at the count as it
        // stands.
        let count = workflows.sequence("PA1").await.expect("the table answers");
        assert_eq!(
            workflows
                .bind(
                    &load(&workflows, &other).await,
                    &PlanId::new("plan-2"),
                    Some(count)
                )
                .await,
            Ok(Binding::First)
        );
        assert_eq!(
            workflows
                .bind(
                    &load(&workflows, &one).await,
                    &PlanId::new("plan-1"),
                    Some(0)
                )
                .await,
            Ok(Binding::Superseded)
        );
    });
}

/// The record of a workflow that was to end an hour ago.
fn overdue(id: &str) -> Value {
    let an_hour_ago = (opening().timestamp_millis() - 3_600_000).to_string();
    json!({
        "record_key": {"S": format!("workflow#{id}")},
        "kind": {"S": "workflow"},
        "correlation_id": {"S": id},
        "state": {"S": "running"},
        "account": {"S": "PA1"},
        "session_date": {"S": "2025-10-10"},
        "previous_session": {"S": "2025-10-09"},
        "occurrence": {"S": "2025-10-10"},
        "valid_until": {"S": "2025-10-10T20:00:00Z"},
        "started_at": {"N": an_hour_ago},
        "deadline": {"N": an_hour_ago},
        "awaits": {"S": "mail"},
    })
}

/// A page of the index, which holds keys only; `next` is where it goes on.
fn page(ids: &[&str], next: Option<&str>) -> Answer {
    let keys: Vec<Value> = ids
        .iter()
        .map(|id| json!({"record_key": {"S": format!("workflow#{id}")}, "awaits": {"S": "mail"}}))
        .collect();
    let mut answer = json!({"Items": keys, "Count": keys.len(), "ScannedCount": 1000});
    if let Some(key) = next {
        answer["LastEvaluatedKey"] = json!({"record_key": {"S": key}});
    }
    Ok((200, answer.to_string()))
}

fn record(item: Value) -> Answer {
    Ok((200, json!({"Item": item}).to_string()))
}

fn overdue_ids(http: &ScriptedHttp) -> Vec<String> {
    let workflows = Workflows::new(
        aws_over(http.clone(), 1).dynamodb(),
        "workflows",
        Arc::new(FixedClock(opening())),
    );
    let found = block_on(workflows.overdue()).expect("the table answers");
    found
        .workflows
        .into_iter()
        .map(|workflow| workflow.correlation_id.to_string())
        .collect()
}

#[test]
fn all_pages_of_overdue_workflows_are_read() {
    let http = ScriptedHttp::in_turn(vec![
        page(&["second"], Some("workflow#b")),
        record(overdue("second")),
        // A page may be empty and still not be the last.
        page(&[], Some("workflow#c")),
        page(&["first"], None),
        record(overdue("first")),
    ]);

    assert_eq!(overdue_ids(&http), ["first", "second"]);

    let begun_at: Vec<Value> = http
        .asked_for("Query")
        .into_iter()
        .map(|asked| asked.body["ExclusiveStartKey"].clone())
        .collect();
    let key = |key: &str| json!({"record_key": {"S": key}});
    assert_eq!(
        begun_at,
        [Value::Null, key("workflow#b"), key("workflow#c")]
    );
}

#[test]
fn the_record_counts_where_the_index_lags_behind() {
    let mut confirmed = overdue("confirmed");
    confirmed
        .as_object_mut()
        .expect("a record")
        .remove("awaits");
    let mut put_off = overdue("put-off");
    put_off["deadline"] = json!({"N": (opening().timestamp_millis() + 1).to_string()});
    let http = ScriptedHttp::in_turn(vec![
        page(&["confirmed", "put-off", "gone"], None),
        record(confirmed),
        record(put_off),
        Ok((200, "{}".to_owned())),
    ]);

    assert_eq!(overdue_ids(&http), [""; 0]);
}
