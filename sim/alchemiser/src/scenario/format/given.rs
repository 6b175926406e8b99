use std::collections::BTreeMap;

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{ExchangeSpec, Topology};
use crate::scenario::mail_script::MailRuleSpec;
use crate::scenario::{Amount, Date, FileName, Knobs, MailScript, SignedAmount, Span, Start};

/// The world before anything happens.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Given {
    /// The time in New York; `now` where the function is a program.
    pub clock: Start,
    /// The account's cash in dollars.
    #[serde(default = "default_cash")]
    pub cash: Amount,
    /// Shares held, by symbol; a negative number is held short, and what it brought is in the cash.
    /// A coin's symbol is its pair, as in `BTC/USD`.
    #[serde(default)]
    pub positions: BTreeMap<String, SignedAmount>,
    /// Prices and properties of symbols, where the bundled prices are not wanted.
    #[serde(default)]
    pub market: BTreeMap<String, AssetSpec>,
    /// Strategy files by name; the packaged ones where this is absent.
    #[serde(default)]
    pub strategies: BTreeMap<FileName, StrategySpec>,
    /// How the broker behaves.
    #[serde(default)]
    pub exchange: ExchangeSpec,
    /// What the mail server does, beside accepting mail.
    #[serde(default)]
    #[schemars(with = "Vec<MailRuleSpec>")]
    pub mail: Vec<MailScript>,
    /// Changes to the template.
    #[serde(default)]
    pub topology: Topology,
    /// What AWS leaves open.
    #[serde(default)]
    pub knobs: Knobs,
}

impl Given {
    /// A world that begins then, with the account, the market and the strategies that a file has
    /// which says nothing of them.
    #[must_use]
    pub fn at(clock: Start) -> Self {
        Self {
            clock,
            cash: default_cash(),
            positions: BTreeMap::new(),
            market: BTreeMap::new(),
            strategies: BTreeMap::new(),
            exchange: ExchangeSpec::default(),
            mail: Vec::new(),
            topology: Topology::default(),
            knobs: Knobs::default(),
        }
    }

    /// Values for the template's parameters: the scenario's own, and those that name its strategy
    /// files.
    #[must_use]
    pub fn parameters(&self) -> BTreeMap<String, String> {
        let mut parameters = self.topology.parameters.clone();
        if !self.strategies.is_empty() {
            let files: Vec<&str> = self.strategies.keys().map(|name| name.0.as_str()).collect();
            let shares: Vec<String> = self
                .strategies
                .iter()
                .map(|(name, strategy)| format!("{}={}", name.0, strategy.share))
                .collect();
            parameters.insert("StrategyFiles".to_owned(), files.join(","));
            parameters.insert("StrategyAllocations".to_owned(), shares.join(","));
        }
        parameters
    }
}

fn default_cash() -> Amount {
    Amount(rust_decimal::Decimal::ONE_HUNDRED * rust_decimal::Decimal::ONE_THOUSAND)
}

/// One symbol of the market.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AssetSpec {
    /// The same price on every day.
    pub price: Option<Amount>,
    /// Daily closes, the last one on the session before the clock's.
    #[serde(default)]
    pub closes: Vec<Amount>,
    /// What the data feed shows instead of the market's quote.
    pub quote: Option<QuoteSpec>,
    /// Days of which the data feed has no bar; prices and trades are there all the same.
    pub no_bars: Option<DaysSpec>,
    /// Whether parts of a share can be traded.
    #[serde(default = "yes")]
    pub fractionable: bool,
    /// Whether it can be traded at all.
    #[serde(default = "yes")]
    pub tradable: bool,
}

fn yes() -> bool {
    true
}

/// Days that follow each other.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(try_from = "DaysFields")]
#[schemars(with = "DaysFields")]
pub struct DaysSpec {
    /// The first; none where they have no beginning.
    pub from: Option<Date>,
    /// The last; none where they have no end.
    pub to: Option<Date>,
}

/// Days that follow each other, from the first to the last, both included; without the one they
/// have no beginning, without the other no end.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct DaysFields {
    /// The first.
    from: Option<Date>,
    /// The last.
    to: Option<Date>,
}

/// The last of some days is before the first.
#[derive(Debug, thiserror::Error)]
#[error("`from` {from} is after `to` {to}: write the earlier day first")]
struct DaysReversed {
    from: NaiveDate,
    to: NaiveDate,
}

impl TryFrom<DaysFields> for DaysSpec {
    type Error = DaysReversed;

    fn try_from(DaysFields { from, to }: DaysFields) -> Result<Self, Self::Error> {
        match (from, to) {
            (Some(Date(from)), Some(Date(to))) if from > to => Err(DaysReversed { from, to }),
            _ => Ok(Self { from, to }),
        }
    }
}

/// What the data feed shows.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum QuoteSpec {
    /// Nobody offers.
    ZeroAsk,
    /// Nobody bids.
    ZeroBid,
    /// No quote at all.
    Missing,
    /// The bid is above the ask by so many dollars.
    Crossed(Amount),
    /// As it was that long ago.
    Stale(Span),
}

/// A strategy file.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StrategySpec {
    /// Its share of the portfolio.
    #[serde(default = "whole")]
    pub share: Amount,
    /// Its text.
    pub source: String,
}

fn whole() -> Amount {
    Amount(rust_decimal::Decimal::ONE)
}
