//! What happens to accepted orders: fills, rests, cancellations, refusals by the market, the close.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use super::Exchange;
use super::movement::{Fill, Movement};
use super::order::{Amount, Order, OrderStatus, TimeInForce};
use super::refusal::Refusal;
use super::report::{OrderFacts, Report};
use super::script::OrderEffect;
use super::side::Side;
use super::text::later;
use super::timer_queue::Due;

impl Exchange {
    /// Runs one timer of the order at `index`.
    pub(super) fn run_timer(&mut self, at: DateTime<Utc>, index: usize, due: Due) {
        debug_assert!(
            !self.orders[index].status.is_final(),
            "what is final has nothing due"
        );
        let is_trade = matches!(due, Due::Match | Due::Fill | Due::FillPart);
        if is_trade && self.market.is_frozen(&self.orders[index].symbol, at) {
            return self.timers.park(index, due);
        }
        match due {
            Due::Acknowledge => self.acknowledge(at, index),
            Due::Match => self.match_quote(at, index),
            Due::Fill => self.fill_rest(at, index),
            Due::FillPart => self.fill_part(at, index),
            Due::Reject => self.reject(at, index, "order was rejected by the market"),
            Due::Cancel => self.finish_cancel(at, index),
            Due::ShowNoMore => self.show_no_more(at, index),
            Due::EndDay => self.end_day(at, index),
            Due::NextDay => self.begin_day(at, index),
            Due::Expire => {
                self.finish(at, index, OrderStatus::Expired);
                let (order, filled_quantity) = self.facts(index);
                self.reports.push(Report::OrderExpired {
                    at,
                    order,
                    filled_quantity,
                });
            }
        }
    }

    /// Takes a cancel request: the order becomes `pending_cancel` and, unless it fills first,
    /// `canceled` a little later. Refuses an order that is final or already being cancelled; but
    /// one that is filled may be answered as if there were something to cancel.
    pub(super) fn request_cancel(
        &mut self,
        now: DateTime<Utc>,
        index: usize,
    ) -> Result<(), Refusal> {
        if self.setup.account.account_blocked {
            return Err(Refusal::forbidden("account is restricted from trading"));
        }
        let order = &mut self.orders[index];
        match order.status {
            OrderStatus::Filled if self.setup.knobs.accept_cancel_of_filled => return Ok(()),
            // As seen at Alpaca, where a replacement hung.
            OrderStatus::PendingReplace => {
                return Err(Refusal::unprocessable("original order pending replacement"));
            }
            status
                if status.is_final()
                    || matches!(status, OrderStatus::PendingCancel | OrderStatus::Calculated) =>
            {
                return Err(Refusal::unprocessable(format!(
                    "order is already in \"{}\" state",
                    status.as_str()
                )));
            }
            _ => {}
        }
        order.status = OrderStatus::PendingCancel;
        order.times.updated = now;
        let usual = self.delay(index, "cancel", self.setup.knobs.cancel_delay);
        let delay = self.fates[index].cancel_late.unwrap_or(usual);
        self.timers.put(later(now, delay), index, Due::Cancel);
        let (order, _) = self.facts(index);
        self.reports
            .push(Report::CancelRequested { at: now, order });
        Ok(())
    }

    /// The order is cancelled at this very moment.
    pub(super) fn finish_cancel(&mut self, at: DateTime<Utc>, index: usize) {
        self.finish(at, index, OrderStatus::Canceled);
        let (order, filled_quantity) = self.facts(index);
        self.reports.push(Report::OrderCancelled {
            at,
            order,
            filled_quantity,
        });
    }

    /// Another order, `by`, has taken the order's place.
    pub(super) fn finish_replaced(&mut self, at: DateTime<Utc>, index: usize, by: usize) {
        self.finish(at, index, OrderStatus::Replaced);
        let replaced_by = self.orders[by].id;
        self.orders[index].replaced_by = Some(replaced_by);
        let (order, filled_quantity) = self.facts(index);
        self.reports.push(Report::OrderReplaced {
            at,
            order,
            replaced_by,
            filled_quantity,
        });
    }

    fn acknowledge(&mut self, at: DateTime<Utc>, index: usize) {
        let order = &mut self.orders[index];
        if matches!(
            order.status,
            OrderStatus::Accepted | OrderStatus::PendingNew
        ) {
            order.status = OrderStatus::New;
            order.times.updated = at;
        }
    }

    /// Fills the order at the opposite quote if its limit allows, else lets it rest.
    fn match_quote(&mut self, at: DateTime<Utc>, index: usize) {
        if self.is_after_hours(at, index) {
            return;
        }
        let order = &self.orders[index];
        let quote = self.market.quote(&order.symbol, at);
        let met = quote
            .as_ref()
            .filter(|quote| quote.meets(order.side, order.limit));
        match met.and_then(|quote| quote.opposite(order.side)) {
            Some(price) => self.fill(at, index, order.remaining(price), price),
            None => {
                let middle = quote.and_then(|quote| quote.middle());
                self.rest(at, index, middle);
            }
        }
    }

    /// Plans when a resting order will trade: when the quote comes to it, or, at the middle or
    /// better for the other side, a little later at its limit.
    fn rest(&mut self, at: DateTime<Utc>, index: usize, middle: Option<Decimal>) {
        let order = &self.orders[index];
        let (side, limit) = (order.side, order.limit);
        let touch = self
            .market
            .next_touch(&order.symbol, side, limit, at)
            .map(|touch| (touch, Due::Match));
        let inside = limit
            .zip(middle)
            .is_some_and(|(limit, middle)| side.accepts(limit, middle));
        let rests = self
            .setup
            .knobs
            .resting_fill
            .filter(|_| inside)
            .map(|delay| self.delay(index, "rest", delay));
        let taken = rests.map(|delay| (later(at, delay), Due::Fill));
        let next = [touch, taken]
            .into_iter()
            .flatten()
            .min_by_key(|(when, _)| *when);
        match next {
            Some((when, due)) => self.timers.put(when, index, due),
            None => self.wait_for_tomorrow(at, index),
        }
    }

    /// A good-til-cancelled order tries again in the next session.
    fn wait_for_tomorrow(&mut self, at: DateTime<Utc>, index: usize) {
        if self.orders[index].time_in_force == TimeInForce::Gtc {
            let delay = self.delay(index, "another session", self.setup.knobs.fill_delay);
            self.timers.put(
                later(self.market.hours().next_session(at).open, delay),
                index,
                Due::Match,
            );
        }
    }

    fn is_after_hours(&mut self, at: DateTime<Utc>, index: usize) -> bool {
        let closed = !self.is_open(&self.orders[index].symbol, at);
        if closed {
            self.wait_for_tomorrow(at, index);
        }
        closed
    }

    /// The price a fill that must happen takes: the opposite quote, the limit where that is better,
    /// and without any quote the last price.
    fn forced_price(&self, at: DateTime<Utc>, order: &Order) -> Option<Decimal> {
        let quote = self.market.quote(&order.symbol, at);
        let opposite = quote.and_then(|quote| quote.opposite(order.side));
        match order.limit {
            Some(limit) => Some(
                opposite
                    .filter(|price| order.side.accepts(limit, *price))
                    .unwrap_or(limit),
            ),
            None => opposite.or_else(|| self.market.price(&order.symbol, at)),
        }
    }

    fn fill_rest(&mut self, at: DateTime<Utc>, index: usize) {
        if self.is_after_hours(at, index) {
            return;
        }
        let order = &self.orders[index];
        if let Some(price) = self.forced_price(at, order) {
            self.fill(at, index, order.remaining(price), price);
        }
    }

    fn fill_part(&mut self, at: DateTime<Utc>, index: usize) {
        let Some(OrderEffect::Partial { percent, then }) = self.fates[index].fill.clone() else {
            return;
        };
        if self.is_after_hours(at, index) {
            return;
        }
        let order = &self.orders[index];
        let Some(price) = self.forced_price(at, order) else {
            return;
        };
        let whole = order.remaining(price);
        let decimals = if whole.fract().is_zero() { 0 } else { 6 };
        let part = (whole * percent.clamp(Decimal::ZERO, Decimal::ONE_HUNDRED)
            / Decimal::ONE_HUNDRED)
            .trunc_with_scale(decimals);
        self.fill(at, index, part, price);
        if let Some(delay) = then.filter(|_| !self.orders[index].status.is_final()) {
            self.timers.put(later(at, delay), index, Due::Fill);
        }
    }

    /// Exchanges shares and cash at `price`, as many as there are shares or cash for.
    fn fill(&mut self, at: DateTime<Utc>, index: usize, quantity: Decimal, price: Decimal) {
        let order = &self.orders[index];
        let (symbol, side) = (order.symbol.clone(), order.side);
        let held = self.ledger.quantity(&symbol);
        let quantity = match (side, order.opens) {
            (_, true) if quantity * price > self.payable(at, index) => {
                return self.give_up(at, index, "insufficient buying power");
            }
            (_, true) => quantity,
            (Side::Buy, false) => quantity.min((-held).max(Decimal::ZERO)),
            (Side::Sell, false) => quantity.min(held.max(Decimal::ZERO)),
        };
        if quantity <= Decimal::ZERO {
            return;
        }
        self.ledger.record(Movement::Fill(Fill {
            at,
            symbol,
            side,
            quantity,
            price,
        }));
        let order = &mut self.orders[index];
        order.filled_quantity += quantity;
        order.filled_value += quantity * price;
        order.times.updated = at;
        let complete = match order.amount {
            Amount::Shares(shares) => order.filled_quantity >= shares,
            Amount::Notional(_) => order.remaining(price).is_zero(),
        };
        if complete {
            self.complete(at, index);
        } else if order.status != OrderStatus::PendingCancel {
            order.status = OrderStatus::PartiallyFilled;
        }
        let status = self.orders[index].status;
        let (order, filled_quantity) = self.facts(index);
        self.reports.push(Report::OrderFilled {
            at,
            order,
            fill_quantity: quantity,
            fill_price: price,
            filled_quantity,
            status,
        });
    }

    /// The quote ran away from what a market order had reserved: nothing is bought that cannot be
    /// paid.
    fn give_up(&mut self, at: DateTime<Utc>, index: usize, why: &str) {
        if self.orders[index].filled_quantity.is_zero() {
            self.reject(at, index, why);
        } else {
            self.finish_cancel(at, index);
        }
    }

    fn reject(&mut self, at: DateTime<Utc>, index: usize, why: &str) {
        self.finish(at, index, OrderStatus::Rejected);
        let (order, _) = self.facts(index);
        self.reports.push(Report::OrderRejected {
            at,
            order,
            code: 40_310_000,
            message: why.to_owned(),
        });
    }

    /// Ends the order's life: stamps it and forgets what was due.
    pub(super) fn finish(&mut self, at: DateTime<Utc>, index: usize, status: OrderStatus) {
        let order = &mut self.orders[index];
        debug_assert!(
            !order.status.is_final() && status.is_final(),
            "an order ends once"
        );
        order.status = status;
        order.times.updated = at;
        let stamp = match status {
            OrderStatus::Filled => &mut order.times.filled,
            OrderStatus::Expired => &mut order.times.expired,
            OrderStatus::Canceled => &mut order.times.canceled,
            OrderStatus::Rejected => &mut order.times.failed,
            _ => &mut order.times.replaced,
        };
        *stamp = Some(at);
        self.timers.forget(index);
    }

    fn facts(&self, index: usize) -> (OrderFacts, Decimal) {
        let order = &self.orders[index];
        (OrderFacts::from(order), order.filled_quantity)
    }
}
