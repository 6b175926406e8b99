use rust_decimal::Decimal;

use super::Finding;
use crate::journal::{Fact, Journal};

/// Cash and positions are never negative.
pub(super) fn check(journal: &Journal) -> Vec<Finding> {
    let mut findings = Vec::new();
    for entry in journal.entries() {
        let Fact::Account { cash, positions, .. } = &entry.fact else { continue };
        let quantities =
            positions.as_object().into_iter().flatten().map(|(symbol, quantity)| (symbol.as_str(), quantity.as_str().unwrap_or_default()));
        for (name, text) in quantities.chain([("cash", cash.as_str())]) {
            if text.parse::<Decimal>().is_ok_and(|value| value < Decimal::ZERO) {
                findings.push(Finding::at("sound account", format!("{name} is {text}"), vec![entry.sequence]));
            }
        }
    }
    findings
}
