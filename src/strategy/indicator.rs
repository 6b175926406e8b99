//! Indicators over daily closes, oldest first (rules.md 5.5).
//!
//! Ratios are in percent: 5 means 5 %, and volatility is not annualised (incident 74).
//!
//! An indicator is a function of the last [`Indicator::bars_required`] closes, however many more it
//! is given: a recursion remembers its first close for ever, and what somebody else asked for must
//! not change a decision.

use rust_decimal::{Decimal, MathematicalOps};
use thiserror::Error;

/// Longest window that is computed, in sessions.
pub const WINDOW_MAX: usize = 10_000;

/// Closes outside 0.000001 to a thousand milliards are refused: they are broken data, and between
/// these bounds sums and returns stay in the range of [`Decimal`].
const CLOSE_MIN: Decimal = Decimal::from_parts(1, 0, 0, false, 6);
const CLOSE_MAX: Decimal = Decimal::from_parts(3_567_587_328, 232, 0, false, 0);

/// A function from closes to one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Indicator {
    /// Wilder's relative strength index, 0 to 100.
    Rsi,
    /// The last close.
    CurrentPrice,
    /// Simple mean of closes.
    MovingAveragePrice,
    /// Exponential mean of closes.
    ExponentialMovingAveragePrice,
    /// Mean daily return, percent.
    MovingAverageReturn,
    /// Return over the window, percent.
    CumulativeReturn,
    /// Sample standard deviation of daily returns, percent a day, not annualised.
    StdevReturn,
    /// Greatest fall from a high inside the window, as a positive percentage.
    MaxDrawdown,
}

/// Why an indicator has no value.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum IndicatorError {
    /// Too few closes for a defined value (incident 76: never an undefined number).
    #[error("{needed} closes are needed and {available} are there")]
    InsufficientData {
        /// The fewest closes that give a value.
        needed: usize,
        /// The closes that were given.
        available: usize,
    },
    /// A window outside what the indicator is defined for.
    #[error("window {window} is not allowed, {least} to {WINDOW_MAX} are")]
    Window {
        /// The window that was asked for.
        window: usize,
        /// The least window the indicator is defined for.
        least: usize,
    },
    /// A close that no market pays, a sign of broken data.
    #[error(
        "close {close} (number {number} of the series) is not a price, {CLOSE_MIN} to {CLOSE_MAX} is allowed"
    )]
    NotAPrice {
        /// Its place among the closes that the indicator sees, oldest is 1.
        number: usize,
        /// The close.
        close: Decimal,
    },
    /// The closes differ so much that a return cannot be represented.
    #[error("the closes differ too much for their returns to be computed")]
    OutOfRange,
}

impl Indicator {
    /// Every indicator.
    pub const ALL: [Indicator; 8] = [
        Indicator::Rsi,
        Indicator::CurrentPrice,
        Indicator::MovingAveragePrice,
        Indicator::ExponentialMovingAveragePrice,
        Indicator::MovingAverageReturn,
        Indicator::CumulativeReturn,
        Indicator::StdevReturn,
        Indicator::MaxDrawdown,
    ];

    /// The function's name in a strategy.
    pub fn name(self) -> &'static str {
        match self {
            Indicator::Rsi => "rsi",
            Indicator::CurrentPrice => "current-price",
            Indicator::MovingAveragePrice => "moving-average-price",
            Indicator::ExponentialMovingAveragePrice => "exponential-moving-average-price",
            Indicator::MovingAverageReturn => "moving-average-return",
            Indicator::CumulativeReturn => "cumulative-return",
            Indicator::StdevReturn => "stdev-return",
            Indicator::MaxDrawdown => "max-drawdown",
        }
    }

    /// The indicator of that name.
    pub fn from_name(name: &str) -> Option<Indicator> {
        Indicator::ALL
            .into_iter()
            .find(|indicator| indicator.name() == name)
    }

    /// The window where a strategy gives none (rules.md 5.3), or `None` if the indicator has
    /// no window.
    pub fn default_window(self) -> Option<usize> {
        match self {
            Indicator::Rsi => Some(14),
            Indicator::CurrentPrice => None,
            Indicator::MovingAveragePrice => Some(200),
            Indicator::ExponentialMovingAveragePrice => Some(12),
            Indicator::MovingAverageReturn => Some(21),
            Indicator::StdevReturn => Some(6),
            Indicator::CumulativeReturn | Indicator::MaxDrawdown => Some(60),
        }
    }

    /// Whether its value is a price, which depends on what one share is.
    pub fn is_price(self) -> bool {
        matches!(
            self,
            Indicator::CurrentPrice
                | Indicator::MovingAveragePrice
                | Indicator::ExponentialMovingAveragePrice
        )
    }

    /// The least window with a defined value: a sample deviation needs two returns.
    pub fn least_window(self) -> usize {
        if self == Indicator::StdevReturn { 2 } else { 1 }
    }

    /// The closes that the indicator is defined on (rules.md 5.6): it sees so many of the last
    /// ones, fewer where a series is younger than that, and never more.
    pub fn bars_required(self, window: usize) -> usize {
        match self {
            Indicator::CurrentPrice => 1,
            Indicator::Rsi => window.saturating_mul(3).max(200),
            Indicator::MovingAveragePrice
            | Indicator::ExponentialMovingAveragePrice
            | Indicator::MaxDrawdown => window.max(200),
            Indicator::MovingAverageReturn
            | Indicator::CumulativeReturn
            | Indicator::StdevReturn => window.saturating_add(5).max(60),
        }
    }

    /// The fewest closes that give a value: the whole window, and one more where the window counts
    /// returns.
    ///
    /// Fewer are an error for every indicator, also where the table of rules.md 5.5 tells of a
    /// stand-in (50, 0, or what there is): a decision must not rest on a number that nobody
    /// measured (incident 76).
    pub fn closes_needed(self, window: usize) -> usize {
        match self {
            Indicator::CurrentPrice => 1,
            Indicator::Rsi
            | Indicator::MovingAveragePrice
            | Indicator::ExponentialMovingAveragePrice
            | Indicator::MaxDrawdown => window,
            Indicator::MovingAverageReturn
            | Indicator::CumulativeReturn
            | Indicator::StdevReturn => window.saturating_add(1),
        }
    }

    /// The indicator's value after the last close; `window` is ignored by the current price. Closes
    /// before the last [`bars_required`](Self::bars_required) are not looked at.
    ///
    /// # Errors
    /// [`IndicatorError`], also for fewer closes than [`closes_needed`](Self::closes_needed).
    pub fn compute(self, closes: &[Decimal], window: usize) -> Result<Decimal, IndicatorError> {
        if self.default_window().is_some() {
            check_window(window, self.least_window())?;
        }
        let closes = &closes[closes.len().saturating_sub(self.bars_required(window))..];
        check_closes(closes, self.closes_needed(window))?;
        let in_window = &closes[closes.len().saturating_sub(window)..];
        match self {
            Indicator::CurrentPrice => Ok(last_of(closes)),
            Indicator::Rsi => Ok(last_of(&rsi_values(closes, window))),
            Indicator::MovingAveragePrice => Ok(mean(in_window)),
            Indicator::ExponentialMovingAveragePrice => Ok(last_of(&ema_values(closes, window))),
            Indicator::MovingAverageReturn => percent(mean(&last_returns(closes, window)?)),
            Indicator::CumulativeReturn => {
                percent(change(closes[closes.len() - 1 - window], last_of(closes))?)
            }
            Indicator::StdevReturn => percent(sample_deviation(&last_returns(closes, window)?)?),
            Indicator::MaxDrawdown => percent(max_fall(in_window)?),
        }
    }
}

/// The relative strength index after each close.
///
/// Gains and losses are smoothed by 1/window from a first delta of 0, so the first value is always
/// 50.
///
/// # Errors
/// A window of 0 or above [`WINDOW_MAX`], no close, or a close that is no price.
pub fn rsi_series(closes: &[Decimal], window: usize) -> Result<Vec<Decimal>, IndicatorError> {
    check_window(window, 1)?;
    check_closes(closes, 1)?;
    Ok(rsi_values(closes, window))
}

/// The exponential moving average after each close, `None` for the first window − 1 of them.
///
/// # Errors
/// As [`rsi_series`].
pub fn ema_series(
    closes: &[Decimal],
    window: usize,
) -> Result<Vec<Option<Decimal>>, IndicatorError> {
    check_window(window, 1)?;
    check_closes(closes, 1)?;
    let values = ema_values(closes, window).into_iter().enumerate();
    Ok(values
        .map(|(index, value)| (index + 1 >= window).then_some(value))
        .collect())
}

fn check_window(window: usize, least: usize) -> Result<(), IndicatorError> {
    if (least..=WINDOW_MAX).contains(&window) {
        Ok(())
    } else {
        Err(IndicatorError::Window { window, least })
    }
}

fn check_closes(closes: &[Decimal], needed: usize) -> Result<(), IndicatorError> {
    if closes.len() < needed {
        return Err(IndicatorError::InsufficientData {
            needed,
            available: closes.len(),
        });
    }
    match closes
        .iter()
        .position(|&close| close < CLOSE_MIN || close > CLOSE_MAX)
    {
        None => Ok(()),
        Some(index) => Err(IndicatorError::NotAPrice {
            number: index + 1,
            close: closes[index],
        }),
    }
}

/// The last `window` daily returns, as fractions; they need one close more than there are returns.
fn last_returns(closes: &[Decimal], window: usize) -> Result<Vec<Decimal>, IndicatorError> {
    closes[closes.len() - 1 - window..]
        .windows(2)
        .map(|pair| change(pair[0], pair[1]))
        .collect()
}

/// `to / from − 1`.
pub(super) fn change(from: Decimal, to: Decimal) -> Result<Decimal, IndicatorError> {
    let ratio = to.checked_div(from).ok_or(IndicatorError::OutOfRange)?;
    Ok(ratio - Decimal::ONE)
}

fn percent(fraction: Decimal) -> Result<Decimal, IndicatorError> {
    fraction
        .checked_mul(Decimal::ONE_HUNDRED)
        .ok_or(IndicatorError::OutOfRange)
}

fn mean(values: &[Decimal]) -> Decimal {
    values.iter().sum::<Decimal>() / Decimal::from(values.len())
}

fn sample_deviation(values: &[Decimal]) -> Result<Decimal, IndicatorError> {
    let mean = mean(values);
    let mut squares = Decimal::ZERO;
    for value in values {
        let distance = value - mean;
        let square = distance
            .checked_mul(distance)
            .ok_or(IndicatorError::OutOfRange)?;
        squares = squares
            .checked_add(square)
            .ok_or(IndicatorError::OutOfRange)?;
    }
    let variance = squares / Decimal::from(values.len() - 1);
    Ok(variance.sqrt().expect("a sum of squares is not negative"))
}

/// The greatest fall below the running high, as a positive fraction.
fn max_fall(closes: &[Decimal]) -> Result<Decimal, IndicatorError> {
    let mut high = closes[0];
    let mut fall = Decimal::ZERO;
    for &close in closes {
        high = high.max(close);
        fall = fall.max(-change(high, close)?);
    }
    Ok(fall)
}

fn rsi_values(closes: &[Decimal], window: usize) -> Vec<Decimal> {
    let fifty = Decimal::from(50);
    let window = Decimal::from(window);
    let (mut gain, mut loss) = (Decimal::ZERO, Decimal::ZERO);
    let mut values = vec![fifty];
    for pair in closes.windows(2) {
        let delta = pair[1] - pair[0];
        gain += (delta.max(Decimal::ZERO) - gain) / window;
        loss += ((-delta).max(Decimal::ZERO) - loss) / window;
        // The same as 100 − 100 / (1 + gain / loss), and right for a loss of 0.
        let movement = gain + loss;
        values.push(if movement.is_zero() {
            fifty
        } else {
            gain / movement * Decimal::ONE_HUNDRED
        });
    }
    values
}

fn ema_values(closes: &[Decimal], window: usize) -> Vec<Decimal> {
    let share = Decimal::TWO / Decimal::from(window + 1);
    let mut average = closes[0];
    let values = closes.iter().map(|close| {
        average += (close - average) * share;
        average
    });
    values.collect()
}

fn last_of(series: &[Decimal]) -> Decimal {
    *series
        .last()
        .expect("a series has one value for each close, and closes are not empty")
}
