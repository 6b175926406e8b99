use std::collections::BTreeMap;
use std::sync::{Arc, Weak};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use futures::StreamExt;
use futures::stream::FuturesUnordered;
use serde_json::Value;

use super::environment::{Environments, ExecutionMode, Finished, Running};
use super::late::Late;
use super::meter::{Meter, Runaway};
use super::shared::{Parties, Shared, State};
use super::transport::{RealTime, Transport};
use super::{WorldClock, WorldError, WorldSetup};
use crate::counterparty::PartyAction;
use crate::fault::Unmet;
use crate::journal::{Journal, JournalEvent};
use seeded_dice::Dice;
use simulated_cloud::Cloud;

/// How far a world may run on while it waits to become idle.
pub(super) const IDLE_LIMIT: TimeDelta = TimeDelta::hours(60);

/// How a world is reached, and what it takes from outside.
pub(super) struct Medium {
    /// Real while a socket is waited for.
    pub time: RealTime,
    pub transport: Transport,
    pub mode: ExecutionMode,
    /// Seeds what code draws by itself: the seed of the run, or the machine's time where the other
    /// side remembers what was drawn before.
    pub jitter: u64,
}

/// What drives every world, whatever is inside of it and whatever outside: it runs all timers that
/// are due, and carries the attempts that run.
pub struct Engine {
    pub(super) shared: Arc<Shared>,
    environments: Environments,
    running: FuturesUnordered<Running>,
    /// Requests that arrive late, whatever has become of their callers.
    late: FuturesUnordered<Late>,
    start: DateTime<Utc>,
}

impl Engine {
    /// Builds all that a world has of `setup`, but for its cloud, which may ask what it is part of.
    pub(super) fn of(
        setup: WorldSetup,
        medium: Medium,
        cloud: impl FnOnce(&Weak<Shared>) -> Cloud,
    ) -> Self {
        let clock = WorldClock::starting_at(setup.start, medium.time);
        let shared = Arc::new_cyclic(|weak| {
            let state = State {
                cloud: cloud(weak),
                journal: Journal::default(),
                dice: Dice::new(setup.seed),
                jitter: Dice::new(medium.jitter),
                call_latency: setup.call_latency,
                keyed_calls: BTreeMap::new(),
                tokens: 0,
                meter: Meter::of(setup.bound),
            };
            let parties = Parties {
                system: setup.system,
                counterparties: setup.counterparties,
                meanwhile: setup.meanwhile,
            };
            Shared::new(clock, parties, medium.transport, setup.faults, state)
        });
        let environments = Environments::new(
            setup.functions,
            &setup.stack,
            setup.variables,
            setup.cold_start,
            setup.clock_skew,
            setup.account.region,
            medium.mode,
        );
        Self {
            shared,
            environments,
            running: FuturesUnordered::new(),
            late: FuturesUnordered::new(),
            start: setup.start,
        }
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.shared.now()
    }

    pub fn age(&self) -> TimeDelta {
        self.now() - self.start
    }

    /// How the run went beyond its bound, if it did: then nothing is driven any more.
    pub fn runaway(&self) -> Option<Runaway> {
        self.shared.with(|state| state.meter.runaway())
    }

    /// Notes something that the scenario does.
    pub fn note(&self, what: String) {
        self.shared.push(None, JournalEvent::Action { what });
    }

    /// Whether attempts run, or requests are on their way without one.
    pub(super) fn is_running(&self) -> bool {
        !self.running.is_empty() || !self.late.is_empty()
    }

    /// When something is due that does not come back by itself.
    pub(super) fn next_pending(&self) -> Option<DateTime<Utc>> {
        let of_the_cloud = self.shared.with(|state| state.cloud.next_pending());
        [
            of_the_cloud,
            self.shared.next_hand(),
            self.shared.next_due_of_parties(),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// Runs all timers due by now, and starts the invocations that follow.
    pub(super) fn pump(&mut self) {
        let now = self.now();
        self.late.extend(self.shared.take_late());
        self.shared.hands_due();
        self.shared.advance_parties(now);
        let invocations = self.shared.with(|state| state.cloud.advance(now));
        self.shared.collect(None);
        for invocation in invocations {
            self.running
                .push(self.environments.invoke(&self.shared, invocation));
        }
    }

    /// Waits for the next thing that happens, until `end` at the latest.
    pub(super) async fn step(&mut self, end: DateTime<Utc>) {
        if !self.shared.turn() {
            return;
        }
        let of_the_cloud = self.shared.with(|state| state.cloud.next_due());
        let of_parties = self.shared.next_due_of_parties();
        let due = [of_the_cloud, of_parties, self.shared.next_hand()]
            .into_iter()
            .flatten()
            .min();
        let until = due.map_or(end, |due| due.min(end));
        // Timers have a resolution of a millisecond.
        let wait = (until - self.now())
            .max(TimeDelta::zero())
            .to_std()
            .unwrap_or(Duration::ZERO);
        let finished = tokio::select! {
            biased;
            Some(finished) = self.running.next(), if !self.running.is_empty() => Some(finished),
            Some(()) = self.late.next(), if !self.late.is_empty() => None,
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
        self.shared.with(|state| {
            state.cloud.finished(
                now,
                &finished.invocation,
                &finished.result,
                finished.duration,
            )
        });
        self.shared.collect(Some(finished.invocation.number));
        self.environments.give_back(finished);
    }

    /// Invokes a function with an event, as an operator does by hand.
    pub fn invoke(&self, function: &str, payload: &Value) -> Result<(), WorldError> {
        let now = self.now();
        self.shared
            .with(|state| state.cloud.invoke(now, function, &payload.to_string()))
            .map_err(WorldError::Trigger)
    }

    /// Somebody else than the functions does something at a counterparty.
    pub fn act(&self, action: &PartyAction) {
        self.shared.act(None, None, action);
    }

    /// Lets all execution environments die at once.
    pub fn lose_power(&self) {
        self.shared.lose_power();
    }

    /// Fires a schedule out of turn.
    pub fn fire_schedule(&self, name: &str) -> Result<(), WorldError> {
        let now = self.now();
        self.shared
            .with(|state| state.cloud.fire_schedule(now, name))
            .map_err(WorldError::Trigger)
    }

    /// Takes every message from a queue of this side; gives their bodies.
    pub fn drain(&self, queue_arn: &str) -> Vec<String> {
        let now = self.now();
        self.shared
            .with(|state| state.cloud.drain_queue(now, queue_arn))
    }

    /// What was scripted and met nothing so far.
    pub fn unused(&self) -> Vec<Unmet> {
        let faults = self.shared.with_faults(|faults| faults.unused());
        let parties = self.shared.parties.iter().flat_map(|party| party.unused());
        let actions = self.shared.unmet_actions();
        faults.into_iter().chain(parties).chain(actions).collect()
    }

    /// Notes a fact about the run itself.
    pub fn state(&self, fact: JournalEvent) {
        self.shared.push(None, fact);
    }

    /// Ends the world and gives its history, with how things stand at its counterparties.
    pub fn finish(&self) -> Journal {
        self.shared.collect(None);
        self.shared.close();
        let at_rest = !self.is_running() && self.next_pending().is_none();
        self.shared.push(None, JournalEvent::End { at_rest });
        self.shared.with(|state| std::mem::take(&mut state.journal))
    }
}
