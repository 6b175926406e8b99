//! The table of workflows: what the watchdog finds in it.

mod support;

use std::sync::Arc;

use alchemiser::workflow::Workflows;
use serde_json::{Value, json};

use support::{FixedClock, ScriptedHttp, aws_over, block_on, opening};

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
        "occurrence": {"S": "2025-10-10"},
        "valid_until": {"S": "2025-10-10T20:00:00Z"},
        "started_at": {"N": an_hour_ago},
        "deadline": {"N": an_hour_ago},
    })
}

/// A page of a scan, as far as a megabyte goes; `next` is where it goes on.
fn page(items: &[Value], next: Option<&str>) -> (u16, String) {
    let mut answer = json!({"Items": items, "Count": items.len(), "ScannedCount": 1000});
    if let Some(key) = next {
        answer["LastEvaluatedKey"] = json!({"record_key": {"S": key}});
    }
    (200, answer.to_string())
}

#[test]
fn all_pages_of_overdue_workflows_are_read() {
    let http = ScriptedHttp::in_turn(vec![
        Ok(page(&[overdue("second")], Some("workflow#b"))),
        // A page may be empty and still not be the last: the filter is applied after the megabyte is read.
        Ok(page(&[], Some("workflow#c"))),
        Ok(page(&[overdue("first")], None)),
    ]);
    let workflows = Workflows::new(aws_over(http.clone(), 1).dynamodb(), "workflows", Arc::new(FixedClock(opening())));

    let found = block_on(workflows.overdue()).expect("the table answers");

    let ids: Vec<&str> = found.iter().map(|workflow| workflow.correlation_id.as_str()).collect();
    assert_eq!(ids, ["first", "second"]);
    let begun_at: Vec<Value> = http.asked_for("Scan").into_iter().map(|asked| asked.body["ExclusiveStartKey"].clone()).collect();
    let key = |key: &str| json!({"record_key": {"S": key}});
    assert_eq!(begun_at, [Value::Null, key("workflow#b"), key("workflow#c")]);
}
