use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::Action;
use super::header::{JsonObject, optional_text};
use crate::decimal::{self, Money};
use crate::timestamp::Timestamp;

/// The orders of a plan are done, well or badly. Source `alchemiser.execution`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TradeExecuted {
    /// `plan_id`, `orders_placed`, `orders_succeeded`, `total_trade_value`, `execution_timestamp`,
    /// `success`, `orders` (of [`OrderResult`]).
    pub execution_data: JsonObject,
    /// Whether every order was filled in full.
    pub success: bool,
    /// Orders that the broker accepted or refused.
    pub orders_placed: i64,
    /// Orders filled in full.
    pub orders_succeeded: i64,
    /// Why not, for the reader of the mail.
    #[serde(default, deserialize_with = "optional_text")]
    pub failure_reason: Option<String>,
    /// The symbols whose order did not succeed.
    #[serde(default)]
    pub failed_symbols: Vec<String>,
}

/// What became of one order (rules.md 1.9).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OrderResult {
    /// The symbol.
    pub symbol: String,
    /// BUY or SELL.
    pub action: Action,
    /// What was really paid or received.
    pub trade_amount: Money,
    /// Shares really bought or sold.
    #[serde(with = "decimal::exact")]
    #[cfg_attr(feature = "schema", schemars(with = "crate::schema::Decimal"))]
    pub shares: Decimal,
    /// The average price of the fills.
    pub price: Option<String>,
    /// The broker's id.
    pub order_id: Option<String>,
    /// The id that we gave it.
    pub client_order_id: String,
    /// Filled in full.
    pub success: bool,
    /// The broker's last word on the order.
    pub status: String,
    /// What the broker said against it.
    pub error_message: Option<String>,
    /// When the result was known.
    pub timestamp: Timestamp,
    /// The order's type.
    pub order_type: OrderType,
    /// When the last fill came.
    pub filled_at: Option<Timestamp>,
}

/// What the reader of the mail should know of one symbol although it is no failure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// The symbol.
    pub symbol: String,
    /// A sentence that names it.
    pub text: String,
}

/// The type of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "UPPERCASE")]
pub enum OrderType {
    /// At any price.
    Market,
    /// At this price or better.
    Limit,
}
