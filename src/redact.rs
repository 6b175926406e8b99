//! What has a secret's name never reaches a log.

use std::borrow::Cow;
use std::fmt;

use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::secret_name::{is_secret, names_a_secret};
use crate::secrets::{MASK, Secrets};

/// The keys under which a name stands beside its value, and those of the value.
const NAME_KEYS: &[&str] = &[
    "name",
    "key",
    "field",
    "header",
    "parameter",
    "param",
    "variable",
];
const VALUE_KEYS: &[&str] = &["value", "values", "val", "content", "data", "text"];

/// A value as it may be logged: everything under a secret's name is masked, at any depth, as a key,
/// beside a name and in text; and so are our own secrets, whatever their names. It is masked while
/// it is written, without a copy.
#[derive(Clone, Copy, Debug)]
pub struct Redacted<'a> {
    /// What is to be logged.
    pub value: &'a Value,
    /// Our own secrets.
    pub secrets: &'a Secrets,
}

impl fmt::Display for Redacted<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = serde_json::to_string(self).map_err(|_| fmt::Error)?;
        formatter.write_str(&text)
    }
}

impl Serialize for Redacted<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.value {
            Value::Object(object) => {
                let names_one = names_one(object);
                let mut map = serializer.serialize_map(Some(object.len()))?;
                for (key, inner) in object {
                    let shown = self.secrets.mask(key);
                    if is_masked(key, names_one) {
                        map.serialize_entry(&shown, MASK)?;
                    } else {
                        map.serialize_entry(&shown, &self.of(inner))?;
                    }
                }
                map.end()
            }
            Value::Array(items) => {
                let mut seq = serializer.serialize_seq(Some(items.len()))?;
                if let Some(name) = name_of_pair(items) {
                    seq.serialize_element(&self.secrets.mask(name))?;
                    seq.serialize_element(MASK)?;
                } else {
                    for item in items {
                        seq.serialize_element(&self.of(item))?;
                    }
                }
                seq.end()
            }
            Value::String(text) => {
                serializer.serialize_str(&self.secrets.mask(&redact_text(text, self.secrets)))
            }
            other => other.serialize(serializer),
        }
    }
}

impl<'a> Redacted<'a> {
    fn of(self, value: &'a Value) -> Self {
        Self { value, ..self }
    }
}

/// Whether an object has the name of a secret in it, whose value is then beside it.
fn names_one(object: &serde_json::Map<String, Value>) -> bool {
    object
        .iter()
        .any(|(key, name)| is_one_of(NAME_KEYS, key) && name.as_str().is_some_and(is_secret))
}

fn is_masked(key: &str, names_one: bool) -> bool {
    is_secret(key) || names_one && is_one_of(VALUE_KEYS, key)
}

fn is_one_of(keys: &[&str], key: &str) -> bool {
    if key.is_ascii() {
        return keys.iter().any(|known| key.eq_ignore_ascii_case(known));
    }
    keys.iter()
        .any(|known| key.chars().flat_map(char::to_lowercase).eq(known.chars()))
}

/// The first of two items, where it is the name of the other, a secret.
fn name_of_pair(items: &[Value]) -> Option<&str> {
    match items {
        [Value::String(name), _] if is_secret(name) => Some(name),
        _ => None,
    }
}

/// Whether there is nothing to mask in `value`.
fn is_clean(value: &Value, secrets: &Secrets) -> bool {
    match value {
        Value::Object(object) => {
            let names_one = names_one(object);
            object.iter().all(|(key, inner)| {
                if is_masked(key, names_one) {
                    inner == MASK
                } else {
                    is_clean(inner, secrets)
                }
            })
        }
        Value::Array(items) if name_of_pair(items).is_some() => items[1] == MASK,
        Value::Array(items) => items.iter().all(|item| is_clean(item, secrets)),
        Value::String(text) => redact_text(text, secrets) == *text,
        _ => true,
    }
}

/// A detail may travel as JSON text, or have some in its middle, and break off on the way.
fn redact_text<'a>(text: &'a str, secrets: &Secrets) -> Cow<'a, str> {
    if text.trim_start().starts_with('"') {
        return match serde_json::from_str::<Value>(text) {
            Ok(inner) => Cow::Owned(
                Redacted {
                    value: &inner,
                    secrets,
                }
                .to_string(),
            ),
            Err(_) if names_a_secret(text) => Cow::Borrowed(MASK),
            Err(_) => Cow::Borrowed(text),
        };
    }
    if !text.contains(['{', '[']) {
        return redact_words(text);
    }
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(['{', '[']) {
        let (before, json) = rest.split_at(start);
        shown.push_str(&redact_words(before));
        let mut values = serde_json::Deserializer::from_str(json).into_iter::<Value>();
        match values.next() {
            Some(Ok(inner)) => {
                let end = values.byte_offset();
                // As it was written, where there is nothing to hide.
                if is_clean(&inner, secrets) {
                    shown.push_str(&json[..end]);
                } else {
                    let redacted = Redacted {
                        value: &inner,
                        secrets,
                    };
                    shown.push_str(&redacted.to_string());
                }
                rest = &json[end..];
            }
            _ if names_a_secret(json) => {
                return if shown.trim().is_empty() {
                    Cow::Borrowed(MASK)
                } else {
                    Cow::Owned(shown + MASK)
                };
            }
            _ => return Cow::Owned(shown + &redact_words(json)),
        }
    }
    Cow::Owned(shown + &redact_words(rest))
}

/// Masks the values in `name=value`, `name: value`, `--name value`, `Bearer value` and
/// `//user:value@host`.
fn redact_words(text: &str) -> Cow<'_, str> {
    let mut shown = String::new();
    let mut done = 0;
    for (place, mark) in text.match_indices([':', '=', ' ']) {
        if place < done {
            continue;
        }
        let value = if mark == " " {
            spoken_value(text, place)
        } else {
            named_value(text, place, mark).or_else(|| login_value(text, place))
        };
        if let Some((start, length)) = value.filter(|(start, length)| *start >= done && *length > 0)
        {
            shown.push_str(&text[done..start]);
            shown.push_str(MASK);
            done = start + length;
        }
    }
    if done == 0 {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(shown + &text[done..])
    }
}

/// The value behind the `:` or `=` at `place`, if a secret's name is before it.
fn named_value(text: &str, place: usize, mark: &str) -> Option<(usize, usize)> {
    let before = text[..place].trim_end_matches([' ', '"', '\'', '\\']);
    let name = last_word(before);
    if !is_secret(name) {
        return None;
    }
    let after = &text[place + 1..];
    let value = after.trim_start_matches([' ', '"', '\'', '\\']);
    let start = text.len() - value.len();
    // A header's value has several words.
    let is_header = mark == ":"
        && ["authorization", "cookie"]
            .iter()
            .any(|header| name.to_lowercase().ends_with(header));
    let is_quoted = after[..after.len() - value.len()].contains(['"', '\'']);
    let length = match (is_header, is_quoted) {
        (true, _) => value.find(['\r', '\n']),
        (false, true) => value.find(['"', '\'']),
        (false, false) => value.find(is_end_of_value),
    };
    unmasked(text, start, length.unwrap_or(value.len()))
}

/// The word after the blank at `place`, if what is before it asks for a secret.
fn spoken_value(text: &str, place: usize) -> Option<(usize, usize)> {
    let word = last_word(&text[..place]);
    let is_option = word.starts_with("--") && is_secret(word);
    if !is_option && !word.eq_ignore_ascii_case("bearer") {
        return None;
    }
    let value = text[place..].trim_start();
    unmasked(
        text,
        text.len() - value.len(),
        value.find(is_end_of_value).unwrap_or(value.len()),
    )
}

/// The password of a URL whose scheme ends at `place`.
fn login_value(text: &str, place: usize) -> Option<(usize, usize)> {
    let host = text[place..].strip_prefix("://")?;
    let place = place + 3;
    let end = host
        .find(|character: char| character.is_whitespace() || "/?#\"'".contains(character))
        .unwrap_or(host.len());
    let (login, _) = host[..end].rsplit_once('@')?;
    let (user, password) = login.split_once(':')?;
    unmasked(text, place + user.len() + 1, password.len())
}

fn unmasked(text: &str, start: usize, length: usize) -> Option<(usize, usize)> {
    (!text[start..start + length].starts_with(MASK)).then_some((start, length))
}

fn is_end_of_value(character: char) -> bool {
    character.is_whitespace() || ",;&|)}]\"'<>".contains(character)
}

fn last_word(text: &str) -> &str {
    let start =
        text.rfind(|character: char| !(character.is_alphanumeric() || "_-.".contains(character)));
    start.map_or(text, |start| {
        text[start..].trim_start_matches(|character: char| {
            !(character.is_alphanumeric() || "_-.".contains(character))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::{Redacted, Secrets};
    use serde_json::{Value, json};

    fn redact(value: &Value) -> Value {
        let secrets = Secrets::default();
        let redacted = Redacted {
            value,
            secrets: &secrets,
        };
        serde_json::from_str(&redacted.to_string()).expect("JSON")
    }

    #[test]
    fn text_that_broke_off_is_masked_where_it_names_a_secret_in_any_spelling() {
        for text in [
            "{\"PASSWORD\": \"p",
            "[{\"Api_Key\":",
            "  {\"token",
            "{\"clientSecret\": \"p",
            "\"x-api-key: p",
        ] {
            assert_eq!(redact(&json!(text)), json!("***"), "{text}");
        }
        assert_eq!(
            redact(&json!("{\"mode\": \"tra")),
            json!("{\"mode\": \"tra")
        );
        assert_eq!(
            redact(&json!("the answer was {\"password\": \"p")),
            json!("the answer was ***")
        );
    }

    #[test]
    fn masks_at_every_depth_and_inside_json_text() {
        let event = json!({"detail": [{"Password": "p"}, {"a": {"api_key": {"x": 1}}}], "text": "{\"token\":\"t\"}", "mode": "trade"});
        let expected = json!({"detail": [{"Password": "***"}, {"a": {"api_key": "***"}}], "text": "{\"token\":\"***\"}", "mode": "trade"});
        assert_eq!(redact(&event), expected);
    }

    #[test]
    fn a_name_beside_a_value_is_a_name() {
        for (given, masked) in [
            (
                json!({"name": "smtp_password", "value": "p"}),
                json!({"name": "smtp_password", "value": "***"}),
            ),
            (
                json!({"Name": "X-Api-Key", "Value": ["p"]}),
                json!({"Name": "X-Api-Key", "Value": "***"}),
            ),
            (
                json!([["cookie", "p"], ["accept", "q"]]),
                json!([["cookie", "***"], ["accept", "q"]]),
            ),
            (
                json!({"name": "mode", "value": "trade"}),
                json!({"name": "mode", "value": "trade"}),
            ),
        ] {
            assert_eq!(redact(&given), masked);
        }
    }

    #[test]
    fn a_name_in_a_text_is_a_name() {
        for (given, masked) in [
            (
                "failed: {\"apiKey\": \"p\"} was refused",
                "failed: {\"apiKey\":\"***\"} was refused",
            ),
            ("a {\"x\": 1} b", "a {\"x\": 1} b"),
            (
                "https://x/y?access_token=p&z=1",
                "https://x/y?access_token=***&z=1",
            ),
            (
                "Authorization: Basic cDpw extra\nnext",
                "Authorization: ***\nnext",
            ),
            ("Set-Cookie: a=p; b=q", "Set-Cookie: ***"),
            ("sent Bearer p, twice", "sent Bearer ***, twice"),
            ("run --smtp-password p now", "run --smtp-password *** now"),
            ("passwd = 'p q' and more", "passwd = '***' and more"),
            ("password: p, secret: q", "password: ***, secret: ***"),
            ("smtp://me:p@mail/x", "smtp://me:***@mail/x"),
            (
                "\\\"client_secret\\\":\\\"p\\\"",
                "\\\"client_secret\\\":\\\"***\"",
            ),
            (
                "AAPL: refused with 403 (40310000): no",
                "AAPL: refused with 403 (40310000): no",
            ),
            ("at 2012-03-14T13:35:00Z a=b", "at 2012-03-14T13:35:00Z a=b"),
        ] {
            assert_eq!(redact(&json!(given)), json!(masked));
        }
    }

    #[test]
    fn a_long_text_takes_no_long_time() {
        for text in [
            "[".repeat(200_000),
            "{\"a\":[".repeat(40_000),
            "password:".repeat(20_000),
            "a: ".repeat(60_000),
        ] {
            assert!(!redact(&json!(text)).is_null());
        }
    }
}
