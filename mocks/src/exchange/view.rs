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
    /// What may be spent on new orders: cash and credit without what open orders reserve, without
    /// unsettled proceeds, and without what shares held short would cost.
    pub buying_power: Decimal,
    /// The same without credit: for what is not bought on margin.
    pub non_marginable_buying_power: Decimal,
    /// Shares and coins held, at their current price.
    pub long_market_value: Decimal,
    /// Shares held short, at their current price: not above zero.
    pub short_market_value: Decimal,
    /// Cash and positions; what has no price counts nothing.
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
        let long = self
            .ledger
            .holdings()
            .iter()
            .filter(|(_, holding)| holding.quantity.is_sign_positive());
        let (long_market_value, short_market_value) = (self.value(long, now), self.owed(now));
        let spendable = self.spendable(now, None);
        let mut week = calendar::market_date(now);
        for _ in 0..4 {
            week = calendar::previous_trading_day(week);
        }
        AccountView {
            cash,
            buying_power: spendable.max(Decimal::ZERO),
            non_marginable_buying_power: (spendable - self.setup.account.credit).max(Decimal::ZERO),
            long_market_value,
            short_market_value,
            equity: cash + long_market_value + short_market_value,
            last_equity: self.equity_as_of(calendar::last_completed(now).close),
            day_trades: self.ledger.day_trades(week),
        }
    }

    /// Cash and shares as they stood at `at`, at that moment's prices.
    pub(super) fn equity_as_of(&self, at: DateTime<Utc>) -> Decimal {
        let (cash, holdings) = self.ledger.as_of(at);
        cash + self.value(holdings.iter(), at)
    }

    /// Cash and credit that no open order but `but` has a claim on and that has settled; may be
    /// negative when quotes ran away from a market order's reserve. What shares held short brought
    /// is not there to be spent: it is held against them.
    pub(super) fn spendable(&self, now: DateTime<Utc>, but: Option<usize>) -> Decimal {
        let others = self
            .orders
            .iter()
            .enumerate()
            .filter(|(index, _)| Some(*index) != but);
        self.funds(now) - others.map(|(_, order)| order.reserved()).sum::<Decimal>()
    }

    /// What an order can pay with when it fills: where the owner has taken out what was reserved,
    /// older orders come first.
    pub(super) fn payable(&self, now: DateTime<Utc>, index: usize) -> Decimal {
        self.funds(now)
            - self.orders[..index]
                .iter()
                .map(Order::reserved)
                .sum::<Decimal>()
    }

    fn funds(&self, now: DateTime<Utc>) -> Decimal {
        let unsettled = self
            .ledger
            .unsettled(now, self.setup.knobs.settlement_delay);
        self.ledger.cash() + self.setup.account.credit + self.owed(now) - unsettled
    }

    /// What shares held short are worth: not above zero.
    pub(super) fn owed(&self, now: DateTime<Utc>) -> Decimal {
        self.value(
            self.ledger
                .holdings()
                .iter()
                .filter(|(_, holding)| holding.quantity.is_sign_negative()),
            now,
        )
    }

    /// Shares of `symbol` that open orders hold back.
    pub(super) fn held_for_orders(&self, symbol: &str) -> Decimal {
        self.orders
            .iter()
            .filter(|order| order.symbol == symbol)
            .map(Order::held)
            .sum()
    }

    fn value<'a>(
        &self,
        holdings: impl Iterator<Item = (&'a String, &'a Holding)>,
        at: DateTime<Utc>,
    ) -> Decimal {
        holdings
            .map(|(symbol, holding)| {
                holding.quantity * self.market.price(symbol, at).unwrap_or_default()
            })
            .sum()
    }
}
