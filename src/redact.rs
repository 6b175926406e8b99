//! What has a secret's name never reaches a log.

use serde_json::Value;

use crate::secret_name::{is_secret, names_a_secret};

/// What stands for a secret.
pub const MASK: &str = "***";
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

/// A copy of `value` in which everything under a secret's name is masked, at any depth: as a key,
/// beside a name, and in text.
#[must_use]
pub fn redact(value: &Value) -> Value {
    match value {
        Value::Object(object) => {
            let of_key = |keys: &[&str], key: &str| keys.contains(&key.to_lowercase().as_str());
            let names_one = object
                .iter()
                .any(|(key, name)| of_key(NAME_KEYS, key) && name.as_str().is_some_and(is_secret));
            let masked = |(key, inner): (&String, &Value)| {
                let is_masked = is_secret(key) || names_one && of_key(VALUE_KEYS, key);
                (key.clone(), if is_masked { mask() } else { redact(inner) })
            };
            Value::Object(object.iter().map(masked).collect())
        }
        Value::Array(items) => match items.as_slice() {
            [Value::String(name), _] if is_secret(name) => {
                Value::Array(vec![Value::String(name.clone()), mask()])
            }
            items => Value::Array(items.iter().map(redact).collect()),
        },
        Value::String(text) => Value::String(redact_text(text)),
        other => other.clone(),
    }
}

fn mask() -> Value {
    Value::String(MASK.to_owned())
}

/// A detail may travel as JSON text, or have some in its middle, and break off on the way.
fn redact_text(text: &str) -> String {
    if text.trim_start().starts_with('"') {
        return match serde_json::from_str::<Value>(text) {
            Ok(inner) => redact(&inner).to_string(),
            Err(_) if names_a_secret(text) => MASK.to_owned(),
            Err(_) => text.to_owned(),
        };
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
                let redacted = redact(&inner);
                // As it was written, where there is nothing to hide.
                shown.push_str(&if redacted == inner {
                    json[..end].to_owned()
                } else {
                    redacted.to_string()
                });
                rest = &json[end..];
            }
            _ if names_a_secret(json) => {
                return if shown.trim().is_empty() {
                    MASK.to_owned()
                } else {
                    shown + MASK
                };
            }
            _ => return shown + &redact_words(json),
        }
    }
    shown + &redact_words(rest)
}

/// Masks the values in `name=value`, `name: value`, `--name value`, `Bearer value` and
/// `//user:value@host`.
fn redact_words(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
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
    shown + &text[done..]
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
    use super::redact;
    use serde_json::json;

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
