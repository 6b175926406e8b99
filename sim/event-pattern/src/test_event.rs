//! The event argument of `TestEventPattern`.

use serde_json::Value;

use super::error::TestEventError;

/// Fields that the event must have; `resources` and `version` are not asked for.
const REQUIRED: [&str; 6] = ["id", "account", "source", "time", "region", "detail-type"];

/// Says whether `TestEventPattern` would look at this event at all.
///
/// # Errors
/// If the text is not a JSON object with `id`, `account`, `source`, `time`, `region` and
/// `detail-type`.
pub fn validate_test_event(event_text: &str) -> Result<(), TestEventError> {
    let Ok(Value::Object(event)) = serde_json::from_str(event_text) else {
        return Err(TestEventError);
    };
    if REQUIRED.iter().all(|field| event.contains_key(*field)) {
        Ok(())
    } else {
        Err(TestEventError)
    }
}
