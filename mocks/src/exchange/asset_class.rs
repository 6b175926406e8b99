//! What kind of thing a symbol stands for.

use serde::Serialize;

/// What kind of thing a symbol stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AssetClass {
    /// A share of a company or fund.
    UsEquity,
    /// A coin. Its pair is written with a slash, `BTC/USD`, but for positions, which show `BTCUSD`
    /// (alpaca-py issues 490 and 537).
    Crypto,
}

impl AssetClass {
    /// The class that a symbol is written as.
    pub fn of(symbol: &str) -> Self {
        if symbol.contains('/') {
            Self::Crypto
        } else {
            Self::UsEquity
        }
    }

    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UsEquity => "us_equity",
            Self::Crypto => "crypto",
        }
    }
}
