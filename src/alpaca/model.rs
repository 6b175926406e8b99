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
    /// Cash and positions; short ones count against it.
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
    /// What kind of asset it is: `us_equity`, `crypto`, `us_option`.
    #[serde(default = "us_equity")]
    pub asset_class: String,
    /// Dollars that it is worth; negative for a short position.
    #[serde(default, deserialize_with = "optional")]
    pub market_value: Option<Decimal>,
    /// Dollars a share, as the broker values it.
    #[serde(default, deserialize_with = "optional")]
    pub current_price: Option<Decimal>,
}

impl Position {
    /// Whether this system trades such a thing at all: shares of US companies and funds.
    #[must_use]
    pub fn is_equity(&self) -> bool {
        self.asset_class == US_EQUITY
    }
}

/// The only class of assets that this system trades.
const US_EQUITY: &str = "us_equity";

fn us_equity() -> String {
    US_EQUITY.to_owned()
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
    /// `sell_to_close` for sells: an account that may sell short must not do so because the shares
    /// have gone meanwhile (docs.alpaca.markets, "Create an Order"; alpacahq/Alpaca-API issue 250).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position_intent: Option<&'static str>,
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
    /// Shares ordered; 0 for an order in dollars, which is never ours.
    #[serde(default, deserialize_with = "or_zero")]
    pub qty: Decimal,
    /// Dollars ordered, where the order is in dollars.
    #[serde(default, deserialize_with = "optional")]
    pub notional: Option<Decimal>,
    /// Its limit; none for a market order.
    #[serde(default, deserialize_with = "optional")]
    pub limit_price: Option<Decimal>,
    /// Shares filled so far.
    #[serde(with = "exact")]
    pub filled_qty: Decimal,
    /// The average price of the fills; may lag behind `filled` (rules.md 7.6).
    #[serde(default, deserialize_with = "optional")]
    pub filled_avg_price: Option<Decimal>,
    /// The broker's word.
    pub status: OrderStatus,
    /// When the last fill came.
    #[serde(default)]
    pub filled_at: Option<DateTime<Utc>>,
    /// When the broker took it.
    #[serde(default)]
    pub created_at: Option<DateTime<Utc>>,
    /// The order that took its place.
    #[serde(default)]
    pub replaced_by: Option<String>,
    /// Why the market rejected it, where the broker says so.
    #[serde(default)]
    pub reject_reason: Option<String>,
}

impl Order {
    /// Dollars that a working buy may still cost. A market order of shares has no bound of its own:
    /// it counts at `price`.
    #[must_use]
    pub fn may_cost(&self, price: Decimal) -> Decimal {
        if self.side == Side::Sell || self.status.is_terminal() {
            return Decimal::ZERO;
        }
        match self.notional {
            Some(dollars) => (dollars
                - self.filled_qty * self.filled_avg_price.unwrap_or_default())
            .max(Decimal::ZERO),
            None => (self.qty - self.filled_qty) * self.limit_price.unwrap_or(price),
        }
    }

    /// Shares that a working sell may still take.
    #[must_use]
    pub fn may_take(&self) -> Decimal {
        if self.side == Side::Buy || self.status.is_terminal() {
            Decimal::ZERO
        } else {
            self.qty - self.filled_qty
        }
    }
}

/// The state of an order, in the broker's words (rules.md 7.6). A word that is not known is
/// kept and counts as not final: a live order is never taken for a dead one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderStatus(String);

impl OrderStatus {
    /// Whether nothing more can happen to the order today. One that is `calculated` is executed or
    /// done for the day, and only its settlement is still being worked out.
    #[must_use]
    pub fn is_terminal(&self) -> bool {
        matches!(
            self.0.as_str(),
            "filled"
                | "canceled"
                | "expired"
                | "rejected"
                | "done_for_day"
                | "calculated"
                | "replaced"
        )
    }

    /// Whether the order was filled in full.
    #[must_use]
    pub fn is_filled(&self) -> bool {
        self.0 == "filled"
    }

    /// Whether the market rejected what the broker had taken: another order of the kind would end
    /// the same way.
    #[must_use]
    pub fn is_rejected(&self) -> bool {
        self.0 == "rejected"
    }

    /// Whether another order took its place.
    #[must_use]
    pub fn is_replaced(&self) -> bool {
        self.0 == "replaced"
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
        Some(value) => decimal_from_json(&value)
            .map(Some)
            .map_err(serde::de::Error::custom),
    }
}

fn or_zero<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
    optional(deserializer).map(Option::unwrap_or_default)
}

fn optionals<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Option<Decimal>>, D::Error> {
    let read = |value: Value| match value {
        Value::Null => Ok(None),
        value => decimal_from_json(&value)
            .map(Some)
            .map_err(serde::de::Error::custom),
    };
    Vec::<Value>::deserialize(deserializer)?
        .into_iter()
        .map(read)
        .collect()
}

fn clock_time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<NaiveTime, D::Error> {
    let text = String::deserialize(deserializer)?;
    NaiveTime::parse_from_str(&text, "%H:%M").map_err(|error| {
        serde::de::Error::custom(format!("{text:?} is not a time of day: {error}"))
    })
}
