use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::{Decimal, RoundingStrategy};

use crate::alpaca::{Quote, Side};
use crate::error::{Fault, Refusal};
use crate::services::Services;

/// A wider spread than this part of the price is no market.
const WIDEST_SPREAD: Decimal = Decimal::from_parts(1, 0, 0, false, 1);
/// An older quote says nothing about the market.
const FRESH: TimeDelta = TimeDelta::seconds(60);
/// How far the last leg goes beyond the other side's price, as a part of it.
const FARTHEST: Decimal = Decimal::from_parts(5, 0, 0, false, 3);
const ATTEMPTS: u32 = 3;
const PAUSE: Duration = Duration::from_secs(2);

/// The smallest step of a price: a cent, and a hundredth of one below a dollar (Regulation NMS, rule 612).
fn tick(price: Decimal) -> Decimal {
    if price < Decimal::ONE { Decimal::new(1, 4) } else { Decimal::new(1, 2) }
}

/// A quote that can be traded on: fresh, both sides there, not crossed, not absurdly wide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SaneQuote {
    bid: Decimal,
    ask: Decimal,
}

impl SaneQuote {
    /// Takes `quote` if it is sane.
    ///
    /// # Errors
    /// What is wrong with it (specification 7.3; incidents 41, 42 and 57).
    pub fn new(quote: &Quote, now: DateTime<Utc>) -> Result<Self, String> {
        let Quote { bid, ask, at } = quote;
        if *bid < tick(*bid) || *ask < tick(*ask) {
            return Err(format!("one side is missing (bid {bid}, ask {ask})"));
        }
        if ask < bid {
            return Err(format!("the market is crossed (bid {bid}, ask {ask})"));
        }
        if ask - bid > WIDEST_SPREAD * bid {
            return Err(format!("the spread is wider than 10 % (bid {bid}, ask {ask})"));
        }
        if now - at > FRESH {
            return Err(format!("it is older than {} s", FRESH.num_seconds()));
        }
        Ok(Self { bid: *bid, ask: *ask })
    }

    /// The middle between bid and ask.
    #[must_use]
    pub fn mid(&self) -> Decimal {
        (self.bid + self.ask) / Decimal::TWO
    }
}

/// The limit price of an order's `leg`, in whole ticks. The first leg improves the best price by a tick, never beyond
/// the middle; the second crosses the market by two ticks, so that it fills; the last goes half a percent beyond it,
/// which is as far as an escalation may go: a market order has no bound.
#[must_use]
pub fn limit_price(quote: &SaneQuote, side: Side, leg: u32) -> Decimal {
    let SaneQuote { bid, ask } = *quote;
    let beyond = |price: Decimal| match leg {
        2 => Decimal::TWO * tick(price),
        _ => (Decimal::TWO * tick(price)).max(price * FARTHEST),
    };
    let price = match (side, leg) {
        (Side::Buy, 1) => (bid + tick(bid)).min(quote.mid()),
        (Side::Sell, 1) => (ask - tick(ask)).max(quote.mid()),
        (Side::Buy, _) => ask + beyond(ask),
        (Side::Sell, _) => bid - beyond(bid),
    };
    // To the safe side in the first leg, to the filling side in the others.
    let rounding = match (side, leg) {
        (Side::Buy, 1) | (Side::Sell, 2..) => RoundingStrategy::ToZero,
        _ => RoundingStrategy::AwayFromZero,
    };
    price.round_dp_with_strategy(tick(price).scale(), rounding).max(tick(Decimal::ZERO))
}

/// A sane quote for each of `symbols`; asks a few times before it gives up.
///
/// # Errors
/// A refusal that names the symbol and what is wrong with its quote.
pub async fn usable_quotes(services: &Services, symbols: &[String]) -> Result<BTreeMap<String, SaneQuote>, Fault> {
    let mut problem = String::new();
    for attempt in 1..=ATTEMPTS {
        let latest = if symbols.is_empty() { BTreeMap::new() } else { services.alpaca.latest_quotes(symbols).await? };
        let now = services.now().get();
        let mut quotes = BTreeMap::new();
        problem.clear();
        for symbol in symbols {
            match latest.get(symbol).map(|quote| SaneQuote::new(quote, now)) {
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
    use proptest::prelude::*;

    fn quote(bid: &str, ask: &str) -> Quote {
        let decimal = |text: &str| text.parse().expect("a decimal");
        Quote { bid: decimal(bid), ask: decimal(ask), at: DateTime::UNIX_EPOCH }
    }

    fn sane(bid: &str, ask: &str) -> SaneQuote {
        SaneQuote::new(&quote(bid, ask), DateTime::UNIX_EPOCH).expect("sane")
    }

    #[test]
    fn first_legs_improve_the_best_price_by_a_tick_at_most_to_the_middle() {
        for (bid, ask, buy, sell) in [
            ("100", "100.10", "100.01", "100.09"),
            ("100", "100.01", "100.00", "100.01"),
            ("100", "100.02", "100.01", "100.01"),
            ("100", "101", "100.01", "100.99"),
            ("0.5000", "0.5010", "0.5001", "0.5009"),
            ("0.9999", "1.00", "0.9999", "1.00"),
        ] {
            let sane = sane(bid, ask);
            assert_eq!(limit_price(&sane, Side::Buy, 1), buy.parse().expect("a decimal"), "buy {bid}/{ask}");
            assert_eq!(limit_price(&sane, Side::Sell, 1), sell.parse().expect("a decimal"), "sell {bid}/{ask}");
        }
    }

    #[test]
    fn later_legs_cross_the_market_and_the_last_goes_half_a_percent_beyond() {
        let sane = sane("100", "100.10");
        assert_eq!(limit_price(&sane, Side::Buy, 2), Decimal::new(10_012, 2));
        assert_eq!(limit_price(&sane, Side::Sell, 2), Decimal::new(9_998, 2));
        assert_eq!(limit_price(&sane, Side::Buy, 3), Decimal::new(10_061, 2));
        assert_eq!(limit_price(&sane, Side::Sell, 3), Decimal::new(9_950, 2));
    }

    #[test]
    fn one_sided_crossed_wide_and_old_quotes_are_refused() {
        for (bid, ask) in [("107", "0"), ("0", "1"), ("10.02", "10.01"), ("10", "11.01")] {
            assert!(SaneQuote::new(&quote(bid, ask), DateTime::UNIX_EPOCH).is_err(), "{bid}/{ask}");
        }
        let minute = DateTime::UNIX_EPOCH + FRESH;
        assert!(SaneQuote::new(&quote("10", "10.01"), minute).is_ok());
        let problem = SaneQuote::new(&quote("10", "10.01"), minute + TimeDelta::seconds(1)).expect_err("old");
        assert_eq!(problem, "it is older than 60 s");
    }

    prop_compose! {
        /// Sane quotes from a hundredth of a cent to ten thousand dollars.
        fn any_sane()(ten_thousandths in 1_i64..100_000_000, spread in 0_i64..=999) -> SaneQuote {
            let bid = Decimal::new(ten_thousandths, 4);
            SaneQuote { bid, ask: bid + bid * Decimal::new(spread, 4) }
        }
    }

    proptest! {
        #[test]
        fn a_price_is_a_positive_number_of_ticks(quote in any_sane(), leg in 1_u32..=3, is_buy: bool) {
            let price = limit_price(&quote, if is_buy { Side::Buy } else { Side::Sell }, leg);
            prop_assert!(price >= Decimal::new(1, 4), "{price}");
            prop_assert!((price % tick(price)).is_zero(), "{price}");
        }

        #[test]
        fn a_first_leg_stays_inside_the_spread(quote in any_sane()) {
            let (buy, sell) = (limit_price(&quote, Side::Buy, 1), limit_price(&quote, Side::Sell, 1));
            prop_assert!(buy <= quote.mid().max(Decimal::new(1, 4)), "{buy}");
            prop_assert!(sell >= quote.mid(), "{sell}");
        }

        #[test]
        fn each_leg_is_at_least_as_eager_as_the_one_before(quote in any_sane(), leg in 1_u32..=2) {
            prop_assert!(limit_price(&quote, Side::Buy, leg) <= limit_price(&quote, Side::Buy, leg + 1));
            prop_assert!(limit_price(&quote, Side::Sell, leg) >= limit_price(&quote, Side::Sell, leg + 1));
        }

        #[test]
        fn no_leg_goes_farther_than_half_a_percent_and_three_ticks(quote in any_sane(), leg in 1_u32..=3) {
            let cent = Decimal::new(1, 2);
            let buy = quote.ask * (Decimal::ONE + FARTHEST) + Decimal::from(3) * cent;
            let sell = quote.bid * (Decimal::ONE - FARTHEST) - Decimal::from(3) * cent;
            prop_assert!(limit_price(&quote, Side::Buy, leg) <= buy);
            prop_assert!(limit_price(&quote, Side::Sell, leg) >= sell.min(Decimal::new(1, 4)));
        }
    }
}
