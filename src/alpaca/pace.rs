use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_smithy_runtime_api::http::Headers;
use chrono::DateTime;
use tokio::time::{Instant, sleep};

use crate::clock::SharedClock;

/// The broker's limit is 200 a minute and account; the rest is for whoever else uses the account.
const REQUESTS: usize = 180;
const WINDOW: Duration = Duration::from_secs(60);
/// Counts begin a minute apart: ends that differ by less are one, told in whole seconds.
const SAME_COUNT: Duration = Duration::from_secs(2);
/// Those who waited for the same turn do not come all at once.
const LONGEST_JITTER_MS: u64 = 500;

/// Keeps the requests of this process below the broker's limit, so that they are not refused
/// (rules.md 7.8). Whoever else uses the account is known from what the broker tells with each
/// answer: how many requests are left, and until when (forum.alpaca.markets, "Executing Orders").
#[derive(Clone, Debug)]
pub(super) struct Pace {
    clock: SharedClock,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    /// The requests of the last minute.
    sent: VecDeque<Instant>,
    /// What the broker has told.
    told: Option<Told>,
}

/// How many requests the broker takes until it counts anew.
#[derive(Clone, Copy, Debug)]
struct Told {
    left: u64,
    resets: Instant,
}

impl Pace {
    pub fn new(clock: SharedClock) -> Self {
        Self {
            clock,
            state: Arc::default(),
        }
    }

    /// Waits until one more request may be sent, and takes that turn.
    pub async fn turn(&self) {
        self.wait_for(State::take).await;
    }

    /// Waits until one more request may be sent, for those who have something to look at before
    /// they send it.
    pub async fn ready(&self) {
        self.wait_for(State::wait).await;
    }

    /// Heeds what the broker tells with an answer, where it tells anything. It counts by the
    /// minute: a later end than that is the difference of two clocks.
    pub fn heed(&self, headers: &Headers) {
        let number = |name: &str| {
            headers
                .get(name)
                .and_then(|text| text.trim().parse::<i64>().ok())
        };
        let (Some(left), Some(resets)) =
            (number("x-ratelimit-remaining"), number("x-ratelimit-reset"))
        else {
            return;
        };
        let Some(resets) = DateTime::from_timestamp(resets, 0) else {
            return;
        };
        let Ok(ahead) = (resets - self.clock.now()).to_std() else {
            return;
        };
        let told = Told {
            left: u64::try_from(left).unwrap_or(0),
            resets: Instant::now() + ahead.min(WINDOW),
        };
        self.state().hear(told);
    }

    async fn wait_for(&self, ask: fn(&mut State) -> Option<Duration>) {
        loop {
            let Some(wait) = ask(&mut self.state()) else {
                return;
            };
            tracing::info!(
                wait_ms = wait.as_millis(),
                "waiting below the broker's rate limit"
            );
            sleep(wait + Duration::from_millis(fastrand::u64(0..=LONGEST_JITTER_MS))).await;
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Takes a turn, or says how long none is left.
    fn take(&mut self) -> Option<Duration> {
        let wait = self.wait();
        if wait.is_none() {
            self.sent.push_back(Instant::now());
            if let Some(told) = &mut self.told {
                told.left = told.left.saturating_sub(1);
            }
        }
        wait
    }

    /// How long no turn is left.
    fn wait(&mut self) -> Option<Duration> {
        let now = Instant::now();
        while self
            .sent
            .front()
            .is_some_and(|first| now - *first >= WINDOW)
        {
            self.sent.pop_front();
        }
        self.told = self.told.filter(|told| told.resets > now);
        let ours = self
            .sent
            .front()
            .filter(|_| self.sent.len() >= REQUESTS)
            .map(|first| *first + WINDOW - now);
        let theirs = self
            .told
            .filter(|told| told.left == 0)
            .map(|told| told.resets - now);
        ours.max(theirs)
    }

    /// Answers may come in another order than they were given: within one count fewer are left with
    /// each, and what is told of a count that is over means nothing any more.
    fn hear(&mut self, told: Told) {
        match &mut self.told {
            Some(known) if told.resets + SAME_COUNT < known.resets => {}
            Some(known) if told.resets <= known.resets + SAME_COUNT => {
                known.left = known.left.min(told.left)
            }
            _ => self.told = Some(told),
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::{TimeDelta, Utc};

    use super::*;
    use crate::clock::Clock;

    /// Tokio's time, from a moment that is no whole second on.
    #[derive(Debug)]
    struct Paused(Instant);

    impl Clock for Paused {
        fn now(&self) -> DateTime<Utc> {
            DateTime::from_timestamp_millis(1_760_103_300_250).expect("a moment")
                + TimeDelta::from_std(self.0.elapsed()).expect("a short test")
        }
    }

    fn pace() -> Pace {
        Pace::new(Arc::new(Paused(Instant::now())))
    }

    /// The headers of an answer: so many requests are left for so many seconds.
    fn headers(left: &str, seconds: i64) -> Headers {
        let mut headers = Headers::new();
        headers.insert("X-RateLimit-Remaining", left.to_owned());
        headers.insert("X-RateLimit-Reset", (1_760_103_300 + seconds).to_string());
        headers
    }

    async fn waited(pace: &Pace) -> Duration {
        let begin = Instant::now();
        pace.turn().await;
        begin.elapsed()
    }

    fn is_about(waited: Duration, wanted_ms: u64) -> bool {
        (wanted_ms..=wanted_ms + LONGEST_JITTER_MS)
            .contains(&u64::try_from(waited.as_millis()).expect("a short test"))
    }

    #[tokio::test(start_paused = true)]
    async fn no_minute_has_more_requests_than_allowed() {
        let pace = pace();
        let mut sent = Vec::new();
        for _ in 0..REQUESTS * 3 {
            pace.turn().await;
            sent.push(Instant::now());
            sleep(Duration::from_millis(100)).await;
        }
        let most = sent
            .iter()
            .map(|from| {
                sent.iter()
                    .filter(|at| *at >= from && **at < *from + WINDOW)
                    .count()
            })
            .max();
        assert_eq!(most, Some(REQUESTS));
        assert!(
            sent[sent.len() - 1] - sent[0] < WINDOW * 4,
            "nobody waits longer than needed"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn what_others_have_left_is_used_up_and_then_waited_for() {
        let pace = pace();
        pace.heed(&headers("2", 40));
        assert_eq!(
            (waited(&pace).await, waited(&pace).await),
            (Duration::ZERO, Duration::ZERO)
        );
        let begin = Instant::now();
        pace.ready().await;
        assert!(is_about(begin.elapsed(), 39_750), "{:?}", begin.elapsed());
        assert_eq!(
            waited(&pace).await,
            Duration::ZERO,
            "the broker counts anew"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_comes_late_gives_nothing_back() {
        let pace = pace();
        for left in ["5", "0", "3"] {
            pace.heed(&headers(left, 40));
        }
        assert!(is_about(waited(&pace).await, 39_750));
        pace.heed(&headers("199", 100));
        pace.heed(&headers("0", 40));
        assert_eq!(waited(&pace).await, Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn what_means_nothing_is_not_heeded_and_nobody_waits_for_a_wrong_clock() {
        let pace = pace();
        for (left, seconds) in [("0", -5), ("none", 30), ("", 30), ("0", i64::MAX / 2)] {
            pace.heed(&headers(left, seconds));
            assert_eq!(
                waited(&pace).await,
                Duration::ZERO,
                "{left} for {seconds} s"
            );
        }
        pace.heed(&Headers::new());
        assert_eq!(waited(&pace).await, Duration::ZERO);
        pace.heed(&headers("0", 86_400));
        assert!(is_about(waited(&pace).await, 60_000));
    }
}
