//! What happened at the exchange: the observer's feed.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::{Serialize, Serializer};
use uuid::Uuid;

use super::movement::CashKind;
use super::order::{Amount, Order, OrderStatus, Origin};
use super::script::OrderEffect;
use super::service::Service;
use super::setup::{AccountSetup, AssetSetup};
use super::side::Side;

fn in_words<S: Serializer>(effect: &OrderEffect, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&effect.describe())
}

/// Which order a report is about. Decimals are strings in JSON.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OrderFacts {
    /// The exchange's id; `None` for an order that was refused before it got one.
    pub order_id: Option<Uuid>,
    /// The client's id; `None` where it sent none.
    pub client_order_id: Option<String>,
    /// What is traded.
    pub symbol: String,
    /// Buy or sell.
    pub side: Side,
    /// Shares ordered; `None` for an order in dollars.
    pub quantity: Option<Decimal>,
    /// Dollars ordered; `None` for an order in shares.
    pub notional: Option<Decimal>,
    /// The limit price; `None` for a market order.
    pub limit_price: Option<Decimal>,
    /// Who placed it; not written for a client's own.
    #[serde(skip_serializing_if = "Origin::is_client")]
    pub origin: Origin,
}

impl From<&Order> for OrderFacts {
    fn from(order: &Order) -> Self {
        Self {
            order_id: Some(order.id),
            client_order_id: Some(order.client_order_id.clone()),
            symbol: order.symbol.clone(),
            side: order.side,
            quantity: order.quantity(),
            notional: match order.amount {
                Amount::Notional(dollars) => Some(dollars),
                Amount::Shares(_) => None,
            },
            limit_price: order.limit,
            origin: order.origin,
        }
    }
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "report", rename_all = "snake_case")]
pub enum Report {
    /// How the account stands: when the exchange is first used, and after each session.
    Statement {
        /// When.
        at: DateTime<Utc>,
        /// Dollars.
        cash: Decimal,
        /// Cash and what the shares are worth.
        equity: Decimal,
        /// Shares, by symbol.
        positions: BTreeMap<String, Decimal>,
    },
    /// The script decides something about an order that has come; what follows from it is reported
    /// as always.
    OrderScripted {
        /// When.
        at: DateTime<Utc>,
        /// The client's id; `None` where it sent none.
        #[serde(skip_serializing_if = "Option::is_none")]
        client_order_id: Option<String>,
        /// What is traded.
        symbol: String,
        /// Buy or sell.
        side: Side,
        /// What becomes of it; in words in JSON.
        #[serde(serialize_with = "in_words")]
        effect: OrderEffect,
    },
    /// The exchange has taken the order; from now on it may fill.
    OrderAccepted {
        /// When.
        at: DateTime<Utc>,
        /// Which.
        #[serde(flatten)]
        order: OrderFacts,
        /// `pending_new`, or `accepted` while the market is closed.
        status: OrderStatus,
    },
    /// Shares changed hands.
    OrderFilled {
        /// When.
        at: DateTime<Utc>,
        /// Which.
        #[serde(flatten)]
        order: OrderFacts,
        /// Shares of this fill.
        fill_quantity: Decimal,
        /// The price of this fill.
        fill_price: Decimal,
        /// Shares filled so far, this fill included.
        filled_quantity: Decimal,
        /// `filled`, or where the order stands while more may come.
        status: OrderStatus,
    },
    /// A client asked for the order to be cancelled and was told that it will be.
    CancelRequested {
        /// When.
        at: DateTime<Utc>,
        /// Which.
        #[serde(flatten)]
        order: OrderFacts,
    },
    /// The order works no more.
    OrderCancelled {
        /// When.
        at: DateTime<Utc>,
        /// Which.
        #[serde(flatten)]
        order: OrderFacts,
        /// Shares filled before.
        filled_quantity: Decimal,
    },
    /// The session ended.
    OrderExpired {
        /// When.
        at: DateTime<Utc>,
        /// Which.
        #[serde(flatten)]
        order: OrderFacts,
        /// Shares filled before.
        filled_quantity: Decimal,
    },
    /// Another order took its place.
    OrderReplaced {
        /// When.
        at: DateTime<Utc>,
        /// Which.
        #[serde(flatten)]
        order: OrderFacts,
        /// The new order's id.
        replaced_by: Uuid,
        /// Shares filled before.
        filled_quantity: Decimal,
    },
    /// The order was refused: at once (no order id), or by the market after it had been accepted.
    OrderRejected {
        /// When.
        at: DateTime<Utc>,
        /// Which.
        #[serde(flatten)]
        order: OrderFacts,
        /// Alpaca's code.
        code: u32,
        /// The text.
        message: String,
    },
    /// Cash came or went without a trade.
    CashMoved {
        /// When.
        at: DateTime<Utc>,
        /// Why.
        kind: CashKind,
        /// Dollars; negative where they went.
        amount: Decimal,
        /// What paid it, or was the reason for it.
        #[serde(skip_serializing_if = "Option::is_none")]
        symbol: Option<String>,
    },
    /// A symbol's shares became more, or fewer.
    Split {
        /// When.
        at: DateTime<Utc>,
        /// Which.
        symbol: String,
        /// So many shares
        from: Decimal,
        /// became so many.
        to: Decimal,
        /// Shares held before.
        before: Decimal,
        /// Shares held now; a fraction that is missing was paid in cash.
        after: Decimal,
    },
    /// A symbol got another name.
    SymbolRenamed {
        /// When.
        at: DateTime<Utc>,
        /// The old name.
        symbol: String,
        /// The new one.
        to: String,
        /// Shares held.
        quantity: Decimal,
    },
    /// What may be done with a symbol changed.
    AssetChanged {
        /// When.
        at: DateTime<Utc>,
        /// Which.
        symbol: String,
        /// Its flags now.
        #[serde(flatten)]
        asset: AssetSetup,
        /// Whether it is halted.
        halted: bool,
    },
    /// What the account may do changed.
    AccountChanged {
        /// When.
        at: DateTime<Utc>,
        /// Its flags now.
        #[serde(flatten)]
        account: AccountSetup,
    },
    /// An order is in another state, and neither ended nor filled by it.
    OrderStatusChanged {
        /// When.
        at: DateTime<Utc>,
        /// Which.
        #[serde(flatten)]
        order: OrderFacts,
        /// The state.
        status: OrderStatus,
        /// Shares filled before.
        filled_quantity: Decimal,
    },
    /// A request was answered 429.
    RateLimited {
        /// When.
        at: DateTime<Utc>,
        /// Which service.
        service: Service,
    },
}

impl Report {
    /// When it happened.
    pub fn at(&self) -> DateTime<Utc> {
        match self {
            Self::OrderScripted { at, .. }
            | Self::OrderAccepted { at, .. }
            | Self::OrderFilled { at, .. }
            | Self::CancelRequested { at, .. }
            | Self::OrderCancelled { at, .. }
            | Self::OrderExpired { at, .. }
            | Self::OrderReplaced { at, .. }
            | Self::OrderRejected { at, .. }
            | Self::RateLimited { at, .. }
            | Self::CashMoved { at, .. }
            | Self::Split { at, .. }
            | Self::SymbolRenamed { at, .. }
            | Self::AssetChanged { at, .. }
            | Self::AccountChanged { at, .. }
            | Self::OrderStatusChanged { at, .. }
            | Self::Statement { at, .. } => *at,
        }
    }

    /// The order it is about.
    pub fn order(&self) -> Option<&OrderFacts> {
        match self {
            Self::OrderAccepted { order, .. }
            | Self::OrderFilled { order, .. }
            | Self::CancelRequested { order, .. }
            | Self::OrderCancelled { order, .. }
            | Self::OrderExpired { order, .. }
            | Self::OrderReplaced { order, .. }
            | Self::OrderRejected { order, .. }
            | Self::OrderStatusChanged { order, .. } => Some(order),
            Self::Statement { .. }
            | Self::OrderScripted { .. }
            | Self::RateLimited { .. }
            | Self::CashMoved { .. }
            | Self::Split { .. }
            | Self::SymbolRenamed { .. }
            | Self::AssetChanged { .. }
            | Self::AccountChanged { .. } => None,
        }
    }
}
