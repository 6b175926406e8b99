//! Cash that comes and goes without a trade (Alpaca, "Account activities": `CSD`, `CSW`, `DIV`, `FEE`).

use chrono::{DateTime, Utc};
use rust_decimal::{Decimal, RoundingStrategy};
use serde::Serialize;

use crate::exchange::Exchange;
use crate::exchange::movement::Movement;
use crate::exchange::refusal::Refusal;
use crate::exchange::report::Report;

/// Why cash moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CashKind {
    /// The owner pays in.
    Deposit,
    /// The owner takes out.
    Withdrawal,
    /// A company pays its holders, or whoever is short of it pays.
    Dividend,
    /// The broker charges.
    Fee,
}

impl Exchange {
    /// Moves cash. A withdrawal takes no more than there is in cash and settled; whether open orders want it does not
    /// matter. A fee is charged whatever there is, and so may leave a debt.
    pub(super) fn move_cash(&mut self, at: DateTime<Utc>, kind: CashKind, amount: Decimal, symbol: Option<&str>) -> Result<(), Refusal> {
        if kind != CashKind::Dividend && amount <= Decimal::ZERO {
            return Err(Refusal::bad_field("amount must be > 0"));
        }
        let signed = match kind {
            CashKind::Deposit | CashKind::Dividend => amount,
            CashKind::Withdrawal | CashKind::Fee => -amount,
        };
        let withdrawable = self.ledger.cash() - self.ledger.unsettled(at, self.setup.knobs.settlement_delay);
        if kind == CashKind::Withdrawal && amount > withdrawable {
            return Err(Refusal::forbidden(format!("insufficient funds: {amount} is more than the {withdrawable} that can be withdrawn")));
        }
        self.ledger.record(Movement::Cash { at, amount: signed });
        self.reports.push(Report::CashMoved { at, kind, amount: signed, symbol: symbol.map(str::to_owned) });
        Ok(())
    }

    /// Pays what the shares held earn, to the cent; who is short of them pays it.
    pub(super) fn pay_dividend(&mut self, at: DateTime<Utc>, symbol: &str, per_share: Decimal) -> Result<(), Refusal> {
        if per_share <= Decimal::ZERO {
            return Err(Refusal::bad_field("per_share must be > 0"));
        }
        let held = self.ledger.quantity(symbol);
        if held.is_zero() {
            return Err(Refusal::not_found("position does not exist"));
        }
        let amount = (held * per_share).round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero);
        self.move_cash(at, CashKind::Dividend, amount, Some(symbol))
    }
}
