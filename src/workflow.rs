//! The durable record of one workflow: running, completed or failed (rules.md A5 to A8).
//!
//! The table also holds one record a session, which binds the run of an account and session to its
//! workflow and, at execution, to its plan; and one an account, which says how far the plans on it
//! have come. Acting steps change these records in the same transaction that records their events;
//! the functions named like `opening` give the writes for that transaction.

mod account;
mod leftover;
mod record;

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, Put, ReturnValue, TransactWriteItem, Update};
use chrono::{DateTime, TimeDelta, Utc};

use crate::bus::BusEntry;
use crate::clock::SharedClock;
use crate::error::StepError;
use crate::event::{DetailType, Event};
use crate::id::{CorrelationId, PlanId};
use crate::store::{
    Item, RECORD_LIFETIME_DAYS, cancellation_reasons, get_text, number, only_conditions_failed,
    ordered, text, unavailable,
};
use crate::visible::cut;

pub use self::account::Binding;
use self::account::Written;
pub use self::leftover::Leftover;
pub use self::record::{Session, State, Workflow};
use self::record::{notification, read};

/// A workflow, or a step of it, that takes longer than this is overdue.
pub const OVERDUE_AFTER: Duration = Duration::from_secs(30 * 60);
/// The index of the workflows whose mail is not confirmed, by their deadlines: only they have the
/// attribute `awaits`.
const AWAITING_MAIL: &str = "awaiting-mail";
/// How often the watchdog repeats a notification that nobody confirmed, before it sends the mail
/// itself.
pub const MAXIMUM_REMINDERS: i64 = 3;
/// How often the watchdog tries to send the mail itself: as often as one event is tried, so that the
/// event is given up, and an alarm tells of that.
pub const MAXIMUM_TRIES: i64 = 5;

/// The most characters of why a workflow failed: a record holds only so much.
const LONGEST_REASON: usize = 2_000;

/// The condition on a workflow that its steps may act for.
const RUNNING: &str = "#state = :running";

/// How a workflow fails, and what that was decided on.
#[derive(Clone, Copy, Debug)]
pub struct Failure<'a> {
    /// A sentence for the reader of the mail.
    pub reason: &'a str,
    /// Its TradeExecuted event, if it came to one.
    pub result: Option<&'a Event>,
    /// The plan that it was bound to when this was decided.
    pub plan_id: Option<&'a PlanId>,
    /// Whether another run may have the session: no order was placed.
    pub frees_session: bool,
    /// Whether it fails because nobody ended it by its deadline: then it must still be the same
    /// deadline.
    pub is_overdue: bool,
}

impl<'a> Failure<'a> {
    /// The failure of a workflow as it was read: before it was bound to a plan it frees its
    /// session.
    #[must_use]
    pub fn of(workflow: &'a Workflow, reason: &'a str) -> Self {
        let plan_id = workflow.plan_id.as_ref();
        Self {
            reason,
            result: None,
            plan_id,
            frees_session: plan_id.is_none(),
            is_overdue: false,
        }
    }
}

/// What the watchdog has to see to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Due {
    /// Workflows that nobody has ended, or whose mail nobody has confirmed.
    pub workflows: Vec<Workflow>,
    /// Sessions that could not buy all for want of money that was still to come.
    pub leftovers: Vec<Leftover>,
}

/// The table of workflow, session and account records.
#[derive(Clone, Debug)]
pub struct Workflows {
    client: Client,
    table: String,
    clock: SharedClock,
}

fn workflow_key(correlation_id: &CorrelationId) -> String {
    format!("workflow#{correlation_id}")
}

impl Workflows {
    /// Records in `table`.
    #[must_use]
    pub fn new(client: Client, table: &str, clock: SharedClock) -> Self {
        Self {
            client,
            table: table.to_owned(),
            clock,
        }
    }

    /// The workflow's record, if there is one.
    ///
    /// # Errors
    /// [`StepError::StoreUnavailable`], also for a record that cannot be read.
    pub async fn load(
        &self,
        correlation_id: &CorrelationId,
    ) -> Result<Option<Workflow>, StepError> {
        self.item(workflow_key(correlation_id))
            .await?
            .map(|item| read(&item))
            .transpose()
    }

    /// The writes that begin a workflow and take its session. They are refused where the workflow
    /// exists, or where the session belongs to another workflow that did not set it free.
    #[must_use]
    pub fn opening(
        &self,
        correlation_id: &CorrelationId,
        session: &Session,
    ) -> Vec<TransactWriteItem> {
        assert!(
            session.previous < session.date,
            "a decision rests on the session before"
        );
        let now = self.clock.now();
        let workflow = Put::builder()
            .table_name(&self.table)
            .item("record_key", text(workflow_key(correlation_id)))
            .item("kind", text("workflow"))
            .item("correlation_id", text(correlation_id.as_str()))
            .item("state", text(State::Running.as_str()))
            .item("account", text(&session.account))
            .item("session_date", text(session.date.to_string()))
            .item("previous_session", text(session.previous.to_string()))
            .item("occurrence", text(&session.occurrence))
            .item("valid_until", text(session.valid_until.to_string()))
            .item("started_at", number(now.timestamp_millis()))
            .item("deadline", number((now + OVERDUE_AFTER).timestamp_millis()))
            .item("awaits", text("mail"))
            .item("expires_at", expiry(now))
            .condition_expression("attribute_not_exists(record_key)")
            .build()
            .expect("all required members are set");
        let taken = Put::builder()
            .table_name(&self.table)
            .item("record_key", text(session.key()))
            .item("kind", text("session"))
            .item("correlation_id", text(correlation_id.as_str()))
            .item("state", text("taken"))
            .item("expires_at", expiry(now))
            .condition_expression(
                "attribute_not_exists(record_key) OR correlation_id = :mine OR #state = :free",
            )
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":mine", text(correlation_id.as_str()))
            .expression_attribute_values(":free", text("free"))
            .build()
            .expect("all required members are set");
        vec![
            TransactWriteItem::builder().put(workflow).build(),
            TransactWriteItem::builder().put(taken).build(),
        ]
    }

    /// The write that notes a step of a running workflow; refused where the workflow has ended.
    #[must_use]
    pub fn advancing(&self, correlation_id: &CorrelationId, step: &str) -> Vec<TransactWriteItem> {
        vec![self.update(
            correlation_id,
            "SET step = :step",
            Some(RUNNING),
            vec![(":step", text(step))],
        )]
    }

    /// The writes that complete a running workflow with its TradeExecuted event; `plan_id` is the
    /// plan that was carried out, if any.
    #[must_use]
    pub fn completing(
        &self,
        workflow: &Workflow,
        result: &Event,
        plan_id: Option<&PlanId>,
    ) -> Vec<TransactWriteItem> {
        assert_eq!(
            result.detail_type(),
            DetailType::TradeExecuted,
            "a workflow is completed by its result"
        );
        assert_eq!(
            result.header.correlation_id, workflow.correlation_id,
            "a result ends its own workflow"
        );
        let values = vec![
            (":final", text(State::Completed.as_str())),
            (":result", text(result.to_json())),
        ];
        let mut writes = vec![self.update(
            &workflow.correlation_id,
            "SET #state = :final, #result = :result",
            Some(RUNNING),
            values,
        )];
        writes.extend(plan_id.map(|plan_id| self.concluding(workflow, plan_id)));
        writes
    }

    /// The writes that fail a running workflow. They are refused where it is no more what the
    /// decision was made on: ended, or bound to another plan than `failure.plan_id`.
    #[must_use]
    pub fn failing(&self, workflow: &Workflow, failure: &Failure<'_>) -> Vec<TransactWriteItem> {
        assert!(
            failure
                .result
                .is_none_or(|result| result.header.correlation_id == workflow.correlation_id),
            "a result ends its own workflow"
        );
        assert!(
            !failure.is_overdue || failure.result.is_none(),
            "the watchdog ends what has no result"
        );
        let mut values = vec![
            (":final", text(State::Failed.as_str())),
            (":reason", text(cut(failure.reason, LONGEST_REASON))),
        ];
        let mut change = "SET #state = :final, failure_reason = :reason".to_owned();
        if let Some(event) = failure.result {
            change.push_str(", #result = :result");
            values.push((":result", text(event.to_json())));
        }
        let mut condition = RUNNING.to_owned();
        match failure.plan_id {
            Some(plan_id) => {
                condition.push_str(" AND plan_id = :plan");
                values.push((":plan", text(plan_id.as_str())));
            }
            None => condition.push_str(" AND attribute_not_exists(plan_id)"),
        }
        if failure.is_overdue {
            condition.push_str(" AND deadline = :seen");
            values.push((":seen", number(workflow.deadline.timestamp_millis())));
        }
        let mut writes =
            vec![self.update(&workflow.correlation_id, &change, Some(&condition), values)];
        if failure.frees_session {
            writes.push(self.freeing(workflow, failure.plan_id));
        }
        // A plan that the watchdog gives up was left halfway: the account stays unsettled.
        writes.extend(
            failure
                .plan_id
                .filter(|_| !failure.is_overdue)
                .map(|plan_id| self.concluding(workflow, plan_id)),
        );
        writes
    }

    /// Sets the session free, unless it was bound to another plan than the one that the decision
    /// was made on.
    fn freeing(&self, workflow: &Workflow, plan_id: Option<&PlanId>) -> TransactWriteItem {
        let bound = if plan_id.is_some() {
            "plan_id = :plan"
        } else {
            "attribute_not_exists(plan_id)"
        };
        let mut update = Update::builder()
            .table_name(&self.table)
            .key("record_key", text(workflow.session.key()))
            .update_expression("SET #state = :free")
            .condition_expression(format!("correlation_id = :mine AND {bound}"))
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":free", text("free"))
            .expression_attribute_values(":mine", text(workflow.correlation_id.as_str()));
        if let Some(plan_id) = plan_id {
            update = update.expression_attribute_values(":plan", text(plan_id.as_str()));
        }
        TransactWriteItem::builder()
            .update(update.build().expect("all required members are set"))
            .build()
    }

    /// The write that notes that the mail is out. A final state does not block a
    /// notification. Only for a workflow that has a record.
    #[must_use]
    pub fn notified(&self, correlation_id: &CorrelationId) -> Vec<TransactWriteItem> {
        let values = vec![(":at", number(self.clock.now().timestamp_millis()))];
        vec![self.update(
            correlation_id,
            "SET notified_at = :at REMOVE awaits",
            None,
            values,
        )]
    }

    /// Makes all of `writes` or none, and says which: false where one of their conditions does not
    /// hold.
    ///
    /// # Errors
    /// [`StepError::StoreUnavailable`]
    pub async fn write(&self, writes: Vec<TransactWriteItem>) -> Result<bool, StepError> {
        Ok(matches!(self.try_write(writes).await?, Written::All))
    }

    async fn try_write(&self, writes: Vec<TransactWriteItem>) -> Result<Written, StepError> {
        match self
            .client
            .transact_write_items()
            .set_transact_items(Some(writes))
            .send()
            .await
        {
            Ok(_) => Ok(Written::All),
            Err(error) => match error.as_service_error().map(cancellation_reasons) {
                Some(reasons) if only_conditions_failed(reasons) => Ok(Written::refused(reasons)),
                _ => Err(unavailable(&error)),
            },
        }
    }

    /// Makes `entry` the workflow's one notification, unless another was asked for before; gives
    /// the one that counts. Without a record there is nothing to compare with, and `entry` counts.
    ///
    /// # Errors
    /// [`StepError::StoreUnavailable`]
    pub async fn pin_notification(
        &self,
        correlation_id: &CorrelationId,
        entry: &BusEntry,
    ) -> Result<BusEntry, StepError> {
        let json =
            serde_json::to_string(entry).expect("an entry holds nothing that JSON cannot carry");
        let answer = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("record_key", text(workflow_key(correlation_id)))
            .update_expression("SET notification = if_not_exists(notification, :entry)")
            .condition_expression("attribute_exists(record_key)")
            .expression_attribute_values(":entry", text(json))
            .return_values(ReturnValue::AllNew)
            .send()
            .await;
        match answer {
            Ok(output) => {
                let pinned = notification(&ordered(output.attributes.unwrap_or_default()))?;
                Ok(pinned.unwrap_or_else(|| entry.clone()))
            }
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(|failure| failure.is_conditional_check_failed_exception()) =>
            {
                Ok(entry.clone())
            }
            Err(error) => Err(unavailable(&error)),
        }
    }

    /// Counts one more reminder, unless another round has counted since `workflow` was read.
    ///
    /// # Errors
    /// [`StepError::StoreUnavailable`]
    pub async fn remind(&self, workflow: &Workflow) -> Result<(), StepError> {
        self.count(workflow, self.clock.now() + OVERDUE_AFTER).await
    }

    /// Counts a mail that the watchdog could not send, as [`remind`](Self::remind) does. The workflow
    /// stays overdue: the next try of the same event is to find it.
    ///
    /// # Errors
    /// [`StepError::StoreUnavailable`]
    pub async fn count_unsent(&self, workflow: &Workflow) -> Result<(), StepError> {
        self.count(workflow, workflow.deadline).await
    }

    async fn count(&self, workflow: &Workflow, deadline: DateTime<Utc>) -> Result<(), StepError> {
        let deadline = number(deadline.timestamp_millis());
        let seen = if workflow.reminders == 0 {
            "attribute_not_exists(reminders)"
        } else {
            "reminders = :seen"
        };
        let values = vec![
            (":count", number(workflow.reminders + 1)),
            (":deadline", deadline),
        ];
        let mut update = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("record_key", text(workflow_key(&workflow.correlation_id)))
            .update_expression("SET reminders = :count, deadline = :deadline")
            .condition_expression(format!("attribute_exists(record_key) AND {seen}"));
        for (name, value) in values {
            update = update.expression_attribute_values(name, value);
        }
        if workflow.reminders != 0 {
            update = update.expression_attribute_values(":seen", number(workflow.reminders));
        }
        match update.send().await {
            Ok(_) => Ok(()),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(|failure| failure.is_conditional_check_failed_exception()) =>
            {
                Ok(())
            }
            Err(error) => Err(unavailable(&error)),
        }
    }

    /// The workflows whose deadline has passed and whose mail is not confirmed, in the order of
    /// their ids, and the sessions to be gone on with; all pages of the index are read. The index
    /// may lag behind the records, so each record is read itself.
    ///
    /// # Errors
    /// [`StepError::StoreUnavailable`]
    pub async fn overdue(&self) -> Result<Due, StepError> {
        let now = self.clock.now();
        let mut due = Due::default();
        let mut next = None;
        loop {
            let page = self
                .client
                .query()
                .table_name(&self.table)
                .index_name(AWAITING_MAIL)
                .key_condition_expression("awaits = :mail AND deadline < :now")
                .expression_attribute_values(":mail", text("mail"))
                .expression_attribute_values(":now", number(now.timestamp_millis()))
                .set_exclusive_start_key(next)
                .send()
                .await
                .map_err(|error| unavailable(&error))?;
            for key in page.items.unwrap_or_default() {
                self.take_due(
                    &mut due,
                    get_text(&ordered(key), "record_key").unwrap_or_default(),
                    now,
                )
                .await?;
            }
            next = page.last_evaluated_key;
            if next.is_none() {
                break;
            }
        }
        due.workflows
            .sort_by(|left, right| left.correlation_id.cmp(&right.correlation_id));
        Ok(due)
    }

    async fn take_due(
        &self,
        due: &mut Due,
        record_key: String,
        now: DateTime<Utc>,
    ) -> Result<(), StepError> {
        let Some(item) = self
            .item(record_key.clone())
            .await?
            .filter(|item| item.contains_key("awaits"))
        else {
            return Ok(());
        };
        if get_text(&item, "kind").as_deref() == Some("leftover") {
            due.leftovers.push(Leftover::read(&record_key, &item)?);
            return Ok(());
        }
        due.workflows
            .extend(Some(read(&item)?).filter(|workflow| workflow.deadline < now));
        Ok(())
    }

    async fn item(&self, record_key: String) -> Result<Option<Item>, StepError> {
        let request = self
            .client
            .get_item()
            .table_name(&self.table)
            .key("record_key", text(record_key))
            .consistent_read(true);
        let answer = request.send().await.map_err(|error| unavailable(&error))?;
        Ok(answer.item.map(ordered))
    }

    fn update(
        &self,
        correlation_id: &CorrelationId,
        change: &str,
        condition: Option<&str>,
        values: Vec<(&str, AttributeValue)>,
    ) -> TransactWriteItem {
        let mut update = Update::builder()
            .table_name(&self.table)
            .key("record_key", text(workflow_key(correlation_id)))
            .update_expression(change);
        if let Some(condition) = condition {
            update = update
                .condition_expression(condition)
                .expression_attribute_values(":running", text(State::Running.as_str()));
        }
        if condition.is_some() || change.contains("#state") {
            update = update.expression_attribute_names("#state", "state");
        }
        if change.contains("#result") {
            update = update.expression_attribute_names("#result", "result");
        }
        for (name, value) in values {
            update = update.expression_attribute_values(name, value);
        }
        TransactWriteItem::builder()
            .update(update.build().expect("all required members are set"))
            .build()
    }
}

fn expiry(now: DateTime<Utc>) -> AttributeValue {
    number((now + TimeDelta::days(RECORD_LIFETIME_DAYS)).timestamp())
}
