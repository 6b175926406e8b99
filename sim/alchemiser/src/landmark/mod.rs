//! What must happen in some run of trading, or many of them prove nothing of the guards that they
//! never came by: [`harness::landmark`] says what a landmark is.

mod order;
mod refusal;
mod step;

use harness::journal::{Entry, Journal};
use harness::landmark::{Evidence, GENERAL, Landmark, passages};
pub use harness::landmark::{Passage, missed};

/// The landmarks of every system, and of this one.
const SHELVES: [&[Landmark]; 4] = [
    GENERAL,
    step::LANDMARKS,
    order::LANDMARKS,
    refusal::LANDMARKS,
];

/// All landmarks, in their order.
#[must_use]
pub fn landmarks() -> Vec<Landmark> {
    SHELVES.concat()
}

/// How often a run came by each landmark, in their order.
#[must_use]
pub fn passed(journal: &Journal) -> Vec<Passage> {
    passages(&landmarks(), journal)
}

const fn logged(name: &'static str, message: &'static str) -> Landmark {
    Landmark {
        name,
        evidence: Evidence::Logged(message),
    }
}

const fn logged_with(
    name: &'static str,
    message: &'static str,
    field: &'static str,
    holds: &'static str,
) -> Landmark {
    Landmark {
        name,
        evidence: Evidence::LoggedWith {
            message,
            field,
            holds,
        },
    }
}

const fn told(name: &'static str, event: &'static str, holds: &'static str) -> Landmark {
    Landmark {
        name,
        evidence: Evidence::Told { event, holds },
    }
}

const fn entry(name: &'static str, shows: fn(&Entry) -> bool) -> Landmark {
    Landmark {
        name,
        evidence: Evidence::Entry(shows),
    }
}

const fn journal(name: &'static str, count: fn(&Journal) -> usize) -> Landmark {
    Landmark {
        name,
        evidence: Evidence::Journal(count),
    }
}
