//! What a history comes to: events, orders, mails and dead letters, as snapshots and reports show
//! them; and who caused what, as checks follow it.

mod causes;
mod final_account;
mod invocations;
mod orders;
mod puts;

pub use causes::Causes;
pub use final_account::{FinalAccount, final_account};
pub use invocations::{Invocation, invocations, workflow_of};
pub use orders::{Fill, Order, accepted_orders, is_our_id, sign};
pub use puts::{Put, puts};

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use alchemiser_mocks::exchange::{OrderFacts, OrderStatus, Report};

use crate::trading::{TradingFact, TradingJournal, TradingRecord};
use harness::journal::{Entry, Journal};
use simulated_cloud::cloud_event::CloudEvent;
use simulated_cloud::packed_json::Json;

/// An event that a bus accepted, for snapshots.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Event {
    /// When.
    pub at: String,
    /// The sender.
    pub source: String,
    /// The type.
    pub detail_type: String,
    /// The rules that matched.
    pub matched: Vec<String>,
    /// The replay that put it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replay: Option<String>,
    /// The content.
    pub detail: Value,
}

/// The life of one order, for snapshots and expectations.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OrderLine {
    /// When it was accepted, or refused.
    pub at: String,
    /// The symbol.
    pub symbol: String,
    /// `buy` or `sell`.
    pub side: String,
    /// Shares ordered.
    pub quantity: String,
    /// The limit.
    pub limit: Option<String>,
    /// Our id.
    pub client_order_id: String,
    /// How it ended, or where it stands.
    pub status: String,
    /// Shares filled.
    pub filled: String,
    /// Each fill as `shares @ price`.
    pub fills: Vec<String>,
}

/// A mail, for snapshots.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MailLine {
    /// When it was accepted.
    pub at: String,
    /// Its id.
    pub message_id: String,
    /// The people.
    pub recipients: Vec<String>,
    /// The subject.
    pub subject: String,
    /// The text part.
    pub text: String,
    /// The HTML part.
    pub html: String,
}

fn stamp(entry: &Entry) -> String {
    entry.at.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

/// The events that buses accepted, in order.
#[must_use]
pub fn events(journal: &Journal) -> Vec<Event> {
    let event = |(entry, record): (&Entry, &CloudEvent)| match record {
        CloudEvent::EventPut {
            source,
            detail_type,
            detail,
            matched,
            replay,
            ..
        } => Some(Event {
            at: stamp(entry),
            source: source.clone(),
            detail_type: detail_type.clone(),
            matched: matched.clone(),
            replay: replay.clone(),
            detail: detail.view().to_value(),
        }),
        _ => None,
    };
    journal.records().filter_map(event).collect()
}

/// The orders that reached the broker, in the order of their arrival.
#[must_use]
pub fn orders(journal: &Journal) -> Vec<OrderLine> {
    let mut lines: Vec<OrderLine> = Vec::new();
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    for (entry, report) in journal.reports() {
        let Some(order) = report.order() else {
            continue;
        };
        let key = order.order_id.map(|id| id.to_string()).unwrap_or_default();
        let known = places.get(&key).copied().filter(|_| !key.is_empty());
        let place = known.unwrap_or_else(|| {
            lines.push(line(entry, order));
            places.insert(key, lines.len() - 1);
            lines.len() - 1
        });
        apply(&mut lines[place], report);
    }
    lines
}

fn line(entry: &Entry, order: &OrderFacts) -> OrderLine {
    let text =
        |value: Option<rust_decimal::Decimal>| value.map(|value| value.normalize().to_string());
    OrderLine {
        at: stamp(entry),
        symbol: order.symbol.clone(),
        side: serde_json::to_value(order.side)
            .ok()
            .and_then(|side| side.as_str().map(str::to_owned))
            .unwrap_or_default(),
        quantity: text(order.quantity).unwrap_or_default(),
        limit: text(order.limit_price),
        client_order_id: order.client_order_id.clone().unwrap_or_default(),
        status: "new".to_owned(),
        filled: "0".to_owned(),
        fills: Vec::new(),
    }
}

fn apply(line: &mut OrderLine, report: &Report) {
    match report {
        Report::OrderFilled {
            fill_quantity,
            fill_price,
            filled_quantity,
            ..
        } => {
            line.fills.push(format!(
                "{} @ {}",
                fill_quantity.normalize(),
                fill_price.normalize()
            ));
            line.filled = filled_quantity.normalize().to_string();
            line.status = if line.filled == line.quantity {
                "filled"
            } else {
                "partially_filled"
            }
            .to_owned();
        }
        Report::OrderAccepted { status, .. }
            if !matches!(status, OrderStatus::Accepted | OrderStatus::PendingNew) =>
        {
            line.status = status.as_str().to_owned();
        }
        Report::OrderCancelled { .. } => line.status = "canceled".to_owned(),
        Report::OrderExpired { .. } => line.status = "expired".to_owned(),
        Report::OrderReplaced { .. } => line.status = "replaced".to_owned(),
        Report::OrderRejected { .. } => line.status = "rejected".to_owned(),
        Report::OrderStatusChanged { status, .. } => line.status = status.as_str().to_owned(),
        _ => {}
    }
}

/// The mails that the server accepted, in order.
#[must_use]
pub fn mails(journal: &Journal) -> Vec<MailLine> {
    let mail = |entry: &Entry| match entry.fact.trading()? {
        TradingRecord::MailContent {
            subject,
            recipients,
            message_id,
            text,
            html,
        } => Some(MailLine {
            at: stamp(entry),
            message_id: message_id.clone(),
            recipients: recipients.clone(),
            subject: subject.clone(),
            text: text.clone(),
            html: html.clone(),
        }),
        _ => None,
    };
    journal.entries().iter().filter_map(mail).collect()
}

/// What was dead-lettered: who gave up, why, and the message.
#[must_use]
pub fn dead_letters(journal: &Journal) -> Vec<(String, String, Json<'_>)> {
    let mut letters = Vec::new();
    for (_, record) in journal.records() {
        if let CloudEvent::DeadLettered {
            from, reason, body, ..
        } = record
        {
            letters.push((from.to_string(), reason.clone(), body.view()));
        }
    }
    letters
}
