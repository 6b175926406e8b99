use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::Notify;

use super::WorldClock;
use super::context::{Context, Life};
use super::late::Late;
use super::meter::Meter;
use super::transport::Transport;
use crate::counterparty::{Counterparty, PartyAction};
use crate::fault::{Faults, MEANWHILE, Meanwhile, Meanwhiles, Phase, Site, Unmet};
use crate::journal::{Journal, JournalEvent};
use crate::ports::{Clock, Tokens};
use crate::system::System;
use seeded_dice::{Dice, Key};
use simulated_cloud::Cloud;
use simulated_cloud::fault_hook::{DeliveryStep, DeliveryVerdict, FaultHook};
use simulated_cloud::knobs::Span;

/// What all parts of a world share.
pub(super) struct Shared {
    pub clock: WorldClock,
    pub system: Arc<dyn System>,
    pub parties: Vec<Arc<dyn Counterparty>>,
    pub transport: Transport,
    state: Mutex<State>,
    faults: Mutex<Faults>,
    hands: Mutex<Hands>,
    /// All execution environments that may still be alive, the oldest first.
    environments: Mutex<Vec<Weak<Context>>>,
    /// Requests that faults hold back, until the driver takes them over.
    late: Mutex<Vec<Late>>,
    notify: Notify,
}

/// What others than the functions do at the counterparties.
struct Hands {
    meanwhile: Meanwhiles,
    /// What they do later, by its time and then by the order it was put off in.
    later: BTreeMap<(DateTime<Utc>, u64), Meanwhile>,
    put_off: u64,
    /// What was refused them.
    refused: Vec<Unmet>,
}

impl Hands {
    fn put_off(&mut self, at: DateTime<Utc>, one: Meanwhile) {
        self.put_off += 1;
        self.later.insert((at, self.put_off), one);
    }
}

/// The system and who is at the other end, beside AWS.
pub(super) struct Parties {
    pub system: Arc<dyn System>,
    pub counterparties: Vec<Arc<dyn Counterparty>>,
    /// What others do at counterparties in the middle of a run.
    pub meanwhile: Meanwhiles,
}

/// What changes as the world lives.
pub(super) struct State {
    pub cloud: Cloud,
    pub journal: Journal,
    pub dice: Dice,
    /// Seeds what draws by itself within an invocation: the jitter of the SDK's retries and of other
    /// clients'.
    pub jitter: Dice,
    pub call_latency: Span,
    /// The keys of calls that have one, by step and operation, in the order of their first call.
    pub keyed_calls: BTreeMap<(String, String), Vec<String>>,
    pub tokens: u64,
    pub meter: Meter,
}

impl fmt::Debug for Shared {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Shared")
            .field("now", &self.now())
            .finish_non_exhaustive()
    }
}

impl Shared {
    pub fn new(
        clock: WorldClock,
        parties: Parties,
        transport: Transport,
        faults: Faults,
        state: State,
    ) -> Self {
        let Parties {
            system,
            counterparties,
            meanwhile,
        } = parties;
        let hands = Mutex::new(Hands {
            meanwhile,
            later: BTreeMap::new(),
            put_off: 0,
            refused: Vec::new(),
        });
        Self {
            clock,
            system,
            parties: counterparties,
            transport,
            state: Mutex::new(state),
            faults: Mutex::new(faults),
            hands,
            environments: Mutex::default(),
            late: Mutex::default(),
            notify: Notify::new(),
        }
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    pub fn with<T>(&self, use_state: impl FnOnce(&mut State) -> T) -> T {
        use_state(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// When the next timer of a counterparty is due.
    pub fn next_due_of_parties(&self) -> Option<DateTime<Utc>> {
        self.parties
            .iter()
            .filter_map(|party| party.next_due())
            .min()
    }

    /// Runs all timers of the counterparties due by `now`.
    pub fn advance_parties(&self, now: DateTime<Utc>) {
        for party in &self.parties {
            party.advance(now);
        }
    }

    /// The names of the counterparties that take byte streams.
    pub fn stream_parties(&self) -> Vec<&'static str> {
        let taking = self.parties.iter().filter(|party| party.takes_streams());
        taking.map(|party| party.name()).collect()
    }

    pub fn with_faults<T>(&self, use_faults: impl FnOnce(&mut Faults) -> T) -> T {
        use_faults(&mut self.faults.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Counts one more turn of the run. False where it is over because it does not end; the driver is
    /// woken then.
    pub fn turn(&self) -> bool {
        let now = self.now();
        let goes_on = self.with(|state| {
            let entries = state.journal.entries().len() as u64;
            state.meter.turn(now, entries)
        });
        if !goes_on {
            self.wake();
        }
        goes_on
    }

    /// Waits until something may have become due earlier than before.
    pub async fn changed(&self) {
        self.notify.notified().await;
    }

    pub fn push(&self, invocation: Option<u64>, fact: JournalEvent) {
        let now = self.now();
        self.with(|state| state.journal.push(now, invocation, fact));
    }

    /// Moves what cloud and counterparties have to tell into the journal; not what a counterparty
    /// tells while it is called from elsewhere, for that is the caller's.
    pub fn collect(&self, invocation: Option<u64>) {
        let now = self.now();
        self.with(|state| {
            for record in state.cloud.take_records() {
                state
                    .journal
                    .push(now, invocation, JournalEvent::Cloud { record });
            }
        });
        for party in 0..self.parties.len() {
            if !self.transport.is_called(party) {
                self.collect_from(party, invocation);
            }
        }
    }

    /// Moves what one counterparty has to tell into the journal.
    pub fn collect_from(&self, party: usize, invocation: Option<u64>) {
        let now = self.now();
        let records = self.parties[party].take_records();
        self.with(|state| {
            for record in records {
                state
                    .journal
                    .push(now, invocation, JournalEvent::Party(record));
            }
        });
    }

    /// Notes how things stand at the counterparties when the run ends.
    pub fn close(&self) {
        for party in &self.parties {
            for record in party.closing_records(self.now()) {
                self.push(None, JournalEvent::Party(record));
            }
        }
    }

    /// Does what others do at counterparties in that phase of a call of an invocation.
    pub fn meanwhile(&self, invocation: u64, attempt: u32, site: &Site, phase: Phase) {
        let due = self.with_hands(|hands| hands.meanwhile.take(site, phase, attempt));
        for one in due {
            if one.delay.is_zero() {
                self.act(Some(invocation), Some(one.line), &one.action);
            } else {
                let at = self.now() + one.delay;
                self.with_hands(|hands| hands.put_off(at, one));
                self.wake();
            }
        }
    }

    /// When others do something next of what has been put off.
    pub fn next_hand(&self) -> Option<DateTime<Utc>> {
        self.with_hands(|hands| hands.later.first_key_value().map(|((at, _), _)| *at))
    }

    /// Does what others have put off until now.
    pub fn hands_due(&self) {
        let now = self.now();
        while let Some(one) = self.with_hands(|hands| {
            hands
                .later
                .first_entry()
                .filter(|due| due.key().0 <= now)
                .map(|due| due.remove())
        }) {
            self.act(None, Some(one.line), &one.action);
        }
    }

    /// Does what somebody else than the functions does at a counterparty, outside of any invocation:
    /// what the one under way has caused so far is noted before. `line` is that of the scenario's
    /// `meanwhile`, if it is one of those.
    pub fn act(&self, under_way: Option<u64>, line: Option<usize>, action: &PartyAction) {
        let now = self.now();
        let PartyAction { party, words, .. } = action;
        self.advance_parties(now);
        self.collect(under_way);
        let what = format!("at {party}: {words}");
        self.push(None, JournalEvent::Action { what });
        if let Err(refusal) = (action.act)(now) {
            let part = if line.is_some() {
                MEANWHILE
            } else {
                action.part
            };
            let words = format!("{party} refused to {words}: {refusal}");
            self.with_hands(|hands| hands.refused.push(Unmet { part, line, words }));
        }
        self.collect(None);
        self.wake();
    }

    /// What others were to do at counterparties and met no call, or was refused them.
    pub fn unmet_actions(&self) -> Vec<Unmet> {
        let undone = |one: &Meanwhile| {
            let words = format!("{} was put off for too long", one.action.words);
            Unmet::line(MEANWHILE, one.line, words)
        };
        self.with_hands(|hands| {
            hands
                .meanwhile
                .unused()
                .into_iter()
                .chain(hands.later.values().map(undone))
                .chain(hands.refused.iter().cloned())
                .collect()
        })
    }

    fn with_hands<T>(&self, use_hands: impl FnOnce(&mut Hands) -> T) -> T {
        use_hands(&mut self.hands.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Lets a request go its way without its caller.
    pub fn hold_back(&self, request: Late) {
        self.late().push(request);
        self.wake();
    }

    /// Takes the requests that have been held back since the last time.
    pub fn take_late(&self) -> Vec<Late> {
        std::mem::take(&mut *self.late())
    }

    fn late(&self) -> MutexGuard<'_, Vec<Late>> {
        self.late.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Knows of a new execution environment.
    pub fn register(&self, environment: &Arc<Context>) {
        let mut all = self.environments();
        all.retain(|known| known.strong_count() > 0);
        all.push(Arc::downgrade(environment));
    }

    /// Lets all execution environments die at once, whatever they are at. What is stored and what
    /// is under way between services stays.
    pub fn lose_power(&self) {
        let all = self.environments();
        let (mut invocations, mut idle) = (Vec::new(), 0);
        for environment in all.iter().filter_map(Weak::upgrade) {
            match environment.life() {
                Life::Working(invocation) => invocations.push(invocation),
                Life::Idle => idle += 1,
                Life::Dead => continue,
            }
            environment.die();
        }
        drop(all);
        invocations.sort_unstable();
        self.push(None, JournalEvent::PowerLoss { invocations, idle });
    }

    fn environments(&self) -> MutexGuard<'_, Vec<Weak<Context>>> {
        self.environments
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes the driver: something may be due earlier than it thinks.
    pub fn wake(&self) {
        self.notify.notify_one();
    }

    /// How long a call takes one way.
    pub fn latency(&self, way: Key) -> Duration {
        self.with(|state| state.call_latency.draw(state.dice, way))
    }
}

/// Tokens that the same run always gives in the same order.
#[derive(Debug)]
pub(super) struct WorldTokens(pub Arc<Shared>);

impl Tokens for WorldTokens {
    fn fresh(&self) -> String {
        self.0.with(|state| {
            state.tokens += 1;
            format!("attempt-{}", state.tokens)
        })
    }
}

/// The faults' say in what the cloud does.
#[derive(Debug)]
pub(super) struct WorldFaults(pub Weak<Shared>);

impl FaultHook for WorldFaults {
    fn on_delivery(&mut self, step: &DeliveryStep<'_>) -> DeliveryVerdict {
        self.0.upgrade().map_or(DeliveryVerdict::Pass, |shared| {
            shared.with_faults(|faults| faults.on_delivery(step))
        })
    }

    fn on_entry(&mut self, detail_type: &str) -> Option<(&'static str, &'static str)> {
        let refuses = self
            .0
            .upgrade()
            .is_some_and(|shared| shared.with_faults(|faults| faults.on_entry(detail_type)));
        refuses.then_some((
            "InternalFailure",
            "The request processing has failed because of an unknown error.",
        ))
    }
}
