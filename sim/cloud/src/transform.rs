//! What a target gets: the event, a constant, a part of it, or a template filled in
//! (`input` of semantics.md).

use serde::de::IgnoredAny;
use serde_json::Value;

use super::json_text::{resolve, unquoted};
use crate::stack::{InputTransformer, Target};

const PATHS_MAX: usize = 100;
/// The longest template that PutTargets takes.
pub(super) const TEMPLATE_CHARACTERS_MAX: usize = 8192;
/// No target takes more: a message of SQS and an asynchronous invocation of Lambda have at most a
/// megabyte. A template of 8,192 characters can name an event hundreds of times.
const OUTPUT_BYTES_MAX: usize = 1024 * 1024;
const PREDEFINED: [&str; 5] = [
    "aws.events.rule-arn",
    "aws.events.rule-name",
    "aws.events.event.ingestion-time",
    "aws.events.event.json",
    "aws.events.event",
];

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

/// The payload for `target`, as text; none where nothing can be delivered, as for a template that
/// does not make valid JSON or makes more than a target takes, or a path that leads nowhere.
#[must_use]
pub fn payload(target: &Target, event: &str, context: &TransformContext<'_>) -> Option<String> {
    if let Some(input) = &target.input {
        return Some(input.clone());
    }
    if let Some(path) = &target.input_path {
        return resolve(event, path).map(str::to_owned);
    }
    match &target.input_transformer {
        Some(transformer) => transform(transformer, event, context),
        None => Some(event.to_owned()),
    }
}

/// Checks an input transformer as PutTargets does.
///
/// # Errors
/// AWS's words.
pub fn check(transformer: &InputTransformer, target: &str) -> Result<(), String> {
    let fits = |character: char| character.is_ascii_alphanumeric() || "_-".contains(character);
    if let Some(name) = transformer
        .paths
        .keys()
        .find(|name| name.is_empty() || name.len() > 256 || !name.chars().all(fits))
    {
        return Err(format!(
            "InputPathsMap for target {target} contains the invalid name {name:?}."
        ));
    }
    if transformer.paths.len() > PATHS_MAX {
        return Err(format!(
            "InputPathsMap for target {target} contains more than {PATHS_MAX} entries."
        ));
    }
    let known = |name: &str| transformer.paths.contains_key(name) || PREDEFINED.contains(&name);
    match placeholders(&transformer.template).find(|name| !known(name)) {
        Some(name) => Err(format!(
            "InputTemplate for target {target} contains invalid placeholder {name}."
        )),
        None => Ok(()),
    }
}

/// The names between `<` and `>`; other angle brackets are text.
fn placeholders(template: &str) -> impl Iterator<Item = &str> {
    template
        .split('<')
        .skip(1)
        .filter_map(|part| part.split_once('>'))
        .map(|(name, _)| name)
        .filter(|name| is_name(name))
}

fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name
            .chars()
            .all(|character| character.is_ascii_alphanumeric() || "_-.".contains(character))
}

fn transform(
    transformer: &InputTransformer,
    event: &str,
    context: &TransformContext<'_>,
) -> Option<String> {
    let template = transformer.template.as_str();
    let is_json = template.trim_start().starts_with('{');
    let mut filled = String::with_capacity(template.len() + event.len());
    let mut rest = template;
    let mut in_string = false;
    while let Some(start) = rest.find('<') {
        let (before, after) = rest.split_at(start);
        in_string ^= quotes(before) % 2 == 1;
        filled.push_str(before);
        let name = after[1..]
            .split_once('>')
            .map(|(name, _)| name)
            .filter(|name| is_name(name));
        let value =
            name.and_then(|name| Some((name, variable(transformer, name, event, context)?)));
        let Some((name, value)) = value else {
            filled.push('<');
            rest = &after[1..];
            continue;
        };
        filled.push_str(&splice(value, is_json, in_string));
        if filled.len() > OUTPUT_BYTES_MAX {
            return None;
        }
        rest = &after[name.len() + 2..];
    }
    filled.push_str(rest);
    if is_json {
        serde_json::from_str::<IgnoredAny>(&filled)
            .ok()
            .map(|_| filled)
    } else {
        Some(filled)
    }
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
    Json(String),
    Absent,
}

fn variable(
    transformer: &InputTransformer,
    name: &str,
    event: &str,
    context: &TransformContext<'_>,
) -> Option<Variable> {
    if let Some(path) = transformer.paths.get(name) {
        return Some(
            resolve(event, path).map_or(Variable::Absent, |json| Variable::Json(json.to_owned())),
        );
    }
    let text = |text: &str| Variable::Json(Value::from(text).to_string());
    Some(match name {
        "aws.events.rule-arn" => text(context.rule_arn),
        "aws.events.rule-name" => text(context.rule_name),
        "aws.events.event.ingestion-time" => text(context.ingestion_time),
        "aws.events.event.json" => Variable::Json(event.to_owned()),
        "aws.events.event" => Variable::Json(without_detail(event)),
        _ => return None,
    })
}

/// The event without its detail, in AWS's order, with `detail-type` renamed.
fn without_detail(event: &str) -> String {
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
    let member = |(name, key): &(&str, &str)| {
        resolve(event, &format!("$.{key}")).map(|json| format!("\"{name}\":{json}"))
    };
    let members: Vec<String> = fields.iter().filter_map(member).collect();
    format!("{{{}}}", members.join(","))
}

/// What stands for a placeholder. Spliced text is not escaped, and what has parts loses its quotes
/// in a text template.
fn splice(variable: Variable, is_json: bool, in_string: bool) -> String {
    let Variable::Json(json) = variable else {
        return (if is_json && !in_string { "\"\"" } else { "" }).to_owned();
    };
    match unquoted(&json) {
        Some(text) if in_string || !is_json => text,
        None if !is_json => json.replace('"', ""),
        _ => json,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENT: &str = r#"{"version":"0","id":"i","detail-type":"T","source":"s","account":"a","time":"t","region":"r","resources":[],"detail":{"x":"baz","n":1.50,"o":{"sf_id":"baz","acc_id":"0a78"},"l":["A","B"],"b":true,"q":"say \"no\""}}"#;

    fn target(shape: impl FnOnce(&mut Target)) -> Target {
        let mut target = Target {
            id: "t".to_owned(),
            arn: String::new(),
            input: None,
            input_path: None,
            input_transformer: None,
            retry_policy: Default::default(),
            dead_letter_arn: None,
            message_group_id: None,
            role_arn: None,
        };
        shape(&mut target);
        target
    }

    fn transformer(paths: &[(&str, &str)], template: &str) -> InputTransformer {
        let paths = paths
            .iter()
            .map(|(name, path)| ((*name).to_owned(), (*path).to_owned()))
            .collect();
        InputTransformer {
            paths,
            template: template.to_owned(),
        }
    }

    fn delivered(target: &Target) -> Option<String> {
        let context = TransformContext {
            rule_arn: "arn:rule",
            rule_name: "rule",
            ingestion_time: "now",
        };
        payload(target, EVENT, &context)
    }

    fn transformed(template: &str) -> Option<String> {
        let names =
            ["x", "n", "o", "l", "b", "q", "none"].map(|name| (name, format!("$.detail.{name}")));
        let paths: Vec<(&str, &str)> = names
            .iter()
            .map(|(name, path)| (*name, path.as_str()))
            .collect();
        delivered(&target(|target| {
            target.input_transformer = Some(transformer(&paths, template))
        }))
    }

    #[test]
    fn what_no_target_takes_is_not_made() {
        let event = EVENT.replace("baz", &"b".repeat(250_000));
        let context = TransformContext {
            rule_arn: "arn:rule",
            rule_name: "rule",
            ingestion_time: "now",
        };
        let made = |times: usize| {
            let template = "<aws.events.event.json> ".repeat(times);
            payload(
                &target(|target| target.input_transformer = Some(transformer(&[], &template))),
                &event,
                &context,
            )
        };
        assert!(made(2).is_some_and(|made| made.len() > 1_000_000));
        assert_eq!(made(3), None);
        assert_eq!(made(300), None);
    }

    #[test]
    fn without_shaping_a_target_gets_the_event() {
        assert_eq!(delivered(&target(|_| {})).as_deref(), Some(EVENT));
    }

    #[test]
    fn a_constant_input_replaces_the_event() {
        let constant = target(|target| target.input = Some(r#"{"mode": "trade"}"#.to_owned()));
        assert_eq!(
            delivered(&constant).as_deref(),
            Some(r#"{"mode": "trade"}"#)
        );
    }

    #[test]
    fn an_input_path_takes_a_part_with_its_quotes_and_nothing_where_it_leads_nowhere() {
        for (path, part) in [
            ("$.detail.x", Some("\"baz\"")),
            ("$.detail.n", Some("1.50")),
            ("$.detail.o", Some(r#"{"sf_id":"baz","acc_id":"0a78"}"#)),
            ("$.detail.l[1]", Some("\"B\"")),
            ("$.detail.none", None),
        ] {
            let target = target(|target| target.input_path = Some(path.to_owned()));
            assert_eq!(delivered(&target).as_deref(), part, "{path}");
        }
    }

    #[test]
    fn a_json_template_takes_values_as_json_and_texts_in_strings() {
        for (template, expected) in [
            (r#"{"v":<x>}"#, Some(r#"{"v":"baz"}"#)),
            (r#"{"v":"is <x>"}"#, Some(r#"{"v":"is baz"}"#)),
            (
                r#"{"v":<o>,"l":<l>,"b":<b>}"#,
                Some(r#"{"v":{"sf_id":"baz","acc_id":"0a78"},"l":["A","B"],"b":true}"#),
            ),
            (r#"{"v":"<n> and <b>"}"#, Some(r#"{"v":"1.50 and true"}"#)),
            (r#"{"v":<none>}"#, Some(r#"{"v":""}"#)),
            (r#"{"v":"<none>"}"#, Some(r#"{"v":""}"#)),
            (r#"{"v":"1 < 2 > <x>"}"#, Some(r#"{"v":"1 < 2 > baz"}"#)),
        ] {
            assert_eq!(transformed(template).as_deref(), expected, "{template}");
        }
    }

    #[test]
    fn a_json_template_that_makes_no_json_delivers_nothing() {
        for template in [
            r#"{"v":"<o>"}"#,
            r#"{"v":"<l>"}"#,
            r#"{"v":"<q>"}"#,
            r#"{"v":"<aws.events.event.json>"}"#,
        ] {
            assert_eq!(transformed(template), None, "{template}");
        }
    }

    #[test]
    fn a_text_template_keeps_its_own_quotes_and_strips_those_of_objects() {
        for (template, expected) in [
            (
                r#""got <o> and <l> and <b>""#,
                r#""got {sf_id:baz,acc_id:0a78} and [A,B] and true""#,
            ),
            (r#""nothing: <none>""#, r#""nothing: ""#),
            (r#""<q>""#, r#""say "no"""#),
            (
                "\"first <x>\"\n\"second <n>\"",
                "\"first baz\"\n\"second 1.50\"",
            ),
        ] {
            assert_eq!(
                transformed(template).as_deref(),
                Some(expected),
                "{template}"
            );
        }
    }

    #[test]
    fn predefined_variables_are_the_rule_the_time_and_the_event() {
        for (template, expected) in [
            (r#"{"rule":<aws.events.rule-name>,"arn":"<aws.events.rule-arn>"}"#, r#"{"rule":"rule","arn":"arn:rule"}"#.to_owned()),
            (r#"{"at":<aws.events.event.ingestion-time>}"#, r#"{"at":"now"}"#.to_owned()),
            (r#"{"observe": <aws.events.event.json>}"#, format!("{{\"observe\": {EVENT}}}")),
            (
                "{\"e\":<aws.events.event>}",
                r#"{"e":{"id":"i","account":"a","detailType":"T","time":"t","source":"s","region":"r","resources":[],"version":"0"}}"#
                    .to_owned(),
            ),
        ] {
            assert_eq!(transformed(template), Some(expected), "{template}");
        }
    }

    #[test]
    fn a_placeholder_must_be_known() {
        assert_eq!(
            check(
                &transformer(
                    &[("x", "$.detail.x")],
                    r#"{"a":<x>,"b":<aws.events.rule-arn>,"c":"1 < 2"}"#
                ),
                "t"
            ),
            Ok(())
        );
        let refused = |paths: &[(&str, &str)], template: &str| {
            check(&transformer(paths, template), "t").unwrap_err()
        };
        assert_eq!(
            refused(&[], r#"{"a":<unknown>}"#),
            "InputTemplate for target t contains invalid placeholder unknown."
        );
        assert!(refused(&[("a b", "$.x")], "\"x\"").contains("invalid name"));
        let many: Vec<(String, String)> = (0..=PATHS_MAX)
            .map(|number| (format!("n{number}"), "$.x".to_owned()))
            .collect();
        let many: Vec<(&str, &str)> = many
            .iter()
            .map(|(name, path)| (name.as_str(), path.as_str()))
            .collect();
        assert!(refused(&many, "\"x\"").contains("more than 100"));
    }
}
