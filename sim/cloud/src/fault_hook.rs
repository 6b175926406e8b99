//! The hook by which fault injection decides the fate of deliveries and of entries of PutEvents.

use std::fmt::Debug;
use std::time::Duration;

/// An attempt to deliver that is about to be made.
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

/// The fate of a delivery. Each is something that AWS is allowed to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeliveryVerdict {
    /// It is made.
    Pass,
    /// It is made later, by so much.
    Delay(Duration),
    /// It is made now, and again after that time.
    Duplicate(Duration),
    /// It fails: the target answered with an error that is tried again.
    Fail(&'static str),
}

/// Decides the fate of what the cloud is about to do.
pub trait FaultHook: Debug + Send {
    /// An attempt to deliver is about to be made.
    fn on_delivery(&mut self, step: &DeliveryStep<'_>) -> DeliveryVerdict;

    /// An entry is about to be accepted by PutEvents; an error code and message refuse it.
    fn on_entry(&mut self, detail_type: &str) -> Option<(&'static str, &'static str)>;
}

/// No fault ever.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoFaults;

impl FaultHook for NoFaults {
    fn on_delivery(&mut self, _step: &DeliveryStep<'_>) -> DeliveryVerdict {
        DeliveryVerdict::Pass
    }

    fn on_entry(&mut self, _detail_type: &str) -> Option<(&'static str, &'static str)> {
        None
    }
}
