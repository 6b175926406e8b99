//! Prices a scenario dictates.

use chrono::{Days, NaiveDate};
use rust_decimal::Decimal;

use super::bar::Bar;
use crate::exchange::calendar;

/// A symbol's history as a scenario tells it, in place of real or synthetic data.
#[derive(Clone, Debug, PartialEq)]
pub enum Series {
    /// The price stands still, on every trading day there is.
    Price(Decimal),
    /// One close a trading day from `from` on, each day opening at the close before. Before `from`
    /// the first close stands still, after the list the last one does.
    Closes {
        /// The first close's day; a holiday means the next trading day.
        from: NaiveDate,
        /// The closes, oldest first; at least one.
        closes: Vec<Decimal>,
    },
    /// Whole bars, any order; a day not listed has no bar.
    Bars(Vec<Bar>),
}

impl Series {
    /// The bars from `from` to `to`, both included, oldest first.
    pub(super) fn bars(&self, from: NaiveDate, to: NaiveDate) -> Vec<Bar> {
        match self {
            Self::Price(price) => calendar::trading_days(from, to)
                .map(|date| Bar::straight(date, *price, *price))
                .collect(),
            Self::Closes {
                from: first,
                closes,
            } => listed(*first, closes, from, to),
            Self::Bars(bars) => {
                let mut bars: Vec<Bar> = bars
                    .iter()
                    .filter(|bar| from <= bar.date && bar.date <= to)
                    .cloned()
                    .collect();
                bars.sort_by_key(|bar| bar.date);
                bars
            }
        }
    }
}

fn listed(first: NaiveDate, closes: &[Decimal], from: NaiveDate, to: NaiveDate) -> Vec<Bar> {
    let (Some(opening), Some(closing)) = (closes.first().copied(), closes.last().copied()) else {
        return Vec::new();
    };
    let mut bars = Vec::new();
    let before = (from < first).then(|| calendar::trading_days(from, to.min(first - Days::new(1))));
    bars.extend(
        before
            .into_iter()
            .flatten()
            .map(|date| Bar::straight(date, opening, opening)),
    );
    let mut previous = opening;
    let mut rest = closes.iter();
    for date in calendar::trading_days(first, to) {
        let close = rest.next().copied().unwrap_or(closing);
        if date >= from {
            bars.push(Bar::straight(date, previous, close));
        }
        previous = close;
    }
    bars
}
