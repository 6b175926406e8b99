//! An indicator with its window: what is measured of a symbol.

use std::fmt;

use super::indicator::{Indicator, IndicatorError};
use rust_decimal::Decimal;

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
