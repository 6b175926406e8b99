use serde_json::{Value, json};

use crate::scenario::{Document, Span};

/// Statuses by which a server says that the mistake is its own.
const STATUSES: [u64; 4] = [500, 502, 503, 504];
/// Spans from within all time limits to beyond them.
const LADDER: [&str; 13] = [
    "1s", "2s", "5s", "10s", "20s", "45s", "50s", "1m", "2m", "5m", "10m", "20m", "1h",
];

/// What may stand in the place of values of a small document's faults, a sentence each: all else may
/// be so, and it `shows` the same.
pub(super) fn explained(document: &Document, shows: impl Fn(&Document) -> bool) -> Vec<String> {
    let faults = document.0["faults"].as_array().into_iter().flatten();
    let mut sentences = Vec::new();
    for (place, fault) in faults.enumerate() {
        let Some((name, value)) = fault["effect"]
            .as_object()
            .and_then(|map| map.iter().next())
        else {
            continue;
        };
        let holds = |value: &Value| {
            let mut document = document.clone();
            document.0["faults"][place]["effect"] = json!({ name: value });
            shows(&document)
        };
        let said = match (name.as_str(), value) {
            ("status", own) => any_status(own, holds),
            (_, Value::String(own)) => any_span(own, holds),
            _ => None,
        };
        sentences.extend(said.map(|said| format!("Fault {}: any {name} {said}.", place + 1)));
    }
    sentences
}

fn any_status(own: &Value, holds: impl Fn(&Value) -> bool) -> Option<String> {
    let others = STATUSES.map(|status| json!(status));
    let mut others = others.iter().filter(|status| *status != own);
    others
        .all(holds)
        .then(|| "of 500, 502, 503 and 504".to_owned())
}

/// The spans next to this one that do as well, without a gap.
fn any_span(own: &str, holds: impl Fn(&Value) -> bool) -> Option<String> {
    let length = |span: &str| span.parse::<Span>().map(|span| span.0).ok();
    let own_length = length(own)?;
    let holds = |span: &&&str| holds(&json!(span));
    let below: Vec<&str> = LADDER
        .into_iter()
        .filter(|span| length(span) < Some(own_length))
        .collect();
    let above: Vec<&str> = LADDER
        .into_iter()
        .filter(|span| length(span) > Some(own_length))
        .collect();
    let least = below.iter().rev().take_while(holds).last();
    let most = above.iter().take_while(holds).last();
    match (least, most) {
        (None, None) => None,
        (least, most) => Some(format!(
            "from {} to {}",
            least.copied().unwrap_or(own),
            most.copied().unwrap_or(own)
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(faults: Value, shows: impl Fn(&Value) -> bool) -> Vec<String> {
        let document = Document(json!({ "faults": faults }));
        explained(&document, |document| {
            shows(&document.0["faults"][0]["effect"])
        })
    }

    #[test]
    fn spans_that_do_as_well_are_named_without_a_gap() {
        let delay = |by: &str| json!([{"effect": {"delay": by}}, {"effect": "crash"}]);
        let longer = |least: &'static str| {
            move |effect: &Value| {
                let span = |text: &str| text.parse::<Span>().expect("a span").0;
                let by = effect["delay"].as_str().expect("a delay");
                span(by) >= span(least) && by != "10m"
            }
        };
        assert_eq!(
            said(delay("50s"), longer("45s")),
            ["Fault 1: any delay from 45s to 5m."]
        );
        assert_eq!(
            said(delay("48s"), longer("48s")),
            ["Fault 1: any delay from 48s to 5m."]
        );
        assert_eq!(
            said(delay("50s"), |effect| effect["delay"] == "50s"),
            [""; 0]
        );
    }

    #[test]
    fn any_status_is_all_of_them() {
        let status = json!([{"effect": {"status": 503}}]);
        let all = ["Fault 1: any status of 500, 502, 503 and 504."];
        assert_eq!(said(status.clone(), |_| true), all);
        assert_eq!(said(status, |effect| effect["status"] != 504), [""; 0]);
    }
}
