use harness::explore::{ANY_CALL, Alphabet, BOTH_PHASES, CallRow, Effect, LATE, Operations, SLOW};
use harness::fault::{CallEffect, DeliveryEffect, Phase};

use crate::trading::{READS, WRITES};

/// What AWS, the broker and the mail server are allowed to do to this system. Who is over the
/// broker's quota is told so before anything is done. A connection to the mail server has no answer
/// that could be lost; the hand-over of a mail's text has one.
pub const ALPHABET: Alphabet = Alphabet {
    reads: READS,
    writes: WRITES,
    calls: &[
        row("dynamodb", BOTH_PHASES, &[CallEffect::Status(500)]),
        row("dynamodb", BOTH_PHASES, ANY_CALL),
        row("events", BOTH_PHASES, &[CallEffect::Status(500)]),
        row("events", BOTH_PHASES, ANY_CALL),
        row("alpaca", BOTH_PHASES, &[CallEffect::Status(503)]),
        row("alpaca", BOTH_PHASES, ANY_CALL),
        row("alpaca", &[Phase::Before], &[CallEffect::Status(429)]),
        row("smtp", &[Phase::Before], ANY_CALL),
        writes("smtp", &[Phase::After], ANY_CALL),
        row("dynamodb", &[Phase::Before], SLOW),
        row("events", &[Phase::Before], SLOW),
        row("alpaca", &[Phase::Before], SLOW),
        row("smtp", &[Phase::Before], SLOW),
        writes("dynamodb", &[Phase::Before], LATE),
        writes("events", &[Phase::Before], LATE),
        writes("alpaca", &[Phase::Before], LATE),
    ],
    deliveries: Alphabet::DELIVERIES,
};

const fn row(
    party: &'static str,
    phases: &'static [Phase],
    effects: &'static [CallEffect],
) -> CallRow {
    CallRow {
        party,
        operations: Operations::All,
        phases,
        effects,
    }
}

const fn writes(
    party: &'static str,
    phases: &'static [Phase],
    effects: &'static [CallEffect],
) -> CallRow {
    CallRow {
        operations: Operations::Writes,
        ..row(party, phases, effects)
    }
}

/// The row of docs/semantics.md that says that such a thing happens.
#[must_use]
pub fn allowed_by(effect: &Effect) -> &'static str {
    match effect {
        Effect::Call(_, effect) => match effect {
            CallEffect::Status(429) => "call-05",
            CallEffect::Status(_) => "call-01",
            CallEffect::Reset => "call-02",
            CallEffect::Hang => "call-03",
            CallEffect::Delay(_) => "call-04",
            CallEffect::Pace(_) => "call-06",
            CallEffect::Late(_) => "call-07",
            CallEffect::Crash => "lambda-17",
            CallEffect::TimeOut => "lambda-18",
            CallEffect::PowerLoss => "lambda-25",
        },
        Effect::Delivery(effect) => match effect {
            DeliveryEffect::Duplicate(_) => "delivery-01",
            DeliveryEffect::Delay(_) => "delivery-03",
            DeliveryEffect::Fail => "delivery-07",
            DeliveryEffect::FailEntry => "put-events-14",
        },
    }
}
