//! The operator's program as a process, against the simulated cloud on a port: what each command
//! does, what it only says it would do, and what people see.

mod hostile;
mod runbooks;
mod served;
mod story;

use std::collections::BTreeSet;

use insta::{Settings, assert_snapshot};
use serde_json::{Value, json};

use self::served::{Served, written};
use self::story::{
    Fate, file, ids, letter_of_a_rule, letter_of_a_schedule, letter_of_the_function, send, workflow,
};

/// Runs commands one after the other, as in a terminal.
fn transcript(served: &Served, commands: &[&[&str]]) -> String {
    let line = |arguments: &&[&str]| {
        format!(
            "$ ops {}\n{}\n",
            arguments.join(" "),
            written(&served.run(arguments))
        )
    };
    commands.iter().map(line).collect()
}

/// Holds what people see against the reviewed text; ids and times are masked.
fn review(name: &str, text: &str) {
    let mut settings = Settings::clone_current();
    settings.set_snapshot_path("../snapshots/ops");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.add_filter(
        r"20(2[6-9]|[3-9]\d)-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z",
        "<now>",
    );
    settings.add_filter(r"ops-20\d{6}T\d{6}Z", "ops-<now>");
    settings.add_filter(
        r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
        "<id>",
    );
    settings.add_filter(r"127\.0\.0\.1:\d+", "127.0.0.1:<port>");
    settings.bind(|| assert_snapshot!(name, text));
}

fn letters(served: &Served) -> Vec<Value> {
    served.json(&["dlq", "list"])["letters"]
        .as_array()
        .expect("a list")
        .clone()
}

#[test]
fn the_help_tells_the_commands() {
    let served = Served::new();
    let help: Vec<&[&str]> = vec![
        &["--help"],
        &["dlq", "redrive", "--help"],
        &["replay", "start", "--help"],
        &["publish", "--help"],
    ];
    review("help", &transcript(&served, &help));
}

#[test]
fn an_event_is_put_only_with_yes() {
    let served = Served::new();
    let event =
        r#"{"source": "alchemiser.orchestration", "detail-type": "Surprise", "detail": {}}"#;
    file("surprise.json", event);
    let seen = transcript(
        &served,
        &[
            &["publish", "--example", "trade", "--correlation", "doomed-1"],
            &[
                "publish",
                "--example",
                "trade",
                "--correlation",
                "doomed-1",
                "--yes",
            ],
            &["publish", "surprise.json", "--yes"],
            &["publish", "surprise.json", "--unchecked", "--yes"],
        ],
    );
    review("publish", &seen);
    served.advance(300);
    let waiting = letters(&served);
    assert_eq!(
        waiting.len(),
        1,
        "the function failed on the one event that was put: {waiting:?}"
    );
    assert_eq!(
        (&waiting[0]["what"], &waiting[0]["correlation_id"]),
        (&json!("WorkflowStarted"), &json!("doomed-1"))
    );
}

#[test]
fn a_wrong_event_is_shown_with_its_place() {
    let served = Served::new();
    file(
        "broken.json",
        "{\n  \"source\": \"alchemiser.strategy\",\n  \"detail-type\": Signal\n}\n",
    );
    file("unknown.json", "{\"source\": \"a\", \"type\": \"b\"}\n");
    file(
        "list.json",
        "{\"source\": \"a\", \"detail-type\": \"b\", \"detail\": []}\n",
    );
    let event = r#"{"source": "alchemiser.execution", "detail-type": "TradeExecuted", "detail": {"correlation_id": "wf", "causation_id": "c",
        "event_id": "e", "timestamp": "2025-10-10T13:35:00Z", "source_module": "execution", "execution_data": {}, "success": 1}}"#;
    file("field.json", event);
    let seen = transcript(
        &served,
        &[
            &["publish", "broken.json"],
            &["publish", "unknown.json"],
            &["publish", "list.json"],
            &["publish", "field.json"],
            &["publish", "nothing.json"],
            &["publish", "nothing.json", "--json"],
            &["publish"],
        ],
    );
    review("wrong_event", &seen);
}

#[test]
fn dead_letters_of_every_form_are_told_apart_and_redriven_or_refused() {
    let served = Served::new();
    letter_of_the_function(&served, "doomed-1");
    letter_of_a_rule(&served);
    letter_of_a_schedule(&served);
    send(&served, "hello", &[]);
    let found = ids(&served.json(&["dlq", "list"]));
    let command = found
        .iter()
        .find(|(what, _)| what.starts_with("command"))
        .map(|(_, id)| id.as_str())
        .expect("the schedule's");
    let seen = transcript(
        &served,
        &[
            &["dlq", "list"],
            &["dlq", "list", "--detail-type", "WorkflowStarted"],
            &["dlq", "show", command],
            &["dlq", "show", "nothing"],
            &["dlq", "redrive", "--correlation", "doomed-1"],
            &["dlq", "redrive", "--yes"],
        ],
    );
    review("dead_letters", &seen);
    served.advance(2);
    let left = ids(&served.json(&["dlq", "list"]));
    let left: Vec<&str> = left.keys().map(String::as_str).collect();
    let unreadable = "unreadable: the body is not JSON";
    assert_eq!(
        left,
        ["WorkflowStarted", "command trade", unreadable],
        "the target of the rule is still not there"
    );
}

#[test]
fn a_redriven_event_is_the_original_and_is_put_once_for_all_its_letters() {
    let served = Served::new();
    letter_of_the_function(&served, "doomed-twice");
    let before = letters(&served);
    assert_eq!(before.len(), 2, "the event and its observation: {before:?}");
    let dry = served.json(&["dlq", "redrive"]);
    assert_eq!(
        (dry["done"].clone(), letters(&served).len()),
        (json!(false), 2)
    );
    let done = served.json(&["dlq", "redrive", "--yes"]);
    let events = done["events"].as_array().expect("a list");
    assert_eq!(
        (events.len(), events[0]["messages"].as_array().map(Vec::len)),
        (1, Some(2)),
        "{done}"
    );
    assert_eq!(letters(&served), Vec::<Value>::new());
    served.advance(300);
    let again = letters(&served);
    assert_eq!(
        again.len(),
        2,
        "it went to the function again, which failed again: {again:?}"
    );
    let event_of = |letter: &Value| {
        let body: Value =
            serde_json::from_str(letter["body"].as_str().expect("text")).expect("JSON");
        let payload = &body["requestPayload"];
        let event = payload.get("observe").unwrap_or(payload);
        (
            event["detail"].clone(),
            event["source"].clone(),
            event["resources"].clone(),
            event["time"].clone(),
        )
    };
    assert_eq!(
        event_of(&again[0]),
        event_of(&before[0]),
        "content, source, resources and time are the original's"
    );
}

#[test]
fn nothing_is_redriven_past_a_disabled_rule() {
    let served = Served::new();
    letter_of_the_function(&served, "doomed-1");
    served.json(&["rules", "disable", "trading-notification", "--yes"]);
    review(
        "redrive_disabled",
        &transcript(&served, &[&["dlq", "redrive", "--yes"]]),
    );
    assert_eq!(
        letters(&served).len(),
        1,
        "the letter is still there, and can be seen"
    );
}

#[test]
fn letters_that_somebody_else_looks_at_are_told() {
    let served = Served::new();
    letter_of_the_function(&served, "doomed-1");
    served.block_on(async {
        let sqs = served.aws.sqs();
        let url = sqs
            .get_queue_url()
            .queue_name("alchemiser-event-dlq-dev")
            .send()
            .await
            .expect("the queue is there");
        let taken = sqs
            .receive_message()
            .queue_url(url.queue_url().expect("a url"))
            .send()
            .await
            .expect("a receive");
        assert_eq!(taken.messages().len(), 1);
    });
    let redriven = served.json(&["dlq", "redrive", "--yes"]);
    assert_eq!(redriven["events"], json!([]));
    assert_eq!(
        redriven["notes"],
        json!(["1 more cannot be seen: somebody looks at them; they come back within minutes."])
    );
}

#[test]
fn a_purge_deletes_what_was_chosen() {
    let served = Served::new();
    letter_of_a_schedule(&served);
    send(&served, "hello", &[]);
    let found = ids(&served.json(&["dlq", "list"]));
    let unreadable = &found["unreadable: the body is not JSON"];
    review(
        "purge",
        &transcript(
            &served,
            &[
                &["dlq", "purge"],
                &["dlq", "purge", "--message", unreadable, "--yes"],
            ],
        ),
    );
    let left = letters(&served);
    assert_eq!((left.len(), &left[0]["form"]), (1, &json!("schedule")));
}

#[test]
fn rules_are_switched_and_named_as_people_call_them() {
    let served = Served::new();
    let seen = transcript(
        &served,
        &[
            &["rules", "list"],
            &[
                "rules",
                "disable",
                "rebalance-planned",
                "alchemiser-trade-executed-dev",
            ],
            &["rules", "disable", "rebalance-planned", "--yes"],
            &["rules", "disable", "--all"],
            &["rules", "enable", "rebalance-planned", "--yes"],
            &["rules", "enable", "rebalance"],
            &["rules", "enable"],
        ],
    );
    review("rules", &seen);
    let states = served.json(&["rules", "list"]);
    let own = states["rules"]
        .as_array()
        .expect("a list")
        .iter()
        .filter(|rule| rule["managed_by"].is_null());
    assert!(
        own.clone().count() == 8 && own.clone().all(|rule| rule["state"] == "ENABLED"),
        "{states}"
    );
}

#[expect(clippy::too_many_lines, reason = "a table of cases is read as one")]
#[test]
fn a_replay_brings_the_events_of_its_range_to_its_rules() {
    let served = Served::new();
    letter_of_the_function(&served, "doomed-1");
    served.json(&["dlq", "purge", "--all", "--yes"]);
    served.advance(600);
    let from = "2026-01-01T00:00:00Z";
    let seen = transcript(
        &served,
        &[
            &[
                "replay",
                "start",
                "--from",
                from,
                "--to",
                "2025-01-01T00:00:00Z",
            ],
            &["replay", "start", "--from", "yesterday"],
            &["replay", "start", "--from", from, "--rule", "notification"],
            &[
                "replay",
                "start",
                "--from",
                from,
                "--rule",
                "trading-notification",
            ],
            &["replay", "status", "first"],
            &[
                "replay",
                "start",
                "--from",
                from,
                "--rule",
                "trading-notification",
                "--name",
                "first",
                "--yes",
            ],
            &[
                "replay", "start", "--from", from, "--name", "first", "--yes",
            ],
        ],
    );
    review("replay", &seen);
    served.advance(300);
    review(
        "replay_status",
        &transcript(
            &served,
            &[&["replay", "status", "first"], &["replay", "status"]],
        ),
    );
    assert_eq!(
        letters(&served).len(),
        1,
        "the function got the event again, and failed again"
    );
    let other = [
        "replay",
        "start",
        "--from",
        from,
        "--rule",
        "trade-executed",
        "--name",
        "second",
        "--yes",
        "--wait",
        "--json",
    ];
    let output = served.run_in_haste(&other);
    let told: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", written(&output)));
    assert_eq!(told["state"], "COMPLETED");
    served.advance(300);
    assert_eq!(
        letters(&served).len(),
        1,
        "no other rule saw the second replay"
    );
}

#[test]
fn a_workflow_is_shown_with_its_steps_events_and_orders() {
    let served = Served::new();
    workflow(&served, "wf-stuck", Fate::Stuck);
    workflow(&served, "wf-done", Fate::Done);
    workflow(&served, "wf-hand", Fate::BegunByHand);
    review(
        "workflow",
        &transcript(
            &served,
            &[
                &["workflow", "show", "wf-stuck"],
                &["workflow", "show", "wf-done"],
                &["workflow", "show", "wf-no"],
            ],
        ),
    );
    let shown = served.json(&["workflow", "show", "wf-done"]);
    assert_eq!(
        (&shown["state"], shown["events"].as_array().map(Vec::len)),
        (&json!("completed"), Some(5))
    );
    assert_eq!(shown["notified_at"], "2025-10-10T13:35:00Z");
    assert_eq!(
        shown["orders"][1]["client_order_id"],
        "alch-MSFT-buy-1-0123456789abcdef0123"
    );
    let by_hand = served.json(&["workflow", "show", "wf-hand"]);
    let steps = by_hand["steps"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|step| step["key"].as_str().expect("text"));
    let names: Vec<&str> = steps
        .map(|key| key.split('#').next().expect("a name"))
        .collect();
    assert_eq!(
        BTreeSet::from_iter(names),
        BTreeSet::from(["execution", "orchestrator", "portfolio", "signals"]),
        "{by_hand}"
    );
}

#[test]
fn what_is_not_there_is_named_with_what_is() {
    let served = Served::new();
    let seen = transcript(
        &served,
        &[
            &["dlq", "list", "--queue", "alchemiser-event-dql-dev"],
            &["rules", "list", "--stage", "prod"],
            &[
                "replay",
                "start",
                "--from",
                "2026-01-01T00:00:00Z",
                "--stage",
                "prod",
                "--json",
            ],
            &["rules", "list", "--stage", "production"],
        ],
    );
    review("unknown_names", &seen);
}

#[test]
fn an_aws_that_cannot_be_reached_is_told_with_what_to_look_at() {
    let output = Served::run_against("http://127.0.0.1:9", &["rules", "list"]);
    let (code, said) = (output.status.code(), written(&output));
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.starts_with("looking for the event bus alchemiser-trading-events-dev: "),
        "{said}"
    );
    assert!(
        said.contains(
            "AWS cannot be reached: look at AWS_ENDPOINT_URL, AWS_REGION and the credentials"
        ),
        "{said}"
    );
}
