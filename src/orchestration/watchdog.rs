use futures::FutureExt;
use serde_json::Value;

use super::{Notifier, Starter};
use crate::error::StepError;
use crate::event::{Event, Origin, WorkflowFailed};
use crate::notification::NotificationService;
use crate::services::Services;
use crate::step::{Conclusion, IfRefused, Outcome, STEP_LIMIT};
use crate::timestamp::Timestamp;
use crate::workflow::{Failure, MAXIMUM_REMINDERS, MAXIMUM_TRIES, State, Workflow};

/// Ends workflows that nobody else will end, so that every workflow ends and is told of (rules.md
/// A5):
/// those whose event was dead-lettered, and those whose event no rule matched. Starts what a
/// session could not buy for want of money once more.
#[derive(Clone)]
pub struct Watchdog {
    services: Services,
    notifier: Notifier,
    starter: Starter,
    notification: NotificationService,
}

/// What one round of the watchdog did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Round {
    /// Workflows failed because they were overdue.
    pub ended: usize,
    /// Notifications asked for again.
    pub reminded: usize,
}

impl Watchdog {
    /// A watchdog over `services`, which sends through `notification` what nobody else sends.
    #[must_use]
    pub fn new(services: Services, notification: NotificationService) -> Self {
        Self {
            notifier: Notifier::new(services.clone()),
            starter: Starter::new(services.clone()),
            notification,
            services,
        }
    }

    /// Makes one round over all overdue workflows, and goes on with one session. One that cannot be
    /// seen to does not keep the others waiting.
    ///
    /// # Errors
    /// The first error met; what could be done is done.
    pub async fn round(&self) -> Result<Round, StepError> {
        let mut round = Round::default();
        let mut first_error = None;
        let due = self.services.workflows.overdue().await?;
        for workflow in &due.workflows {
            if let Err(error) = self.see_to(workflow, &mut round).await {
                tracing::error!(correlation_id = %workflow.correlation_id, %error, "the watchdog could not see to a workflow");
                first_error.get_or_insert(error);
            }
        }
        for leftover in &due.leftovers {
            match self.starter.go_on(leftover).await {
                Ok(is_started) => {
                    tracing::info!(root = %leftover.root, round = leftover.round, is_started, "a session is gone on with");
                    // Where the bus is in memory, it is carried out within this invocation, which has
                    // time for one.
                    if is_started {
                        break;
                    }
                }
                Err(error) => {
                    tracing::error!(root = %leftover.root, %error, "the watchdog could not go on with a session");
                    first_error.get_or_insert(error);
                }
            }
        }
        first_error.map_or(Ok(round), Err)
    }

    /// Ends a workflow that runs, or publishes what an earlier round recorded when it did, or
    /// repeats the notification, and in the end sends the mail itself. One that has gone on since it was read is left alone.
    async fn see_to(&self, workflow: &Workflow, round: &mut Round) -> Result<(), StepError> {
        let outcome = if workflow.state == State::Completed {
            None
        } else {
            Some(self.end(workflow).await?)
        };
        match outcome {
            Some(Outcome::Processed) => round.ended += 1,
            Some(Outcome::Refused) if workflow.state == State::Running => {
                tracing::info!(correlation_id = %workflow.correlation_id, "the workflow has gone on meanwhile");
            }
            _ if workflow.reminders < MAXIMUM_REMINDERS => {
                self.remind(workflow).await?;
                round.reminded += 1;
            }
            _ if workflow.reminders < MAXIMUM_REMINDERS + MAXIMUM_TRIES => {
                self.notify(workflow).await?;
            }
            _ => {}
        }
        Ok(())
    }

    async fn end(&self, workflow: &Workflow) -> Result<Outcome, StepError> {
        let key = format!("watchdog#{}", workflow.correlation_id);
        let work = async {
            let reason = format!(
                "the workflow was overdue: no result by {}",
                Timestamp::new(workflow.deadline)
            );
            let origin = Origin {
                correlation_id: &workflow.correlation_id,
                causation_id: workflow.correlation_id.as_str(),
                at: self.services.now(),
            };
            let failed = WorkflowFailed {
                workflow_type: "trading".to_owned(),
                failure_reason: reason.clone(),
                failure_step: "watchdog".to_owned(),
                error_details: Default::default(),
            };
            let event = Event::caused(&origin, failed.into(), 0);
            Ok(Conclusion {
                entries: vec![self.services.steps.entry(&event)],
                changes: self.services.workflows.failing(
                    workflow,
                    &Failure {
                        is_overdue: true,
                        ..Failure::of(workflow, &reason)
                    },
                ),
                // It has gone on since it was read: whoever finds it overdue again decides again.
                if_refused: IfRefused::Forget,
            })
        };
        let outcome = self
            .services
            .steps
            .run(&key, STEP_LIMIT, work.boxed())
            .await?;
        if outcome == Outcome::Processed
            && let Some(ended) = self
                .services
                .workflows
                .load(&workflow.correlation_id)
                .await?
        {
            let reason = ended.failure_reason.as_deref();
            tracing::error!(correlation_id = %workflow.correlation_id, reason, "workflow ended by the watchdog");
            // Not left to the rule for WorkflowFailed alone: it may be the very rule that is
            // missing.
            self.remind(&ended).await?;
        }
        Ok(outcome)
    }

    /// Sends the mail that no reminder has brought about: the rule for it may be off or missing, and
    /// no alarm tells of what no rule matches.
    ///
    /// # Errors
    /// Also where the mail server does not take it, or nobody would be told that there is no mail:
    /// so this event is given up.
    async fn notify(&self, workflow: &Workflow) -> Result<(), StepError> {
        let entry = self.notifier.of_record(workflow).await?;
        let event = Event::parse(&entry.detail_type, &Value::String(entry.detail))?;
        let step = event.detail_type().step().unwrap_or_default();
        let key = format!("{step}#{}", event.header.event_id);
        let work = self.notification.work(&event).boxed();
        match self.services.steps.run(&key, STEP_LIMIT, work).await {
            Err(error @ StepError::MailNotDelivered(_)) => {
                self.services.workflows.count_unsent(workflow).await?;
                Err(error)
            }
            outcome => {
                outcome?;
                self.services.workflows.remind(workflow).await
            }
        }
    }

    async fn remind(&self, workflow: &Workflow) -> Result<(), StepError> {
        let entry = self.notifier.of_record(workflow).await?;
        // Counted after it is published: what the bus did not take is no reminder.
        self.services.steps.publish(&entry).await?;
        self.services.workflows.remind(workflow).await
    }
}
