//! A simulated AWS, sans I/O: requests in, answers and effects out, time given by the caller. It
//! serves any system that a template describes.
//!
//! [`Cloud::handle`] answers a request of an AWS client. [`Cloud::advance`] runs all timers that are
//! due and gives the invocations of functions that the driver must carry out; [`Cloud::finished`]
//! takes their results. [`Cloud::take_records`] gives what it did, in order.

pub mod api;
mod cloud;
mod dispatch;
pub mod dynamodb;
pub mod eventbridge;
pub mod fault_hook;
mod flow;
mod held;
pub mod iam;
mod id;
pub mod json_text;
pub mod knobs;
pub mod lambda;
pub mod metrics;
mod operations;
pub mod record;
pub mod schedule_expression;
pub mod scheduler;
pub mod sns;
pub mod sqs;
mod state;
mod task;
pub mod template;
pub mod timer_queue;
pub mod transform;

pub use self::cloud::Cloud;
pub use self::dispatch::access;
