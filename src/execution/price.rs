use rust_decimal::{Decimal, RoundingStrategy};

use crate::alpaca::Side;
use crate::quote::{SaneQuote, tick};

/// How far the last leg goes beyond the other side's price, as a part of it.
const FARTHEST: Decimal = Decimal::from_parts(5, 0, 0, false, 3);

/// The limit price of an order's `leg`, in whole ticks. The first leg improves the best price by a
/// tick, never beyond the middle; the second crosses the market by two ticks, so that it fills; the
/// last goes half a percent beyond it, which is as far as an escalation may go: a market order has
/// no bound.
#[must_use]
pub fn limit_price(quote: &SaneQuote, side: Side, leg: u32) -> Decimal {
    let SaneQuote { bid, ask } = *quote;
    assert!(
        Decimal::ZERO < bid && bid <= ask,
        "a price follows from a quote that can be traded on"
    );
    assert!(leg >= 1, "legs are counted from 1");
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
    let limit = price
        .round_dp_with_strategy(tick(price).scale(), rounding)
        .max(tick(Decimal::ZERO));
    if leg == 1 {
        let is_inside = match side {
            Side::Buy => limit <= ask,
            Side::Sell => limit >= bid,
        };
        assert!(is_inside, "the first leg does not cross the market");
    }
    limit
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alpaca::Quote;
    use chrono::DateTime;
    use proptest::prelude::*;

    fn quote(bid: &str, ask: &str) -> Quote {
        let decimal = |text: &str| text.parse().expect("a decimal");
        Quote {
            bid: decimal(bid),
            ask: decimal(ask),
            at: DateTime::UNIX_EPOCH,
        }
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
            assert_eq!(
                limit_price(&sane, Side::Buy, 1),
                buy.parse().expect("a decimal"),
                "buy {bid}/{ask}"
            );
            assert_eq!(
                limit_price(&sane, Side::Sell, 1),
                sell.parse().expect("a decimal"),
                "sell {bid}/{ask}"
            );
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
