//! Quotes of the data feed, and which of them are a price to trade on.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;

use crate::alpaca::{AlpacaError, Quote};
use crate::error::StepFailure;
use crate::services::Services;

/// A wider spread than this part of the price is no market.
const WIDEST_SPREAD: Decimal = Decimal::from_parts(1, 0, 0, false, 1);
/// An older quote says nothing about the market.
const FRESH: TimeDelta = TimeDelta::seconds(60);
const ATTEMPTS: u32 = 3;
const PAUSE: Duration = Duration::from_secs(2);

/// The smallest step of a price: a cent, and a hundredth of one below a dollar (Regulation NMS,
/// rule 612).
pub(crate) fn tick(price: Decimal) -> Decimal {
    if price < Decimal::ONE {
        Decimal::new(1, 4)
    } else {
        Decimal::new(1, 2)
    }
}

/// A quote that can be traded on: fresh, both sides there, not crossed, not absurdly wide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SaneQuote {
    pub(crate) bid: Decimal,
    pub(crate) ask: Decimal,
}

/// Why a quote cannot be traded on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QuoteError {
    /// Nobody bids, or nobody offers.
    #[error("one side is missing (bid {bid}, ask {ask})")]
    OneSided {
        /// Dollars.
        bid: Decimal,
        /// Dollars.
        ask: Decimal,
    },
    /// The bid is above the ask.
    #[error("the market is crossed (bid {bid}, ask {ask})")]
    Crossed {
        /// Dollars.
        bid: Decimal,
        /// Dollars.
        ask: Decimal,
    },
    /// Bid and ask are too far from each other.
    #[error("the spread is wider than 10 % (bid {bid}, ask {ask})")]
    Wide {
        /// Dollars.
        bid: Decimal,
        /// Dollars.
        ask: Decimal,
    },
    /// It is of an earlier time.
    #[error("it is older than {} s", FRESH.num_seconds())]
    Old,
}

impl SaneQuote {
    /// Takes `quote` if it is sane.
    ///
    /// # Errors
    /// What is wrong with it (rules.md 7.3; incidents 41, 42 and 57).
    pub fn new(quote: &Quote, now: DateTime<Utc>) -> Result<Self, QuoteError> {
        let Quote { bid, ask, at } = *quote;
        if bid < tick(bid) || ask < tick(ask) {
            return Err(QuoteError::OneSided { bid, ask });
        }
        if ask < bid {
            return Err(QuoteError::Crossed { bid, ask });
        }
        if ask - bid > WIDEST_SPREAD * bid {
            return Err(QuoteError::Wide { bid, ask });
        }
        if now - at > FRESH {
            return Err(QuoteError::Old);
        }
        Ok(Self { bid, ask })
    }

    /// The middle between bid and ask.
    #[must_use]
    pub fn mid(&self) -> Decimal {
        (self.bid + self.ask) / Decimal::TWO
    }
}

/// What the feed shows of some symbols.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Quotes {
    /// The quotes that can be traded on.
    pub usable: BTreeMap<String, SaneQuote>,
    /// For every other symbol, why it has none.
    pub problems: BTreeMap<String, String>,
}

/// Asks for the quotes of `symbols`, and a few times more for those that cannot be used. One
/// symbol's bad quote is that symbol's problem alone.
///
/// # Errors
/// A feed that does not answer.
pub async fn latest_quotes(services: &Services, symbols: &[String]) -> Result<Quotes, StepFailure> {
    let mut quotes = Quotes::default();
    let mut wanted = symbols.to_vec();
    for attempt in 1..=ATTEMPTS {
        if wanted.is_empty() {
            break;
        }
        let (latest, refused) = shown(services, &wanted).await?;
        let now = services.now().get();
        quotes.problems = refused;
        for symbol in &wanted {
            match latest.get(symbol).map(|quote| SaneQuote::new(quote, now)) {
                Some(Ok(quote)) => {
                    quotes.usable.insert(symbol.clone(), quote);
                }
                Some(Err(reason)) => {
                    quotes.problems.insert(
                        symbol.clone(),
                        format!("the quote of {symbol} cannot be used: {reason}"),
                    );
                }
                None => {
                    quotes
                        .problems
                        .entry(symbol.clone())
                        .or_insert_with(|| format!("there is no quote for {symbol}"));
                }
            }
        }
        wanted = quotes.problems.keys().cloned().collect();
        if !wanted.is_empty() {
            tracing::warn!(problems = ?quotes.problems, attempt, "no usable quote");
            if attempt < ATTEMPTS {
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
    Ok(quotes)
}

/// The feed's quotes, and why it refuses to show some. A feed that refuses several symbols at once
/// is asked for each alone: one that it does not know must not hide the others.
async fn shown(
    services: &Services,
    symbols: &[String],
) -> Result<(BTreeMap<String, Quote>, BTreeMap<String, String>), StepFailure> {
    let mut refused = BTreeMap::new();
    match services.alpaca.latest_quotes(symbols).await {
        Ok(quotes) => return Ok((quotes, refused)),
        Err(
            error @ AlpacaError::Refused {
                status: 400 | 404 | 422,
                ..
            },
        ) => {
            if let [symbol] = symbols {
                refused.insert(
                    symbol.clone(),
                    format!("there is no quote for {symbol}: the broker {error}"),
                );
                return Ok((BTreeMap::new(), refused));
            }
        }
        Err(error) => return Err(error.into()),
    }
    let mut quotes = BTreeMap::new();
    for symbol in symbols {
        let (one, reason) = Box::pin(shown(services, std::slice::from_ref(symbol))).await?;
        quotes.extend(one);
        refused.extend(reason);
    }
    Ok((quotes, refused))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quote(bid: &str, ask: &str) -> Quote {
        let decimal = |text: &str| text.parse().expect("a decimal");
        Quote {
            bid: decimal(bid),
            ask: decimal(ask),
            at: DateTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn one_sided_crossed_wide_and_old_quotes_are_refused() {
        for (bid, ask) in [
            ("107", "0"),
            ("0", "1"),
            ("10.02", "10.01"),
            ("10", "11.01"),
        ] {
            assert!(
                SaneQuote::new(&quote(bid, ask), DateTime::UNIX_EPOCH).is_err(),
                "{bid}/{ask}"
            );
        }
        let minute = DateTime::UNIX_EPOCH + FRESH;
        assert!(SaneQuote::new(&quote("10", "10.01"), minute).is_ok());
        let problem =
            SaneQuote::new(&quote("10", "10.01"), minute + TimeDelta::seconds(1)).expect_err("old");
        assert_eq!(problem, QuoteError::Old);
    }
}
