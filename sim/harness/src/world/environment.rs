use std::collections::BTreeMap;
use std::future::Future;
use std::io;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use aws_smithy_runtime_api::client::http::SharedHttpConnector;
use chrono::TimeDelta;
use futures::FutureExt;
use serde_json::Value;
use tokio::time::Instant;

use super::clock::EnvironmentClock;
use super::connector::WorldConnector;
use super::context::{Context, Current, Life};
use super::dialer::WorldDialer;
use super::gateway::{self, Gateway, GatewayRole};
use super::log::{self, Chance};
use super::shared::{Shared, WorldTokens};
use crate::function::{ColdStartError, Event, Functions, Handler, HandlerError};
use crate::journal::JournalEvent;
use crate::ports::{FunctionPorts, LogSink, SocketPorts};
use seeded_dice::Key;
use simulated_cloud::knobs::Span;
use simulated_cloud::lambda::{Invocation, InvocationResult};
use simulated_cloud::stack::Stack;

/// An attempt under way.
pub(super) type Running = Pin<Box<dyn Future<Output = Finished>>>;

/// How an attempt ended, and its execution environment if that is still alive.
pub(super) struct Finished {
    pub invocation: Invocation,
    pub result: InvocationResult,
    pub duration: Duration,
    environment: Option<Environment>,
}

/// Code in an execution environment.
struct Environment {
    handler: Box<dyn Handler>,
    context: Arc<Context>,
    gateway: Option<Gateway>,
}

/// What execution environments are made of.
#[derive(Clone, Copy, Debug)]
pub(super) enum ExecutionMode {
    /// Code of this process, with transports in memory or outside.
    Memory,
    /// Code of this process that reaches the world over sockets.
    Sockets,
    /// Programs, which know sockets only.
    Programs,
}

impl ExecutionMode {
    fn gateway(self, streams: &[&'static str]) -> Result<Option<Gateway>, StartError> {
        let role = match self {
            Self::Memory => return Ok(None),
            Self::Sockets => GatewayRole::HandIn,
            Self::Programs => GatewayRole::Carry,
        };
        Gateway::open(role, streams)
            .map(Some)
            .map_err(StartError::NoPort)
    }
}

/// Why an execution environment does not start. Whoever invoked the function is answered with it.
#[derive(Debug, thiserror::Error)]
enum StartError {
    #[error("the world has no code for the function {0}")]
    NoCode(String),
    #[error("no free port on this machine: {0}")]
    NoPort(io::Error),
    #[error(transparent)]
    Code(#[from] ColdStartError),
}

/// The execution environments of all functions.
pub(super) struct Environments {
    functions: Functions,
    variables: BTreeMap<String, BTreeMap<String, String>>,
    warm: BTreeMap<String, Vec<Environment>>,
    cold_start: Span,
    clock_skew: Duration,
    region: String,
    mode: ExecutionMode,
}

impl Environments {
    pub fn new(
        functions: Functions,
        stack: &Stack,
        overrides: BTreeMap<String, String>,
        cold_start: Span,
        clock_skew: Duration,
        region: String,
        mode: ExecutionMode,
    ) -> Self {
        let mut variables = BTreeMap::new();
        for function in &stack.functions {
            let mut environment = function.environment.clone();
            for (name, value) in &mut environment {
                if let Some(given) = overrides.get(name) {
                    value.clone_from(given);
                }
            }
            variables.insert(function.name.clone(), environment);
        }
        Self {
            functions,
            variables,
            warm: BTreeMap::new(),
            cold_start,
            clock_skew,
            region,
            mode,
        }
    }

    /// Begins an attempt, in a warm environment if there is one.
    pub fn invoke(&mut self, shared: &Arc<Shared>, invocation: Invocation) -> Running {
        let (environment, wait) = match self.take_warm(&invocation.function) {
            Some(environment) => (Ok(environment), Duration::ZERO),
            None => {
                let cause = invocation.cause.text("cold start");
                let wait = shared.with(|state| self.cold_start.draw(state.dice, cause));
                let mut chance = Chance::of(shared, cause);
                (
                    chance.during(|| self.start_cold(shared, &invocation.function, cause)),
                    wait,
                )
            }
        };
        if let Ok(environment) = &environment {
            environment.context.live(Life::Working(invocation.number));
        }
        let shared = Arc::clone(shared);
        Box::pin(async move {
            let is_alive = match &environment {
                Ok(environment) => environment.context.survives(wait).await,
                Err(_) => {
                    tokio::time::sleep(wait).await;
                    true
                }
            };
            match environment {
                Ok(environment) if is_alive => attempt(&shared, environment, invocation).await,
                Ok(_) => Finished {
                    result: InvocationResult::Crashed,
                    duration: Duration::ZERO,
                    environment: None,
                    invocation,
                },
                Err(error) => Finished {
                    result: InvocationResult::Failed {
                        error_type: "Runtime.InitError".to_owned(),
                        message: error.to_string(),
                    },
                    duration: Duration::ZERO,
                    environment: None,
                    invocation,
                },
            }
        })
    }

    /// An idle environment of a function. Those that have died meanwhile are gone.
    fn take_warm(&mut self, function: &str) -> Option<Environment> {
        let warm = self.warm.get_mut(function)?;
        warm.retain(|environment| environment.context.life() != Life::Dead);
        warm.pop()
    }

    /// The clock of a new environment.
    fn clock(&self, shared: &Shared, cause: Key) -> EnvironmentClock {
        let most = u64::try_from(self.clock_skew.as_millis()).unwrap_or(u64::MAX / 2);
        let drawn = shared.with(|state| state.dice.between(cause.text("clock"), 0, 2 * most));
        let millis = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        EnvironmentClock {
            world: shared.clock.clone(),
            ahead: TimeDelta::milliseconds(millis(drawn) - millis(most)),
        }
    }

    fn start_cold(
        &self,
        shared: &Arc<Shared>,
        function: &str,
        cause: Key,
    ) -> Result<Environment, StartError> {
        let code = self
            .functions
            .iter()
            .find(|(prefix, _)| function.starts_with(prefix.as_str()))
            .map(|(_, code)| code)
            .ok_or_else(|| StartError::NoCode(function.to_owned()))?;
        let gateway = self.mode.gateway(&shared.stream_parties())?;
        let addresses = gateway.as_ref().map(|gateway| gateway.addresses().clone());
        let context = Arc::new(Context::new(function, addresses.clone()));
        shared.register(&context);
        let sockets = addresses.map(|addresses| SocketPorts {
            http: addresses.http,
            streams: addresses.streams,
            log: Arc::new(EnvironmentLog {
                shared: Arc::clone(shared),
                context: Arc::clone(&context),
            }),
        });
        let ports = FunctionPorts {
            environment: self.variables.get(function).cloned().unwrap_or_default(),
            http: SharedHttpConnector::new(WorldConnector::new(
                Arc::clone(shared),
                Arc::clone(&context),
            )),
            clock: Arc::new(self.clock(shared, cause)),
            tokens: Arc::new(WorldTokens(Arc::clone(shared))),
            dialer: Arc::new(WorldDialer::new(Arc::clone(shared), Arc::clone(&context))),
            region: self.region.clone(),
            sockets,
        };
        Ok(Environment {
            handler: code.cold_start(ports)?,
            context,
            gateway,
        })
    }

    /// Takes an environment back that is still alive.
    pub fn give_back(&mut self, finished: Finished) {
        if let Some(environment) = finished.environment {
            self.warm
                .entry(finished.invocation.function)
                .or_default()
                .push(environment);
        }
    }
}

/// Carries out one attempt: until it answers, dies, or its time is up. Only an answer leaves the
/// environment alive.
async fn attempt(
    shared: &Arc<Shared>,
    mut environment: Environment,
    invocation: Invocation,
) -> Finished {
    let (trigger, step) = (
        shared.system.trigger(invocation.event.view()),
        shared
            .system
            .step(invocation.event.view(), &invocation.request_id),
    );
    environment
        .context
        .with(|current| *current = Current::of(&invocation, trigger, step));
    let (started, since) = (shared.now(), Instant::now());
    let context = Arc::clone(&environment.context);
    let event = Event {
        payload: invocation.event.view(),
        text: &invocation.payload,
        request_id: &invocation.request_id,
        timeout: invocation.timeout,
    };
    let work = AssertUnwindSafe(environment.handler.handle(event)).catch_unwind();
    let ended = tokio::select! {
        biased;
        () = context.crash.notified() => Some(InvocationResult::Crashed),
        () = context.time_out.notified() => None,
        () = tokio::time::sleep(invocation.timeout) => Some(InvocationResult::TimedOut),
        output = log::with_world(shared, &invocation, work) => Some(match output {
            Ok(Ok(value)) => InvocationResult::Success(value),
            Ok(Err(HandlerError::Failed { error_type, message })) => InvocationResult::Failed { error_type, message },
            Ok(Err(HandlerError::TimedOut)) => InvocationResult::TimedOut,
            Ok(Err(HandlerError::Exited)) | Err(_) => InvocationResult::Crashed,
        }),
        never = gateway::serve(&mut environment.gateway, shared, &context) => match never {},
    };
    let ended = match ended {
        Some(ended) => ended,
        None => {
            // The work stands still: it is not polled again.
            let rest = invocation.timeout.saturating_sub(since.elapsed());
            if context.survives(rest).await {
                InvocationResult::TimedOut
            } else {
                InvocationResult::Crashed
            }
        }
    };
    let duration = (shared.now() - started).to_std().unwrap_or_default();
    let lives = matches!(
        ended,
        InvocationResult::Success(_) | InvocationResult::Failed { .. }
    );
    context.live(if lives { Life::Idle } else { Life::Dead });
    Finished {
        invocation,
        result: ended,
        duration,
        environment: lives.then_some(environment),
    }
}

/// Log lines of an environment's program.
#[derive(Debug)]
struct EnvironmentLog {
    shared: Arc<Shared>,
    context: Arc<Context>,
}

impl LogSink for EnvironmentLog {
    fn write(&self, level: String, message: String, fields: Value) {
        self.shared.push(
            Some(self.context.invocation()),
            JournalEvent::Log {
                level,
                message,
                fields: fields.into(),
            },
        );
    }
}
