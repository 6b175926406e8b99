use std::fmt;
use std::time::Duration;

use super::Point;
use crate::fault::{CallEffect, CallFault, DeliveryEffect, DeliveryFault, Phase, SitePattern};

/// What strikes a point.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// A call.
    Call(Phase, CallEffect),
    /// A delivery, or an entry of PutEvents.
    Delivery(DeliveryEffect),
}

/// What an effect comes to for whom it strikes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Family {
    /// A caller gets no answer, or none that helps.
    NoAnswer,
    /// An execution environment is lost.
    Death,
    /// A call takes longer.
    Slow,
    /// A delivery comes twice.
    Copy,
    /// A delivery comes later.
    LateDelivery,
    /// What was to be put is not there.
    NoEntry,
}

impl Effect {
    fn family(&self) -> Family {
        match self {
            Self::Call(_, effect) => match effect {
                CallEffect::Status(_)
                | CallEffect::Reset
                | CallEffect::Hang
                | CallEffect::Late(_) => Family::NoAnswer,
                CallEffect::Crash | CallEffect::PowerLoss | CallEffect::TimeOut => Family::Death,
                CallEffect::Delay(_) | CallEffect::Pace(_) => Family::Slow,
            },
            Self::Delivery(effect) => match effect {
                DeliveryEffect::Duplicate(_) => Family::Copy,
                // A failure is tried again.
                DeliveryEffect::Delay(_) | DeliveryEffect::Fail => Family::LateDelivery,
                DeliveryEffect::FailEntry => Family::NoEntry,
            },
        }
    }

    /// Whether two effects are much the same for whom they strike: no answer, a death, a slow call, a
    /// copy, a delivery that comes late, an entry that is not put.
    #[must_use]
    pub fn is_of_one_family(&self, other: &Self) -> bool {
        self.family() == other.family()
    }

    /// How far two effects of one kind and phase are apart; none where they are of two kinds. The
    /// status for too many requests is a kind of its own.
    pub(super) fn distance(&self, other: &Self) -> Option<u128> {
        const TOO_MANY: u16 = 429;
        match (self, other) {
            _ if self == other => Some(0),
            (Self::Call(phase, one), Self::Call(same, other)) if phase == same => {
                match (one, other) {
                    (CallEffect::Status(one), CallEffect::Status(other)) => {
                        let is_one_kind = (*one == TOO_MANY) == (*other == TOO_MANY);
                        is_one_kind.then(|| one.abs_diff(*other).into())
                    }
                    (CallEffect::Delay(one), CallEffect::Delay(other))
                    | (CallEffect::Late(one), CallEffect::Late(other)) => Some(apart(*one, *other)),
                    (CallEffect::Pace(one), CallEffect::Pace(other)) => {
                        Some(one.abs_diff(*other).into())
                    }
                    _ => None,
                }
            }
            (Self::Delivery(one), Self::Delivery(other)) => match (one, other) {
                (DeliveryEffect::Duplicate(one), DeliveryEffect::Duplicate(other))
                | (DeliveryEffect::Delay(one), DeliveryEffect::Delay(other)) => {
                    Some(apart(*one, *other))
                }
                _ => None,
            },
            _ => None,
        }
    }
}

/// How many times one span is the other, in thousandths.
fn apart(one: Duration, other: Duration) -> u128 {
    let (least, most) = (one.min(other), one.max(other));
    most.as_millis() * 1_000 / least.as_millis().max(1)
}

impl fmt::Display for Effect {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Call(phase, effect) => {
                write!(formatter, "{} {}", effect.describe(), phase.as_str())
            }
            Self::Delivery(effect) => formatter.write_str(&effect.describe()),
        }
    }
}

/// One fault at one point, to see what becomes of a run with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trial {
    /// Where.
    pub point: Point,
    /// What.
    pub effect: Effect,
}

impl fmt::Display for Trial {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.point, self.effect)
    }
}

impl Trial {
    /// The fault on calls that it is, if it is one.
    #[must_use]
    pub fn call_fault(&self) -> Option<CallFault> {
        let (Point::Call { site, nth }, Effect::Call(phase, effect)) = (&self.point, &self.effect)
        else {
            return None;
        };
        Some(CallFault {
            at: SitePattern::from(site),
            phase: *phase,
            effect: effect.clone(),
            nth: *nth,
            times: 1,
            attempt: None,
            until: None,
        })
    }

    /// The fault on deliveries and entries that it is, if it is one.
    #[must_use]
    pub fn delivery_fault(&self) -> Option<DeliveryFault> {
        let (detail_type, rule, nth) = match &self.point {
            Point::Call { .. } => return None,
            Point::Delivery {
                detail_type,
                rule,
                nth,
            } => (detail_type, Some(rule), nth),
            Point::Entry { detail_type, nth } => (detail_type, None, nth),
        };
        let Effect::Delivery(effect) = &self.effect else {
            return None;
        };
        Some(DeliveryFault {
            detail_type: detail_type.clone(),
            rule: rule.cloned(),
            effect: effect.clone(),
            nth: *nth,
            times: 1,
        })
    }
}
