use std::time::Duration;

use harness::explore::{Alphabet, BOTH_PHASES, CallRow};
use harness::fault::{CallEffect, Phase};

/// What AWS, the broker and the mail server are allowed to do to this system.
pub const ALPHABET: Alphabet = Alphabet {
    calls: &[
        Alphabet::of_aws("dynamodb"),
        Alphabet::of_aws("events"),
        CallRow {
            party: "alpaca",
            phases: BOTH_PHASES,
            effects: &[
                CallEffect::Status(503),
                CallEffect::Reset,
                CallEffect::Hang,
                CallEffect::Crash,
                CallEffect::TimeOut,
                CallEffect::Delay(Duration::from_secs(3)),
                CallEffect::Delay(Duration::from_secs(50)),
            ],
        },
        // Who is over the quota is told so before anything is done.
        CallRow {
            party: "alpaca",
            phases: &[Phase::Before],
            effects: &[CallEffect::Status(429)],
        },
        // A connection has no answer that could be lost: what goes wrong in the dialogue is the
        // mail server's doing.
        CallRow {
            party: "smtp",
            phases: &[Phase::Before],
            effects: &[
                CallEffect::Reset,
                CallEffect::Hang,
                CallEffect::Crash,
                CallEffect::TimeOut,
                CallEffect::Delay(Duration::from_secs(3)),
                CallEffect::Delay(Duration::from_secs(50)),
            ],
        },
    ],
    deliveries: Alphabet::DELIVERIES,
};
