use rust_decimal::{Decimal, RoundingStrategy};

use crate::alpaca::{Order, Side};
use crate::decimal::Money;
use crate::event::{Action, OrderResult, OrderType, RebalancePlanItem};
use crate::id::ClientOrderId;
use crate::timestamp::Timestamp;

/// The smallest order the broker takes, in dollars.
const SMALLEST_ORDER: Decimal = Decimal::ONE;
/// A buy that got this part of what it wanted got what it wanted: the rest is rounding and the
/// spread.
pub(super) const NEARLY: Decimal = Decimal::from_parts(99, 0, 0, false, 2);
const CENT: Decimal = Decimal::from_parts(1, 0, 0, false, 2);
/// A price that is off by more than this part of itself is no price of the same share: there was a
/// split.
const ANOTHER_SHARE: Decimal = Decimal::from_parts(2, 0, 0, false, 1);

/// One item of a plan on its way to the broker: how much is wanted, and the orders placed for it so
/// far.
#[derive(Clone, Debug)]
pub(super) struct Ticket {
    pub symbol: String,
    pub side: Side,
    /// The price that the planner sized the item with.
    pub price: Decimal,
    /// Dollars that the plan wants to move.
    pub budget: Decimal,
    /// Shares of the position that were there to be sold when this attempt began.
    pub free: Decimal,
    /// Shares that were held when the plan was made, where it says so, and when this attempt began.
    pub held_then_and_now: Option<(Decimal, Decimal)>,
    /// Shares of the orders that were over when this attempt found them: their fills are in what
    /// was held when it began.
    pub filled_before: Decimal,
    /// Shares wanted over all legs.
    pub total: Decimal,
    /// What is left of a position that is to go, in parts of a share that no leg can sell.
    pub rest: Decimal,
    /// Whether the plan wants nothing left of the position.
    pub is_exit: bool,
    /// Whether parts of a share can be traded.
    pub fractionable: bool,
    /// Each order, as the broker last told; one that the owner put in the place of ours too.
    pub orders: Vec<Order>,
    /// The broker's id of the order that closes the rest of the position: it carries no id of ours.
    pub closing: Option<String>,
    /// Why no more was done.
    pub problem: Option<String>,
    /// Why less was ordered than planned, which is no failure by itself.
    pub notes: Vec<String>,
    /// Not worth an order, or not possible as one: counts neither as placed nor as failed.
    pub skipped: bool,
    /// Set where nobody knows whether the broker has the last order: another attempt has to ask.
    pub unknown: Option<String>,
    /// Whether it was not bought in full because the account could not pay.
    pub lacks_funds: bool,
    /// Whether money for it was still on its way when this attempt ended.
    pub awaits_money: bool,
}

impl Ticket {
    pub fn new(item: &RebalancePlanItem, side: Side, price: Decimal) -> Self {
        assert_eq!(
            item.action,
            match side {
                Side::Buy => Action::Buy,
                Side::Sell => Action::Sell,
            },
            "a ticket trades the way its item says"
        );
        assert!(
            price >= Decimal::ZERO,
            "a price is positive, or zero where there is none"
        );
        Self {
            symbol: item.symbol.clone(),
            side,
            price,
            budget: item.trade_amount.get().abs(),
            free: Decimal::ZERO,
            held_then_and_now: None,
            filled_before: Decimal::ZERO,
            total: Decimal::ZERO,
            rest: Decimal::ZERO,
            is_exit: side == Side::Sell && item.target_value.get().is_zero(),
            fractionable: false,
            orders: Vec::new(),
            closing: None,
            problem: None,
            notes: Vec::new(),
            skipped: false,
            unknown: None,
            lacks_funds: false,
            awaits_money: false,
        }
    }

    /// Sizes the order: all that is free to leave a position, else the planned dollars at the
    /// plan's own price.
    pub fn size(&mut self) {
        assert!(
            self.price > Decimal::ZERO,
            "dollars become shares by a price"
        );
        assert!(
            self.orders.is_empty(),
            "what an earlier attempt has begun keeps its size"
        );
        let planned = self.budget / self.price;
        let wanted = match self.side {
            Side::Sell if self.is_exit => self.free,
            Side::Sell => planned.min(self.free),
            Side::Buy => planned,
        };
        // The broker's own text for what is held: rounding it could ask for more than there is
        // (incident 44).
        let whole = self.is_exit && self.fractionable;
        self.total = if whole { wanted } else { self.tradable(wanted) };
        match self.side {
            Side::Sell => assert!(
                self.total <= self.free,
                "no more is sold than is free, or the account would be short"
            ),
            // A division may be rounded in its last digit.
            Side::Buy => assert!(
                self.total * self.price <= self.budget + CENT,
                "a buy costs no more than the plan gives it"
            ),
        }
        if self.wanted().is_zero() {
            self.skip(
                format!(
                    "{} is less than one share and cannot be traded in parts",
                    self.symbol
                ),
                self.is_exit,
            );
        } else if !self.is_exit && self.total * self.price < SMALLEST_ORDER {
            self.skip(
                format!("{} is worth less than {SMALLEST_ORDER} dollar", self.symbol),
                false,
            );
        }
    }

    fn skip(&mut self, reason: String, is_failure: bool) {
        self.problem = Some(reason);
        self.skipped = !is_failure;
    }

    /// What of `shares` can be ordered.
    fn tradable(&self, shares: Decimal) -> Decimal {
        let places = if self.fractionable { 6 } else { 0 };
        shares
            .round_dp_with_strategy(places, RoundingStrategy::ToZero)
            .normalize()
    }

    /// Whether the first leg, which an earlier attempt placed, was cut to whole shares: the plan's
    /// own size has parts of one.
    pub fn was_cut_to_whole_shares(&self) -> bool {
        let planned = if self.price.is_zero() {
            Decimal::ZERO
        } else {
            (self.budget / self.price).round_dp(6)
        };
        self.total.fract().is_zero() && !planned.fract().is_zero()
    }

    /// Wants whole shares from now on: the broker takes no others, whatever it said of the asset
    /// (incident 61). A part of a share that is to go as well is left for the closing of the
    /// position.
    pub fn trade_whole(&mut self, reason: &str) {
        self.fractionable = false;
        let part = self.remaining().fract();
        self.total -= part;
        assert!(
            self.remaining().fract().is_zero(),
            "the broker takes whole shares of it only"
        );
        if self.is_exit {
            self.rest = part;
        } else if self.total.is_zero() {
            self.problem = Some(reason.to_owned());
        }
    }

    /// Wants its share of `funds` where all buys together would cost `cost`, which is more.
    pub fn shrink(&mut self, funds: Decimal, cost: Decimal, reason: &str) {
        assert!(
            self.orders.is_empty(),
            "only what is not begun shares the money"
        );
        assert!(
            Decimal::ZERO <= funds && funds < cost,
            "a share of the money is less than all buys cost"
        );
        self.lacks_funds |= funds < cost * NEARLY;
        self.budget = self.budget * funds / cost;
        let shares = self.tradable(self.total * funds / cost);
        if shares * self.price < SMALLEST_ORDER {
            self.problem = Some(format!("not bought: {reason}"));
        } else {
            self.cut(shares, reason);
        }
    }

    /// Takes the market as it is now, with the middle of its quote at `middle` and the next leg at
    /// `limit`: the plan counted dollars, at a price that may be gone. A buy that has become dearer
    /// by more than `tolerance` (a part of the price) gets fewer shares, not more dollars. After a
    /// split a share is another thing: the first leg is sized anew, and a later one is not placed.
    pub fn reprice(&mut self, middle: Decimal, limit: Decimal, tolerance: Decimal) {
        assert!(
            middle > Decimal::ZERO && limit > Decimal::ZERO,
            "shares are sized by a price"
        );
        let before = self.orders.last().and_then(|order| order.limit_price);
        if before.is_some_and(|before| is_another_share(before, limit)) {
            self.problem = Some(
                "not ordered again: the price is another one than a moment ago, as after a split"
                    .to_owned(),
            );
            return;
        }
        let is_first = self.orders.is_empty();
        let is_split = is_another_share(self.price, middle);
        if !is_split && self.is_traded_by_hand() {
            let again = if is_first { "" } else { " again" };
            self.problem = Some(format!(
                "not ordered{again}: somebody has traded it by hand since the plan was made"
            ));
            return;
        }
        if is_first && is_split {
            self.notes.push(format!(
                "{}: the price is another one than the plan's, as after a split: sized anew",
                self.symbol
            ));
        }
        match self.side {
            Side::Buy if limit > self.price * (Decimal::ONE + tolerance) => {
                let affordable =
                    self.tradable((self.granted() - self.value()).max(Decimal::ZERO) / limit);
                if affordable < self.remaining() {
                    self.cut(affordable, "the price has risen since the plan");
                }
            }
            Side::Buy if is_first && middle < self.price * (Decimal::ONE - tolerance) => {
                self.total = self.tradable(self.budget / middle)
            }
            Side::Sell if is_first && !self.is_exit && is_another_share(self.price, middle) => {
                self.total = self.tradable((self.budget / middle).min(self.free));
            }
            _ => {}
        }
    }

    /// Dollars that the first leg was sized with: a share of the money that was there may be less than
    /// what the plan wants. An attempt that found the leg has no other trace of that.
    fn granted(&self) -> Decimal {
        let Some(first) = self.orders.first() else {
            return self.budget;
        };
        let price = first.limit_price.unwrap_or(self.price).max(self.price);
        let sized = first.qty * price;
        if self.budget - sized < price {
            self.budget
        } else {
            sized
        }
    }

    /// Whether what was held when this attempt began is neither what the plan knew nor what the
    /// orders of earlier attempts made of it. One that still worked then may have filled since.
    fn is_traded_by_hand(&self) -> bool {
        let Some((then, now)) = self.held_then_and_now else {
            return false;
        };
        let traded = match self.side {
            Side::Buy => now - then,
            Side::Sell => then - now,
        };
        traded < self.filled_before || self.filled() < traded
    }

    /// Makes a buy no larger than the account can pay at `limit`.
    pub fn pay_from(&mut self, funds: Decimal, limit: Decimal, reason: &str) {
        assert!(self.side == Side::Buy, "only a buy is paid for");
        assert!(
            funds >= Decimal::ZERO && limit > Decimal::ZERO,
            "what can be bought follows from money and a price"
        );
        let affordable = self.tradable(funds / limit);
        if affordable >= self.remaining() {
            return;
        }
        let is_enough = affordable >= self.remaining() * NEARLY;
        if affordable * limit < SMALLEST_ORDER {
            tracing::warn!(symbol = self.symbol, %funds, "the account cannot pay");
            self.lacks_funds = true;
            // What is filled already is told as it is.
            if self.filled().is_zero() {
                self.problem = Some(format!("not bought: {reason}"));
            } else {
                self.problem = Some(format!(
                    "{} of {} shares filled: {reason}",
                    self.filled().normalize(),
                    self.total.normalize()
                ));
            }
            return;
        }
        self.lacks_funds |= !is_enough;
        self.cut(affordable, reason);
    }

    /// Wants `shares` for the legs from here on, fewer than planned.
    fn cut(&mut self, shares: Decimal, reason: &str) {
        let before = self.total;
        self.total = self.filled() + shares;
        assert!(
            shares >= Decimal::ZERO && self.total <= before,
            "a cut never makes an order larger"
        );
        self.notes.push(format!(
            "{}: {} shares instead of {}: {reason}",
            self.symbol,
            self.total.normalize(),
            before.normalize()
        ));
        if shares.is_zero() && self.filled().is_zero() {
            self.problem = Some(format!("not bought: {reason}"));
        }
    }

    /// Notes where an earlier attempt has ordered much less than planned: why, that one knew.
    pub fn compare_with_plan(&mut self) {
        let planned = if self.price.is_zero() || self.is_exit {
            Decimal::ZERO
        } else {
            self.tradable(self.budget / self.price)
        };
        if self.total < planned * NEARLY {
            let (ordered, planned) = (self.total.normalize(), planned.normalize());
            self.notes.push(format!(
                "{}: {ordered} shares instead of {planned}: so an earlier attempt ordered them",
                self.symbol
            ));
        }
    }

    /// Goes on with an order that somebody put in the place of ours, for as much as that one is
    /// for.
    pub fn hand_over(&mut self, heir: Order) {
        let before = self.total;
        self.total = self.filled() + heir.qty;
        if self.total != before {
            let (now, before) = (self.total.normalize(), before.normalize());
            self.notes.push(format!(
                "{}: {now} shares instead of {before}: the order was replaced by hand",
                self.symbol
            ));
        }
        self.orders.push(heir);
    }

    /// Keeps the order that closes the rest of the position.
    pub fn close_with(&mut self, order: Order) {
        assert!(
            self.is_exit && self.side == Side::Sell,
            "only a position that the plan leaves is closed"
        );
        assert!(self.closing.is_none(), "a position is closed by one order");
        self.closing = Some(order.id.clone());
        self.orders.push(order);
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
        self.orders
            .iter()
            .map(|order| order.filled_qty * order.filled_avg_price.unwrap_or_default())
            .sum()
    }

    /// Orders of our own so far: one that the owner put in the place of ours is no leg.
    pub fn legs(&self) -> u32 {
        let own = self
            .orders
            .iter()
            .filter(|order| ClientOrderId::is_ours(&order.client_order_id))
            .count();
        u32::try_from(own).unwrap_or(u32::MAX)
    }

    /// Whether nothing sensible is left to order after the legs so far.
    pub fn is_done(&self) -> bool {
        self.problem.is_some() || self.unknown.is_some() || self.remaining() <= Decimal::ZERO
    }

    /// Whether all that the plan sells is sold, but for less than an order: a part of a share may be
    /// none that can be sold.
    pub fn is_sold(&self) -> bool {
        self.problem.is_none() && self.budget - self.filled() * self.price < SMALLEST_ORDER
    }

    /// Whether what is left for the legs is too little for an order: it is left alone.
    pub fn is_dust(&self) -> bool {
        let remaining = self.remaining();
        !self.filled().is_zero()
            && (remaining * self.price < SMALLEST_ORDER
                || remaining < Decimal::ONE && !self.fractionable)
    }

    pub fn is_success(&self) -> bool {
        let is_complete = self.filled() >= self.wanted() || self.rest.is_zero() && self.is_dust();
        !self.orders.is_empty() && is_complete && self.problem.is_none() && !self.lacks_funds
    }

    /// Why it is no success, for the reader of the mail.
    pub fn failure(&self) -> String {
        if let Some(reason) = self.problem.as_ref().or(self.unknown.as_ref()) {
            return reason.clone();
        }
        match self.notes.last() {
            Some(note) if self.lacks_funds => note
                .trim_start_matches(&format!("{}: ", self.symbol))
                .to_owned(),
            _ => format!("{} of {} shares filled", self.filled(), self.wanted()),
        }
    }

    /// What became of the item, for the event and the mail.
    pub fn result(&self, at: Timestamp) -> OrderResult {
        let last = self.orders.last();
        let filled = self.filled();
        let price = (!filled.is_zero())
            .then(|| (self.value() / filled).round_dp(4).normalize().to_string());
        let is_told = self.problem.is_some() || !self.is_success();
        OrderResult {
            symbol: self.symbol.clone(),
            action: if self.side == Side::Buy {
                Action::Buy
            } else {
                Action::Sell
            },
            trade_amount: Money::new(self.value()),
            shares: filled.normalize(),
            price,
            order_id: last.map(|order| order.id.clone()),
            client_order_id: last
                .map(|order| order.client_order_id.clone())
                .unwrap_or_default(),
            success: self.is_success(),
            status: last.map_or_else(
                || {
                    if self.skipped {
                        "skipped"
                    } else {
                        "not placed"
                    }
                    .to_owned()
                },
                |order| order.status.as_str().to_owned(),
            ),
            error_message: is_told.then(|| self.failure()),
            timestamp: at,
            order_type: OrderType::Limit,
            filled_at: last.and_then(|order| order.filled_at).map(Timestamp::new),
        }
    }
}

fn is_another_share(one: Decimal, other: Decimal) -> bool {
    (other - one).abs() > one.min(other) * ANOTHER_SHARE
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decimal::Weight;
    use serde_json::json;

    fn decimal(text: &str) -> Decimal {
        text.parse().expect("a decimal")
    }

    /// A ticket for 1000 dollars at a price of 100, of a position of `free` shares.
    fn ticket(side: Side, target: &str, free: &str) -> Ticket {
        let nothing = Weight::new(Decimal::ZERO);
        let item = RebalancePlanItem {
            symbol: "MSFT".to_owned(),
            current_weight: nothing,
            target_weight: nothing,
            weight_diff: nothing,
            target_value: Money::new(decimal(target)),
            current_value: Money::new(Decimal::ZERO),
            trade_amount: Money::new(decimal("1000")),
            action: if side == Side::Buy {
                Action::Buy
            } else {
                Action::Sell
            },
            priority: 2,
        };
        let mut ticket = Ticket::new(&item, side, decimal("100"));
        ticket.fractionable = true;
        ticket.free = decimal(free);
        ticket.size();
        ticket
    }

    /// A cancelled leg of `ticket` at 100.00, filled in part.
    fn with_leg(mut ticket: Ticket, filled: &str) -> Ticket {
        let leg = json!({
            "id": "one", "client_order_id": "alch-MSFT", "symbol": "MSFT", "side": "buy", "qty": "10", "limit_price": "100.00",
            "filled_qty": filled, "filled_avg_price": "100.00", "status": "canceled",
        });
        ticket
            .orders
            .push(serde_json::from_value(leg).expect("an order"));
        ticket
    }

    fn repriced(mut ticket: Ticket, middle: &str, limit: &str) -> (String, bool) {
        ticket.reprice(decimal(middle), decimal(limit), decimal("0.01"));
        (
            ticket.total.normalize().to_string(),
            ticket.problem.is_some(),
        )
    }

    #[test]
    fn a_buy_spends_the_planned_dollars_whatever_the_price_has_become() {
        for (middle, limit, shares) in [
            ("100", "101", "10"),
            ("100", "104", "9.615384"),
            ("99.5", "99.5", "10"),
            ("80", "80", "12.5"),
            ("20", "20", "50"),
        ] {
            assert_eq!(
                repriced(ticket(Side::Buy, "1000", "0"), middle, limit),
                (shares.to_owned(), false),
                "{middle} {limit}"
            );
        }
    }

    #[test]
    fn a_later_leg_spends_what_the_legs_before_have_left() {
        // 4 shares cost 400 dollars: 600 are left, at 104 for 5.769230 shares.
        assert_eq!(
            repriced(with_leg(ticket(Side::Buy, "1000", "0"), "4"), "104", "104"),
            ("9.76923".to_owned(), false)
        );
        // It does not want more than the first leg did.
        assert_eq!(
            repriced(with_leg(ticket(Side::Buy, "1000", "0"), "4"), "90", "90"),
            ("10".to_owned(), false)
        );
    }

    #[test]
    fn a_leg_that_another_attempt_finds_says_how_much_money_was_there() {
        // The first leg was for 6 of the 10 shares that the plan wants.
        let mut shrunk = with_leg(ticket(Side::Buy, "1000", "0"), "0");
        shrunk.total = decimal("6");
        shrunk.orders[0].qty = decimal("6");
        assert_eq!(
            repriced(shrunk, "102", "104"),
            ("5.76923".to_owned(), false),
            "600 dollars at 104"
        );
    }

    #[test]
    fn after_a_split_the_first_leg_is_sized_anew_and_a_later_one_is_not_placed() {
        assert_eq!(
            repriced(ticket(Side::Sell, "500", "500"), "10", "10"),
            ("100".to_owned(), false)
        );
        assert_eq!(
            repriced(ticket(Side::Sell, "500", "50"), "10", "10"),
            ("50".to_owned(), false),
            "no more than there is"
        );
        assert_eq!(
            repriced(ticket(Side::Sell, "500", "500"), "90", "90"),
            ("10".to_owned(), false),
            "that is no split"
        );
        assert_eq!(
            repriced(ticket(Side::Sell, "0", "500"), "10", "10"),
            ("500".to_owned(), false),
            "all of it goes"
        );
        assert_eq!(
            repriced(with_leg(ticket(Side::Sell, "500", "500"), "0"), "10", "10"),
            ("10".to_owned(), true)
        );
    }

    #[test]
    fn a_buy_is_paid_from_what_there_is() {
        for (funds, total, lacks) in [
            ("1000", "10", false),
            ("995", "9.95", false),
            ("500", "5", true),
            ("0.5", "10", true),
        ] {
            let mut ticket = ticket(Side::Buy, "1000", "0");
            ticket.pay_from(decimal(funds), decimal("100"), "no money");
            assert_eq!(
                (
                    ticket.total.normalize().to_string().as_str(),
                    ticket.lacks_funds
                ),
                (total, lacks),
                "{funds}"
            );
        }
        let mut ticket = with_leg(ticket(Side::Buy, "1000", "0"), "4");
        ticket.pay_from(decimal("0.5"), decimal("100"), "no money");
        assert_eq!(ticket.failure(), "4 of 10 shares filled: no money");
    }
}
