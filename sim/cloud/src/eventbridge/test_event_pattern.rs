//! TestEventPattern: asks whether an event would match, without a rule.

use serde_json::{Value, json};

use super::super::error::ServiceError;
use event_pattern::{FlatEvent, PATTERN_CHARACTERS_MAX, Pattern, validate_test_event};

/// TestEventPattern. The pattern is judged before the event.
///
/// # Errors
/// `ValidationException` for a pattern that is too long, or an event that is no envelope;
/// `InvalidEventPatternException` for any other wrong pattern.
pub(crate) fn test_event_pattern(input: &Value) -> Result<Value, ServiceError> {
    let text = |name: &str| input.get(name).and_then(Value::as_str).unwrap_or_default();
    if text("EventPattern").chars().count() > PATTERN_CHARACTERS_MAX {
        return Err(ServiceError::validation(format!(
            "1 validation error detected: Value '{}' at 'eventPattern' failed to satisfy constraint: \
             Member must have length less than or equal to {PATTERN_CHARACTERS_MAX}",
            text("EventPattern")
        )));
    }
    let pattern = Pattern::parse(text("EventPattern"))
        .map_err(|error| ServiceError::client("InvalidEventPatternException", error.message()))?;
    validate_test_event(text("Event"))
        .map_err(|error| ServiceError::validation(error.to_string()))?;
    let event = FlatEvent::parse(text("Event"))
        .map_err(|error| ServiceError::validation(error.to_string()))?;
    Ok(json!({ "Result": pattern.matches(&event) }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENVELOPE: &str = r#"{"id": "1", "account": "2", "source": "shop", "time": "t", "region": "r", "detail-type": "Paid"}"#;

    fn answer(pattern: &str, event: &str) -> Result<Value, (String, String)> {
        test_event_pattern(&json!({"EventPattern": pattern, "Event": event}))
            .map_err(|error| (error.code.to_string(), error.message))
    }

    #[test]
    fn says_whether_the_event_matches() {
        assert_eq!(
            answer(r#"{"source": ["shop"]}"#, ENVELOPE),
            Ok(json!({"Result": true}))
        );
        assert_eq!(
            answer(r#"{"source": ["bank"]}"#, ENVELOPE),
            Ok(json!({"Result": false}))
        );
    }

    #[test]
    fn a_wrong_pattern_is_refused_in_the_words_of_aws() {
        let message = "Event pattern is not valid. Reason: Empty objects are not allowed\n at [Source: (String)\"{}\"; line: 1, column: 3]";
        assert_eq!(
            answer("{}", "{}"),
            Err((
                "InvalidEventPatternException".to_owned(),
                message.to_owned()
            ))
        );
    }

    #[test]
    fn an_event_that_is_no_envelope_is_refused() {
        let refused = Err((
            "ValidationException".to_owned(),
            "Parameter Event is not valid.".to_owned(),
        ));
        assert_eq!(
            answer(r#"{"source": ["shop"]}"#, r#"{"source": "shop"}"#),
            refused
        );
    }

    #[test]
    fn a_pattern_beyond_the_limit_of_the_api_is_refused() {
        let pattern = |characters: usize| {
            format!(
                r#"{{"k": ["{}"]}}"#,
                "x".repeat(characters - r#"{"k": [""]}"#.len())
            )
        };
        assert_eq!(
            answer(&pattern(PATTERN_CHARACTERS_MAX), ENVELOPE),
            Ok(json!({"Result": false}))
        );
        let (code, message) = answer(&pattern(PATTERN_CHARACTERS_MAX + 1), ENVELOPE)
            .expect_err("one character too many");
        assert_eq!(code, "ValidationException");
        assert!(message.ends_with("at 'eventPattern' failed to satisfy constraint: Member must have length less than or equal to 4096"));
    }
}
