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
