//! Quotes, and what a scenario may do to them.

use std::time::Duration;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::Serialize;

use crate::exchange::side::Side;

/// The best bid and ask of a symbol. Prices in USD; zero means that nobody quotes that side.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Quote {
    /// What buyers offer.
    pub bid: Decimal,
    /// Shares wanted at the bid.
    pub bid_size: u64,
    /// What sellers want.
    pub ask: Decimal,
    /// Shares offered at the ask.
    pub ask_size: u64,
    /// When it was quoted.
    pub at: DateTime<Utc>,
}

impl Quote {
    /// The middle between bid and ask, or `None` for a one-sided quote.
    pub fn middle(&self) -> Option<Decimal> {
        let two_sided = self.bid > Decimal::ZERO && self.ask > Decimal::ZERO;
        two_sided.then(|| (self.bid + self.ask) / Decimal::TWO)
    }

    /// The price that an order to `side` gets from the other side, or `None` when nobody is there.
    pub fn opposite(&self, side: Side) -> Option<Decimal> {
        let price = match side {
            Side::Buy => self.ask,
            Side::Sell => self.bid,
        };
        Some(price).filter(|price| *price > Decimal::ZERO)
    }

    /// Whether an order to `side` at `limit` (`None`: market) can trade at once.
    pub fn meets(&self, side: Side, limit: Option<Decimal>) -> bool {
        self.opposite(side)
            .is_some_and(|price| limit.is_none_or(|limit| side.accepts(limit, price)))
    }
}

/// Who sees a scripted quote.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum QuoteReach {
    /// Only the data API: the feed lies, the market does not (incidents 41 and 42).
    #[default]
    Feed,
    /// The data API and the matching of orders alike.
    Market,
}

/// What becomes of a quote.
#[derive(Clone, Debug, PartialEq)]
pub enum QuoteEffect {
    /// These very prices.
    Fixed {
        /// The bid, USD.
        bid: Decimal,
        /// The ask, USD.
        ask: Decimal,
    },
    /// No seller: ask and ask size are zero (incident 42).
    ZeroAsk,
    /// No buyer: bid and bid size are zero.
    ZeroBid,
    /// The bid stands this much above the ask (incident 41).
    Crossed(Decimal),
    /// The quote is this old, in price and in timestamp.
    Stale(Duration),
    /// The data API has no quote of the symbol at all.
    Missing,
}

/// A scripted quote: in force for one symbol, from `from` (inclusive) until `until` (exclusive).
/// The first rule that applies wins.
#[derive(Clone, Debug, PartialEq)]
pub struct QuoteRule {
    /// The symbol.
    pub symbol: String,
    /// The first instant it holds; `None` means from ever.
    pub from: Option<DateTime<Utc>>,
    /// The first instant it holds no more; `None` means for ever.
    pub until: Option<DateTime<Utc>>,
    /// Who sees it.
    pub reach: QuoteReach,
    /// What is seen.
    pub effect: QuoteEffect,
}

impl QuoteRule {
    /// A rule that always holds and that only the data API shows.
    pub fn always(symbol: impl Into<String>, effect: QuoteEffect) -> Self {
        Self {
            symbol: symbol.into(),
            from: None,
            until: None,
            reach: QuoteReach::Feed,
            effect,
        }
    }

    /// Whether it holds for `symbol` at `at`, for the data API (`feed`) or for matching.
    pub(super) fn applies(&self, symbol: &str, at: DateTime<Utc>, feed: bool) -> bool {
        self.symbol == symbol
            && (feed || self.reach == QuoteReach::Market)
            && self.from.is_none_or(|from| from <= at)
            && self.until.is_none_or(|until| at < until)
    }
}
