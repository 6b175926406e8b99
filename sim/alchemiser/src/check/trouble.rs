use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use alchemiser_mocks::exchange::{OrderEffect, OrderFacts, Report};

use crate::projection::Invocation;
use crate::trading::{TradingFact, TradingJournal, TroubleKind};
use harness::journal::{Entry, Journal, JournalEvent};
use simulated_cloud::cloud_event::CloudEvent;

/// How long an order may take that is not in trouble: well within the patience of a leg.
const PATIENCE: Duration = Duration::from_secs(10);

/// What went wrong, and where.
#[derive(Default)]
pub(super) struct Troubles<'a> {
    /// Whether something touches every symbol.
    pub of_all: bool,
    pub of_symbols: BTreeSet<&'a str>,
    /// Whether money came or went.
    pub of_money: bool,
    /// The steps that a fault hit: their workflow, and what woke them.
    of_steps: BTreeSet<(&'a str, String)>,
    /// The types of events whose delivery was disturbed.
    of_deliveries: BTreeSet<&'a str>,
    /// The symbols of which parts of a share are not traded.
    pub whole_shares: BTreeSet<&'a str>,
    /// The symbols of orders that the broker refused for want of money.
    pub unpaid: BTreeSet<&'a str>,
}

impl<'a> Troubles<'a> {
    pub fn of(journal: &'a Journal, invocations: &BTreeMap<u64, Invocation<'a>>) -> Self {
        let mut troubles = Self::default();
        for trouble in journal.troubles() {
            match (&trouble.symbol, trouble.trouble) {
                (None, TroubleKind::ShortDelay) => {}
                (None, _) => troubles.of_all = true,
                (Some(symbol), TroubleKind::WholeShares) => {
                    troubles.whole_shares.insert(symbol);
                }
                (Some(symbol), _) => {
                    troubles.of_symbols.insert(symbol);
                }
            }
        }
        let step = |number: &u64| {
            let invocation = invocations.get(number)?;
            Some((invocation.workflow()?, invocation.trigger()))
        };
        for entry in journal.entries() {
            match &entry.fact {
                JournalEvent::Fault { .. } | JournalEvent::LateArrival { .. } => {
                    let hit = entry.invocation.as_ref().and_then(step);
                    troubles.of_steps.extend(hit);
                }
                JournalEvent::PowerLoss { invocations, .. } => {
                    troubles
                        .of_steps
                        .extend(invocations.iter().filter_map(step));
                }
                JournalEvent::Cloud {
                    record: CloudEvent::DeliveryDisturbed { detail_type, .. },
                } => {
                    troubles.of_deliveries.insert(detail_type);
                }
                fact => {
                    if let Some(report) = fact.report() {
                        troubles.add_market(entry, report);
                    }
                }
            }
        }
        troubles
    }

    /// Whether something touches all of what the step of a workflow does that `woken_by` woke.
    pub fn touch(&self, workflow: &'a str, woken_by: &str) -> bool {
        self.of_all
            || self.of_deliveries.contains(woken_by)
            || self.of_steps.contains(&(workflow, woken_by.to_owned()))
    }

    /// What the market does, by itself or because the scenario says so, and what the owner does.
    fn add_market(&mut self, entry: &Entry, report: &'a Report) {
        match report {
            Report::AccountChanged { .. } => self.of_all = true,
            Report::CashMoved { .. } => self.of_money = true,
            Report::Split { symbol, .. } | Report::AssetChanged { symbol, .. } => {
                self.of_symbols.insert(symbol);
            }
            Report::SymbolRenamed { symbol, to, .. } => {
                self.of_symbols.extend([symbol.as_str(), to]);
            }
            Report::OrderAccepted { order, .. } if entry.invocation.is_none() => {
                self.of_symbols.insert(&order.symbol);
            }
            Report::OrderScripted { symbol, effect, .. } => match effect {
                OrderEffect::FillAfter(span) if *span <= PATIENCE => {}
                // Below, where it is known what was ordered.
                OrderEffect::Reject { message, .. } if is_about_parts(message) => {}
                _ => {
                    self.of_symbols.insert(symbol);
                }
            },
            Report::OrderRejected { order, message, .. } if is_about_parts(message) => {
                let touched = if has_part(order) {
                    &mut self.whole_shares
                } else {
                    &mut self.of_symbols
                };
                touched.insert(&order.symbol);
            }
            Report::OrderRejected { order, message, .. } if message.contains("insufficient") => {
                self.unpaid.insert(&order.symbol);
            }
            _ => {}
        }
    }
}

/// Whether the broker says that it takes whole shares only.
fn is_about_parts(message: &str) -> bool {
    let message = message.to_lowercase();
    let is_about_shorts = message.contains("short");
    (message.contains("fraction") || message.contains("integer")) && !is_about_shorts
}

/// Whether an order is for a part of a share, or for dollars.
fn has_part(order: &OrderFacts) -> bool {
    order.quantity.is_none_or(|shares| !shares.is_integer())
}
