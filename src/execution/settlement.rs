use std::time::Duration;

use rust_decimal::Decimal;
use tokio::time::{Instant, sleep};

use crate::alpaca::Alpaca;
use crate::error::Fault;

/// How long the proceeds of the sells may take to become buying power.
const LIMIT: Duration = Duration::from_secs(30);
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// Waits until the account can pay for `cost`; gives what it can pay, which is less where time ran out.
pub(super) async fn wait_for_buying_power(alpaca: &Alpaca, cost: Decimal) -> Result<Decimal, Fault> {
    let end = Instant::now() + LIMIT;
    let mut pause = FIRST_PAUSE;
    loop {
        let account = alpaca.account().await?;
        if account.buying_power >= cost {
            return Ok(account.buying_power);
        }
        tracing::info!(buying_power = %account.buying_power, %cost, "waiting for the sells to settle");
        if Instant::now() + pause > end {
            return Ok(account.buying_power);
        }
        sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}
