//! The limit price of an order, whatever the quote.

use alchemiser::alpaca::{Quote, Side};
use alchemiser::execution::{SaneQuote, limit_price};
use chrono::DateTime;
use rust_decimal::Decimal;

/// Legs of an order, and some more than there are.
const LEGS: u32 = 6;

/// Every quote in whole cents that is sane, with bids up to five dollars.
fn sane_quotes() -> impl Iterator<Item = (Quote, SaneQuote)> {
    let quote = |bid, ask| Quote { bid: Decimal::new(bid, 2), ask: Decimal::new(ask, 2), at: DateTime::UNIX_EPOCH };
    (1..=500).flat_map(move |bid| (bid..=bid + 60).map(move |ask| quote(bid, ask))).filter_map(|quote| {
        let sane = SaneQuote::new(&quote).ok()?;
        Some((quote, sane))
    })
}

#[test]
fn no_limit_price_is_zero_or_negative() {
    assert!(sane_quotes().any(|(quote, _)| quote.bid == Decimal::new(1, 2)), "the cheapest share there is has a sane quote");
    for (quote, sane) in sane_quotes() {
        for (side, leg) in (1..=LEGS).flat_map(|leg| [(Side::Buy, leg), (Side::Sell, leg)]) {
            let price = limit_price(&sane, side, leg);
            assert!(price > Decimal::ZERO, "{} leg {leg} at {}/{}: {price}", side.as_str(), quote.bid, quote.ask);
        }
    }
}
