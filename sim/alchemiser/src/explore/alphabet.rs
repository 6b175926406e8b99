use harness::explore::{ANY_CALL, Alphabet, BOTH_PHASES, CallRow, LATE, Operations, SLOW};
use harness::fault::{CallEffect, Phase};

use crate::trading::{READS, WRITES};

/// What AWS, the broker and the mail server are allowed to do to this system. Who is over the
/// broker's quota is told so before anything is done. A connection to the mail server has no answer
/// that could be lost: what goes wrong in the dialogue is the mail server's doing.
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
        row("dynamodb", &[Phase::Before], SLOW),
        row("events", &[Phase::Before], SLOW),
        row("alpaca", &[Phase::Before], SLOW),
        row("smtp", &[Phase::Before], SLOW),
        late("dynamodb"),
        late("events"),
        late("alpaca"),
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

const fn late(party: &'static str) -> CallRow {
    CallRow {
        party,
        operations: Operations::Writes,
        phases: &[Phase::Before],
        effects: LATE,
    }
}
