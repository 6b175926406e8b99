//! The append-only history of a run. Snapshots, checks, the timeline, cost and the verdict are all
//! functions of it.

mod call;
mod settings;
mod trouble;

pub use call::CallOutcome;
pub use settings::{BusMode, Settings};
pub use trouble::{Trouble, TroubleKind};

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::fault::{CallEffect, Phase, Site};
use alchemiser_mocks::exchange::Report;
use alchemiser_mocks::mail::MailReport;
use simulated_cloud::need::Need;
use simulated_cloud::record::Record;

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
    pub fact: Fact,
}

impl Entry {
    /// An entry, which says by itself whether it is injected.
    #[must_use]
    pub fn new(at: DateTime<Utc>, sequence: u64, invocation: Option<u64>, fact: Fact) -> Self {
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
pub enum Fact {
    /// What the run is set to.
    Settings {
        /// All of it.
        #[serde(flatten)]
        settings: Settings,
    },
    /// What the scenario scripted against trading.
    Scripted {
        /// One thing of it.
        #[serde(flatten)]
        trouble: Trouble,
    },
    /// The scenario did something.
    Action {
        /// In words.
        what: String,
    },
    /// The cloud took a step.
    Cloud {
        /// The step.
        #[serde(flatten)]
        record: Record,
    },
    /// The exchange did something.
    Exchange {
        /// What.
        #[serde(flatten)]
        report: Report,
    },
    /// The mail server did something.
    Mail {
        /// What.
        #[serde(flatten)]
        report: MailReport,
    },
    /// A mail that was accepted, in full.
    MailContent {
        /// The subject.
        subject: String,
        /// The people.
        recipients: Vec<String>,
        /// The message id.
        message_id: String,
        /// The text part.
        text: String,
        /// The HTML part.
        html: String,
    },
    /// Production code called somebody.
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
        needs: Vec<Need>,
    },
    /// An event that production code wanted to publish, and of which it was not told that a bus has
    /// it.
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
    },
    /// Production code wrote a line to its log.
    Log {
        /// The level.
        level: String,
        /// The message.
        message: String,
        /// Its fields and those of its span.
        fields: Value,
    },
    /// How the account stands at the end.
    Account {
        /// Dollars.
        cash: String,
        /// Cash and positions.
        equity: String,
        /// Shares, by symbol.
        positions: Value,
    },
    /// The run is over.
    End {
        /// Whether nothing was under way any more.
        at_rest: bool,
    },
}

impl Fact {
    /// Whether the scenario's faults or scripts did it.
    #[must_use]
    pub fn is_injected(&self) -> bool {
        match self {
            Self::Fault { .. } => true,
            Self::Cloud { record } => record.is_injected(),
            Self::Exchange { report } => matches!(report, Report::OrderScripted { .. }),
            Self::Mail { report } => matches!(report, MailReport::MailScripted { .. }),
            _ => false,
        }
    }
}

/// The history.
#[derive(Clone, Debug, Default)]
pub struct Journal {
    entries: Vec<Entry>,
}

impl Journal {
    /// Appends.
    pub fn push(&mut self, at: DateTime<Utc>, invocation: Option<u64>, fact: Fact) {
        let sequence = self.entries.len() as u64 + 1;
        self.entries
            .push(Entry::new(at, sequence, invocation, fact));
    }

    /// Everything, in order.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The cloud's steps, in order.
    pub fn records(&self) -> impl Iterator<Item = (&Entry, &Record)> {
        self.entries.iter().filter_map(|entry| match &entry.fact {
            Fact::Cloud { record } => Some((entry, record)),
            _ => None,
        })
    }

    /// What the exchange did, in order.
    pub fn reports(&self) -> impl Iterator<Item = (&Entry, &Report)> {
        self.entries.iter().filter_map(|entry| match &entry.fact {
            Fact::Exchange { report } => Some((entry, report)),
            _ => None,
        })
    }

    /// The ids of the mails that the server accepted, in order.
    pub fn mail_ids(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().filter_map(|entry| match &entry.fact {
            Fact::MailContent { message_id, .. } => Some(message_id.as_str()),
            _ => None,
        })
    }

    /// What the run is set to.
    #[must_use]
    pub fn settings(&self) -> Settings {
        let settings = self.entries.iter().find_map(|entry| match &entry.fact {
            Fact::Settings { settings } => Some(settings.clone()),
            _ => None,
        });
        settings.unwrap_or_default()
    }

    /// What the scenario scripted against trading.
    pub fn troubles(&self) -> impl Iterator<Item = &Trouble> {
        self.entries.iter().filter_map(|entry| match &entry.fact {
            Fact::Scripted { trouble } => Some(trouble),
            _ => None,
        })
    }

    /// A line of canonical JSON an entry.
    pub fn lines(&self) -> impl Iterator<Item = String> + '_ {
        self.entries.iter().map(|entry| {
            serde_json::to_value(entry)
                .map(|value| value.to_string())
                .unwrap_or_default()
        })
    }

    /// SHA-256 over all lines, in hexadecimal: the same seed gives the same hash, in any process.
    #[must_use]
    pub fn hash(&self) -> String {
        let mut digest = Sha256::new();
        for line in self.lines() {
            digest.update(line.as_bytes());
            digest.update(b"\n");
        }
        digest
            .finalize()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }
}
