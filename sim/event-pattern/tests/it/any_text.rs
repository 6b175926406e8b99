//! No text whatever makes the engine panic.

use event_pattern::{FlatEvent, Pattern, Row, validate_test_event};
use proptest::prelude::*;

/// Texts that come close to patterns, so that most of the reader is reached.
fn nearly_a_pattern() -> impl Strategy<Value = String> {
    let pieces = prop_oneof![
        4 => prop::sample::select(vec!["{", "}", "[", "]", ",", ":", " ", "\"", "\\", "\n"]),
        4 => prop::sample::select(vec![
            "{\"a\": [", "]}", "{\"$or\": [{", "}, {", "\"prefix\": ", "\"suffix\": ", "\"wildcard\": ", "\"numeric\": [", "\"cidr\": ",
            "\"exists\": ", "\"anything-but\": ", "\"equals-ignore-case\": ", "\"exactly\": ",
        ]),
        3 => prop::sample::select(vec![
            "\"x\"", "\"\"", "\"a*b\"", "\"**\"", "\">\"", "\"=\"", "\"10.0.0.0/8\"", "\"::/0\"", "\"ß\"", "\"\\ud83d\"", "1", "-0", "1e999",
            "0.1", "true", "null", "nul",
        ]),
    ];
    let pieces = prop_oneof![11 => pieces.prop_map(str::to_owned), 1 => "\\PC{0,3}"];
    prop::collection::vec(pieces, 0..24).prop_map(|pieces| pieces.concat())
}

fn try_all(text: &str) {
    let pattern = Pattern::parse(text);
    let event = FlatEvent::parse(text);
    if let (Ok(pattern), Ok(event)) = (&pattern, &event) {
        assert_eq!(
            pattern.explain(event).is_match(),
            pattern.matches(event),
            "{text}"
        );
    }
    if let Err(error) = &pattern {
        assert!(
            error
                .message()
                .starts_with("Event pattern is not valid. Reason: "),
            "{}",
            error.message()
        );
    }
    let _ = validate_test_event(text);
    let _ = Row::parse(text);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_answered(text in any::<String>()) {
        try_all(&text);
    }

    #[test]
    fn what_is_nearly_a_pattern_is_answered(text in nearly_a_pattern()) {
        try_all(&text);
    }

    #[test]
    fn any_text_in_a_pattern_is_answered(text in any::<String>()) {
        let quoted = serde_json::Value::from(text);
        for operator in ["prefix", "suffix", "wildcard", "cidr", "equals-ignore-case", "exactly", "anything-but"] {
            try_all(&format!(r#"{{"a": [{{"{operator}": {quoted}}}]}}"#));
        }
        try_all(&format!(r#"{{{quoted}: [{quoted}]}}"#));
    }
}
