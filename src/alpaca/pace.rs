use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep};

/// The broker's limit is 200 a minute and account; the rest is for whoever else uses the account.
const REQUESTS: usize = 180;
const WINDOW: Duration = Duration::from_secs(60);
/// Those who waited for the same turn do not come all at once.
const LONGEST_JITTER_MS: u64 = 500;

/// Keeps the requests of this process below the broker's limit, so that they are not refused (specification 7.8).
#[derive(Clone, Debug, Default)]
pub(super) struct Pace(Arc<Mutex<VecDeque<Instant>>>);

impl Pace {
    /// Waits until one more request may be sent.
    pub async fn turn(&self) {
        while let Some(wait) = self.wait() {
            tracing::info!(wait_ms = wait.as_millis(), "waiting below the broker's rate limit");
            sleep(wait + Duration::from_millis(fastrand::u64(0..=LONGEST_JITTER_MS))).await;
        }
    }

    /// Takes a turn, or says how long none is left.
    fn wait(&self) -> Option<Duration> {
        let now = Instant::now();
        let mut sent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while sent.front().is_some_and(|first| now - *first >= WINDOW) {
            sent.pop_front();
        }
        if sent.len() >= REQUESTS {
            return sent.front().map(|first| *first + WINDOW - now);
        }
        sent.push_back(now);
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn no_minute_has_more_requests_than_allowed() {
        let pace = Pace::default();
        let mut sent = Vec::new();
        for _ in 0..REQUESTS * 3 {
            pace.turn().await;
            sent.push(Instant::now());
            sleep(Duration::from_millis(100)).await;
        }
        let most = sent.iter().map(|from| sent.iter().filter(|at| *at >= from && **at < *from + WINDOW).count()).max();
        assert_eq!(most, Some(REQUESTS));
        assert!(sent[sent.len() - 1] - sent[0] < WINDOW * 4, "nobody waits longer than needed");
    }
}
