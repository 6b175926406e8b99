use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use crate::decimal::{decimal_from_json, exact};
use crate::id::ClientOrderId;

/// The account.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Account {
    /// Names the account.
    pub account_number: String,
    /// US dollars.
    #[serde(with = "exact")]
    pub cash: Decimal,
    /// What may be spent on buys.
    #[serde(with = "exact")]
    pub buying_power: Decimal,
    /// Cash and positions.
    #[serde(with = "exact")]
    pub portfolio_value: Decimal,
    /// Whether the broker refuses all orders.
    #[serde(default)]
    pub trading_blocked: bool,
}

/// Shares held.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Position {
    /// The symbol.
    pub symbol: String,
    /// Shares; negative for a short position.
    #[serde(with = "exact")]
    pub qty: Decimal,
    /// Shares that no open order has taken.
    #[serde(default, deserialize_with = "optional")]
    pub qty_available: Option<Decimal>,
}

/// What may be done with a symbol.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Asset {
    /// The symbol.
    pub symbol: String,
    /// Whether parts of a share can be traded.
    pub fractionable: bool,
    /// Whether it can be traded at all.
    pub tradable: bool,
}

/// One session of the market's calendar, in New York time.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct CalendarDay {
    /// The date.
    pub date: NaiveDate,
    /// The open.
    #[serde(deserialize_with = "clock_time")]
    pub open: NaiveTime,
    /// The close; early on some days.
    #[serde(deserialize_with = "clock_time")]
    pub close: NaiveTime,
}

/// The best bid and offer.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Quote {
    /// Bid price; zero where nobody bids.
    #[serde(rename = "bp", with = "exact")]
    pub bid: Decimal,
    /// Ask price; zero where nobody offers.
    #[serde(rename = "ap", with = "exact")]
    pub ask: Decimal,
    /// When.
    #[serde(rename = "t")]
    pub at: DateTime<Utc>,
}

/// One day's prices.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Bar {
    /// Midnight in New York of the day.
    #[serde(rename = "t")]
    pub at: DateTime<Utc>,
    /// The close.
    #[serde(rename = "c", with = "exact")]
    pub close: Decimal,
}

/// The account's value over time.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct PortfolioHistory {
    /// Epoch seconds.
    pub timestamp: Vec<i64>,
    /// US dollars, one a timestamp; null where the account did not exist.
    #[serde(deserialize_with = "optionals")]
    pub equity: Vec<Option<Decimal>>,
}

/// To buy or to sell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// Shares for cash.
    Sell,
    /// Cash for shares.
    Buy,
}

impl Side {
    /// As the broker writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sell => "sell",
            Self::Buy => "buy",
        }
    }
}

/// A limit order for the day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NewOrder {
    /// The symbol.
    pub symbol: String,
    /// Shares, as exact text.
    #[serde(with = "exact")]
    pub qty: Decimal,
    /// To buy or to sell.
    pub side: Side,
    /// `limit`
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// `day`
    pub time_in_force: &'static str,
    /// At this price or better, as exact text.
    #[serde(with = "exact")]
    pub limit_price: Decimal,
    /// Derived from plan, symbol, side and leg.
    pub client_order_id: ClientOrderId,
}

/// An order as the broker has it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Order {
    /// The broker's id.
    pub id: String,
    /// Ours.
    pub client_order_id: String,
    /// The symbol.
    pub symbol: String,
    /// To buy or to sell.
    pub side: Side,
    /// Shares ordered.
    #[serde(with = "exact")]
    pub qty: Decimal,
    /// Shares filled so far.
    #[serde(with = "exact")]
    pub filled_qty: Decimal,
    /// The average price of the fills; may lag behind `filled` (specification 7.6).
    #[serde(default, deserialize_with = "optional")]
    pub filled_avg_price: Option<Decimal>,
    /// The broker's word.
    pub status: OrderStatus,
    /// When the last fill came.
    #[serde(default)]
    pub filled_at: Option<DateTime<Utc>>,
}

/// The state of an order, in the broker's words (specification 7.6). A word that is not known is kept and
/// counts as not final: a live order is never taken for a dead one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderStatus(String);

impl OrderStatus {
    /// Whether nothing more can happen to the order.
    #[must_use]
    pub fn is_terminal(&self) -> bool {
        matches!(self.0.as_str(), "filled" | "canceled" | "expired" | "rejected" | "done_for_day" | "replaced")
    }

    /// Whether the order was filled in full.
    #[must_use]
    pub fn is_filled(&self) -> bool {
        self.0 == "filled"
    }

    /// The broker's word.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for OrderStatus {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self)
    }
}

impl Serialize for OrderStatus {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

fn optional<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Decimal>, D::Error> {
    match Option::<Value>::deserialize(deserializer)? {
        None | Some(Value::Null) => Ok(None),
        Some(value) => decimal_from_json(&value).map(Some).map_err(serde::de::Error::custom),
    }
}

fn optionals<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Option<Decimal>>, D::Error> {
    let read = |value: Value| match value {
        Value::Null => Ok(None),
        value => decimal_from_json(&value).map(Some).map_err(serde::de::Error::custom),
    };
    Vec::<Value>::deserialize(deserializer)?.into_iter().map(read).collect()
}

fn clock_time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<NaiveTime, D::Error> {
    let text = String::deserialize(deserializer)?;
    NaiveTime::parse_from_str(&text, "%H:%M").map_err(|error| serde::de::Error::custom(format!("{text:?} is not a time of day: {error}")))
}
