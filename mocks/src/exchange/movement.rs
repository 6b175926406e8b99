//! What moves cash and shares.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::Serialize;

use super::side::Side;

/// Shares of one symbol; fewer than none are held short.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Holding {
    pub(super) quantity: Decimal,
    /// What one share cost on average; `None` where the setup did not say.
    pub(super) average: Option<Decimal>,
}

/// One fill.
#[derive(Clone, Debug)]
pub(super) struct Fill {
    pub(super) at: DateTime<Utc>,
    pub(super) symbol: String,
    pub(super) side: Side,
    pub(super) quantity: Decimal,
    pub(super) price: Decimal,
}

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
    /// A split left a fraction of a share, which is paid.
    CashInLieu,
}

/// One thing that moves cash, shares, or both.
#[derive(Clone, Debug)]
pub(super) enum Movement {
    /// Shares and cash change hands.
    Fill(Fill),
    /// Cash comes, or goes where the amount is negative.
    Cash { at: DateTime<Utc>, amount: Decimal },
    /// A symbol's shares become so many, and what each of them cost changes with it.
    Split {
        at: DateTime<Utc>,
        symbol: String,
        quantity: Decimal,
        price_factor: Decimal,
    },
    /// A symbol's shares are held under another name.
    Rename {
        at: DateTime<Utc>,
        from: String,
        to: String,
    },
}

impl Movement {
    /// When.
    pub(super) fn at(&self) -> DateTime<Utc> {
        match self {
            Self::Fill(fill) => fill.at,
            Self::Cash { at, .. } | Self::Split { at, .. } | Self::Rename { at, .. } => *at,
        }
    }

    /// The fill that it is.
    pub(super) fn fill(&self) -> Option<&Fill> {
        match self {
            Self::Fill(fill) => Some(fill),
            Self::Cash { .. } | Self::Split { .. } | Self::Rename { .. } => None,
        }
    }

    /// Makes the move.
    pub(super) fn apply(&self, cash: &mut Decimal, holdings: &mut BTreeMap<String, Holding>) {
        match self {
            Self::Fill(fill) => fill.apply(cash, holdings),
            Self::Cash { amount, .. } => *cash += amount,
            Self::Split {
                symbol,
                quantity,
                price_factor,
                ..
            } => {
                let average = holdings.remove(symbol).and_then(|holding| holding.average);
                if !quantity.is_zero() {
                    let average = average.map(|average| (average * price_factor).round_dp(12));
                    holdings.insert(
                        symbol.clone(),
                        Holding {
                            quantity: *quantity,
                            average,
                        },
                    );
                }
            }
            Self::Rename { from, to, .. } => {
                if let Some(holding) = holdings.remove(from) {
                    holdings.insert(to.clone(), holding);
                }
            }
        }
    }
}

impl Fill {
    fn apply(&self, cash: &mut Decimal, holdings: &mut BTreeMap<String, Holding>) {
        let value = self.quantity * self.price;
        let before = holdings.remove(&self.symbol).unwrap_or(Holding {
            quantity: Decimal::ZERO,
            average: Some(Decimal::ZERO),
        });
        let signed = match self.side {
            Side::Buy => self.quantity,
            Side::Sell => -self.quantity,
        };
        *cash -= signed * self.price;
        let quantity = before.quantity + signed;
        if quantity.is_zero() {
            return;
        }
        let opens = before.quantity.is_zero()
            || before.quantity.is_sign_positive() == signed.is_sign_positive();
        let crosses = !opens && before.quantity.is_sign_positive() != quantity.is_sign_positive();
        let average = match before.average {
            _ if crosses => Some(self.price),
            Some(average) if opens => {
                Some(((average * before.quantity.abs() + value) / quantity.abs()).round_dp(12))
            }
            average => average,
        };
        holdings.insert(self.symbol.clone(), Holding { quantity, average });
    }
}
