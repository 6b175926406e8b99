//! Cash that comes and goes without a trade (Alpaca, "Account activities": `CSD`, `CSW`, `DIV`,
//! `FEE`, `CIL`).

use chrono::{DateTime, Utc};
use rust_decimal::{Decimal, RoundingStrategy};

use crate::exchange::Exchange;
use crate::exchange::movement::{CashKind, Movement};
use crate::exchange::refusal::Refusal;
use crate::exchange::report::Report;
use crate::exchange::text::plain;

impl Exchange {
    /// Moves cash that the owner or the broker moves. A withdrawal takes no more than there is in
    /// cash, settled, and not held against shares sold short; whether open orders want it does not
    /// matter. A fee is charged whatever there is, and so may leave a debt.
    pub(super) fn move_cash(
        &mut self,
        at: DateTime<Utc>,
        kind: CashKind,
        amount: Decimal,
    ) -> Result<(), Refusal> {
        if amount <= Decimal::ZERO {
            return Err(Refusal::bad_field("amount must be > 0"));
        }
        let withdrawable = self.ledger.cash() + self.owed(at)
            - self.ledger.unsettled(at, self.setup.knobs.settlement_delay);
        match kind {
            CashKind::Withdrawal if amount > withdrawable => {
                let (amount, most) = (plain(amount), plain(withdrawable.max(Decimal::ZERO)));
                return Err(Refusal::forbidden(format!(
                    "insufficient funds: {amount} is more than the {most} that can be withdrawn"
                )));
            }
            CashKind::Withdrawal | CashKind::Fee => self.book_cash(at, kind, -amount, None),
            CashKind::Deposit | CashKind::Dividend | CashKind::CashInLieu => {
                self.book_cash(at, kind, amount, None)
            }
        }
        Ok(())
    }

    /// Pays what the shares held earn, to the cent; who is short of them pays it.
    pub(super) fn pay_dividend(
        &mut self,
        at: DateTime<Utc>,
        symbol: &str,
        per_share: Decimal,
    ) -> Result<(), Refusal> {
        if per_share <= Decimal::ZERO {
            return Err(Refusal::bad_field("per_share must be > 0"));
        }
        let held = self.ledger.quantity(symbol);
        if held.is_zero() {
            return Err(Refusal::not_found("position does not exist"));
        }
        let amount =
            (held * per_share).round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero);
        self.book_cash(at, CashKind::Dividend, amount, Some(symbol));
        Ok(())
    }

    /// Moves cash, negative where it goes.
    pub(super) fn book_cash(
        &mut self,
        at: DateTime<Utc>,
        kind: CashKind,
        amount: Decimal,
        symbol: Option<&str>,
    ) {
        self.ledger.record(Movement::Cash { at, amount });
        self.reports.push(Report::CashMoved {
            at,
            kind,
            amount,
            symbol: symbol.map(str::to_owned),
        });
    }
}
