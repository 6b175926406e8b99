//! One run: clock, seed, cloud, counterparties, journal. A world lives on one thread in virtual time and touches no
//! socket, no wall clock and no randomness but its seed's.

mod clock;
mod connector;
mod dialer;
mod doors;
mod environment;
mod gateway;
mod live;
mod log;
mod place;
mod shared;

pub use clock::WorldClock;
pub use live::LiveWorld;
pub use log::install as install_log;
pub use place::Place;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use serde_json::{Value, json};

use alchemiser_mocks::exchange::ExchangeSetup;
use alchemiser_mocks::mail::MailSetup;

use self::doors::{Doors, RealTime, Sockets};
use self::environment::{Carrier, Environments, Finished};
use self::shared::{Counterparties, FaultMeddler, Shared, State};
use crate::cloud::Cloud;
use crate::cloud::knobs::{Knobs, Span};
use crate::cloud::template::{Pseudo, Stack};
use crate::fault::Faults;
use crate::journal::{Fact, Journal};
use crate::runtime::Functions;

/// What a world begins with.
pub struct WorldSetup {
    /// The seed of everything that is random.
    pub seed: u64,
    /// When it begins.
    pub start: DateTime<Utc>,
    /// The topology.
    pub stack: Stack,
    /// The account and region.
    pub pseudo: Pseudo,
    /// What AWS leaves open.
    pub knobs: Knobs,
    /// How long a call takes, there and back each.
    pub call_latency: Span,
    /// How long a new execution environment takes to start.
    pub cold_start: Span,
    /// The broker.
    pub exchange: ExchangeSetup,
    /// The mail server.
    pub mail: MailSetup,
    /// What goes wrong.
    pub faults: Faults,
    /// The code of the functions.
    pub functions: Functions,
    /// Values for secrets and other variables of the functions' environment.
    pub variables: BTreeMap<String, String>,
}

/// A run in progress.
pub struct World {
    shared: Arc<Shared>,
    environments: Environments,
    running: FuturesUnordered<environment::Running>,
    start: DateTime<Utc>,
}

/// How far a world may run on while it waits to become idle.
const IDLE_LIMIT: TimeDelta = TimeDelta::hours(60);

impl World {
    /// Builds a world. Must be called on a paused current-thread runtime.
    ///
    /// # Errors
    /// What is wrong with the topology.
    pub fn new(setup: WorldSetup) -> Result<Self, String> {
        Self::build(setup, Doors::Inside, Carrier::Memory)
    }

    /// Builds a world whose functions reach it over loopback sockets. Time is virtual but for the waits on these. Must
    /// be called on a current-thread runtime with sockets that began paused.
    ///
    /// # Errors
    /// What is wrong with the topology.
    pub fn over_sockets(setup: WorldSetup) -> Result<Self, String> {
        Self::build(setup, Doors::Gateways(Sockets::new(RealTime::default())), Carrier::Sockets)
    }

    /// Builds a world whose functions are programs: they know nothing but sockets and the machine's clock, so the world
    /// should begin at the machine's time, and its own is real. Must be called on a current-thread runtime with sockets
    /// that began paused.
    ///
    /// # Errors
    /// What is wrong with the topology.
    pub fn of_programs(setup: WorldSetup) -> Result<Self, String> {
        tokio::time::resume();
        Self::build(setup, Doors::Inside, Carrier::Programs)
    }

    fn build(setup: WorldSetup, doors: Doors, carrier: Carrier) -> Result<Self, String> {
        // The SDK and the broker's client draw the jitter of their retries from here.
        fastrand::seed(setup.seed);
        let mut cloud = Cloud::new(&setup.stack, setup.pseudo.clone(), setup.knobs, setup.seed, setup.start)?;
        let clock = WorldClock::starting_at(setup.start);
        let shared = Arc::new_cyclic(|weak| {
            cloud.set_meddler(Box::new(FaultMeddler(weak.clone())));
            let state = State {
                cloud,
                journal: Journal::default(),
                rng: fastrand::Rng::with_seed(setup.seed.wrapping_add(1)),
                call_latency: setup.call_latency,
                orders: BTreeMap::new(),
                tokens: 0,
            };
            Shared::new(clock, Counterparties::new(setup.exchange, setup.mail), doors, setup.faults, state)
        });
        let (functions, region) = (setup.functions, setup.pseudo.region);
        let environments = Environments::new(functions, &setup.stack, setup.variables, setup.cold_start, region, carrier);
        Ok(Self { shared, environments, running: FuturesUnordered::new(), start: setup.start })
    }

    /// The present instant of the world.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        self.shared.now()
    }

    /// How long the world has lived.
    #[must_use]
    pub fn age(&self) -> TimeDelta {
        self.now() - self.start
    }

    /// Notes something that the scenario does.
    pub fn note(&self, what: String) {
        self.shared.push(None, Fact::Action { what });
    }

    /// Lets the world live for that long.
    pub async fn advance(&mut self, by: TimeDelta) {
        let end = self.now() + by;
        self.run_until(end).await;
    }

    /// Lets the world live until nothing is under way any more but what comes back by itself.
    pub async fn settle(&mut self) {
        let limit = self.now() + IDLE_LIMIT;
        loop {
            self.pump();
            let of_the_cloud = self.shared.with(|state| state.cloud.next_pending());
            let pending = [of_the_cloud, self.shared.exchange(|exchange| exchange.next_due())].into_iter().flatten().min();
            match pending {
                _ if !self.running.is_empty() => self.step(limit).await,
                Some(at) if at <= limit => self.step(at).await,
                _ => return,
            }
            if self.now() >= limit {
                return;
            }
        }
    }

    async fn run_until(&mut self, end: DateTime<Utc>) {
        loop {
            self.pump();
            if self.now() >= end {
                return;
            }
            self.step(end).await;
        }
    }

    /// Lets happen what is due, and starts what is to be started.
    fn pump(&mut self) {
        let now = self.now();
        self.shared.exchange(|exchange| exchange.advance(now));
        let invocations = self.shared.with(|state| state.cloud.advance(now));
        self.shared.collect(None);
        for invocation in invocations {
            let future = self.environments.invoke(&self.shared, invocation);
            self.running.push(future);
        }
    }

    /// Waits for the next thing that happens, until `end` at the latest.
    async fn step(&mut self, end: DateTime<Utc>) {
        let of_the_cloud = self.shared.with(|state| state.cloud.next_due());
        let due = [of_the_cloud, self.shared.exchange(|exchange| exchange.next_due())].into_iter().flatten().min();
        let until = due.map_or(end, |due| due.min(end));
        // Timers have a resolution of a millisecond.
        let wait = (until - self.now()).max(TimeDelta::zero()).to_std().unwrap_or(Duration::ZERO);
        let finished = tokio::select! {
            biased;
            Some(finished) = self.running.next(), if !self.running.is_empty() => Some(finished),
            () = self.shared.changed() => None,
            () = tokio::time::sleep(wait) => None,
        };
        if let Some(finished) = finished {
            self.conclude(finished);
        }
    }

    fn conclude(&mut self, finished: Finished) {
        let now = self.now();
        self.shared.collect(Some(finished.invocation.number));
        self.shared.with(|state| state.cloud.finished(now, &finished.invocation, &finished.result, finished.duration));
        self.shared.collect(Some(finished.invocation.number));
        self.environments.give_back(finished);
    }

    /// Invokes a function with an event, as an operator does by hand.
    ///
    /// # Errors
    /// Where there is no such function.
    pub fn invoke(&self, function: &str, payload: &Value) -> Result<(), String> {
        let now = self.now();
        self.shared.with(|state| state.cloud.invoke(now, function, &payload.to_string()))
    }

    /// Fires a schedule out of turn.
    ///
    /// # Errors
    /// Where there is no such schedule.
    pub fn fire_schedule(&self, name: &str) -> Result<(), String> {
        let now = self.now();
        self.shared.with(|state| state.cloud.fire_schedule(now, name))
    }

    /// Puts an event on a bus; gives the entry's result.
    ///
    /// # Errors
    /// Where the whole request is refused.
    pub fn put_event(&self, bus: &str, source: &str, detail_type: &str, detail: &str) -> Result<Value, String> {
        let now = self.now();
        let entry = json!({ "EventBusName": bus, "Source": source, "DetailType": detail_type, "Detail": detail });
        let answer = self.shared.with(|state| state.cloud.put_events(now, &json!({ "Entries": [entry] })));
        answer.map(|answer| answer["Entries"][0].clone()).map_err(|error| error.to_string())
    }

    /// Replays what the archive of `bus` holds from a span of time.
    ///
    /// # Errors
    /// Where the bus has no archive, or AWS would refuse.
    pub fn replay(&self, bus: &str, from: DateTime<Utc>, to: DateTime<Utc>, name: &str) -> Result<(), String> {
        let now = self.now();
        self.shared.with(|state| {
            let (archive, destination) =
                state.cloud.eventbridge().archive_of(bus).ok_or_else(|| format!("the bus {bus} has no archive"))?;
            let input = json!({
                "ReplayName": name,
                "EventSourceArn": archive,
                "EventStartTime": from.timestamp(),
                "EventEndTime": to.timestamp(),
                "Destination": { "Arn": destination },
            });
            state.cloud.start_replay(now, &input).map(|_| ()).map_err(|error| error.to_string())
        })
    }

    /// Looks at the cloud.
    pub fn look<T>(&self, look: impl FnOnce(&Cloud) -> T) -> T {
        self.shared.with(|state| look(&state.cloud))
    }

    /// Touches the cloud.
    pub fn touch<T>(&self, touch: impl FnOnce(&mut Cloud, DateTime<Utc>) -> T) -> T {
        let now = self.now();
        self.shared.with(|state| touch(&mut state.cloud, now))
    }

    /// The faults that hit nothing so far.
    #[must_use]
    pub fn unused_faults(&self) -> Vec<String> {
        self.shared.with_faults(|faults| faults.unused())
    }

    /// Ends the world and gives its history, with the account as it stands.
    #[must_use]
    pub fn finish(self) -> Journal {
        self.shared.collect(None);
        let account = self.shared.account();
        self.shared.push(None, account);
        self.shared.with(|state| std::mem::take(&mut state.journal))
    }
}

#[async_trait(?Send)]
impl Place for World {
    fn now(&self) -> DateTime<Utc> {
        World::now(self)
    }

    fn age(&self) -> TimeDelta {
        World::age(self)
    }

    fn note(&self, what: String) {
        World::note(self, what);
    }

    async fn advance(&mut self, by: TimeDelta) -> Result<(), String> {
        World::advance(self, by).await;
        Ok(())
    }

    async fn settle(&mut self) -> Result<(), String> {
        World::settle(self).await;
        Ok(())
    }

    async fn invoke(&mut self, function: &str, payload: &Value) -> Result<(), String> {
        World::invoke(self, function, payload)
    }

    async fn fire_schedule(&mut self, name: &str) -> Result<(), String> {
        World::fire_schedule(self, name)
    }

    async fn put_event(&mut self, bus: &str, source: &str, detail_type: &str, detail: &str) -> Result<Value, String> {
        World::put_event(self, bus, source, detail_type, detail)
    }

    async fn replay(&mut self, bus: &str, from: DateTime<Utc>, to: DateTime<Utc>, name: &str) -> Result<(), String> {
        World::replay(self, bus, from, to, name)
    }

    async fn set_rule(&mut self, bus: &str, rule: &str, enabled: bool) -> Result<(), String> {
        let input = json!({ "Name": rule, "EventBusName": bus });
        self.touch(|cloud, now| cloud.set_rule_state(now, &input, enabled)).map_err(|error| error.to_string())
    }

    async fn drain(&mut self, queue_arn: &str) -> Result<Vec<String>, String> {
        Ok(self.touch(|cloud, now| cloud.drain_queue(now, queue_arn)))
    }

    fn unused_faults(&self) -> Vec<String> {
        World::unused_faults(self)
    }

    fn finish(self: Box<Self>) -> Journal {
        World::finish(*self)
    }
}
