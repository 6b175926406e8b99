//! Cash and shares, and every fill that moved them.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;

use super::calendar;
use super::order::Side;
use super::setup::PositionSetup;
use super::text::later;

/// Shares of one symbol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Holding {
    pub(super) quantity: Decimal,
    /// What one share cost on average; `None` where the setup did not say.
    pub(super) average: Option<Decimal>,
}

/// One fill.
#[derive(Clone, Debug)]
pub(super) struct Fill {
    pub(super) at: DateTime<Utc>,
    pub(super) symbol: String,
    pub(super) side: Side,
    pub(super) quantity: Decimal,
    pub(super) price: Decimal,
}

/// Cash and shares. Shares are never negative, and cash is not below what the broker lends.
#[derive(Clone, Debug)]
pub(super) struct Ledger {
    opening_cash: Decimal,
    credit: Decimal,
    opening: BTreeMap<String, Holding>,
    cash: Decimal,
    holdings: BTreeMap<String, Holding>,
    fills: Vec<Fill>,
}

impl Ledger {
    pub(super) fn new(cash: Decimal, credit: Decimal, positions: &BTreeMap<String, PositionSetup>) -> Self {
        let held = positions.iter().filter(|(_, position)| position.quantity > Decimal::ZERO);
        let opening: BTreeMap<String, Holding> = held
            .map(|(symbol, position)| {
                let (quantity, average) = (position.quantity, position.average_entry_price);
                (symbol.clone(), Holding { quantity, average })
            })
            .collect();
        Self { opening_cash: cash, credit, cash, holdings: opening.clone(), opening, fills: Vec::new() }
    }

    pub(super) fn cash(&self) -> Decimal {
        self.cash
    }

    pub(super) fn holdings(&self) -> &BTreeMap<String, Holding> {
        &self.holdings
    }

    pub(super) fn quantity(&self, symbol: &str) -> Decimal {
        self.holdings.get(symbol).map_or(Decimal::ZERO, |holding| holding.quantity)
    }

    /// Moves shares and cash. The caller has made sure that both are there.
    pub(super) fn record(&mut self, fill: Fill) {
        apply(&mut self.cash, &mut self.holdings, &fill);
        assert!(self.cash + self.credit >= Decimal::ZERO, "a fill never costs more than there is to spend: {fill:?}");
        self.fills.push(fill);
    }

    /// Proceeds of sales that are cash but not buying power at `now`.
    pub(super) fn unsettled(&self, now: DateTime<Utc>, delay: Duration) -> Decimal {
        let sales = self.fills.iter().filter(|fill| fill.side == Side::Sell && later(fill.at, delay) > now);
        sales.map(|fill| fill.quantity * fill.price).sum()
    }

    /// Cash and shares as they stood at `at`, that instant's fills included.
    pub(super) fn as_of(&self, at: DateTime<Utc>) -> (Decimal, BTreeMap<String, Holding>) {
        let (mut cash, mut holdings) = (self.opening_cash, self.opening.clone());
        for fill in self.fills.iter().filter(|fill| fill.at <= at) {
            apply(&mut cash, &mut holdings, fill);
        }
        (cash, holdings)
    }

    /// Symbols bought and later sold on one day, over the days from `since` on: day trades as FINRA counts them.
    pub(super) fn day_trades(&self, since: NaiveDate) -> usize {
        let mut bought = BTreeMap::new();
        let mut trades = 0;
        for fill in &self.fills {
            let key = (calendar::market_date(fill.at), fill.symbol.as_str());
            match fill.side {
                Side::Buy => {
                    bought.entry(key).or_insert(false);
                }
                Side::Sell => {
                    if let Some(counted) = bought.get_mut(&key).filter(|counted| !**counted && key.0 >= since) {
                        *counted = true;
                        trades += 1;
                    }
                }
            }
        }
        trades
    }
}

fn apply(cash: &mut Decimal, holdings: &mut BTreeMap<String, Holding>, fill: &Fill) {
    let value = fill.quantity * fill.price;
    let before = holdings.remove(&fill.symbol);
    let held = before.map_or(Decimal::ZERO, |holding| holding.quantity);
    let (quantity, average) = match fill.side {
        Side::Buy => {
            *cash -= value;
            let quantity = held + fill.quantity;
            let cost = match before {
                None => Some(value),
                Some(holding) => holding.average.map(|average| average * held + value),
            };
            (quantity, cost.map(|cost| (cost / quantity).round_dp(12)))
        }
        Side::Sell => {
            *cash += value;
            (held - fill.quantity, before.and_then(|holding| holding.average))
        }
    };
    assert!(quantity >= Decimal::ZERO, "a fill never sells shares that are not there: {fill:?}");
    if quantity > Decimal::ZERO {
        holdings.insert(fill.symbol.clone(), Holding { quantity, average });
    }
}
