use std::time::Duration;

use rust_decimal::Decimal;
use tokio::time::{Instant, sleep};

use super::context::{ExecutionContext, broker_unavailable};
use crate::alpaca::Order;
use crate::error::StepFailure;

/// How often a sum that does not suffice is looked at again at once, at least.
const SECOND_LOOKS: u32 = 2;
/// And at most: where many orders are at work, one after the other may be filled during a look.
const MOST_LOOKS: u32 = 10;
/// How long the broker may take to count what it has executed.
const GRACE: Duration = Duration::from_secs(30);
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

impl ExecutionContext<'_> {
    /// Dollars that the account can pay for a new order, as the broker tells it now: its own cash,
    /// and what the settings allow to borrow, without what orders that still work may cost. Never
    /// more than the broker's own buying power, which leaves out proceeds that have not settled.
    ///
    /// The orders are read before the account: one that is filled in between counts twice, and
    /// never not at all.
    pub async fn funds(&self) -> Result<Funds, StepFailure> {
        Ok(self.look().await?.0)
    }

    /// The funds, and the orders that may still cost something of the account's cash.
    async fn look(&self) -> Result<(Funds, Vec<Order>), StepFailure> {
        let orders = self.orders_at_work().await?;
        let account = self.alpaca().account().await.map_err(broker_unavailable)?;
        let committed: Decimal = orders
            .iter()
            .map(|order| order.may_cost(self.price_of(order)))
            .sum();
        let allowed = self.services.settings.alpaca.borrowing_limit;
        let own = account.cash + allowed - self.owed_for_shorts() - committed;
        let free = own.min(account.buying_power).max(Decimal::ZERO);
        Ok((
            Funds {
                free,
                is_more_to_come: own > account.buying_power,
            },
            orders,
        ))
    }

    /// The orders that work, of this plan and others. The list may lag behind: an order of this
    /// attempt that is not in it is over, or too new.
    async fn orders_at_work(&self) -> Result<Vec<Order>, StepFailure> {
        let mut orders = self
            .alpaca()
            .open_orders()
            .await
            .map_err(broker_unavailable)?;
        for own in self.working() {
            if orders.iter().all(|order| order.id != own.id) {
                let order = self
                    .alpaca()
                    .order(&own.id)
                    .await
                    .map_err(broker_unavailable)?;
                self.note(&order);
                orders.push(order);
            }
        }
        Ok(orders)
    }

    /// Dollars that are free. Where that is less than `cost` it is asked for a few times, and as
    /// long as an order was filled during the look: it counts twice.
    pub async fn funds_for(&self, cost: Decimal) -> Result<Decimal, StepFailure> {
        let mut looks = 0;
        loop {
            let (Funds { free, .. }, orders) = self.look().await?;
            looks += 1;
            let may_end = free >= cost || looks == MOST_LOOKS;
            if may_end || looks > SECOND_LOOKS && !self.is_filled_since(&orders).await? {
                return Ok(free);
            }
            sleep(FIRST_PAUSE).await;
        }
    }

    /// Whether any of these orders has ended or filled further since they were listed.
    async fn is_filled_since(&self, orders: &[Order]) -> Result<bool, StepFailure> {
        let now = self.orders_at_work().await?;
        let is_same = |order: &Order| {
            now.iter()
                .any(|later| later.id == order.id && later.filled_qty == order.filled_qty)
        };
        Ok(orders
            .iter()
            .filter(|order| !order.status.is_terminal())
            .any(|order| !is_same(order)))
    }

    /// What a share may cost in an order that names no limit; nothing where the plan does not know
    /// the symbol, for the broker's buying power knows.
    fn price_of(&self, order: &Order) -> Decimal {
        self.reference_price(&order.symbol).unwrap_or_default()
    }

    /// Waits until `cost` dollars are free; gives what is free in the end. As long as the broker
    /// holds money back that is the account's own, for the proceeds of sells take their time, it
    /// waits until `end`, or the session's end. Where it holds nothing back, what the plan counted
    /// on (`ever`) may be gone for good, and is not waited for much longer; none where nobody can
    /// say what is to come.
    pub async fn wait_for_funds(
        &self,
        cost: Decimal,
        ever: Option<Decimal>,
        end: Instant,
    ) -> Result<Funds, StepFailure> {
        let begin = Instant::now();
        let end = end.min(begin + self.time_left().to_std().unwrap_or_default());
        let mut pause = FIRST_PAUSE;
        loop {
            let funds = self.funds().await?;
            let is_last = match funds {
                Funds { free, .. } if free >= ever.map_or(cost, |ever| cost.min(ever)) => true,
                // An earlier attempt may have spent it in an order that the broker does not show
                // yet.
                Funds {
                    is_more_to_come, ..
                } if is_more_to_come || ever.is_none() || self.is_resumed() => {
                    Instant::now() + pause > end
                }
                Funds { .. } => Instant::now() + pause > end.min(begin + GRACE),
            };
            if is_last {
                return Ok(funds);
            }
            tracing::info!(free = %funds.free, %cost, "waiting for the sells to settle");
            sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }
}

/// What the account can pay.
#[derive(Clone, Copy, Debug)]
pub(super) struct Funds {
    /// Dollars that may be spent now.
    pub free: Decimal,
    /// Whether the broker holds back dollars that are the account's own.
    pub is_more_to_come: bool,
}
