use std::num::NonZeroU32;

use alchemiser_mocks::exchange::Restriction;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};

use super::SideSpec;
use crate::scenario::fault::PhaseSpec;
use crate::scenario::{Amount, Ordinal, Span};
use crate::trading::OPERATIONS;
use harness::fault::{Phase, SitePattern};

/// What somebody else than the trading system does at the broker: the account's owner by hand, the
/// market, or the broker.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BrokerSpec {
    /// The owner places an order.
    Place(PlaceSpec),
    /// The owner puts another order in the place of an open one, whoever placed that.
    Replace(ReplaceSpec),
    /// The owner cancels an open order, whoever placed it.
    Cancel(OrderNameSpec),
    /// The owner buys at the market, filled at once.
    Buy(BuySpec),
    /// The owner sells at the market, filled at once.
    Sell(SellSpec),
    /// The owner sells short at the market, filled at once.
    Short(BuySpec),
    /// The owner pays in so many dollars.
    Deposit(Amount),
    /// The owner takes out so many dollars.
    Withdraw(Amount),
    /// A symbol pays its holders.
    Dividend(DividendSpec),
    /// The broker charges so many dollars.
    Fee(Amount),
    /// A symbol's shares become more, or fewer: a split, or a reverse split.
    Split(SplitSpec),
    /// A symbol gets another name.
    Rename(RenameSpec),
    /// A symbol trades no more for a while.
    Halt(String),
    /// A symbol that was halted trades again.
    Resume(String),
    /// A symbol trades no more, for ever.
    Delist(DelistSpec),
    /// What may be done with a symbol changes.
    Asset(AssetChangeSpec),
    /// The account may do less.
    Restrict(RestrictionSpec),
    /// All restrictions are lifted.
    Release,
    /// Settings of the account change.
    Account(AccountChangeSpec),
    /// Another program with the account's keys makes so many requests, which count towards the rate
    /// limit.
    Requests(NonZeroU32),
}

/// An order by hand.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlaceSpec {
    /// What.
    pub symbol: String,
    /// To buy or to sell.
    pub side: SideSpec,
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

/// The newest open order that fits.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderNameSpec {
    /// For this symbol.
    pub symbol: Option<String>,
    /// On this side.
    pub side: Option<SideSpec>,
    /// With this `client_order_id`.
    pub client_order_id: Option<String>,
}

/// Another order in the place of an open one.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplaceSpec {
    /// The old order.
    pub order: OrderNameSpec,
    /// Shares of the new order; what the old one has left where this is absent.
    pub quantity: Option<Amount>,
    /// The new limit; the old one where this is absent.
    pub limit: Option<Amount>,
}

/// A purchase by hand, or a sale of what is not held.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BuySpec {
    /// What.
    pub symbol: String,
    /// Shares.
    pub quantity: Amount,
}

/// A sale by hand.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SellSpec {
    /// What.
    pub symbol: String,
    /// Shares; all that is held where this is absent.
    pub quantity: Option<Amount>,
}

/// A dividend.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DividendSpec {
    /// What pays.
    pub symbol: String,
    /// Dollars a share.
    pub per_share: Amount,
}

/// A split.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SplitSpec {
    /// What.
    pub symbol: String,
    /// So many shares
    pub from: Amount,
    /// become so many.
    pub to: Amount,
    /// Whether a fraction of a share is paid in cash; else it stays in the position.
    #[serde(default)]
    pub cash_in_lieu: bool,
}

/// A new name.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RenameSpec {
    /// The old name.
    pub symbol: String,
    /// The new one, which no symbol has.
    pub to: String,
}

/// The end of a listing.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DelistSpec {
    /// What.
    pub symbol: String,
    /// Whether nobody knows any more what it is worth; else its last price stays.
    #[serde(default)]
    pub unpriced: bool,
}

/// Flags of a symbol; those that are absent stay as they are.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AssetChangeSpec {
    /// What.
    pub symbol: String,
    /// Whether positions may be opened.
    pub tradable: Option<bool>,
    /// Whether parts of a share can be traded.
    pub fractionable: Option<bool>,
    /// Whether it can be sold short.
    pub shortable: Option<bool>,
}

/// What keeps an account from trading.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RestrictionSpec {
    /// The broker takes no orders.
    TradingBlocked,
    /// The broker takes neither orders nor cancellations.
    AccountBlocked,
    /// Positions may be closed, and none opened.
    LiquidationOnly,
    /// The owner has suspended trading.
    TradeSuspendedByUser,
}

impl From<RestrictionSpec> for Restriction {
    fn from(given: RestrictionSpec) -> Self {
        match given {
            RestrictionSpec::TradingBlocked => Self::TradingBlocked,
            RestrictionSpec::AccountBlocked => Self::AccountBlocked,
            RestrictionSpec::LiquidationOnly => Self::LiquidationOnly,
            RestrictionSpec::TradeSuspendedByUser => Self::TradeSuspendedByUser,
        }
    }
}

/// Settings of the account; those that are absent stay as they are.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AccountChangeSpec {
    /// Whether it is marked as a pattern day trader's.
    pub pattern_day_trader: Option<bool>,
    /// Dollars that the broker lends on top of cash; none makes it a cash account.
    pub credit: Option<Amount>,
    /// Whether what is not held may be sold short.
    pub shorting: Option<bool>,
}

/// What happens at the broker in the middle of a run: at the first call that matches.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MeanwhileSpec {
    /// The call: `RebalancePlanned / alpaca POST orders #2`, as faults name it.
    #[serde(deserialize_with = "site")]
    #[schemars(with = "String")]
    pub at: SitePattern,
    /// Before the call's work, or after it.
    #[serde(deserialize_with = "phase")]
    #[schemars(with = "PhaseSpec")]
    pub phase: Phase,
    /// Only in this attempt of the invocation.
    pub attempt: Option<Ordinal>,
    /// So much later.
    pub delay: Option<Span>,
    /// What happens.
    pub broker: BrokerSpec,
}

fn site<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SitePattern, D::Error> {
    SitePattern::parse(&String::deserialize(deserializer)?, &OPERATIONS)
        .map_err(serde::de::Error::custom)
}

fn phase<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Phase, D::Error> {
    PhaseSpec::deserialize(deserializer).map(Phase::from)
}
