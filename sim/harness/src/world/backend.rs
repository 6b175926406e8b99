use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

use super::engine::{Engine, IDLE_LIMIT};
use super::{Runaway, WorldError};
use crate::counterparty::PartyAction;
use crate::fault::Unmet;
use crate::journal::{Journal, JournalEvent};

/// Where a scenario happens: a world in memory, or one with AWS outside.
#[async_trait(?Send)]
pub trait Backend {
    /// What drives it.
    #[doc(hidden)]
    fn engine(&self) -> &Engine;

    /// The same, to drive it.
    #[doc(hidden)]
    fn engine_mut(&mut self) -> &mut Engine;

    /// Runs all timers due by now, and starts the invocations that follow.
    async fn pump(&mut self) -> Result<(), WorldError>;

    /// The present instant.
    fn now(&self) -> DateTime<Utc> {
        self.engine().now()
    }

    /// How long it has been there.
    fn age(&self) -> TimeDelta {
        self.engine().age()
    }

    /// How the run went beyond its bound, if it did: then time passes no more.
    fn runaway(&self) -> Option<Runaway> {
        self.engine().runaway()
    }

    /// Notes something that the scenario does.
    fn note(&self, what: String) {
        self.engine().note(what);
    }

    /// Notes a fact about the run itself.
    fn state(&self, fact: JournalEvent) {
        self.engine().state(fact);
    }

    /// Advances the time by that much.
    async fn advance(&mut self, by: TimeDelta) -> Result<(), WorldError> {
        let end = self.now() + by;
        loop {
            self.pump().await?;
            if self.now() >= end || self.runaway().is_some() {
                return Ok(());
            }
            self.engine_mut().step(end).await;
        }
    }

    /// Advances the time until nothing is under way but what comes back by itself.
    async fn settle(&mut self) -> Result<(), WorldError> {
        let limit = self.now() + IDLE_LIMIT;
        while self.now() < limit && self.runaway().is_none() {
            self.pump().await?;
            match self.engine().next_pending() {
                _ if self.engine().is_running() => self.engine_mut().step(limit).await,
                Some(at) if at <= limit => self.engine_mut().step(at).await,
                _ => return Ok(()),
            }
        }
        Ok(())
    }

    /// Invokes a function with an event, as an operator does by hand.
    fn invoke(&self, function: &str, payload: &Value) -> Result<(), WorldError> {
        self.engine().invoke(function, payload)
    }

    /// Somebody else than the functions does something at a counterparty.
    fn act(&self, action: &PartyAction) {
        self.engine().act(action);
    }

    /// Lets all execution environments die at once, those at work and the idle ones. What is stored,
    /// and what is under way between services, stays.
    fn lose_power(&self) {
        self.engine().lose_power();
    }

    /// Fires a schedule out of turn.
    fn fire_schedule(&self, name: &str) -> Result<(), WorldError> {
        self.engine().fire_schedule(name)
    }

    /// Puts an event on a bus; gives the entry's result, or why the whole request was refused.
    async fn put_event(
        &mut self,
        bus: &str,
        source: &str,
        detail_type: &str,
        detail: &str,
    ) -> Result<Value, WorldError>;

    /// Replays what the archive of `bus` holds from a span of time.
    async fn replay(
        &mut self,
        bus: &str,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
        name: &str,
    ) -> Result<(), WorldError>;

    /// Enables or disables a rule.
    async fn set_rule(&mut self, bus: &str, rule: &str, enabled: bool) -> Result<(), WorldError>;

    /// Takes every message from a queue of dead letters; gives their bodies. What a function gave
    /// up never goes outside.
    fn drain(&self, queue_arn: &str) -> Vec<String> {
        self.engine().drain(queue_arn)
    }

    /// What was scripted and met nothing so far.
    fn unused(&self) -> Vec<Unmet> {
        self.engine().unused()
    }

    /// Ends it and gives its history.
    fn finish(self: Box<Self>) -> Journal {
        self.engine().finish()
    }
}
