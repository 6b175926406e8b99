use std::fmt;

use rust_decimal::Decimal;

use crate::cloud::record::Record;
use crate::journal::Journal;

/// What a run's invocations cost, in GB-seconds, against a design that blocks one invocation for 300 seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Milliseconds of all invocations.
    pub duration_ms: u64,
    /// Memory of the function.
    pub memory_mb: u64,
    /// Workflows started.
    pub workflows: u64,
}

/// The memory of the function in the template.
const MEMORY_MB: u64 = 512;
/// How long the predecessor's first invocation waited for the others.
const BLOCKING_MS: u64 = 300_000;

impl Cost {
    /// GB-seconds used.
    #[must_use]
    pub fn gb_seconds(&self) -> Decimal {
        gb_seconds(self.duration_ms, self.memory_mb)
    }

    /// GB-seconds that the blocking design would have used.
    #[must_use]
    pub fn blocking_gb_seconds(&self) -> Decimal {
        gb_seconds(self.workflows * BLOCKING_MS, self.memory_mb)
    }
}

fn gb_seconds(duration_ms: u64, memory_mb: u64) -> Decimal {
    (Decimal::from(duration_ms * memory_mb) / Decimal::from(1024 * 1000)).round_dp(2)
}

impl fmt::Display for Cost {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} GB-seconds ({} in a design that blocks)", self.gb_seconds(), self.blocking_gb_seconds())
    }
}

/// The cost of a run.
#[must_use]
pub fn cost_of(journal: &Journal) -> Cost {
    let mut cost = Cost { duration_ms: 0, memory_mb: MEMORY_MB, workflows: 0 };
    for (_, record) in journal.records() {
        match record {
            Record::InvocationEnded { duration_ms, .. } => cost.duration_ms += duration_ms,
            Record::EventPut { detail_type, replay: None, .. } if detail_type == "WorkflowStarted" => cost.workflows += 1,
            _ => {}
        }
    }
    cost
}
