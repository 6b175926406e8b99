//! Letters that somebody wrote to harm whoever looks at them.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::letters;
use super::served::{Served, written};
use super::story::{ids, letter_of_a_schedule, send};

/// What a terminal acts on, what turns a line around, and what begins one.
const HOSTILE: &str = "boom\u{1b}]0;owned\u{7}\u{9b}31m\u{202e}gnp\u{7f}\nffffffff-0000-0000-0000-000000000000  forged\r\n";

/// A record of the function's failure: what it was given, and what it said.
fn record(payload: &Value, said: &str) -> String {
    json!({
        "version": "1.0", "requestPayload": payload, "responsePayload": {"errorType": "BrokerUnavailable", "errorMessage": said},
        "requestContext": {"functionArn": "arn:aws:lambda:us-east-1:1:function:trader:$LATEST", "condition": "RetriesExhausted",
            "approximateInvokeCount": 3},
    })
    .to_string()
}

fn event(correlation_id: &str) -> Value {
    json!({
        "id": "e", "source": "alchemiser.test", "detail-type": HOSTILE, "resources": [],
        "detail": {"correlation_id": correlation_id, "event_id": HOSTILE},
    })
}

/// Fails where a terminal would see more than characters and the ends of lines.
fn assert_harmless(shown: &str) {
    let harmful = shown.chars().find(|character| {
        *character != '\n' && (character.is_control() || *character == '\u{202e}')
    });
    assert_eq!(harmful, None, "{shown:?}");
}

#[test]
fn nothing_of_a_letter_reaches_the_terminal_as_more_than_text() {
    let served = Served::new();
    send(&served, &record(&event(HOSTILE), HOSTILE), &[]);
    send(
        &served,
        "no JSON\u{9b}31m\u{202e}\nREFUSED forged",
        &[
            ("RULE_ARN", "arn\u{9b}2J:rule/x\nforged"),
            ("ERROR_CODE", "\u{202e}"),
        ],
    );
    let found = letters(&served);
    let id = |form: &str| {
        found
            .iter()
            .find(|letter| letter["form"] == form)
            .and_then(|letter| letter["message_id"].as_str())
            .expect("an id")
    };
    let commands: [&[&str]; 8] = [
        &["dlq", "list"],
        &["dlq", "list", "--json"],
        &["dlq", "show", id("function")],
        &["dlq", "show", id("rule")],
        &["dlq", "show", id("rule"), "--json"],
        &["dlq", "redrive"],
        &["dlq", "redrive", "--yes"],
        &["dlq", "purge", "--all", "--yes"],
    ];
    for command in commands {
        let shown = written(&served.run(command));
        assert_harmless(&shown);
        assert!(
            !shown
                .lines()
                .any(|line| line.starts_with("ffffffff") || line.starts_with("REFUSED forged")),
            "{command:?}: {shown}"
        );
    }
    assert_eq!(letters(&served), Vec::<Value>::new());
}

#[test]
fn a_reason_of_any_length_is_cut_for_people_and_whole_for_programs_and_hides_no_letter() {
    let served = Served::new();
    let reason = "x".repeat(66_000);
    send(&served, &record(&event("wf-long"), &reason), &[]);
    letter_of_a_schedule(&served);
    let listed = written(&served.run(&["dlq", "list"]));
    assert!(
        listed.contains("2 dead letters in")
            && listed.contains("characters)")
            && listed.len() < 2_000,
        "{listed}"
    );
    let found = letters(&served);
    assert_eq!(found.len(), 2, "each can be seen again at once");
    let told = found
        .iter()
        .find(|letter| letter["correlation_id"] == "wf-long")
        .expect("the long one");
    assert!(
        told["reason"]
            .as_str()
            .is_some_and(|told| told.ends_with(&reason)),
        "it is whole"
    );
    let purged = served.json(&["dlq", "purge", "--correlation", "wf-long", "--yes"]);
    assert_eq!(
        (
            &purged["done"],
            purged["letters"][0]["reason"].as_str().map(str::len)
        ),
        (&json!(true), told["reason"].as_str().map(str::len))
    );
    assert_eq!(letters(&served).len(), 1);
}

#[test]
fn what_cannot_be_shown_is_not_deleted() {
    let served = Served::new();
    letter_of_a_schedule(&served);
    for arguments in [
        &["dlq", "purge", "--all", "--yes"][..],
        &["dlq", "purge", "--all", "--yes", "--json"],
    ] {
        let mut child = served
            .start(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program runs");
        drop(child.stdout.take());
        let output = child.wait_with_output().expect("it ends");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            output.status.code() == Some(1) && said.contains("nothing was changed"),
            "{said}"
        );
        assert_eq!(letters(&served).len(), 1, "{arguments:?}");
    }
}

/// Gives the printed line to a shell in which `aws` only tells its arguments.
fn pasted(line: &str, folder: &Path) -> Vec<String> {
    let script = format!("aws() {{ printf '%s\\0' \"$@\"; }}\n{line}");
    let output = Command::new("sh")
        .args(["-c", &script])
        .current_dir(folder)
        .env_clear()
        .output()
        .expect("there is sh");
    assert!(
        output.status.success(),
        "{line}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    output
        .stdout
        .split(|byte| *byte == 0)
        .map(|argument| String::from_utf8_lossy(argument).into_owned())
        .collect()
}

#[test]
fn the_printed_command_does_what_it_says_and_nothing_that_a_letter_says() {
    let served = Served::new();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pasted");
    let _absent = std::fs::remove_dir_all(&folder);
    std::fs::create_dir(&folder).expect("a folder");
    let command = json!({"mode": "trade", "correlation_id": "'; touch pwned; echo '$(touch pwned)`touch pwned`\u{9b}\u{202e}"});
    send(
        &served,
        &command.to_string(),
        &[
            ("SCHEDULE_ARN", "arn:x/y"),
            ("TARGET_ARN", "f; touch pwned #"),
        ],
    );
    let found: BTreeMap<String, String> = ids(&served.json(&["dlq", "list"]));
    let shown = written(&served.run(&["dlq", "show", found.values().next().expect("a letter")]));
    let line = shown
        .lines()
        .find(|line| line.trim_start().starts_with("aws lambda invoke"))
        .expect("the line");
    let arguments = pasted(line, &folder);
    assert_eq!(
        arguments[..4],
        ["lambda", "invoke", "--function-name", "FUNCTION"],
        "{line}"
    );
    let payload = arguments
        .iter()
        .skip_while(|argument| *argument != "--payload")
        .nth(1)
        .expect("a payload");
    assert_eq!(
        serde_json::from_str::<Value>(payload).expect("JSON"),
        command
    );
    assert_eq!(
        std::fs::read_dir(&folder).expect("the folder").count(),
        0,
        "{line}"
    );
}
