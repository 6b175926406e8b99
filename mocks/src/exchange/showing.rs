//! States that orders seldom have, as a script has them shown.

use chrono::{DateTime, Utc};

use super::order::{OrderStatus, TimeInForce};
use super::report::{OrderFacts, Report};
use super::script::Fate;
use super::text::later;
use super::timer_queue::Due;
use super::{Exchange, calendar};

impl Exchange {
    /// The state of an order that has just been taken.
    pub(super) fn first_status(&self, is_open: bool, fate: &Fate) -> OrderStatus {
        match fate.show {
            Some(shown) if is_first(shown.status) => shown.status,
            _ if is_open => OrderStatus::PendingNew,
            _ => OrderStatus::Accepted,
        }
    }

    /// Plans the end of a state that an order shows before anything is executed. Gives when the
    /// order gets going: at `start` where it shows no such state, and never where it shows one for
    /// ever.
    pub(super) fn show(&mut self, index: usize, start: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let Some(shown) = self.fates[index]
            .show
            .filter(|shown| is_first(shown.status))
        else {
            return Some(start);
        };
        let end = later(start, shown.lasting?);
        self.timers.put(end, index, Due::ShowNoMore);
        (shown.status != OrderStatus::PendingCancel).then_some(end)
    }

    /// The order's state is its usual one again, or the one that follows.
    pub(super) fn show_no_more(&mut self, at: DateTime<Utc>, index: usize) {
        match self.orders[index].status {
            OrderStatus::Calculated => {
                self.finish(at, index, OrderStatus::Filled);
                self.tell_status(at, index);
            }
            OrderStatus::PendingCancel
                if self.fates[index]
                    .shows(OrderStatus::PendingCancel)
                    .is_some() =>
            {
                self.finish_cancel(at, index)
            }
            status if self.fates[index].shows(status).is_some() => {
                self.set_status(at, index, OrderStatus::New)
            }
            _ => {}
        }
    }

    /// Nothing more of the order is executed in this session: an order that lives longer goes on in
    /// the next.
    pub(super) fn end_day(&mut self, at: DateTime<Utc>, index: usize) {
        if !self.orders[index].is_working()
            || self.orders[index].status == OrderStatus::PendingCancel
        {
            return;
        }
        self.timers.bring_forward(index);
        self.set_status(at, index, OrderStatus::DoneForDay);
        if self.orders[index].time_in_force == TimeInForce::Gtc {
            self.fates[index].show = None;
            self.timers.put(
                self.market.hours().next_session(at).open,
                index,
                Due::NextDay,
            );
        }
    }

    /// The next session has begun for an order that was done for the day.
    pub(super) fn begin_day(&mut self, at: DateTime<Utc>, index: usize) {
        if self.orders[index].status == OrderStatus::DoneForDay {
            self.set_status(at, index, OrderStatus::New);
            self.timers.put(at, index, Due::Match);
        }
    }

    /// The order has been executed in full: it is filled, or shows first that its settlement is
    /// still being calculated, until the close at the latest.
    pub(super) fn complete(&mut self, at: DateTime<Utc>, index: usize) {
        let Some(shown) = self.fates[index].shows(OrderStatus::Calculated) else {
            return self.finish(at, index, OrderStatus::Filled);
        };
        self.timers.forget(index);
        self.orders[index].status = OrderStatus::Calculated;
        let close = calendar::next_close(at);
        let end = shown
            .lasting
            .map_or(close, |lasting| later(at, lasting).min(close));
        self.timers.put(end, index, Due::ShowNoMore);
    }

    fn set_status(&mut self, at: DateTime<Utc>, index: usize, status: OrderStatus) {
        self.orders[index].status = status;
        self.orders[index].times.updated = at;
        self.tell_status(at, index);
    }

    fn tell_status(&mut self, at: DateTime<Utc>, index: usize) {
        let order = &self.orders[index];
        let (facts, status, filled_quantity) =
            (OrderFacts::from(order), order.status, order.filled_quantity);
        self.reports.push(Report::OrderStatusChanged {
            at,
            order: facts,
            status,
            filled_quantity,
        });
    }
}

/// Whether an order shows the state before anything is executed.
fn is_first(status: OrderStatus) -> bool {
    matches!(
        status,
        OrderStatus::Accepted
            | OrderStatus::PendingNew
            | OrderStatus::AcceptedForBidding
            | OrderStatus::Stopped
            | OrderStatus::Suspended
            | OrderStatus::Held
            | OrderStatus::PendingReview
            | OrderStatus::PendingReplace
            | OrderStatus::PendingCancel
    )
}
