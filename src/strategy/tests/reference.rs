//! The indicators on real prices, against pandas: `reference/make_reference.py` made the values,
//! TA-Lib agreed.

use std::collections::BTreeMap;

use alchemiser_mocks::exchange::market::real;
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Deserialize;

use super::super::{Indicator, IndicatorError};
use super::decimal;

const REFERENCE: &str = include_str!("reference/indicators.json");

/// 10⁻⁹.
const TOLERANCE: Decimal = Decimal::from_parts(1, 0, 0, false, 9);

#[derive(Deserialize)]
struct Reference {
    windows: Vec<usize>,
    series: Vec<Series>,
}

#[derive(Deserialize)]
struct Series {
    symbol: String,
    /// The last session.
    last: NaiveDate,
    /// How many closes up to it.
    closes: usize,
    /// One value a window, by the indicator's name; null where the closes do not fill the window.
    values: BTreeMap<String, Vec<Option<String>>>,
}

/// The adjusted closes of the series.
fn closes(series: &Series) -> Vec<Decimal> {
    let bars = real::history(&series.symbol)
        .expect("a symbol with real prices")
        .bars();
    let until = bars.partition_point(|bar| bar.date <= series.last);
    bars[until - series.closes..until]
        .iter()
        .map(|bar| bar.close * bar.adjustment)
        .collect()
}

#[test]
fn every_indicator_agrees_with_an_independent_library_on_real_prices() {
    let reference: Reference = serde_json::from_str(REFERENCE).expect("the reference can be read");
    assert_eq!((reference.windows.len(), reference.series.len()), (10, 5));
    for series in &reference.series {
        let closes = closes(series);
        for indicator in Indicator::ALL {
            let expected = &series.values[indicator.name()];
            assert_eq!(expected.len(), reference.windows.len());
            for (&window, expected) in reference.windows.iter().zip(expected) {
                let what = format!(
                    "{} {window} of {} on {}",
                    indicator.name(),
                    series.symbol,
                    series.last
                );
                match (indicator.compute(&closes, window), expected) {
                    (Ok(value), Some(expected)) => {
                        assert!(
                            (value - decimal(expected)).abs() <= TOLERANCE,
                            "{what} is {value}, not {expected}"
                        );
                    }
                    (Err(IndicatorError::InsufficientData { available, .. }), None) => {
                        assert_eq!(available, series.closes, "{what}")
                    }
                    (value, expected) => panic!("{what} is {value:?}, not {expected:?}"),
                }
            }
        }
    }
}
