use std::time::Duration;

use futures::FutureExt;
use tokio::time::Instant;

use super::context::ExecutionContext;
use super::outcome::{Execution, PART};
use super::ticket::Ticket;
use crate::error::{Refusal, StepError, StepFailure};
use crate::event::{Action, Body, Event, RebalancePlan, RebalancePlanned};
use crate::id::PlanId;
use crate::idempotency::Claim;
use crate::portfolio::PortfolioAnalysis;
use crate::services::Services;
use crate::step::Conclusion;
use crate::workflow::{Binding, Workflow};

/// How long execution may take: less than the function's 900 s, so that it ends by its own hand.
pub const LIMIT: Duration = Duration::from_secs(840);

/// RebalancePlanned → TradeExecuted, and WorkflowCompleted or WorkflowFailed. A plan that another
/// one has overtaken is made anew: RebalancePlanned → RebalancePlanned.
#[derive(Clone)]
pub struct TradingExecution {
    services: Services,
    portfolio: PortfolioAnalysis,
}

/// The result of a plan.
enum Traded {
    /// It was carried out, as far as that was possible.
    Done(Vec<Ticket>, Binding),
    /// Its snapshot of the account is out of date; this plan takes its place.
    Anew(Box<RebalancePlanned>),
}

impl TradingExecution {
    /// A handler over `services`.
    #[must_use]
    pub fn new(services: Services) -> Self {
        Self {
            portfolio: PortfolioAnalysis::new(services.clone()),
            services,
        }
    }

    /// The work of the step.
    ///
    /// # Errors
    /// Whatever keeps it from being done now; another attempt resumes by asking the broker.
    pub async fn work(&self, event: &Event) -> Result<Conclusion, StepError> {
        let Body::RebalancePlanned(planned) = &event.body else {
            return Ok(Conclusion::default());
        };
        self.services
            .act(event, PART, |workflow| {
                self.execute(event, planned, workflow)
            })
            .await
    }

    async fn execute(
        &self,
        event: &Event,
        planned: &RebalancePlanned,
        workflow: Workflow,
    ) -> Result<Conclusion, StepFailure> {
        let began = Instant::now();
        let plan = &planned.rebalance_plan;
        let session = metadata(plan, "session_date").unwrap_or_default();
        if session != workflow.session.date.to_string() {
            return Err(Refusal::new(format!(
                "the plan is for session {session:?}, the workflow's is {}",
                workflow.session.date
            ))
            .into());
        }
        let execution = Execution {
            services: &self.services,
            event,
            plan,
            workflow: &workflow,
        };
        // A plan that was made in the middle of another one's orders may have seen too much or too
        // little, also to do nothing.
        if based_on(plan).is_some() && plan.items.iter().all(|item| item.action == Action::Hold) {
            return Ok(execution.conclude(&[], None));
        }
        let Claim::Work(lease) = self
            .services
            .steps
            .claims()
            .claim(&format!("account#{}", workflow.session.account))
            .await?
        else {
            return Err(
                StepError::StoreUnavailable("the account's lease holds a step".to_owned()).into(),
            );
        };
        let work = self.trade(event, plan, &workflow, began).boxed();
        let traded = self
            .services
            .steps
            .claims()
            .hold(&[&lease], work)
            .await
            .map_err(StepFailure::from);
        let released = self.services.steps.claims().release(&lease).await;
        let traded = traded??;
        released?;
        Ok(match traded {
            Traded::Done(tickets, binding) => execution.conclude(&tickets, Some(binding)),
            Traded::Anew(planned) => Conclusion {
                entries: vec![
                    self.services
                        .steps
                        .entry(&self.services.caused(event, *planned)),
                ],
                changes: self
                    .services
                    .workflows
                    .advancing(&workflow.correlation_id, "rebalance_planned"),
                ..Conclusion::default()
            },
        })
    }

    /// Carries the plan out, unless another one has been carried out since its snapshot. Where the
    /// session is over, an earlier attempt's orders are wound up, and none is placed.
    async fn trade(
        &self,
        event: &Event,
        plan: &RebalancePlan,
        workflow: &Workflow,
        began: Instant,
    ) -> Result<Traded, StepFailure> {
        let workflows = &self.services.workflows;
        let binding = workflows
            .bind(workflow, &PlanId::new(plan.plan_id.clone()), based_on(plan))
            .await?;
        match binding {
            Binding::First | Binding::Resumed | Binding::Superseded => {
                let context = ExecutionContext::open(
                    &self.services,
                    plan,
                    workflow.session.valid_until,
                    binding,
                )
                .await?;
                Ok(Traded::Done(context.trade(began).await?, binding))
            }
            Binding::Overtaken => {
                tracing::warn!(
                    plan_id = plan.plan_id,
                    "the account has moved since the plan was made, planning anew"
                );
                // Under the account's lease nobody else carries out a plan: the count holds for the
                // new snapshot.
                let sequence = workflows.sequence(&workflow.session.account).await?;
                self.portfolio
                    .replan(event, plan, workflow, sequence)
                    .await
                    .map(|planned| Traded::Anew(Box::new(planned)))
            }
            Binding::Refused => Err(Refusal::new("the session is bound to another plan").into()),
        }
    }
}

/// The count of the account that the plan's snapshot was taken at; none where another plan was
/// under way.
fn based_on(plan: &RebalancePlan) -> Option<i64> {
    plan.metadata.as_ref()?.get("account_sequence")?.as_i64()
}

fn metadata<'a>(plan: &'a RebalancePlan, name: &str) -> Option<&'a str> {
    plan.metadata.as_ref()?.get(name)?.as_str()
}
