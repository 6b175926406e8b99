use std::collections::BTreeMap;

use rust_decimal::Decimal;

use crate::trading::{TradingFact, TradingRecord};
use harness::journal::Journal;

/// How the account stands at the end of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FinalAccount {
    /// Dollars.
    pub cash: Decimal,
    /// Dollars: cash and what the positions are worth.
    pub equity: Decimal,
    /// Shares by symbol; none of zero.
    pub positions: BTreeMap<String, Decimal>,
}

/// How the account stands at the end, where the run came to one.
#[must_use]
pub fn final_account(journal: &Journal) -> Option<FinalAccount> {
    let entries = journal.entries().iter().rev();
    let (cash, equity, positions) =
        entries
            .filter_map(|entry| entry.fact.trading())
            .find_map(|record| match record {
                TradingRecord::Account {
                    cash,
                    equity,
                    positions,
                } => Some((cash, equity, positions)),
                _ => None,
            })?;
    let positions = positions.as_object()?.iter();
    let positions = positions
        .filter_map(|(symbol, quantity)| Some((symbol.clone(), quantity.as_str()?.parse().ok()?)))
        .filter(|(_, quantity): &(String, Decimal)| !quantity.is_zero());
    Some(FinalAccount {
        cash: cash.parse().ok()?,
        equity: equity.parse().ok()?,
        positions: positions.collect(),
    })
}
