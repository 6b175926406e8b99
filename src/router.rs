//! One invocation in, one answer out (rules.md 3): circuit breaker, then observation, domain
//! event, or command.

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use serde_json::Value;
use tracing::Instrument;

use crate::bus::{DualBus, InMemoryBus};
use crate::command::{Command, TradeCommand};
use crate::envelope::{Envelope, Incoming, Trigger, classify_payload, unwrap};
use crate::error::StepError;
use crate::event::{Body, DetailType, ErrorNotificationRequested, Event, EventError, Origin};
use crate::execution::{self, TradingExecution};
use crate::id::{CorrelationId, EventId, check_id};
use crate::notification::NotificationService;
use crate::orchestration::{Notifier, Start, Starter, Watchdog};
use crate::payload::Payload;
use crate::pnl;
use crate::portfolio::PortfolioAnalysis;
use crate::redact::Redacted;
use crate::response::{CommandResponse, event_response};
use crate::secrets::Secrets;
use crate::services::Services;
use crate::step::{Outcome, STEP_LIMIT, Work};
use crate::strategy::SignalGeneration;
use crate::visible::cut;

/// The part of a step that the orchestrator does.
const ORCHESTRATOR: &str = "orchestrator";
/// The most characters of a refusal.
const LONGEST_REASON: usize = 2_000;

/// Routes each invocation to its handler.
#[derive(Clone)]
pub struct Router {
    pub(crate) services: Services,
    pub(crate) starter: Starter,
    pub(crate) signals: SignalGeneration,
    pub(crate) portfolio: PortfolioAnalysis,
    pub(crate) execution: TradingExecution,
    pub(crate) notifier: Notifier,
    pub(crate) notification: NotificationService,
    pub(crate) watchdog: Watchdog,
    /// Our own secrets: masked in whatever comes in or goes out.
    pub(crate) secrets: Secrets,
    /// The bus whose events this same invocation handles, in the modes that have one.
    pub(crate) local: Option<Arc<InMemoryBus>>,
    /// In dual mode, both buses, to be compared.
    pub(crate) dual: Option<Arc<DualBus>>,
}

impl Router {
    /// Answers one invocation.
    ///
    /// # Errors
    /// A [`StepError`] fails the invocation: Lambda tries again, and in the end the event is in the
    /// dead-letter queue.
    pub async fn handle(
        &self,
        payload: impl Into<Payload<'_>>,
        request_id: &str,
    ) -> Result<Value, StepError> {
        let given = payload.into();
        // What is told of it is masked by names as well: what has a secret's name is one, whatever
        // its value.
        let payload = given.without(&self.secrets);
        let incoming = classify_payload(&payload);
        let payload = payload.value();
        let event = event_of(&incoming);
        let correlation_id = correlation_of(&incoming, event.as_ref(), payload, request_id);
        let shown = Redacted {
            value: given.value(),
            secrets: &self.secrets,
        };
        let span = tracing::info_span!("invocation", %correlation_id, request_id);
        async {
            tracing::info!(handler = handler_of(&incoming), event = %shown, "invoked");
            let answer = self.route(incoming, event, payload, &correlation_id, request_id).boxed().await;
            if let Err(error) = &answer {
                tracing::error!(error_type = error.class(), %error, detail_type = %detail_type_of(payload), "invocation failed");
            }
            self.handle_local_events().await;
            answer
        }
        .instrument(span)
        .await
    }

    async fn route(
        &self,
        incoming: Incoming,
        event: Option<Result<Event, EventError>>,
        payload: &Value,
        correlation_id: &CorrelationId,
        request_id: &str,
    ) -> Result<Value, StepError> {
        match incoming {
            Incoming::ErrorNotification => {
                tracing::info!("error notification skipped");
                Ok(CommandResponse::breaker(request_id).to_json())
            }
            Incoming::Observation(envelope) => Ok(observe(&envelope)),
            Incoming::Domain(envelope) => {
                let event =
                    event.unwrap_or_else(|| Event::parse(&envelope.detail_type, &envelope.detail));
                self.handle_parsed(event).await
            }
            Incoming::Command(Command::Trade(command), trigger) => {
                self.trade(&command, &trigger, correlation_id, request_id)
                    .await
            }
            Incoming::Command(Command::Pnl(command), _) => {
                match pnl::report(&self.services.alpaca, &command).await {
                    Ok(report) => Ok(CommandResponse::report(report, request_id).to_json()),
                    Err(error) if error.is_transient() => {
                        Err(StepError::BrokerUnavailable(error.to_string()))
                    }
                    Err(error) => Ok(CommandResponse::failed(
                        "pnl",
                        "n/a",
                        "BrokerRefusal",
                        &error.to_string(),
                        request_id,
                    )
                    .to_json()),
                }
            }
            Incoming::Command(Command::Watchdog, _) => {
                let round = self.watchdog.round().await?;
                Ok(CommandResponse::watchdog(round.ended, round.reminded, request_id).to_json())
            }
            Incoming::Unreadable(error) => Err(error.into()),
            Incoming::Refused(error) => {
                // It may quote what was refused, which may be larger than any event.
                let error = cut(&error.to_string(), LONGEST_REASON);
                tracing::error!(error, "input refused");
                let cause = payload
                    .get("id")
                    .and_then(Value::as_str)
                    .filter(|id| check_id(id).is_ok())
                    .unwrap_or(request_id);
                self.tell_error(correlation_id, cause, "Input refused", &error)
                    .await?;
                Ok(CommandResponse::invalid(&error, request_id).to_json())
            }
        }
    }

    async fn trade(
        &self,
        command: &TradeCommand,
        trigger: &Trigger,
        correlation_id: &CorrelationId,
        request_id: &str,
    ) -> Result<Value, StepError> {
        let mode = self.services.settings.alpaca.trading_mode;
        let response = match self.starter.start(command, trigger, correlation_id).await? {
            Start::Started => CommandResponse::started(mode, correlation_id.clone(), request_id),
            Start::Skipped(reason) => {
                tracing::info!(reason, "start skipped");
                CommandResponse::skipped(mode, &reason, correlation_id.clone(), request_id)
            }
            Start::Refused(refusal) => {
                tracing::error!(reason = %refusal, "start refused");
                self.tell_error(
                    correlation_id,
                    correlation_id.as_str(),
                    "Start refused",
                    &refusal.reason,
                )
                .await?;
                CommandResponse::failed(
                    "trade",
                    mode.as_str(),
                    "StartRefused",
                    &refusal.reason,
                    request_id,
                )
            }
        };
        Ok(response.to_json())
    }

    /// Handles one domain event (rules.md 3.3).
    ///
    /// # Errors
    /// [`StepError::InvalidEvent`] for a detail that cannot be read, or whatever the step raises.
    pub async fn handle_event(
        &self,
        detail_type: &str,
        detail: &Value,
    ) -> Result<Value, StepError> {
        self.handle_parsed(Event::parse(detail_type, detail)).await
    }

    async fn handle_parsed(&self, event: Result<Event, EventError>) -> Result<Value, StepError> {
        let event = match event {
            Ok(event) => event,
            Err(EventError::UnknownType(name)) => {
                return Ok(event_response(400, &format!("Unknown event type: {name}")));
            }
            Err(error) => return Err(error.into()),
        };
        let id = event.header.event_id.as_str();
        let (limit, work): (Duration, Work<'_>) = match event.detail_type() {
            DetailType::WorkflowStarted => (STEP_LIMIT, self.signals.work(&event).boxed()),
            DetailType::SignalGenerated => (STEP_LIMIT, self.portfolio.work(&event).boxed()),
            DetailType::RebalancePlanned => (execution::LIMIT, self.execution.work(&event).boxed()),
            DetailType::TradingNotificationRequested => {
                (STEP_LIMIT, self.notification.work(&event).boxed())
            }
            DetailType::TradeExecuted | DetailType::WorkflowFailed => {
                (STEP_LIMIT, self.notifier.after(&event).boxed())
            }
            DetailType::WorkflowCompleted => return Ok(orchestrator_only(&event)),
            other => return Ok(event_response(404, &format!("No handler for: {other}"))),
        };
        let part = event.detail_type().step().unwrap_or(ORCHESTRATOR);
        let outcome = self
            .services
            .steps
            .run(&format!("{part}#{id}"), limit, work)
            .await?;
        Ok(match outcome {
            _ if part == ORCHESTRATOR => orchestrator_only(&event),
            Outcome::Processed | Outcome::Refused => {
                event_response(200, "Event processed successfully")
            }
            Outcome::Duplicate => {
                tracing::info!(event_id = id, "duplicate event skipped");
                event_response(200, "Duplicate event skipped")
            }
        })
    }

    /// Publishes the one error event of a failure on the command path. It comes back through the
    /// catch-all rule, and the circuit breaker ends it there.
    async fn tell_error(
        &self,
        correlation_id: &CorrelationId,
        cause: &str,
        title: &str,
        report: &str,
    ) -> Result<(), StepError> {
        let now = self.services.now();
        let origin = Origin {
            correlation_id,
            causation_id: cause,
            at: now,
        };
        let body = ErrorNotificationRequested {
            error_severity: "critical".to_owned(),
            error_priority: "URGENT".to_owned(),
            error_title: title.to_owned(),
            error_report: report.to_owned(),
            error_code: None,
            recipient_override: None,
        };
        // A refusal is recorded nowhere, so a second one cannot repeat the first one's bytes: it is
        // an event of its own.
        let id = EventId::caused_by(
            &format!("{cause} at {now}"),
            DetailType::ErrorNotificationRequested.as_str(),
            0,
        );
        let event = Event::with_id(&origin, Body::from(body), id);
        self.services
            .steps
            .publish(&self.services.steps.entry(&event))
            .await
    }

    /// In the modes with a bus in memory, handles what this invocation published, and what that
    /// published, until nothing is left. A failing handler is logged and the others still run.
    async fn handle_local_events(&self) {
        let Some(local) = &self.local else { return };
        while let Some(entry) = local.take() {
            let detail = Value::String(entry.detail);
            if entry.detail_type == DetailType::ErrorNotificationRequested.as_str() {
                continue;
            }
            match self.handle_event(&entry.detail_type, &detail).await {
                Ok(answer) => {
                    tracing::info!(event_id = %entry.event_id, event_type = entry.detail_type, %answer, "local event handled")
                }
                Err(error) => {
                    tracing::error!(event_id = %entry.event_id, event_type = entry.detail_type, %error, "local handler failed")
                }
            }
        }
        for difference in self.dual.iter().flat_map(|dual| dual.compare()) {
            tracing::warn!(
                event_id = %difference.event_id,
                event_type = difference.detail_type,
                reason = difference.reason,
                "dual publish difference"
            );
        }
    }
}

/// Who answers, for the log.
fn handler_of(incoming: &Incoming) -> &'static str {
    match incoming {
        Incoming::ErrorNotification => "circuit breaker",
        Incoming::Observation(_) => "observer",
        Incoming::Command(Command::Trade(_), _) => "starter",
        Incoming::Command(Command::Pnl(_), _) => "profit and loss",
        Incoming::Command(Command::Watchdog, _) => "watchdog",
        Incoming::Refused(_) => "refusal",
        Incoming::Unreadable(_) => ORCHESTRATOR,
        Incoming::Domain(envelope) => match DetailType::from_name(&envelope.detail_type) {
            Some(DetailType::WorkflowStarted) => "signal generation",
            Some(DetailType::SignalGenerated) => "portfolio analysis",
            Some(DetailType::RebalancePlanned) => "trading execution",
            Some(DetailType::TradingNotificationRequested) => "notification",
            _ => ORCHESTRATOR,
        },
    }
}

fn orchestrator_only(event: &Event) -> Value {
    event_response(
        200,
        &format!("Orchestrator-only event: {}", event.detail_type()),
    )
}

/// An observation adds to the trace and does nothing else: it may come late, twice or never.
fn observe(envelope: &Envelope) -> Value {
    tracing::info!(
        source = envelope.source,
        observed = envelope.detail_type,
        "observed"
    );
    event_response(200, &format!("Observed: {}", envelope.detail_type))
}

/// The event of an invocation, where it has one.
fn event_of(incoming: &Incoming) -> Option<Result<Event, EventError>> {
    match incoming {
        Incoming::Domain(envelope) | Incoming::Observation(envelope) => {
            Some(Event::parse(&envelope.detail_type, &envelope.detail))
        }
        _ => None,
    }
}

/// The workflow of an invocation: the detail's own id, else the command's, else the envelope's id,
/// else the request's (rules.md A2).
fn correlation_of(
    incoming: &Incoming,
    event: Option<&Result<Event, EventError>>,
    payload: &Value,
    request_id: &str,
) -> CorrelationId {
    let found = match incoming {
        Incoming::Domain(envelope) | Incoming::Observation(envelope) => match event {
            Some(Ok(event)) => Some(event.header.correlation_id.as_str().to_owned()),
            _ => Some(envelope.correlation_id().to_owned()),
        },
        Incoming::Command(Command::Trade(command), trigger) => command
            .correlation_id
            .clone()
            .or_else(|| trigger.envelope_id.clone()),
        _ => {
            let inner = unwrap(payload.get("observe").unwrap_or(payload));
            let named = [
                inner.get("correlation_id"),
                payload.get("correlation_id"),
                payload.get("id"),
            ];
            named
                .into_iter()
                .flatten()
                .find_map(Value::as_str)
                .map(str::to_owned)
        }
    };
    // What is no id does not become one: the log and the error event have the request's.
    CorrelationId::new(
        found
            .filter(|id| check_id(id).is_ok())
            .unwrap_or_else(|| request_id.to_owned()),
    )
}

fn detail_type_of(payload: &Value) -> &str {
    payload
        .get("detail-type")
        .and_then(Value::as_str)
        .unwrap_or("none")
}
