//! The append-only history of a run. Snapshots, checks, the timeline, cost and the verdict are all
//! functions of it.

mod call;
mod canonical;

pub use call::CallOutcome;

use chrono::{DateTime, Utc};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::counterparty::{JournalRecord, PartyRecord};
use crate::fault::{CallEffect, Phase, Site};
use simulated_cloud::cloud_event::CloudEvent;
use simulated_cloud::iam::RequiredPermission;
use simulated_cloud::packed_json::PackedJson;

/// One entry: when, in which order, and what.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Entry {
    /// Virtual time.
    pub at: DateTime<Utc>,
    /// Counts entries from 1.
    pub sequence: u64,
    /// The invocation that it happened in, if any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invocation: Option<u64>,
    /// Whether the scenario's faults or scripts did it; what follows from it is not marked.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub injected: bool,
    /// What happened.
    #[serde(flatten)]
    pub fact: JournalEvent,
}

impl Entry {
    /// An entry, which says by itself whether it is injected.
    #[must_use]
    pub fn new(
        at: DateTime<Utc>,
        sequence: u64,
        invocation: Option<u64>,
        fact: JournalEvent,
    ) -> Self {
        Self {
            at,
            sequence,
            invocation,
            injected: fact.is_injected(),
            fact,
        }
    }
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "fact", rename_all = "snake_case")]
pub enum JournalEvent {
    /// The scenario did something.
    Action {
        /// In words.
        what: String,
    },
    /// The cloud took a step.
    Cloud {
        /// The step.
        #[serde(flatten)]
        record: CloudEvent,
    },
    /// A function called somebody.
    Call {
        /// The place, as faults name it.
        site: Site,
        /// The try of the SDK, from 1.
        attempt: u32,
        /// How it came back.
        outcome: CallOutcome,
        /// Milliseconds.
        duration_ms: u64,
        /// What the caller's role must allow: actions of IAM, each with its resource.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        needs: Vec<RequiredPermission>,
    },
    /// An event that a function wanted to publish, and of which it was not told that a bus has it.
    Unpublished {
        /// The event's own id.
        event_id: String,
        /// The type.
        detail_type: String,
    },
    /// A fault was applied.
    Fault {
        /// The place.
        site: Site,
        /// When.
        phase: Phase,
        /// What was done.
        effect: CallEffect,
        /// What the other side had answered by then, which the caller may never learn; where it is
        /// known. Not written.
        #[serde(skip)]
        answered: Option<CallOutcome>,
    },
    /// A request that a fault had held back came to whom it is for.
    LateArrival {
        /// The place that it was sent from.
        site: Site,
        /// How it was answered, to nobody.
        outcome: CallOutcome,
    },
    /// All execution environments died at once.
    PowerLoss {
        /// The invocations that were under way.
        invocations: Vec<u64>,
        /// How many environments were idle.
        idle: usize,
    },
    /// A function wrote a line to its log.
    Log {
        /// The level.
        level: String,
        /// The message.
        message: String,
        /// Its fields and those of its span.
        fields: PackedJson,
    },
    /// The run is over.
    End {
        /// Whether nothing was under way any more.
        at_rest: bool,
    },
    /// A counterparty did something, or the system noted something about its run.
    #[serde(untagged)]
    Party(PartyRecord),
}

impl JournalEvent {
    /// Whether the scenario's faults or scripts did it.
    #[must_use]
    pub fn is_injected(&self) -> bool {
        match self {
            Self::Fault { .. } | Self::LateArrival { .. } | Self::PowerLoss { .. } => true,
            Self::Cloud { record } => record.is_injected(),
            Self::Party(record) => record.is_injected(),
            _ => false,
        }
    }
}

const KEYS_ARE_TEXTS: &str = "the maps of an entry have texts for keys";

/// The history.
#[derive(Clone, Debug, Default)]
pub struct Journal {
    entries: Vec<Entry>,
}

impl Journal {
    /// Appends.
    pub fn push(&mut self, at: DateTime<Utc>, invocation: Option<u64>, fact: JournalEvent) {
        let sequence = self.entries.len() as u64 + 1;
        self.entries
            .push(Entry::new(at, sequence, invocation, fact));
        // Whoever records draws wants to know behind which entry each was made.
        seeded_dice::reached(self.entries.len());
    }

    /// Everything, in order.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The cloud's steps, in order.
    pub fn records(&self) -> impl Iterator<Item = (&Entry, &CloudEvent)> {
        self.entries.iter().filter_map(|entry| match &entry.fact {
            JournalEvent::Cloud { record } => Some((entry, record)),
            _ => None,
        })
    }

    /// What counterparties and the system itself noted, as far as it is an `R`, in order.
    pub fn party_records<R: JournalRecord>(&self) -> impl Iterator<Item = (&Entry, &R)> {
        self.entries.iter().filter_map(|entry| match &entry.fact {
            JournalEvent::Party(record) => record.get().map(|record| (entry, record)),
            _ => None,
        })
    }

    /// A line of canonical JSON an entry.
    pub fn lines(&self) -> impl Iterator<Item = String> + '_ {
        self.entries.iter().map(|entry| {
            let mut line = Vec::new();
            canonical::write(&mut line, entry).expect(KEYS_ARE_TEXTS);
            String::from_utf8(line).expect("JSON is UTF-8")
        })
    }

    /// SHA-256 over all lines, in hexadecimal: the same seed gives the same hash, in any process.
    #[must_use]
    pub fn hash(&self) -> String {
        let mut digest = Sha256::new();
        let mut line = Vec::new();
        for entry in &self.entries {
            line.clear();
            canonical::write(&mut line, entry).expect(KEYS_ARE_TEXTS);
            line.push(b'\n');
            digest.update(&line);
        }
        digest
            .finalize()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }
}
