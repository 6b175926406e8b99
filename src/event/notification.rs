use serde::{Deserialize, Serialize};

use super::header::{JsonObject, optional_text, text};
use crate::decimal::Money;

/// The owner is to be told how the workflow ended. Source `alchemiser.orchestration`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TradingNotificationRequested {
    /// Whether trading succeeded.
    pub trading_success: bool,
    /// `LIVE` or `PAPER`.
    #[serde(deserialize_with = "text")]
    pub trading_mode: String,
    /// Orders that reached the broker.
    pub orders_placed: i64,
    /// Orders filled in full.
    pub orders_succeeded: i64,
    /// What was really traded.
    pub total_trade_value: Money,
    /// The execution's own data, with signals and targets for the tables of the mail.
    pub execution_data: JsonObject,
    /// Why it failed.
    #[serde(default, deserialize_with = "optional_text")]
    pub error_message: Option<String>,
    /// A short code for the subject.
    #[serde(default, deserialize_with = "optional_text")]
    pub error_code: Option<String>,
    /// Another recipient than the configured one.
    #[serde(default, deserialize_with = "optional_text")]
    pub recipient_override: Option<String>,
}

/// A failure on the command path. Never acted on: the circuit breaker answers it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ErrorNotificationRequested {
    /// `critical`, `high` or `medium`.
    #[serde(deserialize_with = "text")]
    pub error_severity: String,
    /// `URGENT`, `HIGH` or `MEDIUM`.
    #[serde(deserialize_with = "text")]
    pub error_priority: String,
    /// One line.
    #[serde(deserialize_with = "text")]
    pub error_title: String,
    /// The whole story.
    #[serde(deserialize_with = "text")]
    pub error_report: String,
    /// A short code for the subject.
    #[serde(default, deserialize_with = "optional_text")]
    pub error_code: Option<String>,
    /// Another recipient than the configured one.
    #[serde(default, deserialize_with = "optional_text")]
    pub recipient_override: Option<String>,
}

/// Any other mail that the system wants sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SystemNotificationRequested {
    /// What it is about.
    #[serde(deserialize_with = "text")]
    pub notification_type: String,
    /// The mail's subject.
    #[serde(deserialize_with = "text")]
    pub subject: String,
    /// The mail's HTML part.
    #[serde(deserialize_with = "text")]
    pub html_content: String,
    /// The mail's text part.
    #[serde(default, deserialize_with = "optional_text")]
    pub text_content: Option<String>,
    /// Another recipient than the configured one.
    #[serde(default, deserialize_with = "optional_text")]
    pub recipient_override: Option<String>,
}
