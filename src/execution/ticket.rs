use rust_decimal::{Decimal, RoundingStrategy};

use crate::alpaca::{Order, Side};
use crate::decimal::Money;
use crate::event::{Action, OrderResult, OrderType, RebalancePlanItem};
use crate::timestamp::Timestamp;

/// The smallest order the broker takes, in dollars.
const SMALLEST_ORDER: Decimal = Decimal::ONE;
/// A buy that the account can pay for to this part is made smaller, not dropped.
const NEARLY: Decimal = Decimal::from_parts(99, 0, 0, false, 2);

/// One item of a plan on its way to the broker: how much is wanted, and the orders placed for it so far.
#[derive(Clone, Debug)]
pub(super) struct Ticket {
    pub symbol: String,
    pub side: Side,
    /// The price that the planner sized the item with: every attempt computes the same shares from it.
    pub price: Decimal,
    /// Shares wanted over all legs.
    pub total: Decimal,
    /// What is left of a position that is to go, in parts of a share that no leg can sell.
    pub rest: Decimal,
    /// Whether the plan wants nothing left of the position.
    pub is_exit: bool,
    /// Whether parts of a share can be traded.
    pub fractionable: bool,
    /// Each leg's order, as the broker last told.
    pub orders: Vec<Order>,
    /// Why no more was done.
    pub problem: Option<String>,
    /// Not worth an order, or not possible as one: counts neither as placed nor as failed.
    pub skipped: bool,
}

impl Ticket {
    pub fn new(item: &RebalancePlanItem, side: Side, price: Decimal) -> Self {
        Self {
            symbol: item.symbol.clone(),
            side,
            price,
            total: Decimal::ZERO,
            rest: Decimal::ZERO,
            is_exit: side == Side::Sell && item.target_value.get().is_zero(),
            fractionable: false,
            orders: Vec::new(),
            problem: None,
            skipped: false,
        }
    }

    /// Sizes the order: all that is held to leave a position, else the planned dollars at the plan's own price.
    pub fn size(&mut self, item: &RebalancePlanItem, held: Decimal) {
        let is_exit = self.is_exit;
        let planned = item.trade_amount.get().abs() / self.price;
        let wanted = match self.side {
            Side::Sell if is_exit => held,
            Side::Sell => planned.min(held),
            Side::Buy => planned,
        };
        // The broker's own text for what is held: rounding it could ask for more than there is (incident 44).
        let whole = is_exit && self.fractionable;
        self.total = if whole { wanted } else { self.tradable(wanted) };
        if self.wanted().is_zero() {
            self.skip(format!("{} is less than one share and cannot be traded in parts", item.symbol), is_exit);
        } else if !is_exit && self.total * self.price < SMALLEST_ORDER {
            self.skip(format!("{} is worth less than {SMALLEST_ORDER} dollar", item.symbol), false);
        }
    }

    fn skip(&mut self, reason: String, is_failure: bool) {
        self.problem = Some(reason);
        self.skipped = !is_failure;
    }

    /// What of `shares` can be ordered.
    fn tradable(&self, shares: Decimal) -> Decimal {
        let places = if self.fractionable { 6 } else { 0 };
        shares.round_dp_with_strategy(places, RoundingStrategy::ToZero).normalize()
    }

    /// Wants whole shares from now on: the broker takes no others, whatever it said of the asset (incident 61). A part of a
    /// share that is to go as well is left for the closing of the position.
    pub fn trade_whole(&mut self, reason: &str) {
        self.fractionable = false;
        let part = self.remaining().fract();
        self.total -= part;
        if self.is_exit {
            self.rest = part;
        } else if self.total.is_zero() {
            self.problem = Some(reason.to_owned());
        }
    }

    /// Takes the cost of a buy from what the account can pay.
    pub fn pay_from(&mut self, funds: &mut Decimal, cost: Decimal) {
        if self.problem.is_some() {
            return;
        }
        if cost > *funds && *funds >= cost * NEARLY {
            self.total = self.tradable(self.total * *funds / cost);
        }
        if cost > *funds && (*funds < cost * NEARLY || self.total.is_zero()) {
            tracing::warn!(symbol = self.symbol, %funds, %cost, "the sells brought too little in time");
            self.problem = Some("not bought: the sells brought too little in time".to_owned());
            return;
        }
        *funds -= cost.min(*funds);
    }

    pub fn filled(&self) -> Decimal {
        self.orders.iter().map(|order| order.filled_qty).sum()
    }

    /// What is left for the legs.
    pub fn remaining(&self) -> Decimal {
        self.total - self.filled()
    }

    /// Shares wanted in all.
    pub fn wanted(&self) -> Decimal {
        self.total + self.rest
    }

    /// Dollars really paid or received.
    pub fn value(&self) -> Decimal {
        self.orders.iter().map(|order| order.filled_qty * order.filled_avg_price.unwrap_or_default()).sum()
    }

    /// Whether nothing sensible is left to order after the legs so far.
    pub fn is_done(&self) -> bool {
        self.problem.is_some() || self.remaining() <= Decimal::ZERO
    }

    /// Whether what is left for the legs is too little for an order: it is left alone.
    pub fn is_dust(&self) -> bool {
        let remaining = self.remaining();
        !self.filled().is_zero() && (remaining * self.price < SMALLEST_ORDER || remaining < Decimal::ONE && !self.fractionable)
    }

    pub fn is_success(&self) -> bool {
        !self.orders.is_empty() && (self.filled() >= self.wanted() || self.rest.is_zero() && self.is_dust())
    }

    /// What became of the item, for the event and the mail.
    pub fn result(&self, at: Timestamp) -> OrderResult {
        let last = self.orders.last();
        let filled = self.filled();
        let price = (!filled.is_zero()).then(|| (self.value() / filled).round_dp(4).normalize().to_string());
        OrderResult {
            symbol: self.symbol.clone(),
            action: if self.side == Side::Buy { Action::Buy } else { Action::Sell },
            trade_amount: Money::new(self.value()),
            shares: filled.normalize(),
            price,
            order_id: last.map(|order| order.id.clone()),
            client_order_id: last.map(|order| order.client_order_id.clone()).unwrap_or_default(),
            success: self.is_success(),
            status: last
                .map_or_else(|| if self.skipped { "skipped" } else { "not placed" }.to_owned(), |order| order.status.as_str().to_owned()),
            error_message: self
                .problem
                .clone()
                .or_else(|| (!self.is_success()).then(|| format!("{} of {} shares filled", filled, self.wanted()))),
            timestamp: at,
            order_type: OrderType::Limit,
            filled_at: last.and_then(|order| order.filled_at).map(Timestamp::new),
        }
    }
}
