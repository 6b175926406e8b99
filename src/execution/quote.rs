use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::{Decimal, RoundingStrategy};

use crate::alpaca::{Quote, Side};
use crate::error::{Fault, Refusal};
use crate::services::Services;
use crate::timestamp::Timestamp;

const CENT: Decimal = Decimal::from_parts(1, 0, 0, false, 2);
/// A wider spread than this part of the price is no market.
const WIDEST_SPREAD: Decimal = Decimal::from_parts(1, 0, 0, false, 1);
/// An older quote is of a market that has moved since (specification 6.3; incident 57).
const OLDEST: TimeDelta = TimeDelta::minutes(5);
const ATTEMPTS: u32 = 3;
const PAUSE: Duration = Duration::from_secs(2);

/// A quote that can be traded on: both sides there, not crossed, not absurdly wide, and of now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SaneQuote {
    bid: Decimal,
    ask: Decimal,
}

impl SaneQuote {
    /// Takes `quote` if it is sane at `now`.
    ///
    /// # Errors
    /// What is wrong with it (specification 7.3; incidents 41 and 42).
    pub fn new(quote: &Quote, now: DateTime<Utc>) -> Result<Self, String> {
        let Quote { bid, ask, at } = quote;
        if *bid < CENT || *ask < CENT {
            return Err(format!("one side is missing (bid {bid}, ask {ask})"));
        }
        if ask < bid {
            return Err(format!("the market is crossed (bid {bid}, ask {ask})"));
        }
        if ask - bid > WIDEST_SPREAD * bid {
            return Err(format!("the spread is wider than 10 % (bid {bid}, ask {ask})"));
        }
        if now - at > OLDEST {
            return Err(format!("it is of {}, more than {} minutes old", Timestamp::new(*at), OLDEST.num_minutes()));
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
            match latest.get(symbol).map(|quote| SaneQuote::new(quote, services.clock.now())) {
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
            let sane = SaneQuote::new(&quote(bid, ask), DateTime::UNIX_EPOCH).expect("sane");
            assert_eq!(limit_price(&sane, Side::Buy, 1), buy.parse().expect("a decimal"), "buy {bid}/{ask}");
            assert_eq!(limit_price(&sane, Side::Sell, 1), sell.parse().expect("a decimal"), "sell {bid}/{ask}");
        }
    }

    #[test]
    fn later_legs_cross_the_market() {
        let sane = SaneQuote::new(&quote("100", "100.10"), DateTime::UNIX_EPOCH).expect("sane");
        assert_eq!(limit_price(&sane, Side::Buy, 2), Decimal::new(10_012, 2));
        assert_eq!(limit_price(&sane, Side::Sell, 2), Decimal::new(9_998, 2));
    }

    #[test]
    fn one_sided_crossed_and_wide_quotes_are_refused() {
        for (bid, ask) in [("107", "0"), ("0", "1"), ("10.02", "10.01"), ("10", "11.01")] {
            assert!(SaneQuote::new(&quote(bid, ask), DateTime::UNIX_EPOCH).is_err(), "{bid}/{ask}");
        }
    }

    #[test]
    fn quotes_of_another_time_are_refused() {
        let sane = |age| SaneQuote::new(&quote("100", "100.10"), DateTime::UNIX_EPOCH + age);
        assert!(sane(OLDEST).is_ok());
        // The broker's clock may be a little ahead of ours.
        assert!(sane(-TimeDelta::seconds(2)).is_ok());
        let stale = sane(OLDEST + TimeDelta::seconds(1)).expect_err("stale");
        assert_eq!(stale, "it is of 1970-01-01T00:00:00Z, more than 5 minutes old");
    }
}
