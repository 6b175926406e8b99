use crate::stack::RetryPolicy;
use crate::template::reader::fields::Fields;

impl RetryPolicy {
    /// Reads the property `RetryPolicy` of a target.
    pub(in crate::template) fn read(target: &Fields<'_>) -> Self {
        let default = Self::default();
        let Some(fields) = target.object("RetryPolicy") else {
            return default;
        };
        let attempts = fields.count("MaximumRetryAttempts", 0..=185);
        let age = fields.count("MaximumEventAgeInSeconds", 60..=86_400);
        Self {
            maximum_retry_attempts: attempts.unwrap_or(default.maximum_retry_attempts),
            maximum_event_age_seconds: age.unwrap_or(default.maximum_event_age_seconds),
        }
    }
}
