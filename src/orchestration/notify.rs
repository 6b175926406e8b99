use serde_json::{Value, json};

use crate::bus::BusEntry;
use crate::decimal::Money;
use crate::error::StepError;
use crate::event::{Body, Event, JsonObject, Origin, TradeExecuted, TradingNotificationRequested, WorkflowFailed};
use crate::id::{CorrelationId, EventId, PlanId};
use crate::services::Services;
use crate::step::Conclusion;
use crate::workflow::{State, Workflow};

/// Asks for the one mail of a workflow. Whoever asks first decides its content; whoever asks later publishes
/// those very bytes again (rule 8).
#[derive(Clone)]
pub struct Notifier {
    services: Services,
}

impl Notifier {
    /// A notifier over `services`.
    #[must_use]
    pub fn new(services: Services) -> Self {
        Self { services }
    }

    /// TradeExecuted or WorkflowFailed has come: the owner is to be told. A final state does not block this.
    ///
    /// # Errors
    /// [`StepError::StoreUnavailable`]
    pub async fn after(&self, event: &Event) -> Result<Conclusion, StepError> {
        let workflow = self.services.workflows.load(&event.header.correlation_id).await?;
        let body = match (&event.body, &workflow) {
            // Its TradeExecuted event asks; two that ask at once would only get in each other's way.
            (Body::WorkflowFailed(_), Some(workflow)) if workflow.result.is_some() => return Ok(Conclusion::default()),
            (_, Some(workflow)) if workflow.result.is_some() || workflow.state == State::Failed => self.notification_of(workflow),
            (Body::TradeExecuted(executed), _) => self.executed(executed, None),
            (Body::WorkflowFailed(failed), workflow) => {
                self.failed(failed, workflow.as_ref().and_then(|workflow| workflow.plan_id.as_ref()))
            }
            _ => return Ok(Conclusion::default()),
        };
        let entry = self.pinned(&event.header.correlation_id, event.header.event_id.as_str(), body).await?;
        let changes = match (&event.body, &workflow) {
            (Body::WorkflowFailed(failed), Some(workflow)) if workflow.state == State::Running => {
                self.services.workflows.failing(workflow, &failed.failure_reason, None, workflow.plan_id.is_none())
            }
            _ => Vec::new(),
        };
        Ok(Conclusion { entries: vec![entry.clone()], changes, entries_if_refused: vec![entry] })
    }

    /// The notification of a workflow that has ended, from its record alone.
    ///
    /// # Errors
    /// [`StepError::StoreUnavailable`]
    pub async fn of_record(&self, workflow: &Workflow) -> Result<BusEntry, StepError> {
        match &workflow.notification {
            Some(entry) => Ok(entry.clone()),
            None => self.pinned(&workflow.correlation_id, workflow.correlation_id.as_str(), self.notification_of(workflow)).await,
        }
    }

    /// The notification of a start that was refused, which leaves no record.
    #[must_use]
    pub fn of_refused_start(&self, correlation_id: &CorrelationId, reason: &str) -> BusEntry {
        let origin = Origin { correlation_id, causation_id: correlation_id.as_str(), at: self.services.now() };
        let body = self.without_result(&format!("no run was started: {reason}"), None, &[]);
        self.services.steps.entry(&Event::with_id(&origin, body.into(), EventId::notification_of(correlation_id)))
    }

    async fn pinned(&self, correlation_id: &CorrelationId, cause: &str, body: TradingNotificationRequested) -> Result<BusEntry, StepError> {
        let origin = Origin { correlation_id, causation_id: cause, at: self.services.now() };
        let event = Event::with_id(&origin, body.into(), EventId::notification_of(correlation_id));
        self.services.workflows.pin_notification(correlation_id, &self.services.steps.entry(&event)).await
    }

    /// The record is the truth: a failed workflow never sends a success mail, whichever event came first.
    fn notification_of(&self, workflow: &Workflow) -> TradingNotificationRequested {
        let result = workflow.result.as_deref().and_then(|json| serde_json::from_str::<Value>(json).ok());
        let event = result.and_then(|detail| Event::parse("TradeExecuted", &detail).ok());
        match event.map(|event| event.body) {
            Some(Body::TradeExecuted(executed)) => self.executed(&executed, workflow.failure_reason.as_deref()),
            _ => self.without_result(workflow.failure_reason.as_deref().unwrap_or("Unknown error"), workflow.plan_id.as_ref(), &[]),
        }
    }

    fn executed(&self, executed: &TradeExecuted, failure: Option<&str>) -> TradingNotificationRequested {
        let total = executed.execution_data.get("total_trade_value").and_then(Value::as_str);
        let mut data = executed.execution_data.clone();
        data.insert("failed_symbols".to_owned(), json!(executed.failed_symbols));
        let success = executed.success && failure.is_none();
        let reason = executed.failure_reason.as_deref().or(failure).unwrap_or("Unknown error");
        TradingNotificationRequested {
            trading_success: success,
            trading_mode: self.mode(),
            orders_placed: executed.orders_placed,
            orders_succeeded: executed.orders_succeeded,
            total_trade_value: total.and_then(|text| text.parse().ok()).unwrap_or_default(),
            execution_data: data,
            error_message: (!success).then(|| reason.to_owned()),
            error_code: None,
            recipient_override: None,
        }
    }

    fn failed(&self, failed: &WorkflowFailed, plan: Option<&PlanId>) -> TradingNotificationRequested {
        let symbols: Vec<Value> = failed.error_details.get("failed_symbols").and_then(Value::as_array).cloned().unwrap_or_default();
        self.without_result(&failed.failure_reason, plan, &symbols)
    }

    /// What can be told of a workflow that has no result. One that had begun to carry out a plan may have placed orders.
    fn without_result(&self, reason: &str, plan: Option<&PlanId>, failed_symbols: &[Value]) -> TradingNotificationRequested {
        let mut data = JsonObject::new();
        data.insert("failed_symbols".to_owned(), Value::Array(failed_symbols.to_vec()));
        let mut reason = reason.to_owned();
        if let Some(plan) = plan {
            data.insert("orders_unknown".to_owned(), Value::Bool(true));
            reason.push_str(&format!("; orders of {plan} may have been placed: look at the broker"));
        }
        TradingNotificationRequested {
            trading_success: false,
            trading_mode: self.mode(),
            orders_placed: 0,
            orders_succeeded: 0,
            total_trade_value: Money::default(),
            execution_data: data,
            error_message: Some(reason),
            error_code: None,
            recipient_override: None,
        }
    }

    fn mode(&self) -> String {
        self.services.settings.alpaca.trading_mode.upper().to_owned()
    }
}
