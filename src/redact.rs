//! Secrets never reach a log.

use serde_json::Value;

const SECRET_KEYS: &[&str] = &["api_key", "secret_key", "password", "token", "credentials", "secret", "authorization"];

/// A copy of `value` in which everything under a secret's name is masked, at any depth.
#[must_use]
pub fn redact(value: &Value) -> Value {
    match value {
        Value::Object(object) => Value::Object(
            object
                .iter()
                .map(|(key, inner)| {
                    let is_secret = SECRET_KEYS.contains(&key.to_lowercase().as_str());
                    (key.clone(), if is_secret { Value::String("***".to_owned()) } else { redact(inner) })
                })
                .collect(),
        ),
        Value::Array(items) => Value::Array(items.iter().map(redact).collect()),
        // A detail may travel as JSON text, and break off on the way.
        Value::String(text) if text.trim_start().starts_with(['{', '[', '"']) => match serde_json::from_str::<Value>(text) {
            Ok(inner) => Value::String(redact(&inner).to_string()),
            Err(_) if names_a_secret(text) => Value::String("***".to_owned()),
            Err(_) => value.clone(),
        },
        other => other.clone(),
    }
}

fn names_a_secret(text: &str) -> bool {
    let text = text.to_lowercase();
    SECRET_KEYS.iter().any(|key| text.contains(key))
}

#[cfg(test)]
mod tests {
    use super::redact;
    use serde_json::json;

    #[test]
    fn text_that_broke_off_is_masked_where_it_names_a_secret_in_any_spelling() {
        for text in ["{\"PASSWORD\": \"p", "[{\"Api_Key\":", "  {\"token"] {
            assert_eq!(redact(&json!(text)), json!("***"), "{text}");
        }
        assert_eq!(redact(&json!("{\"mode\": \"tra")), json!("{\"mode\": \"tra"));
    }

    #[test]
    fn masks_at_every_depth_and_inside_json_text() {
        let event = json!({"detail": [{"Password": "p"}, {"a": {"api_key": {"x": 1}}}], "text": "{\"token\":\"t\"}", "mode": "trade"});
        let expected = json!({"detail": [{"Password": "***"}, {"a": {"api_key": "***"}}], "text": "{\"token\":\"***\"}", "mode": "trade"});
        assert_eq!(redact(&event), expected);
    }
}
