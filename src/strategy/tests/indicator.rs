use rust_decimal::Decimal;

use super::super::{Indicator, IndicatorError, WINDOW_MAX, ema_series, rsi_series};
use super::{GOLDEN, closes, decimal};

fn assert_close(actual: Decimal, expected: &str, what: &str) {
    let distance = (actual - decimal(expected)).abs();
    assert!(
        distance < Decimal::new(1, 10),
        "{what} is {actual}, not {expected}"
    );
}

fn assert_golden(indicator: Indicator, rows: &[(usize, &str)]) {
    for &(window, expected) in rows {
        let value = indicator.compute(&closes(GOLDEN), window).unwrap();
        assert_close(value, expected, &format!("{} {window}", indicator.name()));
    }
}

#[test]
fn rsi_matches_the_golden_vector() {
    let rows = [
        (2, "80.7668978967"),
        (5, "71.2950182884"),
        (10, "69.0046253938"),
        (14, "68.5905756615"),
    ];
    assert_golden(Indicator::Rsi, &rows);
}

#[test]
fn rsi_series_matches_the_golden_vector() {
    let series = rsi_series(&closes(GOLDEN)[..8], 3).unwrap();
    let expected = [
        "50",
        "100",
        "57.1428571429",
        "81.25",
        "89.8305084746",
        "66.8769716088",
        "81.25",
        "41.1113620962",
    ];
    assert_eq!(series.len(), expected.len());
    for (value, expected) in series.into_iter().zip(expected) {
        assert_close(value, expected, "rsi 3");
    }
}

#[test]
fn rsi_of_constant_rising_and_falling_prices() {
    let series = |text: &str| rsi_series(&closes(text), 2).unwrap();
    assert_eq!(series("5 5 5 5"), closes("50 50 50 50"));
    assert_eq!(series("5 6 7 8"), closes("50 100 100 100"));
    assert_eq!(series("8 7 6 5"), closes("50 0 0 0"));
}

#[test]
fn moving_average_price_matches_the_golden_vector() {
    assert_golden(
        Indicator::MovingAveragePrice,
        &[(3, "115.0"), (5, "113.2"), (20, "107.6")],
    );
}

#[test]
fn exponential_moving_average_matches_the_golden_vector() {
    let rows = [(3, "114.7770843506"), (12, "110.9546762105")];
    assert_golden(Indicator::ExponentialMovingAveragePrice, &rows);
}

#[test]
fn exponential_moving_average_is_undefined_before_its_window_is_full() {
    let series = ema_series(&closes(GOLDEN)[..5], 3).unwrap();
    let expected = [None, None, Some("101.0"), Some("102.0"), Some("103.5")];
    assert_eq!(series, expected.map(|value| value.map(decimal)));
}

#[test]
fn moving_average_return_matches_the_golden_vector() {
    let rows = [
        (3, "0.8849107506"),
        (5, "0.742586662"),
        (10, "0.7523732671"),
    ];
    assert_golden(Indicator::MovingAverageReturn, &rows);
}

#[test]
fn cumulative_return_matches_the_golden_vector() {
    let rows = [
        (3, "2.6548672566"),
        (5, "3.5714285714"),
        (10, "7.4074074074"),
    ];
    assert_golden(Indicator::CumulativeReturn, &rows);
}

#[test]
fn stdev_return_matches_the_golden_vector() {
    let rows = [
        (3, "1.5194405886"),
        (6, "2.7719626432"),
        (10, "2.8065616125"),
    ];
    assert_golden(Indicator::StdevReturn, &rows);
}

#[test]
fn max_drawdown_matches_the_golden_vector() {
    let rows = [
        (3, "0.8695652174"),
        (6, "3.5714285714"),
        (10, "3.5714285714"),
        (20, "3.5714285714"),
    ];
    assert_golden(Indicator::MaxDrawdown, &rows);
}

#[test]
fn max_drawdown_forgets_a_high_before_the_window() {
    let crash_then_rise = closes("100 10 11 12 11 13");
    assert_eq!(
        Indicator::MaxDrawdown.compute(&crash_then_rise, 6),
        Ok(decimal("90"))
    );
    assert_close(
        Indicator::MaxDrawdown.compute(&crash_then_rise, 5).unwrap(),
        "8.3333333333",
        "max-drawdown 5",
    );
}

#[test]
fn current_price_is_the_last_close() {
    assert_eq!(
        Indicator::CurrentPrice.compute(&closes(GOLDEN), 1),
        Ok(decimal("116"))
    );
}

#[test]
fn short_data_is_an_error_with_the_numbers_for_every_indicator() {
    let three = closes("100 101 102");
    for indicator in Indicator::ALL
        .into_iter()
        .filter(|indicator| indicator.default_window().is_some())
    {
        // As many closes as the window are one return too few: undefined at seed time, and an error
        // (incident 76).
        let counts_returns = [
            Indicator::MovingAverageReturn,
            Indicator::CumulativeReturn,
            Indicator::StdevReturn,
        ]
        .contains(&indicator);
        let longest = if counts_returns { 2 } else { 3 };
        let needed = 4;
        assert!(
            indicator.compute(&three, longest).is_ok(),
            "{}",
            indicator.name()
        );
        let short = indicator.compute(&three, longest + 1);
        assert_eq!(
            short,
            Err(IndicatorError::InsufficientData {
                needed,
                available: 3
            }),
            "{}",
            indicator.name()
        );
    }
    assert_eq!(
        Indicator::CumulativeReturn.compute(&three, 2),
        Ok(decimal("2"))
    );
}

#[test]
fn no_closes_are_an_error_for_every_indicator() {
    for indicator in Indicator::ALL {
        let expected = Err(IndicatorError::InsufficientData {
            needed: indicator.closes_needed(5),
            available: 0,
        });
        assert_eq!(indicator.compute(&[], 5), expected, "{}", indicator.name());
    }
}

#[test]
fn windows_out_of_range_are_errors() {
    let golden = closes(GOLDEN);
    assert_eq!(
        Indicator::StdevReturn
            .compute(&golden, 1)
            .unwrap_err()
            .to_string(),
        "window 1 is not allowed, 2 to 10000 are"
    );
    assert!(matches!(
        Indicator::Rsi.compute(&golden, 0),
        Err(IndicatorError::Window {
            window: 0,
            least: 1
        })
    ));
    assert!(matches!(
        rsi_series(&golden, WINDOW_MAX + 1),
        Err(IndicatorError::Window { .. })
    ));
    assert!(matches!(
        ema_series(&golden, usize::MAX),
        Err(IndicatorError::Window { .. })
    ));
}

#[test]
fn closes_that_are_no_prices_are_errors() {
    for broken in ["0", "-1", "1000000000001", "0.0000001"] {
        let series = closes(&format!("100 {broken} 101"));
        for indicator in Indicator::ALL
            .into_iter()
            .filter(|indicator| *indicator != Indicator::CurrentPrice)
        {
            let result = indicator.compute(&series, 2);
            assert!(
                matches!(result, Err(IndicatorError::NotAPrice { number: 2, .. })),
                "{broken}: {result:?}"
            );
        }
        // The current price sees the last close only.
        assert_eq!(
            Indicator::CurrentPrice.compute(&series, 1),
            Ok(decimal("101"))
        );
        let result = Indicator::CurrentPrice.compute(&series[..2], 1);
        assert!(
            matches!(result, Err(IndicatorError::NotAPrice { number: 1, .. })),
            "{broken}: {result:?}"
        );
    }
    assert_eq!(
        Indicator::CurrentPrice
            .compute(&closes("0"), 1)
            .unwrap_err()
            .to_string(),
        "close 0 (number 1 of the series) is not a price, 0.000001 to 1000000000000 is allowed"
    );
}

#[test]
fn extreme_prices_never_panic() {
    let extreme = closes("0.000001 1000000000000 0.000001 1000000000000 0.000001");
    for indicator in Indicator::ALL {
        let result = indicator.compute(&extreme, 3);
        let expected_error = indicator == Indicator::StdevReturn;
        assert_eq!(
            result == Err(IndicatorError::OutOfRange),
            expected_error,
            "{}",
            indicator.name()
        );
    }
}

#[test]
fn closes_before_those_required_are_not_seen() {
    let period = closes(GOLDEN);
    let series: Vec<Decimal> = period.iter().cycle().take(700).copied().collect();
    for indicator in Indicator::ALL {
        for window in [2, 14, 67, 120, 200, 233] {
            let required = indicator.bars_required(window);
            let seen = indicator
                .compute(&series[700 - required..], window)
                .expect("a value");
            for more in [1, 2, 700 - required] {
                let mut longer = vec![decimal("0"); more];
                longer.extend(&series[700 - required..]);
                assert_eq!(
                    indicator.compute(&longer, window),
                    Ok(seen),
                    "{} {window} and {more} more",
                    indicator.name()
                );
            }
            assert_eq!(
                indicator.compute(&series, window),
                Ok(seen),
                "{} {window}",
                indicator.name()
            );
        }
    }
}

#[test]
fn a_recursion_starts_at_the_first_close_it_sees() {
    // 250 falling closes and 200 that stand still: whoever saw the fall would not say 50, and the
    // average would not be 10.
    let series: Vec<Decimal> = (0..250)
        .map(|session| Decimal::from(300 - session))
        .chain([decimal("10"); 200])
        .collect();
    assert_eq!(Indicator::Rsi.compute(&series, 60), Ok(decimal("50")));
    assert_eq!(
        Indicator::ExponentialMovingAveragePrice.compute(&series, 60),
        Ok(decimal("10"))
    );
    // A window of 67 requires 201 closes, two of which are of the fall here.
    assert_ne!(
        Indicator::Rsi.compute(&series[..449], 67),
        Ok(decimal("50"))
    );
}

#[test]
fn bars_required_cover_the_window_with_a_floor() {
    let bars = |indicator: Indicator, windows: [usize; 2]| {
        windows.map(|window| indicator.bars_required(window))
    };
    assert_eq!(bars(Indicator::Rsi, [10, 100]), [200, 300]);
    assert_eq!(bars(Indicator::MovingAveragePrice, [10, 600]), [200, 600]);
    assert_eq!(
        bars(Indicator::ExponentialMovingAveragePrice, [10, 600]),
        [200, 600]
    );
    assert_eq!(bars(Indicator::MaxDrawdown, [10, 600]), [200, 600]);
    assert_eq!(bars(Indicator::MovingAverageReturn, [10, 60]), [60, 65]);
    assert_eq!(bars(Indicator::CumulativeReturn, [10, 60]), [60, 65]);
    assert_eq!(bars(Indicator::StdevReturn, [10, 60]), [60, 65]);
    assert_eq!(bars(Indicator::CurrentPrice, [1, 1]), [1, 1]);
}
