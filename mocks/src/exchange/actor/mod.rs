//! The second actor: what the account's owner does by hand, and what the market and the broker do to the account.
//!
//! [`Exchange::act`] is the only door. Whatever is done is told to the observer, moves cash and shares in the ledger at its
//! moment, and is refused in the broker's own words where the broker would refuse it: nobody can make the books panic.

mod cash;
mod orders;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

pub use cash::CashKind;
pub use orders::HandOrder;

use super::Exchange;
use super::order::Side;
use super::refusal::Refusal;

/// One thing that somebody else than the client does.
#[derive(Clone, Debug, PartialEq)]
pub enum BrokerAction {
    /// The owner places an order by hand.
    Place(HandOrder),
    /// The owner buys or sells at the market, filled at once.
    Trade {
        /// What.
        symbol: String,
        /// To buy or to sell.
        side: Side,
        /// Shares; `None` sells all that is held.
        quantity: Option<Decimal>,
    },
    /// Cash comes or goes.
    Cash {
        /// Why.
        kind: CashKind,
        /// Dollars, above zero.
        amount: Decimal,
    },
    /// A symbol pays its holders.
    Dividend {
        /// Which.
        symbol: String,
        /// Dollars a share, above zero.
        per_share: Decimal,
    },
}

impl Exchange {
    /// Does one thing at `now`, after everything due by then has happened.
    ///
    /// # Errors
    /// What the broker would refuse, in its words; then nothing has changed.
    pub fn act(&mut self, now: DateTime<Utc>, action: &BrokerAction) -> Result<(), Refusal> {
        self.advance(now);
        match action {
            BrokerAction::Place(order) => self.place_by_hand(now, order)?,
            BrokerAction::Trade { symbol, side, quantity } => self.trade_by_hand(now, symbol, *side, *quantity)?,
            BrokerAction::Cash { kind, amount } => self.move_cash(now, *kind, *amount, None)?,
            BrokerAction::Dividend { symbol, per_share } => self.pay_dividend(now, symbol, *per_share)?,
        }
        self.advance(now);
        Ok(())
    }
}
