use crate::template::reader::fields::Fields;

/// How often, and how long, EventBridge or the Scheduler tries to hand an event to a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Tries after the first one, 0 to 185; AWS takes 185 if nothing is said.
    pub maximum_retry_attempts: u32,
    /// Age after which the event is given up, 60 to 86400 s; AWS takes 86400 if nothing is said.
    pub maximum_event_age_seconds: u32,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            maximum_retry_attempts: 185,
            maximum_event_age_seconds: 86_400,
        }
    }
}

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
