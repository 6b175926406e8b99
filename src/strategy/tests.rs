//! Tests of the language as its users see it: source and closes in, allocation or error text out.

mod combine;
mod depth;
mod errors;
mod evaluate;
mod filter;
mod groups;
mod indicator;
mod needs;
mod reference;
mod syntax;
mod trace;
mod weights;

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::{Evaluation, evaluate as evaluate_expression, parse};

/// The closes of the golden vectors in rules.md 5.5.
const GOLDEN: &str =
    "100 102 101 103 105 104 106 103 107 108 105 110 109 111 112 108 113 115 114 116";

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn closes(text: &str) -> Vec<Decimal> {
    text.split_whitespace().map(decimal).collect()
}

/// Closes by symbol: SPY has the golden ones, UP rises, DOWN falls, FLAT stays, SHORT has three,
/// TEN has ten.
fn market() -> BTreeMap<String, Vec<Decimal>> {
    let series = [
        ("SPY", GOLDEN),
        ("UP", "10 11 12 13 14 15 16 17 18 19 20 21"),
        ("DOWN", "21 20 19 18 17 16 15 14 13 12 11 10"),
        ("FLAT", "50 50 50 50 50 50 50 50 50 50 50 50"),
        ("SHORT", "100 101 102"),
        ("TEN", "100 102 101 103 105 104 106 103 107 108"),
    ];
    series
        .into_iter()
        .map(|(symbol, text)| (symbol.to_owned(), closes(text)))
        .collect()
}

fn evaluation(source: &str) -> Evaluation {
    let expression = parse(source).unwrap_or_else(|error| panic!("{error}: {source}"));
    evaluate_expression(&expression, &market()).unwrap_or_else(|error| panic!("{error}: {source}"))
}

/// The allocation as text: `A 0.5, B 0.5`.
fn allocation(source: &str) -> String {
    written(&evaluation(source).allocation)
}

fn written(allocation: &BTreeMap<String, Decimal>) -> String {
    let shares: Vec<String> = allocation
        .iter()
        .map(|(symbol, share)| format!("{symbol} {share}"))
        .collect();
    shares.join(", ")
}

/// The text of the error that evaluating the source gives.
fn error(source: &str) -> String {
    evaluate_expression(&parse(source).unwrap(), &market())
        .unwrap_err()
        .to_string()
}
