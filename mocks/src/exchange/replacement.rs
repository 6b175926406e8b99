//! Another order in the place of an open one.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use super::Exchange;
use super::intake::Ticket;
use super::order::{Amount, Order, OrderStatus, Origin, TimeInForce};
use super::refusal::Refusal;

/// What changes; `None` leaves it as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Replacement {
    /// Shares of the new order; without it what the old one had left.
    pub quantity: Option<Decimal>,
    /// The new limit.
    pub limit: Option<Decimal>,
    /// How long the new order works.
    pub time_in_force: Option<TimeInForce>,
    /// The new order's name; the broker makes one up where there is none.
    pub client_order_id: Option<String>,
}

impl Replacement {
    /// Whether the new order would be another one. A name of its own does not make it one: Alpaca
    /// refuses what leaves all parameters as they are (alpacahq/alpaca-trade-api-js issue 123).
    fn changes(&self, old: &Order) -> bool {
        self.quantity
            .is_some_and(|quantity| Some(quantity) != old.quantity())
            || self.limit.is_some_and(|limit| Some(limit) != old.limit)
            || self
                .time_in_force
                .is_some_and(|time| time != old.time_in_force)
    }
}

impl Exchange {
    /// Puts a new order in the old one's place and answers its index. Its quantity is its own;
    /// fills of the old order stay with the old order, which is `replaced` and names the new one in
    /// `replaced_by`, as the new one names it in `replaces` (Alpaca Trading API reference, "Replace
    /// an Order"). One that waits for the next session cannot be replaced (as recorded in
    /// d-e-s-o/apca's tests and seen in alpaca-trade-api-python issue 306); that the same is so
    /// while an order is on its way to the market is not modelled: here it is there within
    /// milliseconds.
    pub(super) fn replace(
        &mut self,
        now: DateTime<Utc>,
        index: usize,
        by: &Replacement,
        origin: Origin,
    ) -> Result<usize, Refusal> {
        let old = self.orders[index].clone();
        if !old.is_working()
            || matches!(
                old.status,
                OrderStatus::PendingCancel | OrderStatus::PendingReplace
            )
        {
            return Err(Refusal::unprocessable(format!(
                "order is already in \"{}\" state",
                old.status.as_str()
            )));
        }
        if old.status == OrderStatus::Accepted {
            return Err(Refusal::bad_field(
                "unable to replace order, order isn't sent to exchange yet",
            ));
        }
        let Amount::Shares(quantity) = old.amount else {
            return Err(Refusal::unprocessable("notional orders cannot be replaced"));
        };
        if by.limit.is_some() && old.limit.is_none() {
            return Err(Refusal::bad_field(
                "limit_price cannot be set on a market order",
            ));
        }
        if !by.changes(&old) {
            return Err(Refusal::forbidden("order parameters are not changed"));
        }
        let ticket = Ticket {
            symbol: old.symbol.clone(),
            side: old.side,
            limit: by.limit.or(old.limit),
            amount: Amount::Shares(by.quantity.unwrap_or(quantity - old.filled_quantity)),
            time_in_force: by.time_in_force.unwrap_or(old.time_in_force),
            client_order_id: by.client_order_id.clone(),
            closes: false,
            intent: None,
            replaces: Some(index),
            origin,
        };
        let by = self.submit(now, ticket)?;
        self.finish_replaced(now, index, by);
        Ok(by)
    }
}
