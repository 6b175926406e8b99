use std::collections::BTreeMap;

use alchemiser_mocks::exchange::{OrderFacts, Report};

use crate::trading::{TradingFact, TradingRecord};
use harness::journal::{Entry, Journal, JournalEvent};
use simulated_cloud::cloud_event::CloudEvent;

/// What one invocation brought about, in words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Effects {
    ordered: Vec<String>,
    refused: Vec<String>,
    cancelled: Vec<String>,
    put: Vec<String>,
    mailed: Vec<String>,
}

impl Effects {
    pub(super) fn is_nothing(&self) -> bool {
        *self == Self::default()
    }

    /// Its parts, in the order in which a step makes them.
    pub(super) fn told(&self) -> Vec<String> {
        let part = |verb: &str, what: &[String]| {
            (!what.is_empty()).then(|| format!("{verb} {}", what.join(", ")))
        };
        let parts = [
            part("cancelled", &self.cancelled),
            part("ordered", &self.ordered),
            part("was refused", &self.refused),
            part("put", &self.put),
            part("mailed", &self.mailed),
        ];
        parts.into_iter().flatten().collect()
    }

    fn add(&mut self, fact: &JournalEvent) {
        match (fact, fact.trading()) {
            (
                JournalEvent::Cloud {
                    record:
                        CloudEvent::EventPut {
                            detail_type,
                            replay: None,
                            ..
                        },
                },
                _,
            ) => self.put.push(detail_type.clone()),
            (
                _,
                Some(TradingRecord::Exchange {
                    report: Report::OrderAccepted { order, .. },
                }),
            ) => self.ordered.push(order_words(order)),
            (
                _,
                Some(TradingRecord::Exchange {
                    report: Report::CancelRequested { order, .. },
                }),
            ) => self.cancelled.push(order_words(order)),
            // An order that had been accepted is refused by the market, in nobody's invocation.
            (
                _,
                Some(TradingRecord::Exchange {
                    report: Report::OrderRejected { order, message, .. },
                }),
            ) if order.order_id.is_none() => {
                self.refused
                    .push(format!("{} ({message})", order_words(order)));
            }
            (_, Some(TradingRecord::MailContent { subject, .. })) => {
                self.mailed.push(format!("{subject:?}"))
            }
            _ => {}
        }
    }
}

/// What each invocation brought about, by its number.
pub(super) fn effects(journal: &Journal) -> BTreeMap<u64, Effects> {
    let mut found: BTreeMap<u64, Effects> = BTreeMap::new();
    for Entry {
        invocation, fact, ..
    } in journal.entries()
    {
        if let Some(invocation) = invocation {
            found.entry(*invocation).or_default().add(fact);
        }
    }
    found
}

fn order_words(order: &OrderFacts) -> String {
    let shares = order
        .quantity
        .map(|quantity| quantity.normalize().to_string());
    let dollars = order
        .notional
        .map(|dollars| format!("${}", dollars.normalize()));
    let price = order
        .limit_price
        .map(|limit| format!(" at {}", limit.normalize()))
        .unwrap_or_default();
    format!(
        "{} {} {}{price}",
        order.side.as_str(),
        shares.or(dollars).unwrap_or_default(),
        order.symbol
    )
}
