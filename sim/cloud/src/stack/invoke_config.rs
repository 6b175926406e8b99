/// What Lambda does with an asynchronous invocation that failed or succeeded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvokeConfig {
    /// Tries after the first one, 0 to 2, default 2.
    pub maximum_retry_attempts: u32,
    /// Age after which an event is given up, 60 to 21600 s, default 21600.
    pub maximum_event_age_seconds: u32,
    /// ARN that receives a record of each event that failed for good.
    pub on_failure: Option<String>,
    /// ARN that receives a record of each event that succeeded.
    pub on_success: Option<String>,
}

impl Default for InvokeConfig {
    fn default() -> Self {
        Self {
            maximum_retry_attempts: 2,
            maximum_event_age_seconds: 21_600,
            on_failure: None,
            on_success: None,
        }
    }
}

impl InvokeConfig {
    /// The ARNs that events of this function are sent to.
    pub(crate) fn destinations(&self) -> impl Iterator<Item = &String> {
        self.on_failure.iter().chain(&self.on_success)
    }
}
