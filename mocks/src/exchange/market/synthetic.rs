//! Made-up daily bars for symbols nobody gave us data of: a seeded walk in whole hundredths of a
//! cent.
//!
//! Each year begins at an anchor drawn from the seed, the symbol and the year, and its walk is bent
//! to arrive at the next year's anchor. So any year can be made without the years before it, and
//! the same seed always makes the same prices. They resemble no real security on purpose.

use chrono::NaiveDate;
use fastrand::Rng;
use rust_decimal::Decimal;

use super::bar::Bar;
use crate::exchange::calendar;

/// Prices are counted in 1/10,000 USD while walking.
const UNITS_PER_CENT: i64 = 100;
const MILLION: i128 = 1_000_000;

/// The bars of every trading day of `year`, oldest first.
pub fn year(seed: u64, symbol: &str, year: i32) -> Vec<Bar> {
    let (Some(first), Some(last)) = (
        NaiveDate::from_ymd_opt(year, 1, 1),
        NaiveDate::from_ymd_opt(year, 12, 31),
    ) else {
        return Vec::new();
    };
    let days: Vec<NaiveDate> = calendar::trading_days(first, last).collect();
    let mut rng = Rng::with_seed(mix(seed, symbol, year));
    let start = anchor(seed, symbol, year);
    let closes = bend(
        walk(&mut rng, start, days.len()),
        anchor(seed, symbol, year + 1),
    );
    let mut previous = start;
    let mut bars = Vec::with_capacity(days.len());
    for (date, close) in days.into_iter().zip(closes) {
        let open = moved(previous, parts(&mut rng, 3_000));
        let high = moved(open.max(close), i64::from(rng.u32(0..10_000)));
        let low = moved(open.min(close), -i64::from(rng.u32(0..10_000)));
        bars.push(Bar {
            date,
            open: price(open),
            high: price(high),
            low: price(low),
            close: price(close),
            volume: 1_000_000 + 100 * rng.u64(0..90_000),
            adjustment: Decimal::ONE,
        });
        previous = close;
    }
    bars
}

/// A level between 14 and 416 USD where the symbol stands when `year` begins.
fn anchor(seed: u64, symbol: &str, year: i32) -> i64 {
    let base = Rng::with_seed(mix(seed, symbol, 0)).i64(20..=320) * 100 * UNITS_PER_CENT;
    base / 100 * Rng::with_seed(mix(!seed, symbol, year)).i64(70..=130)
}

/// `days` closes after `start`; a day's return is the sum of three even draws, about 1.2 % a day.
fn walk(rng: &mut Rng, start: i64, days: usize) -> Vec<i64> {
    let mut level = start;
    (0..days)
        .map(|_| {
            level = moved(
                level,
                parts(rng, 12_000) + parts(rng, 12_000) + parts(rng, 12_000),
            );
            level
        })
        .collect()
}

/// Spreads the missing way to `end` evenly over the walk.
fn bend(walk: Vec<i64>, end: i64) -> Vec<i64> {
    let (Some(last), days) = (walk.last().copied(), walk.len() as i128) else {
        return walk;
    };
    let missing = i128::from(end - last);
    walk.into_iter()
        .zip(1_i128..)
        .map(|(level, day)| {
            level + (i128::from(level) * missing * day / (days * i128::from(last))) as i64
        })
        .map(|level| level.max(UNITS_PER_CENT))
        .collect()
}

/// An even draw of plus or minus `most` parts in a million.
fn parts(rng: &mut Rng, most: i64) -> i64 {
    rng.i64(-most..=most)
}

fn moved(level: i64, parts_per_million: i64) -> i64 {
    let step = i128::from(level) * i128::from(parts_per_million) / MILLION;
    (level + step as i64).max(UNITS_PER_CENT)
}

fn price(level: i64) -> Decimal {
    Decimal::new((level + UNITS_PER_CENT / 2) / UNITS_PER_CENT, 2)
}

/// FNV-1a over everything that names one year of one symbol.
fn mix(seed: u64, symbol: &str, year: i32) -> u64 {
    let bytes = seed
        .to_le_bytes()
        .into_iter()
        .chain(symbol.bytes())
        .chain(year.to_le_bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_makes_the_same_year_and_another_seed_another() {
        assert_eq!(year(7, "EDZ", 2025), year(7, "EDZ", 2025));
        assert_ne!(year(7, "EDZ", 2025), year(8, "EDZ", 2025));
        assert_ne!(year(7, "EDZ", 2025), year(7, "NVDA", 2025));
    }

    #[test]
    fn bars_are_sane_and_years_join() {
        for name in ["EDZ", "NVDA", "TECL", "BIL"] {
            let bars: Vec<Bar> = (2000..2031)
                .flat_map(|number| year(1, name, number))
                .collect();
            for pair in bars.windows(2) {
                let (before, bar) = (&pair[0], &pair[1]);
                assert!(
                    bar.low > Decimal::ZERO && bar.low <= bar.open.min(bar.close),
                    "{bar:?}"
                );
                assert!(bar.high >= bar.open.max(bar.close), "{bar:?}");
                let gap = (bar.close - before.close).abs() / before.close;
                assert!(gap < Decimal::new(8, 2), "{before:?} {bar:?}");
            }
        }
    }
}
