//! Orders and trades by hand, as the owner places them in the broker's own dashboard.

use std::fmt;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use crate::exchange::intake::Ticket;
use crate::exchange::order::{Amount, Order, Origin, TimeInForce};
use crate::exchange::refusal::Refusal;
use crate::exchange::replacement::Replacement;
use crate::exchange::side::Side;
use crate::exchange::timer_queue::Due;
use crate::exchange::{AssetClass, Exchange};

/// An order that the owner places.
#[derive(Clone, Debug, PartialEq)]
pub struct HandOrder {
    /// The symbol.
    pub symbol: String,
    /// To buy or to sell.
    pub side: Side,
    /// Shares.
    pub quantity: Decimal,
    /// The limit; `None` is a market order.
    pub limit: Option<Decimal>,
    /// When the order expires.
    pub time_in_force: TimeInForce,
    /// The client's id for it; the broker makes one up where there is none.
    pub client_order_id: Option<String>,
}

/// Which open order is meant: the newest that fits, whoever placed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OrderName {
    /// The one with this `client_order_id`.
    Client(String),
    /// One for this symbol, and for this side where that is said.
    Of(String, Option<Side>),
}

impl OrderName {
    fn fits(&self, order: &Order) -> bool {
        match self {
            Self::Client(id) => order.client_order_id == *id,
            Self::Of(symbol, side) => {
                order.symbol == *symbol && side.is_none_or(|side| order.side == side)
            }
        }
    }
}

impl fmt::Display for OrderName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Client(id) => write!(formatter, "order {id}"),
            Self::Of(symbol, None) => write!(formatter, "order for {symbol}"),
            Self::Of(symbol, Some(side)) => {
                write!(formatter, "order to {} {symbol}", side.as_str())
            }
        }
    }
}

impl Exchange {
    pub(super) fn place_by_hand(
        &mut self,
        now: DateTime<Utc>,
        order: &HandOrder,
    ) -> Result<(), Refusal> {
        if order.quantity <= Decimal::ZERO {
            return Err(Refusal::bad_field("qty must be > 0"));
        }
        let ticket = Ticket {
            limit: order.limit,
            time_in_force: order.time_in_force,
            client_order_id: order.client_order_id.clone(),
            ..by_hand(&order.symbol, order.side, order.quantity)
        };
        self.submit(now, ticket).map(|_| ())
    }

    pub(super) fn replace_by_hand(
        &mut self,
        now: DateTime<Utc>,
        order: &OrderName,
        by: &Replacement,
    ) -> Result<(), Refusal> {
        let index = self.open_order(order)?;
        self.replace(now, index, by, Origin::Owner).map(|_| ())
    }

    pub(super) fn cancel_by_hand(
        &mut self,
        now: DateTime<Utc>,
        order: &OrderName,
    ) -> Result<(), Refusal> {
        let index = self.open_order(order)?;
        self.request_cancel(now, index)
    }

    fn open_order(&self, name: &OrderName) -> Result<usize, Refusal> {
        let found = self
            .orders
            .iter()
            .rposition(|order| order.is_working() && name.fits(order));
        found.ok_or_else(|| Refusal::not_found(format!("there is no open {name}")))
    }

    /// A market order that fills at once, in full; all that is held is sold, fractions too, or
    /// taken back where it is short.
    pub(super) fn trade_by_hand(
        &mut self,
        now: DateTime<Utc>,
        symbol: &str,
        side: Side,
        quantity: Option<Decimal>,
    ) -> Result<(), Refusal> {
        let held = self.ledger.quantity(symbol);
        let closes = match side {
            Side::Buy => held.min(Decimal::ZERO).abs(),
            Side::Sell => held.max(Decimal::ZERO),
        };
        let quantity = quantity.unwrap_or(closes);
        if quantity <= Decimal::ZERO {
            return Err(Refusal::not_found("position does not exist"));
        }
        let is_too_much = quantity > closes && (side == Side::Sell || !closes.is_zero());
        if is_too_much {
            let text = format!(
                "insufficient qty available for order (requested: {}, available: {})",
                quantity, closes
            );
            return Err(Refusal::forbidden(text));
        }
        self.fill_by_hand(
            now,
            Ticket {
                closes: !closes.is_zero(),
                ..by_hand(symbol, side, quantity)
            },
        )
    }

    pub(super) fn short_by_hand(
        &mut self,
        now: DateTime<Utc>,
        symbol: &str,
        quantity: Decimal,
    ) -> Result<(), Refusal> {
        if self.ledger.quantity(symbol) > Decimal::ZERO {
            return Err(Refusal::forbidden(format!(
                "{symbol} is held: it cannot be sold short before it is sold"
            )));
        }
        self.fill_by_hand(now, by_hand(symbol, Side::Sell, quantity))
    }

    /// What is filled at once needs a market that trades.
    fn fill_by_hand(&mut self, now: DateTime<Utc>, ticket: Ticket) -> Result<(), Refusal> {
        let symbol = &ticket.symbol;
        if !self.is_open(symbol, now) {
            return Err(Refusal::unprocessable(
                "the market is closed: nothing is filled at once",
            ));
        }
        if self.market.is_frozen(symbol, now) {
            return Err(Refusal::unprocessable(format!(
                "asset {symbol} is halted: nothing is filled at once"
            )));
        }
        let index = self.submit(now, ticket)?;
        self.timers.bring_forward(index);
        self.run_timer(now, index, Due::Fill);
        Ok(())
    }
}

fn by_hand(symbol: &str, side: Side, quantity: Decimal) -> Ticket {
    Ticket {
        symbol: symbol.to_owned(),
        side,
        limit: None,
        amount: Amount::Shares(quantity),
        time_in_force: TimeInForce::usual(AssetClass::of(symbol)),
        client_order_id: None,
        closes: false,
        intent: None,
        replaces: None,
        origin: Origin::Owner,
    }
}
