use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use super::header::{JsonObject, id, is_plain_symbol, text};
use super::plan::decimals;
use crate::timestamp::Timestamp;

/// The strategies have decided. Source `alchemiser.strategy`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SignalGenerated {
    /// One key a strategy engine: `symbol`, `symbols`, `action`, `reasoning`, `is_multi_symbol`.
    pub signals_data: JsonObject,
    /// The portfolio that the strategies want, all together.
    pub consolidated_portfolio: ConsolidatedPortfolio,
    /// The number of keys in `signals_data`.
    pub signal_count: i64,
}

/// Target weights over all strategies (rules.md 1.8).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ConsolidatedPortfolio {
    /// Symbol to exact weight, for a rounded one may become nothing: not empty, each 0 to 1, their
    /// sum 0.99 to 1.01.
    #[serde(
        serialize_with = "decimals::serialize",
        deserialize_with = "allocations"
    )]
    #[cfg_attr(feature = "schema", schemars(with = "BTreeMap<String, crate::schema::Decimal>", extend("minProperties" = 1)))]
    pub target_allocations: BTreeMap<String, Decimal>,
    /// The workflow's id, 1 to 100 characters.
    #[serde(deserialize_with = "id")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 100)))]
    pub correlation_id: String,
    /// When the portfolio was decided.
    pub timestamp: Timestamp,
    /// At least 1.
    #[serde(deserialize_with = "positive")]
    #[cfg_attr(feature = "schema", schemars(range(min = 1)))]
    pub strategy_count: i64,
    /// The strategies' names.
    #[serde(default)]
    pub source_strategies: Vec<String>,
    /// `1.0.0`.
    #[serde(default = "default_version", deserialize_with = "text")]
    pub schema_version: String,
    /// Free-form.
    #[serde(default)]
    pub constraints: Option<JsonObject>,
}

fn default_version() -> String {
    "1.0.0".to_owned()
}

fn positive<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    let count = i64::deserialize(deserializer)?;
    if count >= 1 {
        Ok(count)
    } else {
        Err(D::Error::custom(format!("{count} is less than 1")))
    }
}

fn allocations<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, Decimal>, D::Error> {
    let mut weights = BTreeMap::new();
    for (symbol, weight) in decimals::deserialize(deserializer)? {
        if weight < Decimal::ZERO || weight > Decimal::ONE {
            return Err(D::Error::custom(format!(
                "{symbol}: weight {weight} is not between 0 and 1"
            )));
        }
        let upper = symbol.trim().to_uppercase();
        if !is_plain_symbol(&upper) {
            return Err(D::Error::custom(format!("{symbol:?} is not a symbol")));
        }
        if weights.insert(upper.clone(), weight).is_some() {
            return Err(D::Error::custom(format!("{upper} is given twice")));
        }
    }
    let sum: Decimal = weights.values().sum();
    if weights.is_empty() {
        return Err(D::Error::custom("must name at least one symbol"));
    }
    if sum < Decimal::new(99, 2) || sum > Decimal::new(101, 2) {
        return Err(D::Error::custom(format!(
            "the weights sum to {sum}, which is not within 0.99 and 1.01"
        )));
    }
    Ok(weights)
}
