//! A world whose EventBridge, SQS and DynamoDB are outside, behind an endpoint such as
//! LocalStack's, and whose counterparties serve HTTP on sockets.
//!
//! What such endpoints cannot do is done here, by the same code as in a virtual world: Lambda's
//! asynchronous invocation with its retries and destination, schedules, alarms. Rules target one
//! queue a function, and whatever arrives there is handed to the function. Time is virtual, and
//! stands still until an answer from outside is there and what the rules promise has arrived.

mod expected;
mod provision;

use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use async_trait::async_trait;
use aws_smithy_async::time::{SystemTimeSource, TimeSource};
use aws_smithy_runtime_api::client::http::http_client_fn;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use self::expected::ExpectedDeliveries;
use self::provision::{Clients, Inbox};
use super::engine::{Engine, Medium};
use super::environment::ExecutionMode;
use super::put_events::accepted;
use super::transport::{Outside, OutsideParty, RealTime, Sockets, Transport};
use super::{Backend, WorldError, WorldSetup};
use crate::counterparty::{Counterparty, WorldTime};
use crate::journal::JournalEvent;
use simulated_cloud::Cloud;
use simulated_cloud::cloud_event::CloudEvent;
use simulated_cloud::stack::Stack;

/// How long to wait for a message, in seconds.
const QUIET_SECONDS: i32 = 1;
/// How often in a row nothing may arrive while the rules promise more.
const PATIENCE: u32 = 20;

/// A run with AWS outside.
pub struct ExternalWorld {
    engine: Engine,
    clients: Clients,
    inboxes: Vec<Inbox>,
    time: RealTime,
    expected: ExpectedDeliveries,
    /// How many events had been put when all had arrived that the rules promise.
    delivered: usize,
    /// How many events had been put when nothing more arrived, once nothing was under way here.
    settled: usize,
    /// How many messages have arrived.
    arrived: usize,
    /// What keeps the counterparties listening.
    _listening: Vec<Box<dyn Any>>,
}

/// What the endpoint answers to an operation, as an error of the world.
fn refused<E: std::error::Error + Send + Sync + 'static>(
    operation: &'static str,
    error: &aws_sdk_sqs::error::SdkError<E, impl std::fmt::Debug + Send + Sync + 'static>,
) -> WorldError {
    WorldError::Endpoint {
        operation,
        reason: aws_sdk_sqs::error::DisplayErrorContext(error).to_string(),
    }
}

impl ExternalWorld {
    /// Provisions the endpoint and begins. Must be called on a current-thread runtime that began
    /// paused.
    ///
    /// # Errors
    /// What the endpoint refused, or what is wrong with the topology.
    pub async fn new(setup: WorldSetup, endpoint: &str) -> Result<Self, WorldError> {
        // The SDK draws its idempotency tokens from here, and the endpoint remembers those of
        // earlier runs.
        let jitter = SystemTimeSource::new()
            .now()
            .duration_since(std::time::UNIX_EPOCH)
            .map_or(0, |age| age.as_nanos() as u64);
        fastrand::seed(jitter);
        let time = RealTime::default();
        let sockets = Sockets::new(time.clone());
        let connector = sockets.http.clone();
        let clients = Clients::of(
            endpoint,
            http_client_fn(move |_, _| connector.clone()),
            &setup.account.region,
        );
        let now = Arc::new(AtomicI64::new(setup.start.timestamp_millis()));
        let waiting = time.wait();
        let inboxes = clients.provision(&setup.stack).await?;
        let expected = ExpectedDeliveries::of(&setup.stack, &setup.account)?;
        let (parties, guards) = listening(&setup.counterparties, &now).await?;
        drop(waiting);
        let outside = Outside {
            sockets,
            aws: endpoint.to_owned(),
            parties,
            now,
        };
        let cloud = Cloud::new(
            &inner(&setup.stack),
            setup.account.clone(),
            setup.knobs.clone(),
            setup.seed,
            setup.start,
        )
        .map_err(WorldError::Stack)?;
        let medium = Medium {
            time: time.clone(),
            transport: Transport::External(outside),
            mode: ExecutionMode::Memory,
            jitter,
        };
        Ok(Self {
            engine: Engine::of(setup, medium, |_| cloud),
            clients,
            inboxes,
            time,
            expected,
            delivered: 0,
            settled: 0,
            arrived: 0,
            _listening: guards,
        })
    }

    /// How many events were put so far.
    fn puts(&self) -> usize {
        self.engine.shared.with(|state| {
            state
                .journal
                .records()
                .filter(|(_, record)| matches!(record, CloudEvent::EventPut { .. }))
                .count()
        })
    }

    /// How many messages the rules promise for all that was put so far.
    fn promised(&self) -> usize {
        self.engine.shared.with(|state| {
            state
                .journal
                .records()
                .map(|(_, record)| self.expected.deliveries(record))
                .sum()
        })
    }

    /// Waits until what the rules promise has arrived, or counts as lost.
    async fn await_promised(&mut self) -> Result<(), WorldError> {
        let puts = self.puts();
        if self.delivered < puts {
            let (promised, mut quiet) = (self.promised(), 0);
            while self.arrived < promised && quiet < PATIENCE {
                quiet = if self.fetch().await? { 0 } else { quiet + 1 };
            }
            self.delivered = puts;
        }
        Ok(())
    }

    /// Waits, once nothing is under way here, until nothing more arrives: not even what no rule
    /// promised.
    async fn await_quiet(&mut self) -> Result<(), WorldError> {
        let puts = self.puts();
        while self.settled < puts
            && !self.engine.is_running()
            && self.engine.next_pending().is_none()
        {
            if !self.fetch().await? {
                self.settled = puts;
            }
        }
        Ok(())
    }

    /// Takes what arrived for the functions; tells whether anything did.
    async fn fetch(&mut self) -> Result<bool, WorldError> {
        let before = self.arrived;
        for inbox in &self.inboxes {
            let _waiting = self.time.wait();
            let received = self
                .clients
                .sqs
                .receive_message()
                .queue_url(&inbox.url)
                .max_number_of_messages(10)
                .wait_time_seconds(QUIET_SECONDS);
            let messages = received
                .send()
                .await
                .map_err(|error| refused("ReceiveMessage", &error))?
                .messages
                .unwrap_or_default();
            for message in messages {
                self.arrived += 1;
                let receipt = message.receipt_handle.unwrap_or_default();
                let deleted = self
                    .clients
                    .sqs
                    .delete_message()
                    .queue_url(&inbox.url)
                    .receipt_handle(receipt)
                    .send()
                    .await;
                deleted.map_err(|error| refused("DeleteMessage", &error))?;
                let (now, payload) = (self.engine.shared.now(), message.body.unwrap_or_default());
                self.engine
                    .shared
                    .with(|state| state.cloud.invoke(now, &inbox.function, &payload))
                    .map_err(WorldError::Trigger)?;
            }
        }
        Ok(self.arrived > before)
    }
}

/// Counterparties that listen, and what keeps them listening.
type Listeners = (Vec<OutsideParty>, Vec<Box<dyn Any>>);

/// Lets each counterparty listen on sockets, with `now` for the present.
async fn listening(
    counterparties: &[Arc<dyn Counterparty>],
    now: &Arc<AtomicI64>,
) -> Result<Listeners, WorldError> {
    let (mut parties, mut guards) = (Vec::new(), Vec::new());
    for party in counterparties {
        let current = Arc::clone(now);
        let time: WorldTime = Arc::new(move || {
            let millis = current.load(Ordering::Relaxed);
            DateTime::from_timestamp_millis(millis).unwrap_or_default()
        });
        let listening = party.listen(time).await;
        let listening = listening.map_err(|source| WorldError::Listen {
            party: party.name(),
            source,
        })?;
        parties.push(OutsideParty {
            http: listening.http,
            call: tokio::sync::Mutex::default(),
        });
        guards.extend(listening.guard);
    }
    Ok((parties, guards))
}

/// The part of the topology that is simulated here: all but what the endpoint does.
fn inner(stack: &Stack) -> Stack {
    Stack {
        buses: Vec::new(),
        rules: Vec::new(),
        archives: Vec::new(),
        tables: Vec::new(),
        ..stack.clone()
    }
}

#[async_trait(?Send)]
impl Backend for ExternalWorld {
    fn engine(&self) -> &Engine {
        &self.engine
    }

    fn engine_mut(&mut self) -> &mut Engine {
        &mut self.engine
    }

    async fn pump(&mut self) -> Result<(), WorldError> {
        self.await_promised().await?;
        self.await_quiet().await?;
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
        use aws_sdk_eventbridge::types::PutEventsRequestEntry;
        let _waiting = self.time.wait();
        let entry = PutEventsRequestEntry::builder()
            .event_bus_name(bus)
            .source(source)
            .detail_type(detail_type)
            .detail(detail)
            .build();
        let put = self
            .clients
            .events
            .put_events()
            .entries(entry)
            .send()
            .await
            .map_err(|error| refused("PutEvents", &error))?;
        let result = put
            .entries
            .unwrap_or_default()
            .pop()
            .ok_or(WorldError::NoResult("PutEvents"))?;
        let result = match (result.event_id, result.error_code) {
            (Some(id), _) => json!({ "EventId": id }),
            (None, code) => json!({ "ErrorCode": code, "ErrorMessage": result.error_message }),
        };
        let request = json!({ "Entries": [{ "EventBusName": bus, "Source": source, "DetailType": detail_type, "Detail": detail }] });
        for record in accepted(self.now(), &request, &json!({ "Entries": [result] })) {
            self.engine
                .shared
                .push(None, JournalEvent::Cloud { record });
        }
        Ok(result)
    }

    async fn replay(
        &mut self,
        _bus: &str,
        _from: DateTime<Utc>,
        _to: DateTime<Utc>,
        _name: &str,
    ) -> Result<(), WorldError> {
        Err(WorldError::NoReplay)
    }

    async fn set_rule(&mut self, bus: &str, rule: &str, enabled: bool) -> Result<(), WorldError> {
        let _waiting = self.time.wait();
        self.expected.set_rule(bus, rule, enabled);
        let events = &self.clients.events;
        if enabled {
            events
                .enable_rule()
                .event_bus_name(bus)
                .name(rule)
                .send()
                .await
                .map(|_| ())
                .map_err(|error| refused("EnableRule", &error))
        } else {
            events
                .disable_rule()
                .event_bus_name(bus)
                .name(rule)
                .send()
                .await
                .map(|_| ())
                .map_err(|error| refused("DisableRule", &error))
        }
    }
}
