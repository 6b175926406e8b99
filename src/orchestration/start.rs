use futures::FutureExt;
use serde_json::json;

use super::Notifier;
use super::session::{Opening, session_of};
use crate::command::TradeCommand;
use crate::envelope::Trigger;
use crate::error::{Refusal, StepError, StepFailure};
use crate::event::{Event, Origin, WorkflowStarted};
use crate::id::CorrelationId;
use crate::services::Services;
use crate::step::{Conclusion, Outcome, STEP_LIMIT};
use crate::timestamp::Timestamp;
use crate::workflow::{Leftover, Session};

/// Starts workflows, and returns at once.
#[derive(Clone)]
pub struct Starter {
    services: Services,
    notifier: Notifier,
}

/// What became of a command to trade.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// A workflow runs; its results come by mail.
    Started,
    /// Nothing is to be done, and that is right.
    Skipped(String),
    /// It cannot be done.
    Refused(Refusal),
}

impl Starter {
    /// A starter over `services`.
    #[must_use]
    pub fn new(services: Services) -> Self {
        Self {
            notifier: Notifier::new(services.clone()),
            services,
        }
    }

    /// Starts the workflow `correlation_id` for a command. The same command again starts nothing.
    ///
    /// # Errors
    /// Whatever keeps the start from being done now; a start that could not publish raises.
    pub async fn start(
        &self,
        command: &TradeCommand,
        trigger: &Trigger,
        correlation_id: &CorrelationId,
    ) -> Result<Start, StepError> {
        let occurrence = command
            .scheduled_time
            .or(trigger.time)
            .unwrap_or_else(|| self.services.now());
        let mut answer = Start::Started;
        let work = async {
            match self.open(command, correlation_id, occurrence).await {
                Ok(Opening::Opened(conclusion)) => Ok(conclusion),
                Ok(Opening::Skipped(reason)) => {
                    answer = Start::Skipped(reason);
                    Ok(Conclusion::default())
                }
                Err(StepFailure::Retry(error)) => Err(error),
                Err(StepFailure::Reject(refusal)) => {
                    // Nobody reads the answer of a schedule's invocation: the owner is told by
                    // mail.
                    let entries = vec![
                        self.notifier
                            .of_refused_start(correlation_id, &refusal.reason),
                    ];
                    answer = Start::Refused(refusal);
                    Ok(Conclusion {
                        entries,
                        ..Conclusion::default()
                    })
                }
            }
        };
        let outcome = self
            .services
            .steps
            .run(&format!("start#{correlation_id}"), STEP_LIMIT, work.boxed())
            .await?;
        Ok(match outcome {
            Outcome::Processed => answer,
            Outcome::Duplicate => Start::Skipped("this command was handled before".to_owned()),
            Outcome::Refused => Start::Skipped("another run has this session".to_owned()),
        })
    }

    async fn open(
        &self,
        command: &TradeCommand,
        correlation_id: &CorrelationId,
        occurrence: Timestamp,
    ) -> Result<Opening<Conclusion>, StepFailure> {
        let services = &self.services;
        let configured = services.settings.alpaca.trading_mode;
        if let Some(expected) = command
            .trading_mode
            .as_deref()
            .filter(|expected| *expected != configured.as_str())
        {
            let reason = format!(
                "the command expects {expected} trading, this deployment trades {}",
                configured.as_str()
            );
            return Err(Refusal::new(reason).into());
        }
        let scope = services.settings.session_scope;
        let session =
            match session_of(&services.alpaca, occurrence, scope, services.clock.now()).await? {
                Opening::Opened(session) => session,
                Opening::Skipped(reason) => return Ok(Opening::Skipped(reason)),
            };
        let origin = Origin {
            correlation_id,
            causation_id: correlation_id.as_str(),
            at: services.now(),
        };
        let event = Event::caused(&origin, self.started(&session).into(), 0);
        Ok(Opening::Opened(Conclusion {
            entries: vec![services.steps.entry(&event)],
            changes: services.workflows.opening(correlation_id, &session),
            ..Conclusion::default()
        }))
    }

    /// Starts another run of a session whose buys lacked money that was still to come; false where
    /// the day is over.
    ///
    /// # Errors
    /// Whatever keeps it from being done now.
    pub async fn go_on(&self, leftover: &Leftover) -> Result<bool, StepError> {
        let services = &self.services;
        let correlation_id = leftover.correlation_id();
        let mut is_started = false;
        let work = async {
            let taking = services.workflows.taking(leftover);
            let now = services.now();
            let session = match session_of(
                &services.alpaca,
                now,
                services.settings.session_scope,
                now.get(),
            )
            .await
            {
                Ok(Opening::Opened(session)) => session,
                Ok(Opening::Skipped(reason)) => {
                    tracing::info!(reason, "what could not be bought stays in cash");
                    return Ok(Conclusion {
                        changes: vec![taking],
                        ..Conclusion::default()
                    });
                }
                Err(StepFailure::Retry(error)) => return Err(error),
                Err(StepFailure::Reject(refusal)) => {
                    tracing::warn!(reason = %refusal, "what could not be bought stays in cash");
                    return Ok(Conclusion {
                        changes: vec![taking],
                        ..Conclusion::default()
                    });
                }
            };
            is_started = true;
            let session = leftover.session(session);
            let origin = Origin {
                correlation_id: &correlation_id,
                causation_id: correlation_id.as_str(),
                at: now,
            };
            let event = Event::caused(&origin, self.started(&session).into(), 0);
            let mut changes = services.workflows.opening(&correlation_id, &session);
            changes.push(taking);
            Ok(Conclusion {
                entries: vec![services.steps.entry(&event)],
                changes,
                ..Conclusion::default()
            })
        };
        let outcome = services
            .steps
            .run(&format!("start#{correlation_id}"), STEP_LIMIT, work.boxed())
            .await?;
        Ok(is_started && outcome == Outcome::Processed)
    }

    fn started(&self, session: &Session) -> WorkflowStarted {
        let live = self.services.settings.alpaca.trading_mode == crate::config::TradingMode::Live;
        let configuration = json!({
            "live_trading": live,
            "session_date": session.date.to_string(),
            "valid_until": session.valid_until.to_string(),
        });
        WorkflowStarted {
            workflow_type: "trading".to_owned(),
            requested_by: "TradingSystem".to_owned(),
            configuration: configuration.as_object().cloned().unwrap_or_default(),
        }
    }

    /// Opens a workflow that somebody began by putting a WorkflowStarted event, under the same rule
    /// of one run a session; a workflow that is there already stays as it is.
    ///
    /// # Errors
    /// Whatever keeps it from being done now.
    pub async fn adopt(&self, event: &Event) -> Result<(), StepFailure> {
        let services = &self.services;
        let correlation_id = &event.header.correlation_id;
        if services.workflows.load(correlation_id).await?.is_some() {
            return Ok(());
        }
        let scope = services.settings.session_scope;
        match session_of(
            &services.alpaca,
            event.header.timestamp,
            scope,
            services.clock.now(),
        )
        .await?
        {
            Opening::Skipped(reason) => Err(Refusal::new(reason).into()),
            Opening::Opened(session) => {
                let opening = services.workflows.opening(correlation_id, &session);
                services
                    .workflows
                    .write(opening)
                    .await?
                    .then_some(())
                    .ok_or_else(|| Refusal::new("another run has this session").into())
            }
        }
    }
}
