use serde::{Deserialize, Serialize};

use super::header::{JsonObject, text};

/// A trading workflow has begun. Source `alchemiser.orchestration`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct WorkflowStarted {
    /// `trading`.
    #[serde(deserialize_with = "text")]
    pub workflow_type: String,
    /// `TradingSystem`, or who asked by hand.
    #[serde(deserialize_with = "text")]
    pub requested_by: String,
    /// `live_trading` (bool), `session_date` (New York date), `valid_until` (instant).
    #[serde(default)]
    pub configuration: JsonObject,
}

/// The workflow's orders are done. Source `alchemiser.execution`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct WorkflowCompleted {
    /// `trading`.
    #[serde(deserialize_with = "text")]
    pub workflow_type: String,
    /// Milliseconds since the workflow's start.
    pub workflow_duration_ms: i64,
    /// Whether every order succeeded.
    pub success: bool,
    /// `orders_placed`, `orders_succeeded`, `total_trade_value`, `execution_plan_id`.
    #[serde(default)]
    pub summary: JsonObject,
}

/// The workflow has ended without success, for good. Source: that of the failing module.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct WorkflowFailed {
    /// The workflow's part that failed.
    #[serde(deserialize_with = "text")]
    pub workflow_type: String,
    /// A sentence for the reader of the mail.
    #[serde(deserialize_with = "text")]
    pub failure_reason: String,
    /// `signal_generation`, `portfolio_analysis`, `trade_execution` or `watchdog`.
    #[serde(deserialize_with = "text")]
    pub failure_step: String,
    /// `original_event_type`, `original_event_id`, sometimes `failed_symbols`.
    #[serde(default)]
    pub error_details: JsonObject,
}
