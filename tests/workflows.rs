//! The table of workflows: what the watchdog finds in it.

mod support;

use std::sync::Arc;

use alchemiser::workflow::Workflows;
use serde_json::{Value, json};

use support::{Answer, FixedClock, ScriptedHttp, aws_over, block_on, opening};

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
    let keys: Vec<Value> = ids.iter().map(|id| json!({"record_key": {"S": format!("workflow#{id}")}, "awaits": {"S": "mail"}})).collect();
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
    let workflows = Workflows::new(aws_over(http.clone(), 1).dynamodb(), "workflows", Arc::new(FixedClock(opening())));
    let found = block_on(workflows.overdue()).expect("the table answers");
    found.into_iter().map(|workflow| workflow.correlation_id.to_string()).collect()
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

    let begun_at: Vec<Value> = http.asked_for("Query").into_iter().map(|asked| asked.body["ExclusiveStartKey"].clone()).collect();
    let key = |key: &str| json!({"record_key": {"S": key}});
    assert_eq!(begun_at, [Value::Null, key("workflow#b"), key("workflow#c")]);
}

#[test]
fn the_record_counts_where_the_index_lags_behind() {
    let mut confirmed = overdue("confirmed");
    confirmed.as_object_mut().expect("a record").remove("awaits");
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
