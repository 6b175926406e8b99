//! The second actor: what the account's owner does by hand, and what the market and the broker do
//! to the account.
//!
//! [`Exchange::act`] does all of it. An action is reported to the observer and moves cash and
//! shares in the ledger at once. What the broker would refuse is refused in the broker's words.

mod account;
mod asset;
mod cash;
mod corporate;
mod orders;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

pub use account::{AccountSettings, Restriction};
pub use asset::AssetChange;
pub use corporate::Split;
pub use orders::{HandOrder, OrderName};

use super::Exchange;
use super::movement::CashKind;
use super::refusal::Refusal;
use super::replacement::Replacement;
use super::side::Side;

/// Something that is done to the account by anybody but the client.
#[derive(Clone, Debug, PartialEq)]
pub enum BrokerAction {
    /// The owner places an order by hand.
    Place(HandOrder),
    /// The owner puts another order in the place of an open one, of their own or of the client.
    Replace {
        /// The open order.
        order: OrderName,
        /// The new values.
        by: Replacement,
    },
    /// The owner cancels an open order, of their own or of the client.
    Cancel(OrderName),
    /// The owner buys or sells at the market, filled at once.
    Trade {
        /// The symbol.
        symbol: String,
        /// To buy or to sell.
        side: Side,
        /// Shares; `None` takes back all that is held, or held short.
        quantity: Option<Decimal>,
    },
    /// The owner sells, at the market and at once, what is not held.
    Short {
        /// The symbol.
        symbol: String,
        /// Shares, whole ones.
        quantity: Decimal,
    },
    /// Cash is paid in or out.
    Cash {
        /// A deposit, a fee and so on.
        kind: CashKind,
        /// Dollars, above zero.
        amount: Decimal,
    },
    /// A symbol pays a dividend.
    Dividend {
        /// The symbol.
        symbol: String,
        /// Dollars a share, above zero.
        per_share: Decimal,
    },
    /// A symbol's shares become more, or fewer.
    Split(Split),
    /// A symbol gets another name.
    Rename {
        /// The old name.
        symbol: String,
        /// The new one.
        to: String,
    },
    /// Trading in a symbol is halted.
    Halt(String),
    /// Trading in a halted symbol resumes.
    Resume(String),
    /// A symbol is delisted.
    Delist {
        /// The symbol.
        symbol: String,
        /// Whether it has no price any more.
        is_unpriced: bool,
    },
    /// What may be done with a symbol changes.
    Asset {
        /// The symbol.
        symbol: String,
        /// What changes.
        change: AssetChange,
    },
    /// The broker restricts the account.
    Restrict(Restriction),
    /// All restrictions are lifted.
    Release,
    /// Settings of the account change.
    Account(AccountSettings),
    /// Another program with the account's keys makes so many requests to the trading API; those
    /// within the rate limit count.
    Requests(u32),
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
            BrokerAction::Replace { order, by } => self.replace_by_hand(now, order, by)?,
            BrokerAction::Cancel(order) => self.cancel_by_hand(now, order)?,
            BrokerAction::Trade {
                symbol,
                side,
                quantity,
            } => self.trade_by_hand(now, symbol, *side, *quantity)?,
            BrokerAction::Short { symbol, quantity } => {
                self.short_by_hand(now, symbol, *quantity)?
            }
            BrokerAction::Cash { kind, amount } => self.move_cash(now, *kind, *amount)?,
            BrokerAction::Dividend { symbol, per_share } => {
                self.pay_dividend(now, symbol, *per_share)?
            }
            BrokerAction::Split(split) => self.split(now, split)?,
            BrokerAction::Rename { symbol, to } => self.rename(now, symbol, to)?,
            BrokerAction::Halt(symbol) => self.halt(now, symbol)?,
            BrokerAction::Resume(symbol) => self.resume(now, symbol)?,
            BrokerAction::Delist {
                symbol,
                is_unpriced,
            } => self.delist(now, symbol, *is_unpriced)?,
            BrokerAction::Asset { symbol, change } => self.change_asset(now, symbol, *change)?,
            BrokerAction::Restrict(restriction) => self.restrict(now, *restriction),
            BrokerAction::Release => self.release(now),
            BrokerAction::Account(settings) => self.change_account(now, settings),
            BrokerAction::Requests(count) => {
                self.trading_limit.take_up_to(now, *count);
            }
        }
        self.advance(now);
        Ok(())
    }
}
