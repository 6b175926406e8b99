use std::io::Read;
use std::path::Path;

use alchemiser::event::Event;
use alchemiser::timestamp::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use crate::outcome::Problem;
use crate::routes::Sendable;

/// An event in a file: an envelope, of which what EventBridge itself gives may be left out.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Envelope {
    source: String,
    #[serde(rename = "detail-type")]
    detail_type: String,
    detail: Value,
    #[serde(default)]
    resources: Vec<String>,
    time: Option<Timestamp>,
    #[serde(rename = "version")]
    _version: Option<String>,
    #[serde(rename = "id")]
    _id: Option<String>,
    #[serde(rename = "account")]
    _account: Option<String>,
    #[serde(rename = "region")]
    _region: Option<String>,
    #[serde(rename = "replay-name")]
    _replay_name: Option<String>,
}

/// Reads the event in a file; `-` is standard input.
pub fn read(path: &Path) -> Result<Sendable, Problem> {
    let shown = if path == Path::new("-") {
        "standard input".to_owned()
    } else {
        path.display().to_string()
    };
    let text = text_of(path).map_err(|error| Problem::Usage(format!("{shown}: {error}")))?;
    let envelope: Envelope = serde_json::from_str(&text)
        .map_err(|error| Problem::Usage(misread(&shown, &text, &error)))?;
    if !envelope.detail.is_object() {
        return Err(Problem::Usage(format!(
            "{shown}: `detail` must be an object: EventBridge refuses any other"
        )));
    }
    Ok(Sendable {
        source: envelope.source,
        detail_type: envelope.detail_type,
        detail: envelope.detail.to_string(),
        resources: envelope.resources,
        time: envelope.time.map(|time| time.get().timestamp()),
    })
}

fn text_of(path: &Path) -> std::io::Result<String> {
    if path != Path::new("-") {
        return std::fs::read_to_string(path);
    }
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    Ok(text)
}

/// What is wrong, where, and the line itself.
fn misread(shown: &str, text: &str, error: &serde_json::Error) -> String {
    let place = format!(" at line {} column {}", error.line(), error.column());
    let reason = error.to_string().replace(&place, "");
    let line = text
        .lines()
        .nth(error.line().saturating_sub(1))
        .unwrap_or_default();
    format!(
        "{shown}:{}:{}: {reason}\n  {line}\nAn event is {{\"source\": \"alchemiser.orchestration\", \"detail-type\": \"WorkflowStarted\", \"detail\": {{...}}}}",
        error.line(),
        error.column()
    )
}

/// Whether the function could read the event.
///
/// # Errors
/// Why not, field and all.
pub fn check(event: &Sendable) -> Result<(), Problem> {
    let detail: Value = serde_json::from_str(&event.detail).unwrap_or_default();
    Event::parse(&event.detail_type, &detail)
        .map(|_| ())
        .map_err(|error| Problem::Usage(format!("the function could not read this event: {error}\nPut it all the same with --unchecked")))
}
