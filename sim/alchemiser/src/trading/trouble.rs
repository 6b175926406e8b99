use serde::Serialize;

/// Something that the scenario scripted against trading, or something that its owner does beside
/// it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Trouble {
    /// The symbol that it touches; none where it may touch all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub symbol: Option<String>,
    /// What it is.
    pub trouble: TroubleKind,
}

/// What kind of trouble.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TroubleKind {
    /// The data feed shows something else than the market's quote.
    Quote,
    /// It cannot be traded.
    NotTradable,
    /// It trades in whole shares only.
    WholeShares,
    /// The account may not trade.
    Blocked,
    /// The broker answers so many requests a minute only.
    RateLimit,
    /// The broker shows late what it has: proceeds, orders, prices.
    Delay,
    /// The same, but no later than the system waits for.
    ShortDelay,
    /// Somebody else acts at the broker.
    SecondActor,
}
