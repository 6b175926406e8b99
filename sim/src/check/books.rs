use std::collections::BTreeMap;

use alchemiser_mocks::exchange::{Report, Side};
use rust_decimal::{Decimal, RoundingStrategy};

use super::Finding;
use crate::trading::TradingRecord;
use harness::journal::Journal;

const NAME: &str = "the books balance";

/// What the account held at the beginning, every fill since, every movement of cash, split and new
/// name make exactly what it holds at the end: cash to the cent, and shares.
pub(super) fn check(journal: &Journal) -> Vec<Finding> {
    let mut books: Option<(Decimal, BTreeMap<String, Decimal>)> = None;
    let mut findings = Vec::new();
    for (entry, record) in journal.party_records() {
        match (record, &mut books) {
            (
                TradingRecord::Exchange {
                    report:
                        Report::Statement {
                            cash, positions, ..
                        },
                },
                None,
            ) => books = Some((*cash, positions.clone())),
            (
                TradingRecord::Exchange {
                    report:
                        Report::OrderFilled {
                            order,
                            fill_quantity,
                            fill_price,
                            ..
                        },
                },
                Some((cash, shares)),
            ) => {
                let signed = if order.side == Side::Buy {
                    *fill_quantity
                } else {
                    -*fill_quantity
                };
                *cash -= signed * fill_price;
                *shares.entry(order.symbol.clone()).or_default() += signed;
            }
            (
                TradingRecord::Exchange {
                    report: Report::CashMoved { amount, .. },
                },
                Some((cash, _)),
            ) => *cash += amount,
            (
                TradingRecord::Exchange {
                    report:
                        Report::Split {
                            symbol,
                            from,
                            to,
                            after,
                            ..
                        },
                },
                Some((_, shares)),
            ) => {
                let held = shares.entry(symbol.clone()).or_default();
                let made = (*held * to / from).round_dp_with_strategy(9, RoundingStrategy::ToZero);
                // A fraction that is missing was paid.
                let fits = *after == made || *after == made.trunc();
                if !fits {
                    let problem = format!(
                        "{held} {symbol} became {after} by a split of {from} into {to}, which makes {made}"
                    );
                    findings.push(Finding::at(NAME, problem, vec![entry.sequence]));
                }
                *held = *after;
            }
            (
                TradingRecord::Exchange {
                    report: Report::SymbolRenamed { symbol, to, .. },
                },
                Some((_, shares)),
            ) => {
                if let Some(held) = shares.remove(symbol) {
                    shares.insert(to.clone(), held);
                }
            }
            (
                TradingRecord::Account {
                    cash, positions, ..
                },
                Some((expected, shares)),
            ) => {
                if *cash != expected.round_dp(2).to_string() {
                    findings.push(Finding::at(
                        NAME,
                        format!("the account has {cash} dollars, its fills make {expected}"),
                        vec![entry.sequence],
                    ));
                }
                shares.retain(|_, quantity| !quantity.is_zero());
                let made: BTreeMap<&str, String> = shares
                    .iter()
                    .map(|(symbol, held)| (symbol.as_str(), held.normalize().to_string()))
                    .collect();
                let held = positions.as_object().into_iter().flatten();
                let held: BTreeMap<&str, String> = held
                    .map(|(symbol, text)| {
                        (
                            symbol.as_str(),
                            text.as_str().unwrap_or_default().to_owned(),
                        )
                    })
                    .collect();
                if made != held {
                    findings.push(Finding::at(
                        NAME,
                        format!("the account holds {held:?}, its fills make {made:?}"),
                        vec![entry.sequence],
                    ));
                }
            }
            _ => {}
        }
    }
    findings
}
