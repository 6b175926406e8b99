use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;

use crate::alpaca::{Alpaca, AlpacaError, Order, Position};
use crate::clock::CLOCKS_APART;
use crate::error::{StepError, StepFailure};
use crate::event::RebalancePlan;
use crate::id::{ClientOrderId, PlanId};
use crate::services::Services;
use crate::timestamp::Timestamp;
use crate::workflow::Binding;

/// Nothing is posted so shortly before the end of the session: what reaches the broker after it
/// would wait for the next.
const LAST_CALL: TimeDelta = TimeDelta::seconds(10);
/// Orders for one item, one after the other.
pub(crate) const MAXIMUM_LEGS: u32 = 3;

/// What all tickets of one plan need: the plan, its session, and the account as this attempt found
/// it.
pub(super) struct ExecutionContext<'a> {
    pub services: &'a Services,
    pub plan: &'a RebalancePlan,
    pub plan_id: PlanId,
    valid_until: Timestamp,
    binding: Binding,
    holdings: Holdings,
    /// Taken to see what the account can pay and to order for it: two legs at once would spend the
    /// same money.
    pub till: tokio::sync::Mutex<()>,
    /// Orders of this plan that may still work, by the broker's id: its list of open orders may lag
    /// behind.
    working: Mutex<BTreeMap<String, Order>>,
}

/// What the account held when this attempt began.
#[derive(Default)]
struct Holdings {
    positions: BTreeMap<String, Position>,
    /// Shares that sells of somebody else hold back, by symbol.
    held_back: BTreeMap<String, Decimal>,
    /// Orders that earlier attempts have placed, as far as the broker lists them, by our id.
    earlier: BTreeMap<String, Order>,
}

impl<'a> ExecutionContext<'a> {
    /// For `plan`, whose session ends at `valid_until`. Asks the broker what is held, and what
    /// others' orders hold back.
    pub async fn open(
        services: &'a Services,
        plan: &'a RebalancePlan,
        valid_until: Timestamp,
        binding: Binding,
    ) -> Result<Self, StepFailure> {
        assert!(
            matches!(
                binding,
                Binding::First | Binding::Resumed | Binding::Superseded
            ),
            "orders are only looked for and placed for a plan that the account is bound to"
        );
        let plan_id = PlanId::new(plan.plan_id.clone());
        let positions = services
            .alpaca
            .positions()
            .await
            .map_err(broker_unavailable)?;
        let positions = positions
            .into_iter()
            .filter(Position::is_equity)
            .map(|position| (position.symbol.clone(), position))
            .collect();
        let mut held_back: BTreeMap<String, Decimal> = BTreeMap::new();
        for order in services
            .alpaca
            .open_orders()
            .await
            .map_err(broker_unavailable)?
        {
            if !ClientOrderId::is_of_plan(
                &order.client_order_id,
                &plan_id,
                &order.symbol,
                order.side.as_str(),
                MAXIMUM_LEGS,
            ) {
                *held_back.entry(order.symbol.clone()).or_default() += order.may_take();
            }
        }
        let mut earlier = BTreeMap::new();
        if binding != Binding::First {
            let orders = services
                .alpaca
                .all_orders_since(orders_from(plan))
                .await
                .map_err(broker_unavailable)?;
            earlier = orders
                .into_iter()
                .map(|order| (order.client_order_id.clone(), order))
                .collect();
        }
        Ok(Self {
            services,
            plan,
            plan_id,
            valid_until,
            binding,
            holdings: Holdings {
                positions,
                held_back,
                earlier,
            },
            till: tokio::sync::Mutex::new(()),
            working: Mutex::default(),
        })
    }

    pub fn alpaca(&self) -> &Alpaca {
        &self.services.alpaca
    }

    /// No order that the plan has caused is older, by the broker's clock.
    pub fn orders_from(&self) -> DateTime<Utc> {
        orders_from(self.plan)
    }

    /// Whether an earlier attempt may have placed orders: they are looked for before any is placed.
    pub fn is_resumed(&self) -> bool {
        self.binding != Binding::First
    }

    /// Whether this plan's orders may be placed at all, whatever the time.
    pub fn may_place(&self) -> bool {
        self.binding != Binding::Superseded
    }

    /// Why nothing may be posted any more, if so (rules.md A7).
    pub fn closed(&self) -> Option<String> {
        if !self.may_place() {
            return Some("not ordered: another run has traded on the account since".to_owned());
        }
        let is_over = self.services.clock.now() + LAST_CALL >= self.valid_until.get();
        is_over.then(|| format!("not ordered: the session ends at {}", self.valid_until))
    }

    /// How long until nothing may be posted any more.
    pub fn time_left(&self) -> TimeDelta {
        self.valid_until.get() - LAST_CALL - self.services.clock.now()
    }

    /// The order that an earlier attempt has placed under that id of ours, if the broker lists it.
    pub fn listed(&self, client_order_id: &str) -> Option<Order> {
        self.holdings.earlier.get(client_order_id).cloned()
    }

    pub fn position(&self, symbol: &str) -> Option<&Position> {
        self.holdings.positions.get(symbol)
    }

    /// Shares of a symbol that were held when this attempt began.
    pub fn held(&self, symbol: &str) -> Decimal {
        self.position(symbol)
            .map(|position| position.qty)
            .unwrap_or_default()
    }

    /// Shares of a symbol that are there to be sold: an order of somebody else's keeps what it
    /// holds.
    pub fn free_shares(&self, symbol: &str) -> Decimal {
        (self.held(symbol) - self.held_back(symbol)).max(Decimal::ZERO)
    }

    /// Shares of a symbol that somebody else's orders hold back.
    pub fn held_back(&self, symbol: &str) -> Decimal {
        self.holdings
            .held_back
            .get(symbol)
            .copied()
            .unwrap_or_default()
    }

    /// Dollars that it would take to buy back what is held short: they are cash, and not the
    /// account's own.
    pub fn owed_for_shorts(&self) -> Decimal {
        let shorts = self
            .holdings
            .positions
            .values()
            .filter(|position| position.qty < Decimal::ZERO);
        shorts
            .map(|position| position.market_value.unwrap_or_default().abs())
            .sum()
    }

    /// Keeps the last that is known of an order of this plan.
    pub fn note(&self, order: &Order) {
        let mut working = self.working.lock().unwrap_or_else(PoisonError::into_inner);
        if order.status.is_terminal() {
            working.remove(&order.id);
        } else {
            working.insert(order.id.clone(), order.clone());
        }
    }

    /// The orders of this plan that may still work.
    pub fn working(&self) -> Vec<Order> {
        self.working
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .values()
            .cloned()
            .collect()
    }
}

/// A read that the broker refuses says nothing about the orders: once a plan is bound, it is tried
/// again, and only an order can be refused.
pub(super) fn broker_unavailable(error: AlpacaError) -> StepFailure {
    StepError::BrokerUnavailable(error.to_string()).into()
}

/// From when on orders may be that a plan has caused: its time is that of another environment's
/// clock, and the broker's is a third.
fn orders_from(plan: &RebalancePlan) -> DateTime<Utc> {
    plan.timestamp.get() - CLOCKS_APART
}
