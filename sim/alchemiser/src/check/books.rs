use std::collections::BTreeMap;

use alchemiser_mocks::exchange::{Report, Side};
use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::Value;

use super::Violation;
use crate::trading::TradingRecord;
use harness::journal::Journal;

const NAME: &str = "the books balance";

/// What the account should hold, from its first statement on.
struct Books {
    cash: Decimal,
    shares: BTreeMap<String, Decimal>,
}

/// What the account held at the beginning, every fill since, every movement of cash, split and new
/// name make exactly what it holds at the end: cash to the cent, and shares.
pub(super) fn check(journal: &Journal) -> Vec<Violation> {
    let mut books: Option<Books> = None;
    let mut violations = Vec::new();
    for (entry, record) in journal.party_records() {
        let problems = match (record, &mut books) {
            (TradingRecord::Exchange { report }, None) => {
                books = opened(report);
                continue;
            }
            (TradingRecord::Exchange { report }, Some(books)) => {
                books.enter(report).into_iter().collect()
            }
            (
                TradingRecord::Account {
                    cash, positions, ..
                },
                Some(books),
            ) => books.compare(cash, positions),
            _ => continue,
        };
        violations.extend(
            problems
                .into_iter()
                .map(|problem| Violation::at(NAME, problem, vec![entry.sequence])),
        );
    }
    violations
}

/// The books of a first statement.
fn opened(report: &Report) -> Option<Books> {
    let Report::Statement {
        cash, positions, ..
    } = report
    else {
        return None;
    };
    Some(Books {
        cash: *cash,
        shares: positions.clone(),
    })
}

impl Books {
    /// Enters what the broker reports; says what does not fit.
    fn enter(&mut self, report: &Report) -> Option<String> {
        match report {
            Report::OrderFilled {
                order,
                fill_quantity,
                fill_price,
                ..
            } => {
                let signed = if order.side == Side::Buy {
                    *fill_quantity
                } else {
                    -*fill_quantity
                };
                self.cash -= signed * fill_price;
                *self.shares.entry(order.symbol.clone()).or_default() += signed;
            }
            Report::CashMoved { amount, .. } => self.cash += amount,
            Report::Split {
                symbol,
                from,
                to,
                after,
                ..
            } => {
                let held = self.shares.entry(symbol.clone()).or_default();
                let made = (*held * to / from).round_dp_with_strategy(9, RoundingStrategy::ToZero);
                let before = std::mem::replace(held, *after);
                // A fraction that is missing was paid.
                if *after != made && *after != made.trunc() {
                    return Some(format!(
                        "{before} {symbol} became {after} by a split of {from} into {to}, which makes {made}"
                    ));
                }
            }
            Report::SymbolRenamed { symbol, to, .. } => {
                if let Some(held) = self.shares.remove(symbol) {
                    self.shares.insert(to.clone(), held);
                }
            }
            _ => {}
        }
        None
    }

    /// Says where the account is not what the books make.
    fn compare(&mut self, cash: &str, positions: &Value) -> Vec<String> {
        let mut problems = Vec::new();
        if cash != self.cash.round_dp(2).to_string() {
            problems.push(format!(
                "the account has {cash} dollars, its fills make {}",
                self.cash
            ));
        }
        self.shares.retain(|_, quantity| !quantity.is_zero());
        let made: BTreeMap<&str, String> = self
            .shares
            .iter()
            .map(|(symbol, held)| (symbol.as_str(), held.normalize().to_string()))
            .collect();
        let held: BTreeMap<&str, String> = positions
            .as_object()
            .into_iter()
            .flatten()
            .map(|(symbol, text)| {
                (
                    symbol.as_str(),
                    text.as_str().unwrap_or_default().to_owned(),
                )
            })
            .collect();
        if made != held {
            problems.push(format!(
                "the account holds {held:?}, its fills make {made:?}"
            ));
        }
        problems
    }
}
