//! Orders and trades by hand, as the owner places them in the broker's own dashboard.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use crate::exchange::Exchange;
use crate::exchange::agenda::Due;
use crate::exchange::intake::Ticket;
use crate::exchange::order::{Amount, Origin, Side, TimeInForce};
use crate::exchange::refusal::Refusal;

/// An order that the owner places.
#[derive(Clone, Debug, PartialEq)]
pub struct HandOrder {
    /// What.
    pub symbol: String,
    /// To buy or to sell.
    pub side: Side,
    /// Shares.
    pub quantity: Decimal,
    /// The limit; `None` is a market order.
    pub limit: Option<Decimal>,
    /// How long.
    pub time_in_force: TimeInForce,
    /// A name for it; the broker makes one up where there is none.
    pub client_order_id: Option<String>,
}

impl Exchange {
    pub(super) fn place_by_hand(&mut self, now: DateTime<Utc>, order: &HandOrder) -> Result<(), Refusal> {
        if order.quantity <= Decimal::ZERO {
            return Err(Refusal::bad_field("qty must be > 0"));
        }
        let ticket = Ticket {
            symbol: order.symbol.clone(),
            side: order.side,
            limit: order.limit,
            amount: Amount::Shares(order.quantity),
            time_in_force: order.time_in_force,
            client_order_id: order.client_order_id.clone(),
            closes: false,
            replaces: None,
            origin: Origin::Owner,
        };
        self.submit(now, ticket).map(|_| ())
    }

    /// A market order that fills at once, in full; all that is held is sold as closing the position does it, fractions too.
    pub(super) fn trade_by_hand(&mut self, now: DateTime<Utc>, symbol: &str, side: Side, quantity: Option<Decimal>) -> Result<(), Refusal> {
        if self.market.hours().session_at(now).is_none() {
            return Err(Refusal::unprocessable("the market is closed: nothing is filled at once"));
        }
        let quantity = match (quantity, side) {
            (Some(quantity), _) => quantity,
            (None, Side::Sell) => self.ledger.quantity(symbol),
            (None, Side::Buy) => return Err(Refusal::bad_field("qty or notional is required")),
        };
        if quantity <= Decimal::ZERO {
            return Err(Refusal::not_found("position does not exist"));
        }
        let ticket = Ticket {
            symbol: symbol.to_owned(),
            side,
            limit: None,
            amount: Amount::Shares(quantity),
            time_in_force: TimeInForce::Day,
            client_order_id: None,
            closes: side == Side::Sell,
            replaces: None,
            origin: Origin::Owner,
        };
        let index = self.submit(now, ticket)?;
        self.agenda.bring_forward(index);
        self.happen(now, index, Due::Fill);
        Ok(())
    }
}
