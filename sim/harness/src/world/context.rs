use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use super::addresses::Addresses;
use super::shared::Shared;
use crate::fault::{CallEffect, Site};
use seeded_dice::{Key, Tally};
use simulated_cloud::lambda::Invocation;

/// What is going on in an execution environment: the transports label calls with it, and faults end
/// it.
#[derive(Debug, Default)]
pub(super) struct Context {
    pub function: String,
    current: Mutex<Current>,
    life: Mutex<Life>,
    gateway: Option<Addresses>,
    pub crash: Notify,
    pub time_out: Notify,
}

/// What an execution environment is at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Life {
    /// It waits for an event.
    #[default]
    Idle,
    /// It works on this invocation, or starts for it.
    Working(u64),
    /// It is gone, and takes no event any more.
    Dead,
}

/// What a caller sees of a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    /// An answer with this HTTP status.
    Status(u16),
    /// A broken connection.
    Reset,
}

/// The attempt that an execution environment works on.
#[derive(Clone, Debug, Default)]
pub(super) struct Current {
    pub invocation: u64,
    pub attempt: u32,
    /// What woke the function, as sites name it.
    pub trigger: String,
    /// The same for all attempts and copies of one step.
    pub step: String,
    /// What the attempt is to the dice.
    pub cause: Key,
    /// How many times as long as usual its calls are on their way; none is once.
    pace: Option<u32>,
    /// Tries so far of each call, under the call's key.
    tries: Tally,
    /// Calls so far, by operation.
    calls: BTreeMap<String, u32>,
    /// The number of each logical call of the SDK, by its invocation id.
    sdk_calls: BTreeMap<String, u32>,
}

impl Current {
    /// What an environment knows of an attempt at its beginning.
    pub fn of(invocation: &Invocation, trigger: String, step: String) -> Self {
        Self {
            invocation: invocation.number,
            attempt: invocation.attempt,
            trigger,
            step,
            cause: invocation.cause,
            ..Self::default()
        }
    }

    /// The number of a call of that operation, from 1: the same for all tries that the SDK makes of
    /// one call. `sdk_call` is the SDK's id of it, or empty.
    pub fn number_of_call(&mut self, operation: &str, sdk_call: &str) -> u32 {
        if let Some(number) = self.sdk_calls.get(sdk_call) {
            return *number;
        }
        let calls = self.calls.entry(operation.to_owned()).or_default();
        *calls += 1;
        let number = *calls;
        if !sdk_call.is_empty() {
            self.sdk_calls.insert(sdk_call.to_owned(), number);
        }
        number
    }
}

impl Context {
    /// That of a function's environment, which reaches the world at `gateway`, if over sockets.
    pub fn new(function: &str, gateway: Option<Addresses>) -> Self {
        Self {
            function: function.to_owned(),
            gateway,
            ..Self::default()
        }
    }

    pub fn with<T>(&self, use_current: impl FnOnce(&mut Current) -> T) -> T {
        use_current(&mut self.current.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub fn invocation(&self) -> u64 {
        self.with(|current| current.invocation)
    }

    /// What the next try of a call is to the dice.
    pub fn next_try(&self, site: &Site) -> Key {
        self.with(|current| {
            current.tries.next(
                current
                    .cause
                    .text(&site.operation)
                    .number(u64::from(site.number)),
            )
        })
    }

    /// How long a call is on its way there, or back.
    pub fn latency(&self, shared: &Shared, way: Key) -> Duration {
        let pace = self.with(|current| current.pace).unwrap_or(1);
        shared.latency(way) * pace
    }

    pub fn life(&self) -> Life {
        *self.life.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins to be at something else. Who is dead stays so.
    pub fn live(&self, next: Life) {
        let mut life = self.life.lock().unwrap_or_else(PoisonError::into_inner);
        if *life != Life::Dead {
            *life = next;
        }
    }

    /// Dies, whatever it is at.
    pub fn die(&self) {
        self.live(Life::Dead);
        self.crash.notify_one();
    }

    /// Whether it is still alive so much later; waits no longer than it is.
    pub async fn survives(&self, span: Duration) -> bool {
        tokio::select! {
            biased;
            () = self.crash.notified() => false,
            () = tokio::time::sleep(span) => true,
        }
    }

    /// Does what a fault does to the caller, whatever the transport: it waits, stands still or dies.
    /// Gives what only the transport can show, if the effect is that; nothing where the call goes on.
    pub async fn suffer(&self, shared: &Shared, effect: &CallEffect) -> Option<Shown> {
        match effect {
            CallEffect::Status(status) => return Some(Shown::Status(*status)),
            CallEffect::Reset | CallEffect::Late(_) => return Some(Shown::Reset),
            CallEffect::Delay(by) => {
                tokio::time::sleep(*by).await;
                return None;
            }
            CallEffect::Pace(factor) => {
                self.with(|current| current.pace = Some(*factor));
                return None;
            }
            CallEffect::Hang => {}
            CallEffect::Crash => self.die(),
            CallEffect::PowerLoss => shared.lose_power(),
            CallEffect::TimeOut => self.time_out.notify_one(),
        }
        std::future::pending().await
    }

    /// Where the environment reaches the world, if over sockets.
    pub fn gateway(&self) -> Option<&Addresses> {
        self.gateway.as_ref()
    }
}
