//! SQS: standard and FIFO queues, dead-letter queues, and the move tasks that redrive them.
//!
//! [`Sqs`] does no I/O and owns no clock: every call is told the time. A request in the JSON
//! protocol goes to [`Sqs::handle`]; other simulated services use [`Sqs::send`], [`Sqs::receive`]
//! and [`Sqs::delete`]; checks peek with [`Sqs::messages`], [`Sqs::visible`] and
//! [`Sqs::in_flight`]. A driver calls [`Sqs::advance`] whenever [`Sqs::next_due`] has come, and
//! holds a long poll open itself: [`Sqs::wait_seconds`] says how long, [`Sqs::next_visible`] when
//! to try again.
//!
//! What AWS leaves to chance (short polls that miss messages, duplicates) is off unless [`Knobs`]
//! turn it on. Sources: SQS Developer Guide and API Reference; texts are those of recorded answers
//! where such exist.

mod attribute;
mod batch;
mod deduplication;
mod digest;
mod error;
mod groups;
mod knobs;
mod message;
mod message_operations;
mod move_task;
mod operations;
mod queue;
mod queue_operations;
mod receipt;
mod request;
mod service;
mod settings;
mod store;
mod task_operations;
mod text;
mod turns;

pub use attribute::{AttributeValue, MessageAttribute};
pub use knobs::Knobs;
pub use message::{Message, NewMessage, Received, Sent};
pub(crate) use operations::OPERATIONS;
pub use service::Sqs;

#[cfg(test)]
mod tests;
