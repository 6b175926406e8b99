//! What an invocation answers (rules.md 2.3 and 3.3), to the letter.

use serde::Serialize;
use serde_json::{Value, json};

use crate::config::TradingMode;
use crate::id::CorrelationId;

/// The answer to a command.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CommandResponse {
    /// `success`, `failed` or `skipped`.
    pub status: &'static str,
    /// `trade`, `pnl`, `watchdog`, `error_notification` or `unknown`.
    pub mode: &'static str,
    /// `paper`, `live`, `n/a` or `unknown`.
    pub trading_mode: &'static str,
    /// A sentence for a person.
    pub message: String,
    /// Lambda's request id.
    pub request_id: String,
    /// Whether this invocation started a workflow; the results follow by mail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workflow_started: Option<bool>,
    /// The workflow that was started.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub correlation_id: Option<CorrelationId>,
    /// What the command found out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<Value>,
}

impl CommandResponse {
    fn new(
        status: &'static str,
        mode: &'static str,
        trading_mode: &'static str,
        message: String,
        request_id: &str,
    ) -> Self {
        let request_id = request_id.to_owned();
        Self {
            status,
            mode,
            trading_mode,
            message,
            request_id,
            workflow_started: None,
            correlation_id: None,
            result: None,
        }
    }

    /// The circuit breaker's answer.
    #[must_use]
    pub fn breaker(request_id: &str) -> Self {
        let message = "Error notification event skipped (circuit breaker)".to_owned();
        Self::new("skipped", "error_notification", "n/a", message, request_id)
    }

    /// A workflow was started.
    #[must_use]
    pub fn started(mode: TradingMode, correlation_id: CorrelationId, request_id: &str) -> Self {
        let message = format!("{} trading completed successfully", mode.title());
        Self {
            workflow_started: Some(true),
            correlation_id: Some(correlation_id),
            ..Self::new("success", "trade", mode.as_str(), message, request_id)
        }
    }

    /// No workflow was started, and that is right.
    #[must_use]
    pub fn skipped(
        mode: TradingMode,
        reason: &str,
        correlation_id: CorrelationId,
        request_id: &str,
    ) -> Self {
        let message = format!("{} trading skipped: {reason}", mode.title());
        Self {
            workflow_started: Some(false),
            correlation_id: Some(correlation_id),
            ..Self::new("skipped", "trade", mode.as_str(), message, request_id)
        }
    }

    /// A valid command that could not be done.
    #[must_use]
    pub fn failed(
        command: &'static str,
        trading_mode: &'static str,
        error_type: &str,
        reason: &str,
        request_id: &str,
    ) -> Self {
        Self::new(
            "failed",
            command,
            trading_mode,
            format!("Lambda execution error ({error_type}): {reason}"),
            request_id,
        )
    }

    /// An input that is no command.
    #[must_use]
    pub fn invalid(reason: &str, request_id: &str) -> Self {
        Self::new(
            "failed",
            "unknown",
            "unknown",
            format!("Lambda execution critical error: {reason}"),
            request_id,
        )
    }

    /// A report was made. The odd wording is the predecessor's, and tools match on it.
    #[must_use]
    pub fn report(result: Value, request_id: &str) -> Self {
        let message = "N/A trading completed successfully".to_owned();
        Self {
            result: Some(result),
            ..Self::new("success", "pnl", "n/a", message, request_id)
        }
    }

    /// The watchdog has made its round.
    #[must_use]
    pub fn watchdog(ended: usize, reminded: usize, request_id: &str) -> Self {
        let message =
            format!("Watchdog: {ended} overdue workflows ended, {reminded} notifications repeated");
        Self::new("success", "watchdog", "n/a", message, request_id)
    }

    /// As JSON.
    #[must_use]
    pub fn to_json(&self) -> Value {
        serde_json::to_value(self).expect("a response holds nothing that JSON cannot carry")
    }
}

/// The answer to a domain event.
#[must_use]
pub fn event_response(status_code: u16, body: &str) -> Value {
    json!({ "statusCode": status_code, "body": body })
}
