//! The Alchemiser: an event-driven trading system. One AWS Lambda function, six short invocations a
//! trading day, tied together by EventBridge events.
//!
//! | invocation | module | brings about |
//! |---|---|---|
//! | a command | [`orchestration`] | WorkflowStarted |
//! | WorkflowStarted | [`strategy`] | SignalGenerated |
//! | SignalGenerated | [`portfolio`] | RebalancePlanned |
//! | RebalancePlanned | [`execution`] | TradeExecuted, WorkflowCompleted or WorkflowFailed |
//! | TradeExecuted, WorkflowFailed | [`orchestration`] | TradingNotificationRequested |
//! | TradingNotificationRequested | [`notification`] | one mail |
//!
//! [`router`] lets an invocation in, [`envelope`] says what it is, [`step`] does a step once
//! however often its event comes: claim, work, record, publish, complete. [`app`] puts all parts
//! together. What comes from outside comes in through ports: [`clock`], [`id::TokenSource`], one
//! HTTP connector, [`notification::Dialer`].

pub mod alpaca;
pub mod app;
pub mod aws;
pub mod bus;
pub mod clock;
pub mod command;
pub mod config;
mod conflict;
pub mod decimal;
pub mod envelope;
pub mod error;
pub mod event;
pub mod execution;
pub mod id;
pub mod idempotency;
pub mod logging;
pub mod notification;
pub mod orchestration;
pub mod payload;
pub mod pnl;
pub mod portfolio;
pub mod quote;
pub mod redact;
pub mod response;
pub mod router;
#[cfg(feature = "schema")]
pub mod schema;
mod secret_name;
pub mod secrets;
pub mod services;
pub mod step;
pub mod store;
pub mod strategy;
pub mod timestamp;
pub mod visible;
pub mod workflow;
