//! Filter policies: event patterns over the attributes or the text of a message, with limits of
//! their own (SNS Developer Guide, "Filter policy constraints").

use std::collections::BTreeMap;

use event_pattern::{FlatEvent, Pattern};
use serde_json::{Map, Number, Value};

use super::publication::Publication;
use crate::sqs::{AttributeValue, MessageAttribute};

const KEYS_MAX: usize = 5;
const COMBINATIONS_MAX: usize = 150;

/// Over what a filter policy is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Scope {
    /// The attributes of the message.
    #[default]
    Attributes,
    /// Its text, an object in JSON.
    Body,
}

impl Scope {
    /// The scope with that name.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "MessageAttributes" => Some(Self::Attributes),
            "MessageBody" => Some(Self::Body),
            _ => None,
        }
    }
}

/// A filter policy, ready to be matched.
#[derive(Clone, Debug)]
pub(super) struct FilterPolicy {
    pattern: Pattern,
    scope: Scope,
}

impl FilterPolicy {
    /// Reads a policy.
    ///
    /// # Errors
    /// What SNS says against it.
    pub fn parse(text: &str, scope: Scope) -> Result<Self, String> {
        let policy: Value = serde_json::from_str(text)
            .map_err(|error| format!("FilterPolicy: failed to parse JSON. {error}"))?;
        let Value::Object(policy) = policy else {
            return Err("FilterPolicy: failed to parse JSON. It must be an object".to_owned());
        };
        if policy.len() > KEYS_MAX {
            return Err(format!(
                "FilterPolicy: Filter policy can not have more than {KEYS_MAX} keys"
            ));
        }
        if combinations(&policy, scope, 1, 1)? > COMBINATIONS_MAX {
            return Err("FilterPolicy: Filter policy is too complex".to_owned());
        }
        let pattern = Pattern::parse(text).map_err(|error| {
            let message = error.message();
            let reason = message.strip_prefix("Event pattern is not valid. Reason: ");
            format!("FilterPolicy: {}", reason.unwrap_or(message))
        })?;
        Ok(Self { pattern, scope })
    }

    /// Whether a message passes.
    pub fn passes(&self, publication: &Publication) -> bool {
        let seen = match self.scope {
            Scope::Attributes => attributes_seen(&publication.attributes),
            Scope::Body => publication.message.to_string(),
        };
        FlatEvent::parse(&seen).is_ok_and(|event| self.pattern.matches(&event))
    }
}

/// The number of combinations: of each key the number of its values times the depth, multiplied;
/// the branches of `$or` add up.
fn combinations(
    policy: &Map<String, Value>,
    scope: Scope,
    depth: usize,
    before: usize,
) -> Result<usize, String> {
    if depth > 1 && scope == Scope::Attributes {
        return Err(
            "Filter policy scope MessageAttributes does not support nested filter policy"
                .to_owned(),
        );
    }
    let mut total = before;
    for (key, value) in policy {
        total = match value {
            Value::Object(inner) => combinations(inner, scope, depth + 1, total)?,
            Value::Array(values) if values.is_empty() => {
                return Err("FilterPolicy: Empty arrays are not allowed".to_owned());
            }
            Value::Array(branches) if key == "$or" => {
                let mut sum = 0_usize;
                for branch in branches.iter().filter_map(Value::as_object) {
                    sum = sum.saturating_add(combinations(branch, scope, depth, total)?);
                }
                sum
            }
            Value::Array(values) => total.saturating_mul(values.len()).saturating_mul(depth),
            _ => {
                return Err(format!(
                    "FilterPolicy: \"{key}\" must be an object or an array"
                ));
            }
        };
    }
    Ok(total)
}

/// The attributes as an event: texts, numbers, and the values of arrays. Others are not compared.
fn attributes_seen(attributes: &BTreeMap<String, MessageAttribute>) -> String {
    let mut seen = Map::new();
    for (name, attribute) in attributes {
        let AttributeValue::Text(text) = &attribute.value else {
            continue;
        };
        let value = match attribute.data_type.as_str() {
            "String.Array" => serde_json::from_str(text).ok(),
            kind if kind.starts_with("Number") => {
                serde_json::from_str::<Number>(text).ok().map(Value::Number)
            }
            _ => Some(Value::from(text.as_str())),
        };
        seen.extend(value.map(|value| (name.clone(), value)));
    }
    Value::Object(seen).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(text: &str, scope: Scope) -> String {
        FilterPolicy::parse(text, scope).expect_err("it is refused")
    }

    #[test]
    fn the_limits_are_those_of_sns() {
        let six = r#"{"a":["1"],"b":["1"],"c":["1"],"d":["1"],"e":["1"],"f":["1"]}"#;
        assert!(reason(six, Scope::Attributes).ends_with("can not have more than 5 keys"));
        let nested = r#"{"a":{"b":["1"]}}"#;
        assert!(
            reason(nested, Scope::Attributes).ends_with("does not support nested filter policy")
        );
        assert!(FilterPolicy::parse(nested, Scope::Body).is_ok());
        // 3 x 4 x 2 x 3 = 72, as the guide counts it.
        let values = |count: usize| serde_json::json!(vec!["x"; count]);
        let policy = |first: usize| serde_json::json!({ "a": { "b": { "c": values(first) } }, "d": { "e": values(3) } });
        let map = |value: Value| value.as_object().expect("an object").clone();
        assert_eq!(combinations(&map(policy(4)), Scope::Body, 1, 1), Ok(72));
        assert!(reason(&policy(9).to_string(), Scope::Body).ends_with("is too complex"));
        assert!(reason(r#"{"a":[]}"#, Scope::Body).ends_with("Empty arrays are not allowed"));
        assert!(reason(r#"{"a":"b"}"#, Scope::Body).ends_with("must be an object or an array"));
        assert!(reason(r#"{"a":[{"like":"b"}]}"#, Scope::Body).contains("Unrecognized match type"));
    }

    #[test]
    fn attributes_are_compared_by_their_type() {
        let attribute = |data_type: &str, text: &str| MessageAttribute {
            data_type: data_type.to_owned(),
            value: AttributeValue::Text(text.to_owned()),
        };
        let publication = Publication {
            attributes: [
                ("kind".to_owned(), attribute("String", "order")),
                ("total".to_owned(), attribute("Number", "120.50")),
                (
                    "tags".to_owned(),
                    attribute("String.Array", r#"["new","big"]"#),
                ),
                ("digits".to_owned(), attribute("String", "120")),
            ]
            .into(),
            ..Publication::default()
        };
        for (policy, passes) in [
            (r#"{"kind":["order","offer"]}"#, true),
            (r#"{"kind":[{"anything-but":"order"}]}"#, false),
            (
                r#"{"kind":[{"prefix":"or"}],"total":[{"numeric":[">",100,"<=",120.5]}]}"#,
                true,
            ),
            (r#"{"digits":[{"numeric":["=",120]}]}"#, false),
            (r#"{"tags":["big"]}"#, true),
            (r#"{"none":[{"exists":false}]}"#, true),
            (r#"{"none":[{"exists":true}]}"#, false),
        ] {
            let filter = FilterPolicy::parse(policy, Scope::Attributes).expect("a policy");
            assert_eq!(filter.passes(&publication), passes, "{policy}");
        }
    }
}
