use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};

use super::{ErrorStatus, Moment, Ordinal, Pace, Span, Times};
use crate::trading::{OPERATIONS, WRITES};
use harness::fault::{CallEffect, CallFault, DeliveryEffect, DeliveryFault, Phase, SitePattern};

/// Something that goes wrong.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "FaultSpec")]
pub enum Fault {
    /// On a call that production code makes.
    Call(CallFault),
    /// On the delivery of an event.
    Delivery(DeliveryFault),
}

/// A fault as it is written: on calls (`at`, `phase`), or on the delivery of events (`deliver`).
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct FaultSpec {
    /// The call: `RebalancePlanned / alpaca POST orders #2`; any trigger is `*`, any call has no
    /// number.
    #[serde(default, deserialize_with = "site")]
    #[schemars(with = "Option<String>")]
    at: Option<SitePattern>,
    /// Of a call: before the work is done, or after it with the answer lost.
    phase: Option<PhaseSpec>,
    /// Of a call: only in this attempt of the invocation.
    attempt: Option<Ordinal>,
    /// The type of the events whose delivery goes wrong.
    deliver: Option<String>,
    /// Of a delivery: only for the rule of this name, without its stage.
    rule: Option<String>,
    /// What happens.
    effect: EffectSpec,
    /// The first call or delivery that it hits: the nth of the run that matches, whoever else took
    /// one before.
    nth: Option<Ordinal>,
    /// How many calls or deliveries it hits from there: one, or all of an outage that ends.
    times: Option<Times>,
    /// Of a call: an outage until this moment in New York.
    until: Option<Moment>,
}

/// Before the work, or after it.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum PhaseSpec {
    /// The work is not done.
    Before,
    /// The work is done, and its answer is lost.
    After,
}

impl From<PhaseSpec> for Phase {
    fn from(given: PhaseSpec) -> Self {
        match given {
            PhaseSpec::Before => Self::Before,
            PhaseSpec::After => Self::After,
        }
    }
}

/// What happens.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum EffectSpec {
    /// To a call: the caller gets this HTTP status.
    Status(ErrorStatus),
    /// To a call: the connection breaks.
    Reset,
    /// To a call: no answer comes.
    Hang,
    /// To a call: the execution environment dies.
    Crash,
    /// To a call: all execution environments die, the caller's and every other.
    PowerLoss,
    /// To a call: the invocation stands still until the function's time limit.
    TimeOut,
    /// To both: it comes later.
    Delay(Span),
    /// To a call: from here on all calls of the invocation take so many times as long on their way.
    Pace(Pace),
    /// To a call that changes something: the connection breaks, and the request arrives so much
    /// later, whatever has become of its caller.
    Late(Span),
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

/// Why a fault is refused. The key that is wrong comes first in backquotes: its place in the file
/// is shown.
#[derive(Debug, thiserror::Error)]
pub enum FaultError {
    #[error("`deliver` excludes `at`: a fault is either on calls or on deliveries")]
    Both,
    #[error("a fault is either on calls, with `at`, or on deliveries, with `deliver`")]
    Neither,
    #[error("`rule` belongs to a fault on deliveries, not on calls")]
    RuleOfCall,
    #[error("`{0}` belongs to a fault on calls, not on deliveries")]
    KeyOfDelivery(&'static str),
    #[error(
        "the `effect` on a call of the mail server, which has no HTTP status, is one of \
         reset, hang, crash, power_loss, time_out, delay, pace; what the server replies is a rule of `given.mail`"
    )]
    StatusOfMail,
    #[error(
        "the `effect` on a call is one of status, reset, hang, crash, power_loss, time_out, delay, \
         pace, late"
    )]
    EffectOfCall,
    #[error("the `effect` on a delivery is one of duplicate, delay, fail, fail_entry")]
    EffectOfDelivery,
    #[error(
        "the `phase` of a connection is before: of a mail's text, `smtp DATA`, it may be after"
    )]
    PhaseOfMail,
    #[error("`at` names no call that changes something: late are only {known}", known = late_calls())]
    LateRead,
    #[error("the `phase` of what is late is before: its work is done when it arrives")]
    LateAfter,
    #[error(
        "the `effect` is late by five minutes at most: AWS refuses what was signed before that"
    )]
    TooLate,
    #[error("a fault on calls needs its `phase`: before or after")]
    NoPhase,
}

impl TryFrom<FaultSpec> for Fault {
    type Error = FaultError;

    fn try_from(given: FaultSpec) -> Result<Self, Self::Error> {
        match (given.at.clone(), given.deliver.clone()) {
            (Some(at), None) => call(at, &given).map(Self::Call),
            (None, Some(detail_type)) => delivery(detail_type, &given).map(Self::Delivery),
            (Some(_), Some(_)) => Err(FaultError::Both),
            (None, None) => Err(FaultError::Neither),
        }
    }
}

/// AWS refuses what was signed more than five minutes ago.
const LATE_MOST: Duration = Duration::from_secs(5 * 60);

fn late_calls() -> String {
    let writes = WRITES
        .iter()
        .filter(|operation| !operation.starts_with("smtp"));
    writes.copied().collect::<Vec<_>>().join(", ")
}

/// How late a request arrives.
fn late(at: &SitePattern, given: &FaultSpec, span: Span) -> Result<Duration, FaultError> {
    if !WRITES.contains(&at.operation()) || at.party() == "smtp" {
        return Err(FaultError::LateRead);
    }
    if matches!(given.phase, Some(PhaseSpec::After)) {
        return Err(FaultError::LateAfter);
    }
    if span.0 > LATE_MOST {
        return Err(FaultError::TooLate);
    }
    Ok(span.0)
}

fn call(at: SitePattern, given: &FaultSpec) -> Result<CallFault, FaultError> {
    if given.rule.is_some() {
        return Err(FaultError::RuleOfCall);
    }
    let effect = match given.effect {
        EffectSpec::Status(_) if at.party() == "smtp" => return Err(FaultError::StatusOfMail),
        EffectSpec::Status(status) => CallEffect::Status(status.0),
        EffectSpec::Reset => CallEffect::Reset,
        EffectSpec::Hang => CallEffect::Hang,
        EffectSpec::Crash => CallEffect::Crash,
        EffectSpec::PowerLoss => CallEffect::PowerLoss,
        EffectSpec::TimeOut => CallEffect::TimeOut,
        EffectSpec::Delay(span) => CallEffect::Delay(span.0),
        EffectSpec::Pace(factor) => CallEffect::Pace(factor.0),
        EffectSpec::Late(span) => CallEffect::Late(late(&at, given, span)?),
        EffectSpec::Duplicate(_) | EffectSpec::Fail | EffectSpec::FailEntry => {
            return Err(FaultError::EffectOfCall);
        }
    };
    let phase = match given.phase {
        Some(PhaseSpec::After) if at.party() == "smtp" && at.operation() != "smtp DATA" => {
            return Err(FaultError::PhaseOfMail);
        }
        Some(phase) => Phase::from(phase),
        None => return Err(FaultError::NoPhase),
    };
    let until = given.until.map(|moment| moment.0);
    let times = given
        .times
        .map_or(if until.is_some() { u32::MAX } else { 1 }, |times| times.0);
    Ok(CallFault {
        at,
        phase,
        effect,
        nth: nth(given),
        times,
        attempt: given.attempt.map(|attempt| attempt.0),
        until,
    })
}

fn delivery(detail_type: String, given: &FaultSpec) -> Result<DeliveryFault, FaultError> {
    let of_calls = [
        ("phase", given.phase.is_some()),
        ("attempt", given.attempt.is_some()),
        ("until", given.until.is_some()),
    ];
    if let Some((key, _)) = of_calls.into_iter().find(|(_, is_there)| *is_there) {
        return Err(FaultError::KeyOfDelivery(key));
    }
    let effect = match given.effect {
        EffectSpec::Duplicate(span) => DeliveryEffect::Duplicate(span.0),
        EffectSpec::Delay(span) => DeliveryEffect::Delay(span.0),
        EffectSpec::Fail => DeliveryEffect::Fail,
        EffectSpec::FailEntry => DeliveryEffect::FailEntry,
        _ => return Err(FaultError::EffectOfDelivery),
    };
    Ok(DeliveryFault {
        detail_type,
        rule: given.rule.clone(),
        effect,
        nth: nth(given),
        times: given.times.map_or(1, |times| times.0),
    })
}

fn nth(given: &FaultSpec) -> u32 {
    given.nth.map_or(1, |nth| nth.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_late_writes_and_is_not_too_late() {
        let read = |operation: &str, phase: &str, by: &str| {
            let text =
                format!("{{at: \"* / {operation}\", phase: {phase}, effect: {{late: {by}}}}}");
            let read: Result<Fault, _> = serde_saphyr::from_str(&text);
            read.map(|_| ()).map_err(|error| error.to_string())
        };
        let refused = |refusal: Result<(), String>, why: &str| {
            let refusal = refusal.expect_err(why);
            assert!(refusal.contains(why), "{refusal}");
        };
        assert_eq!(read("alpaca POST orders #1", "before", "5m"), Ok(()));
        refused(
            read("alpaca GET account", "before", "5s"),
            "changes something",
        );
        refused(read("alpaca", "before", "5s"), "changes something");
        refused(read("events PutEvents", "after", "5s"), "phase");
        refused(read("events PutEvents", "before", "301s"), "five minutes");
    }
}
