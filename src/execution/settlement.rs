use std::time::Duration;

use rust_decimal::Decimal;
use tokio::time::{Instant, sleep};

use super::desk::untold;
use crate::alpaca::Alpaca;
use crate::error::Fault;

/// How long the proceeds of the sells may take to become buying power.
const LIMIT: Duration = Duration::from_secs(30);
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// Waits until the account can pay for `cost`; gives what it can pay, which is less where time ran out. That is cash: what
/// the broker would lend (a margin account's buying power) is not spent.
pub(super) async fn wait_for_funds(alpaca: &Alpaca, cost: Decimal) -> Result<Decimal, Fault> {
    let end = Instant::now() + LIMIT;
    let mut pause = FIRST_PAUSE;
    loop {
        let account = alpaca.account().await.map_err(untold)?;
        let funds = account.buying_power.min(account.cash);
        if funds >= cost || Instant::now() + pause > end {
            return Ok(funds);
        }
        tracing::info!(%funds, %cost, "waiting for the sells to settle");
        sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}
