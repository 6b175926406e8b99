//! The account in figures.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::Serialize;

use super::movement::Holding;
use super::order::Order;
use super::{Exchange, calendar};

/// The account at one moment, USD. Decimals are strings in JSON.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AccountView {
    /// Cash, unsettled proceeds included.
    pub cash: Decimal,
    /// What may be spent on new orders: cash and credit without what open buy orders reserve and without unsettled proceeds.
    pub buying_power: Decimal,
    /// Shares at their current price.
    pub long_market_value: Decimal,
    /// Cash and shares.
    pub equity: Decimal,
    /// Cash and shares as of the last session's close.
    pub last_equity: Decimal,
    /// Day trades of the last five sessions.
    pub day_trades: usize,
}

impl Exchange {
    /// The account at `now`.
    pub fn account(&self, now: DateTime<Utc>) -> AccountView {
        let cash = self.ledger.cash();
        let long_market_value = self.value(self.ledger.holdings().iter(), now);
        let mut week = calendar::market_date(now);
        for _ in 0..4 {
            week = calendar::previous_trading_day(week);
        }
        AccountView {
            cash,
            buying_power: self.spendable(now, None).max(Decimal::ZERO),
            long_market_value,
            equity: cash + long_market_value,
            last_equity: self.equity_as_of(calendar::last_completed(now).close),
            day_trades: self.ledger.day_trades(week),
        }
    }

    /// Cash and shares as they stood at `at`, at that moment's prices.
    pub(super) fn equity_as_of(&self, at: DateTime<Utc>) -> Decimal {
        let (cash, holdings) = self.ledger.as_of(at);
        cash + self.value(holdings.iter(), at)
    }

    /// Cash and credit that no open order but `but` has a claim on and that has settled; may be negative when quotes ran away from
    /// a market order's reserve.
    pub(super) fn spendable(&self, now: DateTime<Utc>, but: Option<usize>) -> Decimal {
        let others = self.orders.iter().enumerate().filter(|(index, _)| Some(*index) != but);
        let reserved: Decimal = others.map(|(_, order)| order.reserved()).sum();
        self.ledger.cash() + self.setup.account.credit - reserved - self.ledger.unsettled(now, self.setup.knobs.settlement_delay)
    }

    /// Shares of `symbol` that open sell orders hold back.
    pub(super) fn held_for_orders(&self, symbol: &str) -> Decimal {
        self.orders.iter().filter(|order| order.symbol == symbol).map(Order::held).sum()
    }

    fn value<'a>(&self, holdings: impl Iterator<Item = (&'a String, &'a Holding)>, at: DateTime<Utc>) -> Decimal {
        holdings.map(|(symbol, holding)| holding.quantity * self.market.price(symbol, at).unwrap_or_default()).sum()
    }
}
