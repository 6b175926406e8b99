//! What a target gets: the event, a constant, a part of it, or a template filled in (semantics 3.3).

use serde_json::Value;

use super::template::{InputTransformer, Target};

/// What the predefined variables stand for.
#[derive(Clone, Debug)]
pub struct TransformContext<'a> {
    /// `aws.events.rule-arn`
    pub rule_arn: &'a str,
    /// `aws.events.rule-name`
    pub rule_name: &'a str,
    /// `aws.events.event.ingestion-time`
    pub ingestion_time: &'a str,
}

/// The payload for `target`, as text; none where nothing can be delivered, as for a template that does not make
/// valid JSON.
#[must_use]
pub fn payload(target: &Target, event: &str, context: &TransformContext<'_>) -> Option<String> {
    if let Some(input) = &target.input {
        return Some(input.clone());
    }
    let parsed = || serde_json::from_str::<Value>(event).ok();
    if let Some(path) = &target.input_path {
        return resolve(&parsed()?, path).map(|value| value.to_string());
    }
    match &target.input_transformer {
        Some(transformer) => transform(transformer, event, &parsed()?, context),
        None => Some(event.to_owned()),
    }
}

fn transform(transformer: &InputTransformer, event: &str, parsed: &Value, context: &TransformContext<'_>) -> Option<String> {
    let template = transformer.template.as_str();
    let is_json = template.trim_start().starts_with('{');
    let mut filled = String::with_capacity(template.len() + event.len());
    let mut rest = template;
    let mut in_string = false;
    while let Some(start) = rest.find('<') {
        let (before, after) = rest.split_at(start);
        in_string ^= quotes(before) % 2 == 1;
        filled.push_str(before);
        let Some(end) = after.find('>') else {
            filled.push_str(after);
            rest = "";
            break;
        };
        let name = &after[1..end];
        match variable(transformer, name, event, parsed, context) {
            Some(value) => filled.push_str(&splice(value, is_json, in_string)),
            None => filled.push_str(&after[..=end]),
        }
        rest = &after[end + 1..];
    }
    filled.push_str(rest);
    if is_json { serde_json::from_str::<Value>(&filled).ok().map(|_| filled) } else { Some(filled) }
}

fn quotes(text: &str) -> usize {
    let mut escaped = false;
    let mut count = 0;
    for character in text.chars() {
        if character == '"' && !escaped {
            count += 1;
        }
        escaped = character == '\\' && !escaped;
    }
    count
}

enum Variable {
    Json(Value),
    Raw(String),
    Absent,
}

fn variable(transformer: &InputTransformer, name: &str, event: &str, parsed: &Value, context: &TransformContext<'_>) -> Option<Variable> {
    if let Some(path) = transformer.paths.get(name) {
        return Some(resolve(parsed, path).map_or(Variable::Absent, |value| Variable::Json(value.clone())));
    }
    Some(match name {
        "aws.events.rule-arn" => Variable::Json(Value::String(context.rule_arn.to_owned())),
        "aws.events.rule-name" => Variable::Json(Value::String(context.rule_name.to_owned())),
        "aws.events.event.ingestion-time" => Variable::Json(Value::String(context.ingestion_time.to_owned())),
        "aws.events.event.json" => Variable::Raw(event.to_owned()),
        "aws.events.event" => Variable::Raw(without_detail(parsed)),
        _ => return None,
    })
}

/// The event without its detail, in AWS's order, with `detail-type` renamed.
fn without_detail(event: &Value) -> String {
    let fields = [
        ("id", "id"),
        ("account", "account"),
        ("detailType", "detail-type"),
        ("time", "time"),
        ("source", "source"),
        ("region", "region"),
        ("resources", "resources"),
        ("version", "version"),
    ];
    let members: Vec<String> = fields.iter().filter_map(|(name, key)| event.get(key).map(|value| format!("\"{name}\":{value}"))).collect();
    format!("{{{}}}", members.join(","))
}

fn splice(variable: Variable, is_json: bool, in_string: bool) -> String {
    match variable {
        Variable::Absent => (if is_json && !in_string { "\"\"" } else { "" }).to_owned(),
        Variable::Raw(text) if is_json => text,
        Variable::Raw(text) => text.replace('"', ""),
        Variable::Json(Value::String(text)) if in_string || !is_json => text,
        Variable::Json(value @ (Value::Object(_) | Value::Array(_))) if !is_json => value.to_string().replace('"', ""),
        Variable::Json(value) => value.to_string(),
    }
}

/// Follows `$.a.b[0].c`.
fn resolve<'a>(event: &'a Value, path: &str) -> Option<&'a Value> {
    let path = path.strip_prefix('$')?;
    let mut value = event;
    for segment in path.split('.').filter(|segment| !segment.is_empty()) {
        let (name, indexes) = segment.split_once('[').map_or((segment, None), |(name, rest)| (name, Some(rest)));
        if !name.is_empty() {
            value = value.get(name)?;
        }
        for index in indexes.into_iter().flat_map(|text| text.split('[')) {
            let index = index.strip_suffix(']')?.trim_matches(['\'', '"']);
            value = match index.parse::<usize>() {
                Ok(number) => value.get(number)?,
                Err(_) => value.get(index)?,
            };
        }
    }
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENT: &str = r#"{"version":"0","id":"i","detail-type":"T","source":"s","account":"a","time":"t","region":"r","resources":[],"detail":{"x":"baz","n":1,"o":{"acc_id":"0a78"},"l":["A","B"],"b":true}}"#;

    fn transformed(paths: &[(&str, &str)], template: &str) -> Option<String> {
        let paths = paths.iter().map(|(name, path)| ((*name).to_owned(), (*path).to_owned())).collect();
        let transformer = InputTransformer { paths, template: template.to_owned() };
        let context = TransformContext { rule_arn: "arn:rule", rule_name: "rule", ingestion_time: "now" };
        transform(&transformer, EVENT, &serde_json::from_str(EVENT).expect("json"), &context)
    }

    #[test]
    fn fills_templates_as_recorded_from_aws() {
        let paths = [("x", "$.detail.x"), ("o", "$.detail.o"), ("l", "$.detail.l"), ("b", "$.detail.b"), ("none", "$.detail.none")];
        for (template, expected) in [
            (r#"{"v":<x>}"#, Some(r#"{"v":"baz"}"#)),
            (r#"{"v":"is <x>"}"#, Some(r#"{"v":"is baz"}"#)),
            (r#"{"v":<o>,"l":<l>,"b":<b>}"#, Some(r#"{"v":{"acc_id":"0a78"},"l":["A","B"],"b":true}"#)),
            (r#"{"v":"<o>"}"#, None),
            (r#""got <o> and <l> and <b>""#, Some(r#""got {acc_id:0a78} and [A,B] and true""#)),
            (r#"{"v":<none>}"#, Some(r#"{"v":""}"#)),
            (r#""nothing: <none>""#, Some(r#""nothing: ""#)),
            (r#"{"rule":<aws.events.rule-name>}"#, Some(r#"{"rule":"rule"}"#)),
        ] {
            assert_eq!(transformed(&paths, template).as_deref(), expected, "{template}");
        }
        let observed = transformed(&[], r#"{"observe": <aws.events.event.json>}"#).expect("valid");
        assert_eq!(observed, format!("{{\"observe\": {EVENT}}}"));
        let event = transformed(&[], "{\"e\":<aws.events.event>}").expect("valid");
        assert!(event.starts_with(r#"{"e":{"id":"i","account":"a","detailType":"T""#), "{event}");
    }
}
