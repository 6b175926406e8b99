//! An indicator with its window: what is measured of a symbol.

use std::fmt;

use super::error::{EvaluationError, Problem};
use super::expression::{Expression, ExpressionKind};
use super::indicator::{Indicator, IndicatorError, WINDOW_MAX};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

/// An indicator and the window it is computed over.
///
/// `Display` writes `rsi 10`, or `current-price` for the indicator without window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Measure {
    /// The indicator.
    pub indicator: Indicator,
    /// Its window in sessions; `None` for the current price.
    pub window: Option<usize>,
}

impl Measure {
    /// The indicator with the window of its options, or its default window without options.
    ///
    /// The window of a strategy always counts (incident 71: it was ignored for twelve weeks).
    pub(super) fn read(
        indicator: Indicator,
        options: Option<&Expression>,
    ) -> Result<Self, EvaluationError> {
        let Some(options) = options else {
            return Ok(Measure {
                indicator,
                window: indicator.default_window(),
            });
        };
        let unknown = |part: &Expression| {
            EvaluationError::at(
                part,
                Problem::UnknownOption {
                    found: part.excerpt(),
                },
            )
        };
        let ExpressionKind::Map(entries) = &options.kind else {
            return Err(unknown(options));
        };
        let mut window = None;
        for (key, value) in entries {
            let is_window = matches!(&key.kind, ExpressionKind::Keyword(name) if name == "window");
            if !is_window || window.is_some() || indicator.default_window().is_none() {
                return Err(unknown(key));
            }
            window = Some(read_window(value, indicator.least_window())?);
        }
        Ok(Measure {
            indicator,
            window: window.or(indicator.default_window()),
        })
    }

    /// The value after the last close.
    pub(super) fn compute(self, closes: &[Decimal]) -> Result<Decimal, IndicatorError> {
        self.indicator.compute(closes, self.window.unwrap_or(1))
    }

    /// How many closes of a group's index to simulate: enough for a value, and for a settled one
    /// where all closes count.
    pub(super) fn closes_simulated(self) -> usize {
        let window = self.window.unwrap_or(1);
        match self.indicator {
            Indicator::Rsi => self.indicator.bars_required(window),
            _ => self.indicator.closes_needed(window),
        }
    }

    /// How many daily bars this measure sees, and so has to be given (rules.md 5.6).
    pub fn bars_required(self) -> usize {
        self.indicator.bars_required(self.window.unwrap_or(1))
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.indicator.name())?;
        match self.window {
            Some(window) => write!(formatter, " {window}"),
            None => Ok(()),
        }
    }
}

/// The window written at that place: a whole number, which must not be an expression, so that the
/// data a strategy needs is known before it is evaluated.
pub(super) fn read_window(expression: &Expression, least: usize) -> Result<usize, EvaluationError> {
    let window = match &expression.kind {
        ExpressionKind::Number(number) if number.is_integer() => number.to_usize(),
        _ => None,
    };
    window
        .filter(|window| (least..=WINDOW_MAX).contains(window))
        .ok_or_else(|| {
            EvaluationError::at(
                expression,
                Problem::BadWindow {
                    found: expression.excerpt(),
                    least,
                },
            )
        })
}
