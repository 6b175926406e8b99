//! Compares the engine with recorded answers of AWS and of its open matcher.
//!
//! The files are read from the folder in `PATTERN_ORACLES`, or from `../shared/oracle` beside the project. Where they
//! are absent the tests say so and judge nothing.

use std::path::PathBuf;

use alchemiser_sim::cloud::pattern::{FlatEvent, Pattern, validate_test_event};
use serde_json::Value;

fn oracle_rows(file: &str) -> Option<Vec<String>> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/oracle");
    let folder = std::env::var("PATTERN_ORACLES").unwrap_or_else(|_| beside.to_owned());
    let path = PathBuf::from(folder).join(file);
    match std::fs::read_to_string(&path) {
        Ok(text) => Some(text.lines().filter(|line| !line.trim().is_empty()).map(str::to_owned).collect()),
        Err(error) => {
            eprintln!("NOT JUDGED: oracle {} cannot be read: {error}", path.display());
            None
        }
    }
}

/// The text of a row's value at `key`, or the text inside the string at `key` + `_raw`. The value's own spelling counts
/// (order of keys, numbers), so it is cut from the line rather than printed from a parsed value.
fn document(line: &str, row: &Value, key: &str) -> Option<String> {
    if let Some(raw) = row.get(format!("{key}_raw")) {
        return Some(raw.as_str().expect("a raw document is a string").to_owned());
    }
    row.get(key)?;
    let mut depth = 0_i32;
    let mut value_start = 0;
    let bytes = line.as_bytes();
    let mut at = 0;
    let mut last_key = String::new();
    while at < bytes.len() {
        match bytes[at] {
            b'"' => {
                let end = string_end(bytes, at);
                if depth == 1 && bytes.get(end) == Some(&b':') {
                    last_key = line[at + 1..end - 1].to_owned();
                    value_start = end + 1;
                }
                at = end;
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth -= 1,
            _ => {}
        }
        let ends_value = (bytes[at] == b',' && depth == 1) || depth == 0;
        if ends_value && last_key == key {
            return Some(line[value_start..at].trim().to_owned());
        }
        at += 1;
    }
    None
}

fn string_end(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while bytes[at] != b'"' {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    at + 1
}

/// What the engine answers, in the words of the oracle: `match`, `no_match` or the error's message.
fn answer(name: &str, pattern: &str, event: &str) -> String {
    if name.contains("/TestEventPattern_")
        && let Err(error) = validate_test_event(event)
    {
        return error.to_string();
    }
    let pattern = match Pattern::parse(pattern) {
        Ok(pattern) => pattern,
        Err(error) => return error.message().to_owned(),
    };
    match FlatEvent::parse(event) {
        Ok(event) if pattern.matches(&event) => "match".to_owned(),
        Ok(_) => "no_match".to_owned(),
        Err(error) => error.to_string(),
    }
}

/// LocalStack's snapshots hide what varies between accounts.
fn masked(answer: &str, expected: &str) -> String {
    if expected.contains("<partition>") {
        answer.replace("arn:aws:events:us-east-1:", "arn:<partition>:events:<region>:")
    } else {
        answer.to_owned()
    }
}

fn agree_on(file: &str, rows_expected: usize) {
    let Some(rows) = oracle_rows(file) else {
        return;
    };
    let mut disagreements = Vec::new();
    for line in &rows {
        let row: Value = serde_json::from_str(line).expect("an oracle row is JSON");
        let name = row["name"].as_str().expect("a row has a name");
        let pattern = document(line, &row, "pattern").expect("a row has a pattern");
        let event = document(line, &row, "event").unwrap_or_else(|| "{}".to_owned());
        let mut answer = answer(name, &pattern, &event);
        let mut expected = row["expect"].as_str().expect("a row has an answer");
        if expected == "error" {
            expected = row["error"].as_str().expect("an error has a text");
            if let Some(raw) = row.get("error_raw").and_then(Value::as_str) {
                expected = raw;
                answer = masked(&answer, expected);
            } else {
                answer = answer.lines().next().unwrap_or_default().to_owned();
            }
        }
        if answer != expected {
            disagreements.push(format!("{name}\n  pattern  {pattern}\n  event    {event}\n  expected {expected}\n  answered {answer}"));
        }
    }
    println!("{file}: {} rows, {} disagreements", rows.len(), disagreements.len());
    assert_eq!(rows.len(), rows_expected, "{file} has another number of rows than it had");
    assert!(disagreements.is_empty(), "{file}: {} disagreements\n{}", disagreements.len(), disagreements.join("\n"));
}

#[test]
fn agrees_with_answers_recorded_from_aws() {
    agree_on("patterns-aws-recorded.jsonl", 176);
}

#[test]
fn agrees_with_the_open_matcher_of_aws() {
    agree_on("patterns-ruler.jsonl", 1520);
}
