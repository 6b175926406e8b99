//! What goes between services. Each file takes one thing from where it arises to where it ends.
//!
//! A file uses only those above it in this list: [`retry`], [`batch_response`], [`route`],
//! [`put_events`], [`publication`], [`invocation`], [`target`], [`dead_letter`], [`delivery`],
//! [`notification`], [`universal`], [`schedule`], [`rule`], [`destination`], [`queue_source`],
//! [`stream_source`], [`follow_up`], [`replay`], [`alarm`]. All of them hand over to a target by
//! [`target`], the one place that looks at the service of an ARN.

pub(crate) mod alarm;
pub(crate) mod batch_response;
pub(crate) mod dead_letter;
pub(crate) mod delivery;
pub(crate) mod destination;
pub(crate) mod follow_up;
pub(crate) mod invocation;
pub(crate) mod notification;
pub(crate) mod publication;
pub(crate) mod put_events;
pub(crate) mod queue_source;
pub(crate) mod replay;
pub(crate) mod retry;
pub(crate) mod route;
pub(crate) mod rule;
pub(crate) mod schedule;
pub(crate) mod stream_source;
pub(crate) mod target;
pub(crate) mod universal;
