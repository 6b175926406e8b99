use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::header::{JsonObject, id, symbol};
use crate::decimal::{Money, Weight, decimal_from_json};
use crate::timestamp::Timestamp;

/// The planner has decided what to trade. Source `alchemiser.portfolio`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RebalancePlanned {
    /// The plan.
    pub rebalance_plan: RebalancePlan,
    /// What is wanted against what is there.
    pub allocation_comparison: AllocationComparison,
    /// True if any item is BUY or SELL.
    pub trades_required: bool,
    /// The plan's total trade value in cents as a JSON number, for the rule that watches high
    /// values: EventBridge's `numeric` never matches a decimal string. Absent on foreign events.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total_trade_value_cents: Option<i64>,
}

/// Fractions of 1, by symbol; delta = target − current (rules.md 6.3).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AllocationComparison {
    /// The wanted fraction.
    #[serde(with = "decimals")]
    #[cfg_attr(
        feature = "schema",
        schemars(with = "BTreeMap<String, crate::schema::Decimal>")
    )]
    pub target_values: BTreeMap<String, Decimal>,
    /// The present fraction.
    #[serde(with = "decimals")]
    #[cfg_attr(
        feature = "schema",
        schemars(with = "BTreeMap<String, crate::schema::Decimal>")
    )]
    pub current_values: BTreeMap<String, Decimal>,
    /// Target minus current.
    #[serde(with = "decimals")]
    #[cfg_attr(
        feature = "schema",
        schemars(with = "BTreeMap<String, crate::schema::Decimal>")
    )]
    pub deltas: BTreeMap<String, Decimal>,
}

/// A plan: what to sell, what to buy, what to leave (rules.md 1.7).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RebalancePlan {
    /// `1.0`.
    #[serde(default = "default_version")]
    pub schema_version: String,
    /// The workflow.
    #[serde(deserialize_with = "id")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
    pub correlation_id: String,
    /// The SignalGenerated event.
    #[serde(deserialize_with = "id")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
    pub causation_id: String,
    /// When it was made.
    pub timestamp: Timestamp,
    /// Derived from the SignalGenerated event.
    #[serde(deserialize_with = "id")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
    pub plan_id: String,
    /// At least one; sells first.
    #[serde(deserialize_with = "items")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
    pub items: Vec<RebalancePlanItem>,
    /// The account's value, at least 0.
    #[serde(deserialize_with = "not_negative")]
    pub total_portfolio_value: Money,
    /// The sum of the absolute trade amounts.
    #[serde(deserialize_with = "bounded")]
    pub total_trade_value: Money,
    /// Documented, not acted on.
    #[serde(default = "default_drift")]
    pub max_drift_tolerance: Weight,
    /// Documented, not acted on.
    #[serde(default)]
    pub execution_urgency: Urgency,
    /// At least 1.
    #[serde(default, deserialize_with = "minutes")]
    #[cfg_attr(feature = "schema", schemars(range(min = 1)))]
    pub estimated_duration_minutes: Option<i64>,
    /// `session_date`, `valid_until`, `portfolio_value`, `cash_balance`, ...
    #[serde(default, deserialize_with = "metadata")]
    pub metadata: Option<JsonObject>,
}

/// One symbol of a plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RebalancePlanItem {
    /// 1 to 10 characters, upper case.
    #[serde(deserialize_with = "symbol")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 10)))]
    pub symbol: String,
    /// 0 to 1.
    #[serde(deserialize_with = "fraction")]
    pub current_weight: Weight,
    /// 0 to 1.
    #[serde(deserialize_with = "fraction")]
    pub target_weight: Weight,
    /// Target minus current.
    pub weight_diff: Weight,
    /// At least 0.
    #[serde(deserialize_with = "not_negative")]
    pub target_value: Money,
    /// At least 0.
    #[serde(deserialize_with = "not_negative")]
    pub current_value: Money,
    /// Positive to buy, negative to sell, zero to hold.
    #[serde(deserialize_with = "bounded")]
    pub trade_amount: Money,
    /// What to do.
    pub action: Action,
    /// 1 (first) to 5.
    #[serde(deserialize_with = "priority")]
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 5)))]
    pub priority: i64,
}

/// What an item asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "UPPERCASE")]
pub enum Action {
    /// Give shares for cash.
    Sell,
    /// Take shares for cash.
    Buy,
    /// Leave as it is.
    Hold,
}

impl Action {
    /// The text on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Action::Sell => "SELL",
            Action::Buy => "BUY",
            Action::Hold => "HOLD",
        }
    }
}

impl<'de> Deserialize<'de> for Action {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        match text.trim().to_uppercase().as_str() {
            "SELL" => Ok(Action::Sell),
            "BUY" => Ok(Action::Buy),
            "HOLD" => Ok(Action::Hold),
            _ => Err(D::Error::custom(format!(
                "{text:?} is none of BUY, SELL, HOLD"
            ))),
        }
    }
}

/// How soon a plan wants to be executed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "UPPERCASE")]
pub enum Urgency {
    /// No hurry.
    Low,
    /// The ordinary case.
    #[default]
    Normal,
    /// Soon.
    High,
    /// At once.
    Urgent,
}

fn default_version() -> String {
    "1.0".to_owned()
}

fn default_drift() -> Weight {
    Weight::new(Decimal::new(5, 2))
}

fn items<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<RebalancePlanItem>, D::Error> {
    let items = Vec::deserialize(deserializer)?;
    if items.is_empty() {
        Err(D::Error::custom("must hold at least one item"))
    } else {
        Ok(items)
    }
}

/// More dollars, or shares, than any account has. Within it no sum, product or quotient of a plan
/// is beyond what a decimal can hold.
const MOST: Decimal = Decimal::from_parts(3_567_587_328, 232, 0, false, 0);
/// No share has a lower price.
const LEAST_PRICE: Decimal = Decimal::from_parts(1, 0, 0, false, 6);

/// A number that no plan can have.
#[derive(Debug, thiserror::Error)]
enum NumberError {
    #[error("{name} {value} is beyond {MOST}")]
    TooLarge { name: String, value: Decimal },
    #[error("{name} {value} is below {LEAST_PRICE}")]
    PriceTooLow { name: String, value: Decimal },
}

fn within_bounds(name: &str, value: Decimal) -> Result<(), NumberError> {
    if value.abs() <= MOST {
        Ok(())
    } else {
        let name = name.to_owned();
        Err(NumberError::TooLarge { name, value })
    }
}

fn bounded<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Money, D::Error> {
    let money = Money::deserialize(deserializer)?;
    within_bounds("the amount", money.get())
        .map(|()| money)
        .map_err(D::Error::custom)
}

fn not_negative<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Money, D::Error> {
    let money = bounded(deserializer)?;
    if money.get() < Decimal::ZERO {
        Err(D::Error::custom(format!("{money} is negative")))
    } else {
        Ok(money)
    }
}

/// What the execution reckons with of a plan's metadata.
const RECKONED_WITH: [&str; 5] = [
    "cash_balance",
    "committed_cash",
    "planned_cash",
    "quantities",
    "reference_prices",
];

/// Free-form, but for the numbers that the execution reckons with.
fn metadata<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<JsonObject>, D::Error> {
    let metadata = Option::<JsonObject>::deserialize(deserializer)?;
    for (name, value) in metadata
        .iter()
        .flatten()
        .filter(|(name, _)| RECKONED_WITH.contains(&name.as_str()))
    {
        let checked = match value {
            Value::Object(parts) => parts
                .iter()
                .try_for_each(|(part, value)| check_number(name, &format!("{name}.{part}"), value)),
            value => check_number(name, name, value),
        };
        checked.map_err(D::Error::custom)?;
    }
    Ok(metadata)
}

fn check_number(kind: &str, name: &str, value: &Value) -> Result<(), NumberError> {
    let Ok(number) = decimal_from_json(value) else {
        return Ok(());
    };
    if kind == "reference_prices" && number > Decimal::ZERO && number < LEAST_PRICE {
        return Err(NumberError::PriceTooLow {
            name: name.to_owned(),
            value: number,
        });
    }
    within_bounds(name, number)
}

fn fraction<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Weight, D::Error> {
    let weight = Weight::deserialize(deserializer)?;
    if weight.get() < Decimal::ZERO || weight.get() > Decimal::ONE {
        Err(D::Error::custom(format!("{weight} is not between 0 and 1")))
    } else {
        Ok(weight)
    }
}

fn priority<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    let priority = i64::deserialize(deserializer)?;
    if (1..=5).contains(&priority) {
        Ok(priority)
    } else {
        Err(D::Error::custom(format!(
            "{priority} is not between 1 and 5"
        )))
    }
}

fn minutes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    match Option::<i64>::deserialize(deserializer)? {
        Some(minutes) if minutes < 1 => Err(D::Error::custom(format!("{minutes} is less than 1"))),
        minutes => Ok(minutes),
    }
}

/// A map from symbol to exact decimal.
pub(super) mod decimals {
    use super::{
        BTreeMap, Decimal, Deserialize, Deserializer, Serializer, Value, decimal_from_json,
    };
    use serde::de::Error as _;

    pub fn serialize<S: Serializer>(
        map: &BTreeMap<String, Decimal>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_map(
            map.iter()
                .map(|(symbol, value)| (symbol, value.to_string())),
        )
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<BTreeMap<String, Decimal>, D::Error> {
        BTreeMap::<String, Value>::deserialize(deserializer)?
            .into_iter()
            .map(|(symbol, value)| match decimal_from_json(&value) {
                Ok(decimal) => Ok((symbol, decimal)),
                Err(reason) => Err(D::Error::custom(format!("{symbol}: {reason}"))),
            })
            .collect()
    }
}
