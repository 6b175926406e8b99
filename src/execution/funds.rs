use std::time::Duration;

use rust_decimal::Decimal;
use tokio::time::{Instant, sleep};

use super::desk::{Desk, untold};
use crate::alpaca::Order;
use crate::error::Fault;

/// How often a sum that does not suffice is looked at again at once.
const SECOND_LOOKS: u32 = 2;
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

impl Desk<'_> {
    /// Dollars that the account can pay for a new order, as the broker tells it now: its own cash, and what the settings allow
    /// to borrow, without what orders that still work may cost. Never more than the broker's own buying power, which
    /// leaves out proceeds that have not settled.
    ///
    /// The orders are read before the account: one that is filled in between counts twice, and never not at all.
    pub async fn funds(&self) -> Result<Decimal, Fault> {
        let mut orders = self.alpaca().open_orders().await.map_err(untold)?;
        // The list may lag behind: an order of this attempt that is not in it is over, or too new.
        for own in self.working() {
            if orders.iter().all(|order| order.id != own.id) {
                let order = self.alpaca().order(&own.id).await.map_err(untold)?;
                self.note(&order);
                orders.push(order);
            }
        }
        let account = self.alpaca().account().await.map_err(untold)?;
        let committed: Decimal = orders.iter().map(|order| order.may_cost(self.price_of(order))).sum();
        let allowed = self.services.settings.alpaca.borrowing_limit;
        let own = account.cash + allowed - self.owed_for_shorts() - committed;
        Ok(own.min(account.buying_power).max(Decimal::ZERO))
    }

    /// The same, asked for a few times where it is less than `cost`: orders that are filled just now count twice.
    pub async fn funds_for(&self, cost: Decimal) -> Result<Decimal, Fault> {
        let mut funds = self.funds().await?;
        for _ in 0..SECOND_LOOKS {
            if funds >= cost {
                break;
            }
            sleep(FIRST_PAUSE).await;
            funds = self.funds().await?;
        }
        Ok(funds)
    }

    /// What a share may cost in an order that names no limit; nothing where the plan does not know the symbol, for the
    /// broker's buying power knows.
    fn price_of(&self, order: &Order) -> Decimal {
        self.reference_price(&order.symbol).unwrap_or_default()
    }

    /// Waits until the account can pay for `cost`, for the proceeds of sells take their time; gives what it can pay when
    /// `end` has come, or the session's end.
    pub async fn wait_for_funds(&self, cost: Decimal, end: Instant) -> Result<Decimal, Fault> {
        let session = Instant::now() + self.time_left().to_std().unwrap_or_default();
        let end = end.min(session);
        let mut pause = FIRST_PAUSE;
        loop {
            let funds = self.funds().await?;
            if funds >= cost || Instant::now() + pause > end {
                return Ok(funds);
            }
            tracing::info!(%funds, %cost, "waiting for the sells to settle");
            sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }
}
