//! What the account may do: restrictions by the broker, and settings.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use crate::exchange::Exchange;
use crate::exchange::report::Report;

/// What keeps an account from trading (Alpaca Trading API reference, "Account").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Restriction {
    /// The system takes no orders.
    TradingBlocked,
    /// The system takes nothing: neither orders nor cancellations.
    AccountBlocked,
    /// Positions may be closed, and none opened.
    LiquidationOnly,
    /// The owner has suspended trading.
    TradeSuspendedByUser,
}

impl Restriction {
    /// As Alpaca calls it, where it has a name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TradingBlocked => "trading_blocked",
            Self::AccountBlocked => "account_blocked",
            Self::LiquidationOnly => "liquidation only",
            Self::TradeSuspendedByUser => "trade_suspended_by_user",
        }
    }
}

/// Settings of the account; `None` leaves one as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AccountSettings {
    /// Whether the account is marked as a pattern day trader's.
    pub pattern_day_trader: Option<bool>,
    /// Dollars that the broker lends on top of cash.
    pub credit: Option<Decimal>,
    /// Whether shares may be sold that are not held.
    pub shorting: Option<bool>,
}

impl Exchange {
    pub(super) fn restrict(&mut self, at: DateTime<Utc>, restriction: Restriction) {
        let account = &mut self.setup.account;
        match restriction {
            Restriction::TradingBlocked => account.trading_blocked = true,
            Restriction::AccountBlocked => account.account_blocked = true,
            Restriction::LiquidationOnly => account.liquidation_only = true,
            Restriction::TradeSuspendedByUser => account.trade_suspended_by_user = true,
        }
        self.tell_account(at);
    }

    pub(super) fn release(&mut self, at: DateTime<Utc>) {
        let account = &mut self.setup.account;
        account.trading_blocked = false;
        account.account_blocked = false;
        account.liquidation_only = false;
        account.trade_suspended_by_user = false;
        self.tell_account(at);
    }

    /// Less credit than is used already calls for money (a margin call): the account stays as it
    /// is, and can buy nothing.
    pub(super) fn change_account(&mut self, at: DateTime<Utc>, settings: &AccountSettings) {
        let account = &mut self.setup.account;
        account.pattern_day_trader = settings
            .pattern_day_trader
            .unwrap_or(account.pattern_day_trader);
        account.credit = settings.credit.unwrap_or(account.credit);
        account.shorting = settings.shorting.unwrap_or(account.shorting);
        self.tell_account(at);
    }

    fn tell_account(&mut self, at: DateTime<Utc>) {
        self.reports.push(Report::AccountChanged {
            at,
            account: self.setup.account,
        });
    }
}
