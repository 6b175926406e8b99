use serde_json::{Value, json};

use crate::alpaca::Order;
use crate::bus::BusEntry;
use crate::clock::CLOCKS_APART;
use crate::decimal::Money;
use crate::error::StepError;
use crate::event::{
    Body, Event, JsonObject, Origin, TradeExecuted, TradingNotificationRequested, WorkflowFailed,
};
use crate::execution::MAXIMUM_LEGS;
use crate::id::{ClientOrderId, CorrelationId, EventId, PlanId};
use crate::services::Services;
use crate::step::{Conclusion, IfRefused};
use crate::visible::cut;
use crate::workflow::{Failure, State, Workflow};

/// The most characters of a reason in a notification that is told in short.
const LONGEST_REASON: usize = 2_000;
/// The most bytes of what all events have in common: ids, names and a time.
const LONGEST_HEADER: usize = 2_000;

/// Asks for the one mail of a workflow. Whoever asks first decides its content; whoever asks later
/// publishes those very bytes again (rules.md A8).
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

    /// TradeExecuted or WorkflowFailed has come: the owner is to be told. A final state does not
    /// block this.
    ///
    /// # Errors
    /// [`StepError::StoreUnavailable`]
    pub async fn after(&self, event: &Event) -> Result<Conclusion, StepError> {
        let workflow = self
            .services
            .workflows
            .load(&event.header.correlation_id)
            .await?;
        let body = match (&event.body, &workflow) {
            // Its TradeExecuted event asks; two that ask at once would only get in each other's
            // way.
            (Body::WorkflowFailed(_), Some(workflow)) if workflow.result.is_some() => {
                return Ok(Conclusion::default());
            }
            (_, Some(workflow)) if workflow.result.is_some() || workflow.state == State::Failed => {
                self.notification_of(workflow).await
            }
            (Body::TradeExecuted(executed), _) => self.executed(executed, None),
            (Body::WorkflowFailed(failed), workflow) => {
                match workflow
                    .as_ref()
                    .and_then(|workflow| Some((workflow, workflow.plan_id.as_ref()?)))
                {
                    Some((workflow, plan)) => {
                        self.halfway(workflow, plan, &failed.failure_reason).await
                    }
                    None => self.failed(failed),
                }
            }
            _ => return Ok(Conclusion::default()),
        };
        let entry = self
            .pinned(
                &event.header.correlation_id,
                event.header.event_id.as_str(),
                self.fitting(body),
            )
            .await?;
        let changes = match (&event.body, &workflow) {
            (Body::WorkflowFailed(failed), Some(workflow)) if workflow.state == State::Running => {
                self.services
                    .workflows
                    .failing(workflow, &Failure::of(workflow, &failed.failure_reason))
            }
            _ => Vec::new(),
        };
        Ok(Conclusion {
            entries: vec![entry.clone()],
            changes,
            if_refused: IfRefused::Publish(vec![entry]),
        })
    }

    /// The notification of a workflow that has ended, from its record alone.
    ///
    /// # Errors
    /// [`StepError::StoreUnavailable`]
    pub async fn of_record(&self, workflow: &Workflow) -> Result<BusEntry, StepError> {
        match &workflow.notification {
            Some(entry) => Ok(entry.clone()),
            None => {
                let body = self.notification_of(workflow).await;
                self.pinned(
                    &workflow.correlation_id,
                    workflow.correlation_id.as_str(),
                    body,
                )
                .await
            }
        }
    }

    /// The notification of a start that was refused, which leaves no record.
    #[must_use]
    pub fn of_refused_start(&self, correlation_id: &CorrelationId, reason: &str) -> BusEntry {
        let origin = Origin {
            correlation_id,
            causation_id: correlation_id.as_str(),
            at: self.services.now(),
        };
        let body = self.without_result(&format!("no run was started: {reason}"), &[]);
        self.services.steps.entry(&Event::with_id(
            &origin,
            body.into(),
            EventId::notification_of(correlation_id),
        ))
    }

    async fn pinned(
        &self,
        correlation_id: &CorrelationId,
        cause: &str,
        body: TradingNotificationRequested,
    ) -> Result<BusEntry, StepError> {
        let origin = Origin {
            correlation_id,
            causation_id: cause,
            at: self.services.now(),
        };
        let event = Event::with_id(
            &origin,
            body.into(),
            EventId::notification_of(correlation_id),
        );
        self.services
            .workflows
            .pin_notification(correlation_id, &self.services.steps.entry(&event))
            .await
    }

    /// `body`, told in short where all of it is more than an event holds: pinned, it could never be
    /// published, and the workflow would have no mail.
    fn fitting(&self, body: TradingNotificationRequested) -> TradingNotificationRequested {
        let length = serde_json::to_string(&body).map_or(usize::MAX, |json| json.len());
        let most = self
            .services
            .settings
            .event_bus
            .max_payload_size_bytes
            .saturating_sub(LONGEST_HEADER);
        if length > most { in_short(body) } else { body }
    }

    /// What is told of a workflow that has ended, or is to end.
    async fn notification_of(&self, workflow: &Workflow) -> TradingNotificationRequested {
        self.fitting(self.all_of(workflow).await)
    }

    /// The record is the truth: a failed workflow never sends a success mail, whichever event came
    /// first.
    async fn all_of(&self, workflow: &Workflow) -> TradingNotificationRequested {
        let result = workflow
            .result
            .as_deref()
            .and_then(|json| serde_json::from_str::<Value>(json).ok());
        let event = result.and_then(|detail| Event::parse("TradeExecuted", &detail).ok());
        if let Some(Body::TradeExecuted(executed)) = event.map(|event| event.body) {
            return self.executed(&executed, workflow.failure_reason.as_deref());
        }
        let reason = workflow
            .failure_reason
            .as_deref()
            .unwrap_or("Unknown error");
        match &workflow.plan_id {
            None => self.without_result(reason, &[]),
            Some(plan) => self.halfway(workflow, plan, reason).await,
        }
    }

    /// What can be told of a workflow that had begun to carry out a plan and came to no result:
    /// what the broker says each of its orders came to, or, where the broker says nothing, that
    /// there may be some.
    async fn halfway(
        &self,
        workflow: &Workflow,
        plan: &PlanId,
        reason: &str,
    ) -> TradingNotificationRequested {
        let mut body = match self
            .services
            .alpaca
            .all_orders_since(workflow.started_at - CLOCKS_APART)
            .await
        {
            Ok(orders) => {
                let is_own = |order: &Order| {
                    ClientOrderId::is_of_plan(
                        &order.client_order_id,
                        plan,
                        &order.symbol,
                        order.side.as_str(),
                        MAXIMUM_LEGS,
                    )
                };
                let own: Vec<Order> = orders.into_iter().filter(is_own).collect();
                self.with_orders(reason, plan, &own)
            }
            Err(error) => {
                tracing::warn!(%error, %plan, "the broker does not tell what the orders of a plan came to");
                self.without_result(
                    &format!("{reason}; orders of {plan} may have been placed: look at the broker"),
                    &[],
                )
            }
        };
        body.execution_data
            .insert("orders_unknown".to_owned(), Value::Bool(true));
        body
    }

    fn with_orders(
        &self,
        reason: &str,
        plan: &PlanId,
        orders: &[Order],
    ) -> TradingNotificationRequested {
        let told = if orders.is_empty() {
            format!(
                "{reason}; the broker shows no order of {plan}, but one may have been placed: look at the broker"
            )
        } else {
            format!(
                "{reason}; orders of {plan} may have been placed: look at the broker, which shows those below"
            )
        };
        let mut body = self.without_result(&told, &[]);
        let row = |order: &Order| {
            json!({
                "symbol": order.symbol,
                "action": order.side.as_str().to_uppercase(),
                "shares": order.filled_qty.normalize().to_string(),
                "status": format!("{}, {} of {} shares filled", order.status.as_str(), order.filled_qty.normalize(), order.qty.normalize()),
            })
        };
        body.execution_data
            .insert("orders".to_owned(), orders.iter().map(row).collect());
        body
    }

    fn executed(
        &self,
        executed: &TradeExecuted,
        failure: Option<&str>,
    ) -> TradingNotificationRequested {
        let total = executed
            .execution_data
            .get("total_trade_value")
            .and_then(Value::as_str);
        let mut data = executed.execution_data.clone();
        data.insert("failed_symbols".to_owned(), json!(executed.failed_symbols));
        let success = executed.success && failure.is_none();
        let reason = executed
            .failure_reason
            .as_deref()
            .or(failure)
            .unwrap_or("Unknown error");
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

    fn failed(&self, failed: &WorkflowFailed) -> TradingNotificationRequested {
        let symbols: Vec<Value> = failed
            .error_details
            .get("failed_symbols")
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default();
        self.without_result(&failed.failure_reason, &symbols)
    }

    /// What can be told of a workflow that has no result.
    fn without_result(
        &self,
        reason: &str,
        failed_symbols: &[Value],
    ) -> TradingNotificationRequested {
        let mut data = JsonObject::new();
        data.insert(
            "failed_symbols".to_owned(),
            Value::Array(failed_symbols.to_vec()),
        );
        TradingNotificationRequested {
            trading_success: false,
            trading_mode: self.mode(),
            orders_placed: 0,
            orders_succeeded: 0,
            total_trade_value: Money::default(),
            execution_data: data,
            error_message: Some(reason.to_owned()),
            error_code: None,
            recipient_override: None,
        }
    }

    fn mode(&self) -> String {
        self.services
            .settings
            .alpaca
            .trading_mode
            .upper()
            .to_owned()
    }
}

/// What is told where all of it is more than an event holds.
fn in_short(body: TradingNotificationRequested) -> TradingNotificationRequested {
    let note = json!([{ "text": "the details are too long for a mail: look at the workflow's log lines and at the broker" }]);
    let mut data = JsonObject::from_iter([("notes".to_owned(), note)]);
    data.extend(
        body.execution_data
            .get("orders_unknown")
            .map(|unknown| ("orders_unknown".to_owned(), unknown.clone())),
    );
    TradingNotificationRequested {
        execution_data: data,
        error_message: body
            .error_message
            .map(|reason| cut(&reason, LONGEST_REASON)),
        ..body
    }
}
