use alchemiser_mocks::exchange::DataPlan;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::scenario::{Amount, ErrorStatus, Ordinal, Percent, Span};

/// How the broker behaves.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ExchangeSpec {
    /// How long proceeds of sells do not count as buying power.
    pub settlement_delay: Option<Span>,
    /// How long a look-up does not find a new order.
    pub hide_new_orders_for: Option<Span>,
    /// How long a look-up shows a filled order without its price.
    pub hide_fill_price_for: Option<Span>,
    /// How long after a session the data feed does not show its bar.
    pub hide_new_bars_for: Option<Span>,
    /// Whether the feed shows a bar of the session that is not yet over, from the trades so far.
    #[serde(default)]
    pub show_unfinished_bar: bool,
    /// How long a `client_order_id` is refused a second time.
    pub remember_client_order_ids_for: Option<Span>,
    /// The rate limit.
    pub requests_per_minute: Option<u32>,
    /// Whether the cancellation of an order that is filled already is answered as if there were
    /// something to cancel; else it is refused.
    pub accept_cancel_of_filled: bool,
    /// What market data the account has paid for.
    pub data_plan: Option<DataPlanSpec>,
    /// Dollars that the broker lends on top of cash, as it does to a margin account.
    pub credit: Option<Amount>,
    /// Whether the broker blocks trading.
    pub trading_blocked: bool,
    /// Whether the account is marked as a pattern day trader's.
    pub pattern_day_trader: bool,
    /// Whether the account may sell short what it does not hold, as a margin account may.
    pub shorting: bool,
    /// Whether the market trades around the clock on every day of the week, for worlds on the
    /// machine's own clock.
    pub always_open: bool,
    /// What becomes of orders.
    pub orders: Vec<OrderRuleSpec>,
}

/// A subscription to market data, in the broker's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DataPlanSpec {
    /// Free: no data of all exchanges that are younger than fifteen minutes.
    Basic,
    /// Everything in real time.
    AlgoTraderPlus,
}

impl From<DataPlanSpec> for DataPlan {
    fn from(given: DataPlanSpec) -> Self {
        match given {
            DataPlanSpec::Basic => Self::Basic,
            DataPlanSpec::AlgoTraderPlus => Self::AlgoTraderPlus,
        }
    }
}

/// What becomes of an order.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderRuleSpec {
    /// Only for this symbol.
    pub symbol: Option<String>,
    /// Only for this side.
    pub side: Option<SideSpec>,
    /// Only for the n-th order that matches.
    pub occurrence: Option<Ordinal>,
    /// What.
    pub effect: OrderEffectSpec,
}

/// To buy or to sell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SideSpec {
    /// Cash for shares.
    Buy,
    /// Shares for cash.
    Sell,
}

/// What becomes of an order.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OrderEffectSpec {
    /// It is filled after that time.
    FillAfter(Span),
    /// So many percent are filled, the rest never.
    Partial(Percent),
    /// Its cancellation takes that long, and it may be filled meanwhile.
    CancelLate(Span),
    /// It is accepted, and refused by the market after that time.
    RejectAfter(Span),
    /// It shows a state that orders seldom have.
    Show(ShowSpec),
    /// It rests.
    Never,
    /// It is refused.
    Reject {
        /// The HTTP status.
        status: ErrorStatus,
        /// The broker's code.
        code: u32,
        /// The broker's words.
        message: String,
    },
}

/// A state that an order shows.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ShowSpec {
    /// The state.
    pub status: ShownStatus,
    /// How long; for as long as it lives where this is absent.
    #[serde(rename = "for")]
    pub lasting: Option<Span>,
}

/// A state that orders seldom have, in the broker's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ShownStatus {
    /// Received, and not sent to the market.
    Accepted,
    /// Sent to the market, and not taken there.
    PendingNew,
    /// At the market, being priced.
    AcceptedForBidding,
    /// A trade is guaranteed: it fills after that.
    Stopped,
    /// Not eligible for trading.
    Suspended,
    /// Waiting for its time.
    Held,
    /// Looked at by the broker.
    PendingReview,
    /// To be replaced; it cannot be cancelled.
    PendingReplace,
    /// Being cancelled, by nobody: it is cancelled after that.
    PendingCancel,
    /// Nothing more of it is executed today.
    DoneForDay,
    /// Executed, with settlement still being calculated: it is filled after that.
    Calculated,
}
