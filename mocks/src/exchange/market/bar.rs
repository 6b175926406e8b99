//! A daily bar.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Serialize;

/// One trading day of one symbol: prices in USD, volume in shares, as they were traded
/// (unadjusted).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Bar {
    /// The trading day in New York.
    pub date: NaiveDate,
    /// The first price.
    pub open: Decimal,
    /// The highest price.
    pub high: Decimal,
    /// The lowest price.
    pub low: Decimal,
    /// The last price.
    pub close: Decimal,
    /// Shares traded.
    pub volume: u64,
    /// The close with all later splits and dividends taken out, relative to a day the source has
    /// chosen. Only ratios of it mean anything.
    pub adjusted_close: Decimal,
}

impl Bar {
    /// A bar that opened at `open`, closed at `close` and never left the range between them.
    pub fn straight(date: NaiveDate, open: Decimal, close: Decimal) -> Self {
        Self {
            date,
            open,
            high: open.max(close),
            low: open.min(close),
            close,
            volume: 1_000_000,
            adjusted_close: close,
        }
    }

    /// The same day with every price multiplied by `factor` and rounded to `decimals`.
    pub fn scaled(&self, factor: Decimal, decimals: u32) -> Self {
        let scale = |price: Decimal| (price * factor).round_dp(decimals);
        Self {
            open: scale(self.open),
            high: scale(self.high),
            low: scale(self.low),
            close: scale(self.close),
            ..self.clone()
        }
    }

    /// The typical price (high + low + close) / 3, which stands in for the volume-weighted average
    /// that daily data does not carry.
    pub fn typical(&self) -> Decimal {
        ((self.high + self.low + self.close) / Decimal::from(3)).round_dp(6)
    }
}
