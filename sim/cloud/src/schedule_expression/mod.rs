//! Schedule expressions of EventBridge rules and EventBridge Scheduler: `rate(..)`, `cron(..)` and
//! `at(..)`.
//!
//! An expression is parsed once, in the [`Dialect`] of the service that takes it, and then asked
//! for its next time:
//!
//! ```text
//! ScheduleExpression::parse("cron(35 9 ? * MON-FRI *)", Dialect::Scheduler)?.next_after(now, New_York, created)
//! ```
//!
//! Sources: EventBridge User Guide, "Setting a schedule pattern"; EventBridge Scheduler User Guide,
//! "Schedule types".

mod civil_time;
mod cron;
mod cron_field;
mod error;
mod expression;
mod rate;

pub use error::{ExpressionError, Reason};
pub use expression::{Dialect, ScheduleExpression};

#[cfg(test)]
mod tests;
