use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};

use super::SideGiven;
use crate::fault::{Phase, SitePattern};
use crate::scenario::Amount;

/// What somebody else than the trading system does at the broker: the account's owner by hand, the market, or the broker.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BrokerGiven {
    /// The owner places an order.
    Place(PlaceGiven),
    /// The owner buys at the market, filled at once.
    Buy(BuyGiven),
    /// The owner sells at the market, filled at once.
    Sell(SellGiven),
    /// The owner pays in so many dollars.
    Deposit(Amount),
    /// The owner takes out so many dollars.
    Withdraw(Amount),
    /// A symbol pays its holders.
    Dividend(DividendGiven),
    /// The broker charges so many dollars.
    Fee(Amount),
}

/// An order by hand.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlaceGiven {
    /// What.
    pub symbol: String,
    /// To buy or to sell.
    pub side: SideGiven,
    /// Shares.
    pub quantity: Amount,
    /// At this price or better; a market order where there is none.
    pub limit: Option<Amount>,
    /// Whether it works until it is filled or cancelled, not for the day.
    #[serde(default)]
    pub until_cancelled: bool,
    /// Its name, where a later action needs one.
    pub client_order_id: Option<String>,
}

/// A purchase by hand.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BuyGiven {
    /// What.
    pub symbol: String,
    /// Shares.
    pub quantity: Amount,
}

/// A sale by hand.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SellGiven {
    /// What.
    pub symbol: String,
    /// Shares; all that is held where this is absent.
    pub quantity: Option<Amount>,
}

/// A dividend.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DividendGiven {
    /// What pays.
    pub symbol: String,
    /// Dollars a share.
    pub per_share: Amount,
}

/// What happens at the broker in the middle of a run: at the first call that matches.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MeanwhileGiven {
    /// The call: `RebalancePlanned / alpaca POST orders #2`, as faults name it.
    #[serde(deserialize_with = "site")]
    #[schemars(with = "String")]
    pub at: SitePattern,
    /// Before the call's work, or after it.
    #[serde(deserialize_with = "phase")]
    #[schemars(with = "super::super::fault::PhaseGiven")]
    pub phase: Phase,
    /// Only in this attempt of the invocation.
    pub attempt: Option<u32>,
    /// What happens.
    pub broker: BrokerGiven,
}

fn site<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SitePattern, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
}

fn phase<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Phase, D::Error> {
    super::super::fault::PhaseGiven::deserialize(deserializer).map(Phase::from)
}
