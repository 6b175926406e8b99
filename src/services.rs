//! What every handler needs, and the check that every acting handler makes first: may it act?

use std::sync::Arc;

use crate::alpaca::{Alpaca, AlpacaError};
use crate::clock::SharedClock;
use crate::config::Settings;
use crate::error::{Refusal, StepError, StepFailure};
use crate::event::{Body, Event, Origin, WorkflowFailed};
use crate::step::{Conclusion, Steps};
use crate::timestamp::Timestamp;
use crate::workflow::{Failure, State, Workflow, Workflows};

/// The parts of the system that handlers share.
#[derive(Clone)]
pub struct Services {
    /// Runs steps.
    pub steps: Steps,
    /// Records of workflows.
    pub workflows: Workflows,
    /// The broker.
    pub alpaca: Alpaca,
    /// The time.
    pub clock: SharedClock,
    /// The deployment's settings.
    pub settings: Arc<Settings>,
}

/// Whether a step may act on an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Admission {
    /// The step may act.
    Act(Workflow),
    /// The event is ignored: its workflow has ended or was never begun; why.
    Ignore(String),
    /// The session is over: the workflow fails without a trade.
    End(Workflow, Refusal),
}

/// What failed, for the event that tells it.
#[derive(Clone, Copy, Debug)]
pub struct FailedPart {
    /// `signal_generation`, ...
    pub workflow_type: &'static str,
    /// `signal_generation`, ...
    pub step: &'static str,
}

impl From<AlpacaError> for StepFailure {
    fn from(error: AlpacaError) -> Self {
        match error {
            AlpacaError::Refused { .. } => Refusal::new(format!("the broker {error}")).into(),
            _ => StepError::BrokerUnavailable(error.to_string()).into(),
        }
    }
}

impl Services {
    /// Now, as it goes on the wire.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        Timestamp::new(self.clock.now())
    }

    /// An event that `cause` leads to, in the same workflow.
    #[must_use]
    pub fn caused(&self, cause: &Event, body: impl Into<Body>) -> Event {
        let origin = Origin {
            correlation_id: &cause.header.correlation_id,
            causation_id: cause.header.event_id.as_str(),
            at: self.now(),
        };
        Event::caused(&origin, body.into(), 0)
    }

    /// Whether a step may act on `event`: its workflow must be running, and its session must not be
    /// over.
    ///
    /// # Errors
    /// [`StepError::StoreUnavailable`]
    pub async fn admit(&self, event: &Event) -> Result<Admission, StepError> {
        let correlation_id = &event.header.correlation_id;
        let Some(workflow) = self.workflows.load(correlation_id).await? else {
            return Ok(Admission::Ignore(format!(
                "there is no workflow {correlation_id}"
            )));
        };
        if workflow.state != State::Running {
            return Ok(Admission::Ignore(format!(
                "the workflow is {}",
                workflow.state.as_str()
            )));
        }
        // A plan that has begun is wound up even then: its orders are looked for, and none is
        // placed.
        if self.now() > workflow.session.valid_until && workflow.plan_id.is_none() {
            let reason = format!(
                "stale: the session of {} ended at {}",
                workflow.session.date, workflow.session.valid_until
            );
            return Ok(Admission::End(workflow, Refusal::new(reason)));
        }
        Ok(Admission::Act(workflow))
    }

    /// Does `work` for a running workflow and turns a refusal into the workflow's failure.
    ///
    /// # Errors
    /// What `work` or the store raises.
    pub async fn act<W>(
        &self,
        event: &Event,
        part: FailedPart,
        work: impl FnOnce(Workflow) -> W,
    ) -> Result<Conclusion, StepError>
    where
        W: Future<Output = Result<Conclusion, StepFailure>>,
    {
        match self.admit(event).await? {
            Admission::Ignore(reason) => {
                tracing::warn!(event_type = %event.detail_type(), reason, "event ignored");
                Ok(Conclusion::default())
            }
            Admission::End(workflow, refusal) => Ok(self.failure(&workflow, event, part, &refusal)),
            Admission::Act(workflow) => match work(workflow.clone()).await {
                Ok(conclusion) => Ok(conclusion),
                Err(StepFailure::Retry(error)) => Err(error),
                Err(StepFailure::Reject(refusal)) => {
                    Ok(self.failure(&workflow, event, part, &refusal))
                }
            },
        }
    }

    /// The workflow fails without an order of this step: one WorkflowFailed event, and the session
    /// is free.
    #[must_use]
    pub fn failure(
        &self,
        workflow: &Workflow,
        cause: &Event,
        part: FailedPart,
        refusal: &Refusal,
    ) -> Conclusion {
        tracing::error!(step = part.step, reason = %refusal, "workflow failed");
        let failed = self.caused(cause, workflow_failed(cause, part, refusal));
        Conclusion {
            entries: vec![self.steps.entry(&failed)],
            changes: self
                .workflows
                .failing(workflow, &Failure::of(workflow, &refusal.reason)),
            ..Conclusion::default()
        }
    }
}

/// The body of the event that tells of a failure.
#[must_use]
pub fn workflow_failed(cause: &Event, part: FailedPart, refusal: &Refusal) -> WorkflowFailed {
    let details = serde_json::json!({
        "original_event_type": cause.detail_type().as_str(),
        "original_event_id": cause.header.event_id.as_str(),
    });
    WorkflowFailed {
        workflow_type: part.workflow_type.to_owned(),
        failure_reason: refusal.reason.clone(),
        failure_step: part.step.to_owned(),
        error_details: details.as_object().cloned().unwrap_or_default(),
    }
}
