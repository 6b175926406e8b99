//! Cash and shares, and everything that moved them.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;

use super::calendar;
use super::movement::{Fill, Holding, Movement};
use super::setup::PositionSetup;
use super::side::Side;
use super::text::later;

/// Cash and shares. It keeps what it is told: whoever records a fill has made sure that both are
/// there.
#[derive(Clone, Debug)]
pub(super) struct Ledger {
    opening_cash: Decimal,
    opening: BTreeMap<String, Holding>,
    cash: Decimal,
    holdings: BTreeMap<String, Holding>,
    movements: Vec<Movement>,
}

impl Ledger {
    pub(super) fn new(cash: Decimal, positions: &BTreeMap<String, PositionSetup>) -> Self {
        let held = positions
            .iter()
            .filter(|(_, position)| !position.quantity.is_zero());
        let opening: BTreeMap<String, Holding> = held
            .map(|(symbol, position)| {
                let (quantity, average) = (position.quantity, position.average_entry_price);
                (symbol.clone(), Holding { quantity, average })
            })
            .collect();
        Self {
            opening_cash: cash,
            cash,
            holdings: opening.clone(),
            opening,
            movements: Vec::new(),
        }
    }

    pub(super) fn cash(&self) -> Decimal {
        self.cash
    }

    pub(super) fn holdings(&self) -> &BTreeMap<String, Holding> {
        &self.holdings
    }

    pub(super) fn quantity(&self, symbol: &str) -> Decimal {
        self.holdings
            .get(symbol)
            .map_or(Decimal::ZERO, |holding| holding.quantity)
    }

    /// Moves shares and cash.
    pub(super) fn record(&mut self, movement: Movement) {
        movement.apply(&mut self.cash, &mut self.holdings);
        self.movements.push(movement);
    }

    fn fills(&self) -> impl Iterator<Item = &Fill> {
        self.movements.iter().filter_map(Movement::fill)
    }

    /// Proceeds of sales that are cash but not buying power at `now`.
    pub(super) fn unsettled(&self, now: DateTime<Utc>, delay: Duration) -> Decimal {
        let sales = self
            .fills()
            .filter(|fill| fill.side == Side::Sell && later(fill.at, delay) > now);
        sales.map(|fill| fill.quantity * fill.price).sum()
    }

    /// Cash and shares as they stood at `at`, that instant's movements included.
    pub(super) fn as_of(&self, at: DateTime<Utc>) -> (Decimal, BTreeMap<String, Holding>) {
        let (mut cash, mut holdings) = (self.opening_cash, self.opening.clone());
        for movement in self.movements.iter().filter(|movement| movement.at() <= at) {
            movement.apply(&mut cash, &mut holdings);
        }
        (cash, holdings)
    }

    /// Symbols bought and later sold on one day, over the days from `since` on: day trades as FINRA
    /// counts them.
    pub(super) fn day_trades(&self, since: NaiveDate) -> usize {
        let mut bought = BTreeMap::new();
        let mut trades = 0;
        for fill in self.fills() {
            let key = (calendar::market_date(fill.at), fill.symbol.as_str());
            match fill.side {
                Side::Buy => {
                    bought.entry(key).or_insert(false);
                }
                Side::Sell => {
                    if let Some(counted) = bought
                        .get_mut(&key)
                        .filter(|counted| !**counted && key.0 >= since)
                    {
                        *counted = true;
                        trades += 1;
                    }
                }
            }
        }
        trades
    }
}
