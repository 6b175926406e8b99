use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::engine::{Engine, Medium};
use super::environment::ExecutionMode;
use super::shared::WorldFaults;
use super::transport::{RealTime, Sockets, Transport};
use super::{Backend, WorldError, WorldSetup};
use simulated_cloud::Cloud;

/// A run whose cloud and counterparties are all within it.
pub struct SimulatedWorld {
    engine: Engine,
}

impl SimulatedWorld {
    /// Builds a world. Must be called on a paused current-thread runtime.
    ///
    /// # Errors
    /// What is wrong with the topology.
    pub fn new(setup: WorldSetup) -> Result<Self, WorldError> {
        Self::build(
            setup,
            RealTime::default(),
            Transport::InMemory,
            ExecutionMode::Memory,
        )
    }

    /// Builds a world whose functions reach it over loopback sockets. Time is virtual, and stands
    /// still while one is waited for. Must be called on a current-thread runtime with sockets that
    /// began paused.
    ///
    /// # Errors
    /// What is wrong with the topology.
    pub fn over_sockets(setup: WorldSetup) -> Result<Self, WorldError> {
        let real = RealTime::default();
        Self::build(
            setup,
            real.clone(),
            Transport::Loopback(Sockets::new(real)),
            ExecutionMode::Sockets,
        )
    }

    /// Builds a world whose functions are programs: they know nothing but sockets and the machine's
    /// clock, so the world should begin at the machine's time, and its own is real. Must be called
    /// on a current-thread runtime with sockets that began paused.
    ///
    /// # Errors
    /// What is wrong with the topology.
    pub fn of_programs(setup: WorldSetup) -> Result<Self, WorldError> {
        tokio::time::resume();
        Self::build(
            setup,
            RealTime::default(),
            Transport::InMemory,
            ExecutionMode::Programs,
        )
    }

    fn build(
        setup: WorldSetup,
        real: RealTime,
        transport: Transport,
        mode: ExecutionMode,
    ) -> Result<Self, WorldError> {
        let mut cloud = Cloud::new(
            &setup.stack,
            setup.account.clone(),
            setup.knobs.clone(),
            setup.seed,
            setup.start,
        )
        .map_err(WorldError::Stack)?;
        let medium = Medium {
            time: real,
            transport,
            mode,
            jitter: setup.seed,
        };
        let engine = Engine::of(setup, medium, |shared| {
            cloud.set_fault_hook(Box::new(WorldFaults(shared.clone())));
            cloud
        });
        Ok(Self { engine })
    }
}

#[async_trait(?Send)]
impl Backend for SimulatedWorld {
    fn engine(&self) -> &Engine {
        &self.engine
    }

    fn engine_mut(&mut self) -> &mut Engine {
        &mut self.engine
    }

    async fn pump(&mut self) -> Result<(), WorldError> {
        self.engine.pump();
        Ok(())
    }

    async fn put_event(
        &mut self,
        bus: &str,
        source: &str,
        detail_type: &str,
        detail: &str,
    ) -> Result<Value, WorldError> {
        let now = self.now();
        let entry = json!({ "EventBusName": bus, "Source": source, "DetailType": detail_type, "Detail": detail });
        let answer = self
            .engine
            .shared
            .with(|state| state.cloud.put_events(now, &json!({ "Entries": [entry] })));
        Ok(answer?["Entries"][0].clone())
    }

    async fn replay(
        &mut self,
        bus: &str,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
        name: &str,
    ) -> Result<(), WorldError> {
        let now = self.now();
        self.engine.shared.with(|state| {
            let (archive, destination) = state
                .cloud
                .eventbridge()
                .archive_of(bus)
                .ok_or_else(|| WorldError::NoArchive(bus.to_owned()))?;
            let input = json!({
                "ReplayName": name,
                "EventSourceArn": archive,
                "EventStartTime": from.timestamp(),
                "EventEndTime": to.timestamp(),
                "Destination": { "Arn": destination },
            });
            state.cloud.start_replay(now, &input)?;
            Ok(())
        })
    }

    async fn set_rule(&mut self, bus: &str, rule: &str, enabled: bool) -> Result<(), WorldError> {
        let now = self.now();
        let input = json!({ "Name": rule, "EventBusName": bus });
        self.engine
            .shared
            .with(|state| state.cloud.set_rule_state(now, &input, enabled))?;
        Ok(())
    }
}
