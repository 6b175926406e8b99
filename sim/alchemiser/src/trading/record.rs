use alchemiser_mocks::exchange::Report;
use alchemiser_mocks::mail::MailReport;
use harness::counterparty::{JournalRecord, PartyRecord};
use harness::journal::{Entry, Journal, JournalEvent};
use serde::Serialize;
use serde_json::Value;

use super::{Settings, Trouble};

/// What the journal of a trading run holds beside what every journal holds.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "fact", rename_all = "snake_case")]
pub enum TradingRecord {
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
    /// How the account stands at the end.
    Account {
        /// Dollars.
        cash: String,
        /// Cash and positions.
        equity: String,
        /// Shares, by symbol.
        positions: Value,
    },
}

impl JournalRecord for TradingRecord {
    fn to_json(&self) -> Value {
        serde_json::to_value(self).expect("a record has string keys only")
    }

    fn is_injected(&self) -> bool {
        match self {
            Self::Exchange { report } => matches!(report, Report::OrderScripted { .. }),
            Self::Mail { report } => matches!(report, MailReport::MailScripted { .. }),
            _ => false,
        }
    }
}

impl From<TradingRecord> for JournalEvent {
    fn from(record: TradingRecord) -> Self {
        Self::Party(PartyRecord::new(record))
    }
}

/// A fact as a record of trading.
pub trait TradingFact {
    /// The record, if it is one of trading.
    fn trading(&self) -> Option<&TradingRecord>;

    /// What the exchange did, if it is that.
    fn report(&self) -> Option<&Report> {
        match self.trading() {
            Some(TradingRecord::Exchange { report }) => Some(report),
            _ => None,
        }
    }
}

impl TradingFact for JournalEvent {
    fn trading(&self) -> Option<&TradingRecord> {
        match self {
            Self::Party(record) => record.get(),
            _ => None,
        }
    }
}

/// What a journal holds of trading.
pub trait TradingJournal {
    /// What the exchange did, in order.
    fn reports(&self) -> impl Iterator<Item = (&Entry, &Report)>;
    /// The ids of the mails that the server accepted, in order.
    fn mail_ids(&self) -> impl Iterator<Item = &str>;
    /// What the run is set to.
    fn settings(&self) -> Settings;
    /// What the scenario scripted against trading.
    fn troubles(&self) -> impl Iterator<Item = &Trouble>;
}

impl TradingJournal for Journal {
    fn reports(&self) -> impl Iterator<Item = (&Entry, &Report)> {
        self.entries()
            .iter()
            .filter_map(|entry| entry.fact.report().map(|report| (entry, report)))
    }

    fn mail_ids(&self) -> impl Iterator<Item = &str> {
        self.party_records().filter_map(|(_, record)| match record {
            TradingRecord::MailContent { message_id, .. } => Some(message_id.as_str()),
            _ => None,
        })
    }

    fn settings(&self) -> Settings {
        let mut records = self.party_records();
        let settings = records.find_map(|(_, record)| match record {
            TradingRecord::Settings { settings } => Some(settings.clone()),
            _ => None,
        });
        settings.unwrap_or_default()
    }

    fn troubles(&self) -> impl Iterator<Item = &Trouble> {
        self.party_records().filter_map(|(_, record)| match record {
            TradingRecord::Scripted { trouble } => Some(trouble),
            _ => None,
        })
    }
}
