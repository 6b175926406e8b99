//! An order and its life.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::asset_class::AssetClass;
use super::side::Side;
use super::text::{plain, stamp};

/// When an order expires.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum TimeInForce {
    /// Until the close of the session it is for.
    Day,
    /// Until it is filled or cancelled.
    Gtc,
}

impl TimeInForce {
    /// How long an order works where nobody says: coins know no day (docs.alpaca.markets, "Crypto
    /// Spot Trading").
    pub(super) fn usual(class: AssetClass) -> Self {
        match class {
            AssetClass::UsEquity => Self::Day,
            AssetClass::Crypto => Self::Gtc,
        }
    }
}

/// Who placed an order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// A client of the API.
    #[default]
    Client,
    /// The account's owner, by hand.
    Owner,
}

impl Origin {
    /// Whether it came over the API.
    pub fn is_client(&self) -> bool {
        *self == Self::Client
    }
}

/// What an order does to the position, where the client says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Intent {
    /// Opens one, or adds to it.
    Open,
    /// Takes one back.
    Close,
}

impl Intent {
    /// The word on the wire, for an order to one side.
    pub(super) fn on(self, side: Side) -> String {
        let verb = if self == Self::Open { "open" } else { "close" };
        format!("{}_to_{verb}", side.as_str())
    }
}

/// How much an order is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Amount {
    /// Shares, up to nine decimals.
    Shares(Decimal),
    /// US dollars; the shares follow from the price it fills at.
    Notional(Decimal),
}

/// The states of an order (Alpaca, "Placing Orders", order life cycle; rules.md 7.6; `held`
/// and `pending_review` as its own Python client knows them). "An order may be canceled through the
/// API up until the point it reaches a state of either filled, canceled, or expired", but not while
/// it is to be replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderStatus {
    /// Received while the market is closed; goes to the market at the next open.
    Accepted,
    /// Received, on its way to the market.
    PendingNew,
    /// At the market.
    New,
    /// Partly executed, still working.
    PartiallyFilled,
    /// Asked to be cancelled; may still fill.
    PendingCancel,
    /// Another order is to take its place; until then it cannot be cancelled.
    PendingReplace,
    /// At the market, being priced.
    AcceptedForBidding,
    /// A trade is guaranteed, at a stated price or better, and has not happened yet.
    Stopped,
    /// Not eligible for trading.
    Suspended,
    /// Waiting for another order, or for its time.
    Held,
    /// Looked at by the broker before it goes to the market.
    PendingReview,
    /// Nothing more of it is executed today; may have filled in part.
    DoneForDay,
    /// Executed, and settlement is still being calculated.
    Calculated,
    /// Executed in full. Final.
    Filled,
    /// Cancelled; may have filled in part. Final.
    Canceled,
    /// Its day is over; may have filled in part. Final.
    Expired,
    /// Another order took its place. Final.
    Replaced,
    /// Refused by the market after it had been accepted by the broker. Final.
    Rejected,
}

impl OrderStatus {
    /// Every state, in the order of the enumeration.
    pub const ALL: [Self; 18] = [
        Self::Accepted,
        Self::PendingNew,
        Self::New,
        Self::PartiallyFilled,
        Self::PendingCancel,
        Self::PendingReplace,
        Self::AcceptedForBidding,
        Self::Stopped,
        Self::Suspended,
        Self::Held,
        Self::PendingReview,
        Self::DoneForDay,
        Self::Calculated,
        Self::Filled,
        Self::Canceled,
        Self::Expired,
        Self::Replaced,
        Self::Rejected,
    ];

    /// Whether the status is final.
    pub fn is_final(self) -> bool {
        matches!(
            self,
            Self::Filled | Self::Canceled | Self::Expired | Self::Replaced | Self::Rejected
        )
    }

    /// Whether something may still be executed today: not where it is final, done for the day, or
    /// executed already.
    pub fn is_working(self) -> bool {
        !self.is_final() && !matches!(self, Self::DoneForDay | Self::Calculated)
    }

    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::PendingNew => "pending_new",
            Self::New => "new",
            Self::PartiallyFilled => "partially_filled",
            Self::PendingCancel => "pending_cancel",
            Self::PendingReplace => "pending_replace",
            Self::AcceptedForBidding => "accepted_for_bidding",
            Self::Stopped => "stopped",
            Self::Suspended => "suspended",
            Self::Held => "held",
            Self::PendingReview => "pending_review",
            Self::DoneForDay => "done_for_day",
            Self::Calculated => "calculated",
            Self::Filled => "filled",
            Self::Canceled => "canceled",
            Self::Expired => "expired",
            Self::Replaced => "replaced",
            Self::Rejected => "rejected",
        }
    }
}

/// When each step of an order happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderTimes {
    /// Received.
    pub created: DateTime<Utc>,
    /// Last changed.
    pub updated: DateTime<Utc>,
    /// Filled in full.
    pub filled: Option<DateTime<Utc>>,
    /// Expired at the close.
    pub expired: Option<DateTime<Utc>>,
    /// Cancelled.
    pub canceled: Option<DateTime<Utc>>,
    /// Refused by the market.
    pub failed: Option<DateTime<Utc>>,
    /// Replaced by another order.
    pub replaced: Option<DateTime<Utc>>,
    /// When it will expire if it still works then.
    pub expires: Option<DateTime<Utc>>,
}

/// One order, from its acceptance to the end of its life and after.
#[derive(Clone, Debug, PartialEq)]
pub struct Order {
    /// The exchange's id of it.
    pub id: Uuid,
    /// The client's name for it, or one the exchange made up.
    pub client_order_id: String,
    /// The symbol.
    pub symbol: String,
    /// The asset's id.
    pub asset_id: Uuid,
    /// Buy or sell.
    pub side: Side,
    /// The limit price, or `None` for a market order.
    pub limit: Option<Decimal>,
    /// Shares or dollars.
    pub amount: Amount,
    /// When it expires.
    pub time_in_force: TimeInForce,
    /// Its status.
    pub status: OrderStatus,
    /// Shares executed so far.
    pub filled_quantity: Decimal,
    /// Dollars those shares cost or brought: the sum of quantity times price over the fills,
    /// exactly.
    pub filled_value: Decimal,
    /// What a buy order holds back from buying power for each share not yet filled.
    pub reserve_price: Decimal,
    /// When each step happened.
    pub times: OrderTimes,
    /// Who placed it.
    pub origin: Origin,
    /// Whether it opens or adds to a position, long or short; else it takes one back.
    pub opens: bool,
    /// The order that took its place.
    pub replaced_by: Option<Uuid>,
    /// The order whose place it took.
    pub replaces: Option<Uuid>,
}

impl Order {
    /// Shares ordered; `None` for an order in dollars that has not filled.
    pub fn quantity(&self) -> Option<Decimal> {
        match self.amount {
            Amount::Shares(quantity) => Some(quantity),
            Amount::Notional(_) => None,
        }
    }

    /// Shares still to fill at `price`.
    pub fn remaining(&self, price: Decimal) -> Decimal {
        match self.amount {
            Amount::Shares(quantity) => quantity - self.filled_quantity,
            Amount::Notional(dollars) => {
                ((dollars - self.filled_value) / price).trunc_with_scale(9)
            }
        }
    }

    fn intent(&self) -> Intent {
        if self.opens {
            Intent::Open
        } else {
            Intent::Close
        }
    }

    /// Whether something may still be executed of it today.
    pub fn is_working(&self) -> bool {
        self.status.is_working()
    }

    /// Dollars a working order that opens a position holds back from buying power.
    pub fn reserved(&self) -> Decimal {
        match self.amount {
            _ if !self.opens || !self.is_working() => Decimal::ZERO,
            Amount::Shares(quantity) => (quantity - self.filled_quantity) * self.reserve_price,
            Amount::Notional(dollars) => dollars - self.filled_value,
        }
    }

    /// Shares a working order that takes a position back holds back from it.
    pub fn held(&self) -> Decimal {
        if self.opens || !self.is_working() {
            Decimal::ZERO
        } else {
            self.remaining(self.reserve_price)
        }
    }

    /// The average price of the fills, rounded to nine decimals; `None` before the first.
    pub fn filled_average_price(&self) -> Option<Decimal> {
        (self.filled_quantity > Decimal::ZERO)
            .then(|| (self.filled_value / self.filled_quantity).round_dp(9))
    }

    /// The order as the trading API shows it: numbers as strings, absent things as null.
    pub(super) fn json(&self) -> Value {
        let (kind, times) = (
            if self.limit.is_some() {
                "limit"
            } else {
                "market"
            },
            &self.times,
        );
        let notional = match self.amount {
            Amount::Notional(dollars) => Some(plain(dollars)),
            Amount::Shares(_) => None,
        };
        json!({
            "id": self.id,
            "client_order_id": self.client_order_id,
            "created_at": stamp(times.created),
            "updated_at": stamp(times.updated),
            "submitted_at": stamp(times.created),
            "filled_at": times.filled.map(stamp),
            "expired_at": times.expired.map(stamp),
            "canceled_at": times.canceled.map(stamp),
            "failed_at": times.failed.map(stamp),
            "replaced_at": times.replaced.map(stamp),
            "expires_at": times.expires.map(stamp),
            "replaced_by": self.replaced_by,
            "replaces": self.replaces,
            "asset_id": self.asset_id,
            "symbol": self.symbol,
            "asset_class": AssetClass::of(&self.symbol).as_str(),
            "notional": notional,
            "qty": self.quantity().map(plain),
            "filled_qty": plain(self.filled_quantity),
            "filled_avg_price": self.filled_average_price().map(plain),
            "order_class": "",
            "order_type": kind,
            "type": kind,
            "side": self.side.as_str(),
            "position_intent": self.intent().on(self.side),
            "time_in_force": self.time_in_force,
            "limit_price": self.limit.map(plain),
            "stop_price": null,
            "status": self.status.as_str(),
            "extended_hours": false,
            "legs": null,
            "trail_percent": null,
            "trail_price": null,
            "hwm": null,
            "subtag": null,
            "source": null,
        })
    }
}
