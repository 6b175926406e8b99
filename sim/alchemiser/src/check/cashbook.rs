use std::collections::BTreeSet;

use alchemiser_mocks::exchange::{Report, Side};
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use crate::projection::{Order, accepted_orders, sign};
use crate::trading::TradingJournal;
use harness::journal::Journal;

/// The account's cash from report to report, and what of its changes was not ours.
pub(super) struct Cashbook {
    lines: Vec<Line>,
}

struct Line {
    sequence: u64,
    at: DateTime<Utc>,
    /// Dollars from here on.
    cash: Decimal,
    /// Dollars that came in here without an order of ours.
    foreign: Decimal,
}

impl Cashbook {
    pub fn of(journal: &Journal) -> Self {
        let orders = accepted_orders(journal);
        let ours: BTreeSet<_> = orders
            .iter()
            .filter(|order| order.continues_ours())
            .filter_map(|order| order.facts.order_id)
            .collect();
        let mut lines: Vec<Line> = Vec::new();
        for (entry, report) in journal.reports() {
            let before = lines.last().map(|line| line.cash);
            let (at, cash, foreign) = match report {
                // Deposits, withdrawals, dividends, fees.
                Report::CashMoved { at, amount, .. } => {
                    (*at, before.unwrap_or_default() + amount, *amount)
                }
                // What neither a fill nor one of those explains.
                Report::Statement { at, cash, .. } => (
                    *at,
                    *cash,
                    before.map_or(Decimal::ZERO, |before| cash - before),
                ),
                Report::OrderFilled {
                    at,
                    order,
                    fill_quantity,
                    fill_price,
                    ..
                } => {
                    let paid = sign(order.side) * fill_quantity * fill_price;
                    let is_ours = order.order_id.is_some_and(|id| ours.contains(&id));
                    (
                        *at,
                        before.unwrap_or_default() - paid,
                        if is_ours { Decimal::ZERO } else { -paid },
                    )
                }
                _ => continue,
            };
            lines.push(Line {
                sequence: entry.sequence,
                at,
                cash,
                foreign,
            });
        }
        Self { lines }
    }

    /// Dollars in the account at one place of the journal.
    pub fn cash_at(&self, sequence: u64) -> Decimal {
        let after = self.lines.partition_point(|line| line.sequence <= sequence);
        self.lines[..after]
            .last()
            .map(|line| line.cash)
            .unwrap_or_default()
    }

    /// Dollars that came in without an order of ours after `since`, up to one place of the journal.
    pub fn foreign(&self, since: DateTime<Utc>, sequence: u64) -> Decimal {
        let meant = self
            .lines
            .iter()
            .filter(|line| line.at > since && line.sequence <= sequence);
        meant.map(|line| line.foreign).sum()
    }
}

/// Whether others traded between two moments: an order of theirs filled, or one to buy came, which
/// claims money from then on.
pub(super) fn others_trade(orders: &[Order<'_>], from: DateTime<Utc>, to: DateTime<Utc>) -> bool {
    let is_meant = |at: DateTime<Utc>| from <= at && at <= to;
    let mut others = orders.iter().filter(|order| !order.is_ours());
    others.any(|order| {
        order.facts.side == Side::Buy && is_meant(order.accepted)
            || order.fills.iter().any(|fill| is_meant(fill.at))
    })
}
