use rust_decimal::Decimal;

use crate::event::Action;

/// One line of a plan with its exact numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedTrade {
    /// The symbol.
    pub symbol: String,
    /// What to do.
    pub action: Action,
    /// Dollars: positive to buy, negative to sell, zero to hold.
    pub amount: Decimal,
    /// Dollars wanted.
    pub target_value: Decimal,
    /// Dollars held.
    pub current_value: Decimal,
    /// Whether a trade is wanted that cannot be made: the symbol is among the untraded ones.
    pub is_untraded: bool,
}
