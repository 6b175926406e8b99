use std::collections::BTreeMap;

use alchemiser_mocks::exchange::{OrderFacts, Report, Side};
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::invocations::Invocation;
use crate::trading::TradingJournal;
use harness::journal::Journal;

/// What the ids of our orders begin with.
const OUR_PREFIX: &str = "alch-";

/// One fill of an order.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fill {
    /// When.
    pub at: DateTime<Utc>,
    /// The journal entry.
    pub sequence: u64,
    /// Shares.
    pub quantity: Decimal,
    /// Dollars a share.
    pub price: Decimal,
}

/// An order that the broker accepted, and what became of it.
#[derive(Clone, Debug)]
pub struct Order<'a> {
    /// What it asks for.
    pub facts: &'a OrderFacts,
    /// When it was accepted.
    pub accepted: DateTime<Utc>,
    /// The journal entry of that.
    pub sequence: u64,
    /// The invocation that placed it; none for an order of somebody else.
    pub invocation: Option<u64>,
    /// Its fills.
    pub fills: Vec<Fill>,
    /// The journal entry of its end.
    pub ended: Option<u64>,
    /// The order of ours whose place it took, if its owner replaced one.
    pub heir_of: Option<Uuid>,
}

impl<'a> Order<'a> {
    /// The workflow whose step placed it.
    #[must_use]
    pub fn workflow(&self, invocations: &BTreeMap<u64, Invocation<'a>>) -> Option<&'a str> {
        invocations.get(&self.invocation?)?.workflow()
    }

    /// Whether the trading system placed it. Closing a position gives an order without an id of
    /// ours.
    #[must_use]
    pub fn is_ours(&self) -> bool {
        self.invocation.is_some() || is_our_id(self.facts)
    }

    /// Whether it is an order of ours, or one that took such an order's place.
    #[must_use]
    pub fn continues_ours(&self) -> bool {
        self.is_ours() || self.heir_of.is_some()
    }

    /// Shares filled.
    #[must_use]
    pub fn filled(&self) -> Decimal {
        self.fills.iter().map(|fill| fill.quantity).sum()
    }

    /// Dollars paid or received.
    #[must_use]
    pub fn value(&self) -> Decimal {
        self.fills
            .iter()
            .map(|fill| fill.quantity * fill.price)
            .sum()
    }
}

/// Whether an order's id is one that the trading system gives.
#[must_use]
pub fn is_our_id(order: &OrderFacts) -> bool {
    order
        .client_order_id
        .as_deref()
        .is_some_and(|id| id.starts_with(OUR_PREFIX))
}

/// `+1` for shares that come, `-1` for shares that go.
#[must_use]
pub fn sign(side: Side) -> Decimal {
    if side == Side::Buy {
        Decimal::ONE
    } else {
        Decimal::NEGATIVE_ONE
    }
}

/// The orders that the broker accepted, in that order.
#[must_use]
pub fn accepted_orders(journal: &Journal) -> Vec<Order<'_>> {
    let mut orders: Vec<Order<'_>> = Vec::new();
    let mut places: BTreeMap<Uuid, usize> = BTreeMap::new();
    for (entry, report) in journal.reports() {
        let Some((order, id)) = report
            .order()
            .and_then(|order| Some((order, order.order_id?)))
        else {
            continue;
        };
        if let Report::OrderAccepted { at, .. } = report {
            places.insert(id, orders.len());
            orders.push(Order {
                facts: order,
                accepted: *at,
                sequence: entry.sequence,
                invocation: entry.invocation,
                fills: Vec::new(),
                ended: None,
                heir_of: None,
            });
            continue;
        }
        let Some(place) = places.get(&id).copied() else {
            continue;
        };
        match report {
            Report::OrderFilled {
                at,
                fill_quantity,
                fill_price,
                status,
                ..
            } => {
                orders[place].fills.push(Fill {
                    at: *at,
                    sequence: entry.sequence,
                    quantity: *fill_quantity,
                    price: *fill_price,
                });
                if status.is_final() {
                    orders[place].ended = Some(entry.sequence);
                }
            }
            Report::OrderReplaced { replaced_by, .. } => {
                orders[place].ended = Some(entry.sequence);
                let was_ours = orders[place].continues_ours();
                if let Some(heir) = places.get(replaced_by).filter(|_| was_ours) {
                    orders[*heir].heir_of = Some(id);
                }
            }
            Report::OrderCancelled { .. }
            | Report::OrderExpired { .. }
            | Report::OrderRejected { .. } => {
                orders[place].ended = Some(entry.sequence);
            }
            _ => {}
        }
    }
    orders
}
