use std::collections::BTreeMap;
use std::time::Duration;

use rust_decimal::{Decimal, RoundingStrategy};

use crate::alpaca::{Quote, Side};
use crate::error::{Fault, Refusal};
use crate::services::Services;

const CENT: Decimal = Decimal::from_parts(1, 0, 0, false, 2);
/// A wider spread than this part of the price is no market.
const WIDEST_SPREAD: Decimal = Decimal::from_parts(1, 0, 0, false, 1);
const ATTEMPTS: u32 = 3;
const PAUSE: Duration = Duration::from_secs(2);

/// A quote that can be traded on: both sides there, not crossed, not absurdly wide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SaneQuote {
    bid: Decimal,
    ask: Decimal,
}

impl SaneQuote {
    /// Takes `quote` if it is sane.
    ///
    /// # Errors
    /// What is wrong with it (specification 7.3; incidents 41 and 42).
    pub fn new(quote: &Quote) -> Result<Self, String> {
        let Quote { bid, ask, .. } = quote;
        if *bid < CENT || *ask < CENT {
            return Err(format!("one side is missing (bid {bid}, ask {ask})"));
        }
        if ask < bid {
            return Err(format!("the market is crossed (bid {bid}, ask {ask})"));
        }
        if ask - bid > WIDEST_SPREAD * bid {
            return Err(format!("the spread is wider than 10 % (bid {bid}, ask {ask})"));
        }
        Ok(Self { bid: *bid, ask: *ask })
    }

    /// The middle between bid and ask.
    #[must_use]
    pub fn mid(&self) -> Decimal {
        (self.bid + self.ask) / Decimal::TWO
    }
}

/// The limit price of an order's `leg`, in whole cents. The first leg improves the best price by a cent, never
/// beyond the middle; later legs cross the market by two cents, so that they fill.
#[must_use]
pub fn limit_price(quote: &SaneQuote, side: Side, leg: u32) -> Decimal {
    let (price, rounding) = match (side, leg) {
        (Side::Buy, 1) => ((quote.bid + CENT).min(quote.mid()), RoundingStrategy::ToZero),
        (Side::Sell, 1) => ((quote.ask - CENT).max(quote.mid()), RoundingStrategy::AwayFromZero),
        (Side::Buy, _) => (quote.ask + CENT + CENT, RoundingStrategy::AwayFromZero),
        (Side::Sell, _) => (quote.bid - CENT - CENT, RoundingStrategy::ToZero),
    };
    price.round_dp_with_strategy(2, rounding).max(CENT)
}

/// A sane quote for each of `symbols`; asks a few times before it gives up.
///
/// # Errors
/// A refusal that names the symbol and what is wrong with its quote.
pub async fn usable_quotes(services: &Services, symbols: &[String]) -> Result<BTreeMap<String, SaneQuote>, Fault> {
    let mut problem = String::new();
    for attempt in 1..=ATTEMPTS {
        let latest = if symbols.is_empty() { BTreeMap::new() } else { services.alpaca.latest_quotes(symbols).await? };
        let mut quotes = BTreeMap::new();
        problem.clear();
        for symbol in symbols {
            match latest.get(symbol).map(SaneQuote::new) {
                Some(Ok(quote)) => {
                    quotes.insert(symbol.clone(), quote);
                }
                Some(Err(reason)) => problem = format!("the quote of {symbol} cannot be used: {reason}"),
                None => problem = format!("there is no quote for {symbol}"),
            }
        }
        if quotes.len() == symbols.len() {
            return Ok(quotes);
        }
        tracing::warn!(problem, attempt, "no usable quote");
        if attempt < ATTEMPTS {
            tokio::time::sleep(PAUSE).await;
        }
    }
    Err(Refusal::new(problem).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;

    fn quote(bid: &str, ask: &str) -> Quote {
        let decimal = |text: &str| text.parse().expect("a decimal");
        Quote { bid: decimal(bid), ask: decimal(ask), at: DateTime::UNIX_EPOCH }
    }

    #[test]
    fn first_legs_improve_the_best_price_by_a_cent_at_most_to_the_middle() {
        for (bid, ask, buy, sell) in [
            ("100", "100.10", "100.01", "100.09"),
            ("100", "100.01", "100.00", "100.01"),
            ("100", "100.02", "100.01", "100.01"),
            ("100", "101", "100.01", "100.99"),
        ] {
            let sane = SaneQuote::new(&quote(bid, ask)).expect("sane");
            assert_eq!(limit_price(&sane, Side::Buy, 1), buy.parse().expect("a decimal"), "buy {bid}/{ask}");
            assert_eq!(limit_price(&sane, Side::Sell, 1), sell.parse().expect("a decimal"), "sell {bid}/{ask}");
        }
    }

    #[test]
    fn later_legs_cross_the_market() {
        let sane = SaneQuote::new(&quote("100", "100.10")).expect("sane");
        assert_eq!(limit_price(&sane, Side::Buy, 2), Decimal::new(10_012, 2));
        assert_eq!(limit_price(&sane, Side::Sell, 2), Decimal::new(9_998, 2));
    }

    #[test]
    fn one_sided_crossed_and_wide_quotes_are_refused() {
        for (bid, ask) in [("107", "0"), ("0", "1"), ("10.02", "10.01"), ("10", "11.01")] {
            assert!(SaneQuote::new(&quote(bid, ask)).is_err(), "{bid}/{ask}");
        }
    }
}
