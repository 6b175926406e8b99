//! The say that faults have in what the cloud does by itself.

use std::fmt::Debug;
use std::time::Duration;

/// A step that is about to happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryStep<'a> {
    /// The event's type.
    pub detail_type: &'a str,
    /// The rule.
    pub rule: &'a str,
    /// The target's id.
    pub target: &'a str,
    /// 1 for the first attempt.
    pub attempt: u32,
}

/// What is to become of a delivery. Each is something that AWS is allowed to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeliveryVerdict {
    /// As it is.
    Pass,
    /// Later.
    Delay(Duration),
    /// Now, and again after that time.
    Duplicate(Duration),
    /// Not: the target answered with an error that is tried again.
    Fail(&'static str),
}

/// Decides about steps of the cloud.
pub trait Meddler: Debug + Send {
    /// An attempt to deliver is about to be made.
    fn on_delivery(&mut self, step: &DeliveryStep<'_>) -> DeliveryVerdict;

    /// An entry is about to be accepted by PutEvents; an error code and message refuse it.
    fn on_entry(&mut self, detail_type: &str) -> Option<(&'static str, &'static str)>;
}

/// Lets everything pass.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoMeddler;

impl Meddler for NoMeddler {
    fn on_delivery(&mut self, _step: &DeliveryStep<'_>) -> DeliveryVerdict {
        DeliveryVerdict::Pass
    }

    fn on_entry(&mut self, _detail_type: &str) -> Option<(&'static str, &'static str)> {
        None
    }
}
