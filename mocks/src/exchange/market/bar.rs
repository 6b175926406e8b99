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
    /// What a price of this day is multiplied by to take all later splits and dividends out of it,
    /// relative to a day the source has chosen: only ratios of it mean anything. Days between which
    /// nothing was paid and nothing was split have the very same number.
    pub adjustment: Decimal,
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
            adjustment: Decimal::ONE,
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

    /// What a price of this day is multiplied by to be one of `basis`.
    pub fn factor_to(&self, basis: &Self) -> Decimal {
        // The source has some 13 digits: what is behind them is noise, and noise must not decide
        // which way a price is rounded that lies in the middle.
        (self.adjustment / basis.adjustment).round_dp(12)
    }

    /// The typical price (high + low + close) / 3, which stands in for the volume-weighted average
    /// that daily data does not carry.
    pub fn typical(&self) -> Decimal {
        ((self.high + self.low + self.close) / Decimal::from(3)).round_dp(6)
    }
}
