use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};

use super::{ErrorStatus, Moment, Ordinal, Span, Times};
use crate::trading::OPERATIONS;
use harness::fault::{CallEffect, CallFault, DeliveryEffect, DeliveryFault, Phase, SitePattern};

/// Something that goes wrong.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "FaultGiven")]
pub enum Fault {
    /// On a call that production code makes.
    Call(CallFault),
    /// On the delivery of an event.
    Delivery(DeliveryFault),
}

/// A fault as it is written: on calls (`at`, `phase`), or on the delivery of events (`deliver`).
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct FaultGiven {
    /// The call: `RebalancePlanned / alpaca POST orders #2`; any trigger is `*`, any call has no
    /// number.
    #[serde(default, deserialize_with = "site")]
    #[schemars(with = "Option<String>")]
    at: Option<SitePattern>,
    /// Of a call: before the work is done, or after it with the answer lost.
    phase: Option<PhaseGiven>,
    /// Of a call: only in this attempt of the invocation.
    attempt: Option<Ordinal>,
    /// The type of the events whose delivery goes wrong.
    deliver: Option<String>,
    /// Of a delivery: only for the rule of this name, without its stage.
    rule: Option<String>,
    /// What happens.
    effect: EffectGiven,
    /// How many calls or deliveries it hits: one, or all of an outage that ends.
    times: Option<Times>,
    /// Of a call: an outage until this moment in New York.
    until: Option<Moment>,
}

/// Before the work, or after it.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum PhaseGiven {
    /// The work is not done.
    Before,
    /// The work is done, and its answer is lost.
    After,
}

impl From<PhaseGiven> for Phase {
    fn from(given: PhaseGiven) -> Self {
        match given {
            PhaseGiven::Before => Self::Before,
            PhaseGiven::After => Self::After,
        }
    }
}

/// What happens.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum EffectGiven {
    /// To a call: the caller gets this HTTP status.
    Status(ErrorStatus),
    /// To a call: the connection breaks.
    Reset,
    /// To a call: no answer comes.
    Hang,
    /// To a call: the execution environment dies.
    Crash,
    /// To a call: the invocation stands still until the function's time limit.
    TimeOut,
    /// To both: it comes later.
    Delay(Span),
    /// To a delivery: it comes again after that time.
    Duplicate(Span),
    /// To a delivery: the target is not there for a while, and EventBridge tries again.
    Fail,
    /// To a delivery: PutEvents answers 200 with this entry failed.
    FailEntry,
}

fn site<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SitePattern>, D::Error> {
    SitePattern::parse(&String::deserialize(deserializer)?, &OPERATIONS)
        .map(Some)
        .map_err(serde::de::Error::custom)
}

impl TryFrom<FaultGiven> for Fault {
    type Error = String;

    fn try_from(given: FaultGiven) -> Result<Self, Self::Error> {
        match (&given.at, &given.deliver) {
            (Some(_), None) => call(given).map(Self::Call),
            (None, Some(_)) => delivery(given).map(Self::Delivery),
            (Some(_), Some(_)) => Err(
                "`deliver` excludes `at`: a fault is either on calls or on deliveries".to_owned(),
            ),
            (None, None) => Err(
                "a fault is either on calls, with `at`, or on deliveries, with `deliver`"
                    .to_owned(),
            ),
        }
    }
}

fn call(given: FaultGiven) -> Result<CallFault, String> {
    if given.rule.is_some() {
        return Err("`rule` belongs to a fault on deliveries, not on calls".to_owned());
    }
    let at = given.at.ok_or("a fault on calls needs its place, `at`")?;
    let effect = match given.effect {
        EffectGiven::Status(_) if at.party() == "smtp" => {
            return Err("the `effect` on a connection to the mail server, which has no HTTP status, is one of reset, hang, crash, \
                        time_out, delay; what the server replies is a rule of `given.mail`"
                .to_owned());
        }
        EffectGiven::Status(status) => CallEffect::Status(status.0),
        EffectGiven::Reset => CallEffect::Reset,
        EffectGiven::Hang => CallEffect::Hang,
        EffectGiven::Crash => CallEffect::Crash,
        EffectGiven::TimeOut => CallEffect::Freeze,
        EffectGiven::Delay(span) => CallEffect::Delay(span.0),
        EffectGiven::Duplicate(_) | EffectGiven::Fail | EffectGiven::FailEntry => {
            return Err(
                "the `effect` on a call is one of status, reset, hang, crash, time_out, delay"
                    .to_owned(),
            );
        }
    };
    let phase = match given.phase {
        Some(PhaseGiven::After) if at.party() == "smtp" => {
            return Err("the `phase` of a connection is before: what goes wrong in the dialogue is a rule of `given.mail`".to_owned());
        }
        Some(phase) => Phase::from(phase),
        None => return Err("a fault on calls needs its `phase`: before or after".to_owned()),
    };
    let until = given.until.map(|moment| moment.0);
    let times = given
        .times
        .map_or(if until.is_some() { u32::MAX } else { 1 }, |times| times.0);
    Ok(CallFault {
        at,
        phase,
        effect,
        times,
        attempt: given.attempt.map(|attempt| attempt.0),
        until,
    })
}

fn delivery(given: FaultGiven) -> Result<DeliveryFault, String> {
    let of_calls = [
        ("phase", given.phase.is_some()),
        ("attempt", given.attempt.is_some()),
        ("until", given.until.is_some()),
    ];
    if let Some((key, _)) = of_calls.into_iter().find(|(_, is_there)| *is_there) {
        return Err(format!(
            "`{key}` belongs to a fault on calls, not on deliveries"
        ));
    }
    let effect = match given.effect {
        EffectGiven::Duplicate(span) => DeliveryEffect::Duplicate(span.0),
        EffectGiven::Delay(span) => DeliveryEffect::Delay(span.0),
        EffectGiven::Fail => DeliveryEffect::Fail,
        EffectGiven::FailEntry => DeliveryEffect::FailEntry,
        _ => {
            return Err(
                "the `effect` on a delivery is one of duplicate, delay, fail, fail_entry"
                    .to_owned(),
            );
        }
    };
    Ok(DeliveryFault {
        detail_type: given.deliver.unwrap_or_default(),
        rule: given.rule,
        effect,
        times: given.times.map_or(1, |times| times.0),
    })
}
