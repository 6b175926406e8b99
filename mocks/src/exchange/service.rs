//! The two services of the broker.

use serde::Serialize;

/// Which of the two services a request was for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Service {
    /// Orders, positions, account, assets, clock, calendar.
    Trading,
    /// Bars, quotes, trades.
    Data,
}
