//! The account's record: how far the plans that were carried out on it have come.
//!
//! A plan rests on a snapshot of the account. Whatever another plan did since makes that snapshot
//! wrong, and carrying it out would buy again what is there already. So the record counts: each
//! attempt that may place orders, and each conclusion, moves it on by one. A plan names the count
//! that its snapshot was taken at, and is bound in one transaction with the proof that nothing has
//! moved since.

use aws_sdk_dynamodb::types::{CancellationReason, TransactWriteItem, Update};

use super::record::Workflow;
use super::{OVERDUE_AFTER, Workflows, expiry, workflow_key};
use crate::error::StepError;
use crate::id::PlanId;
use crate::store::{CONDITION_FAILED, get_number, get_text, number, text};

/// What became of binding a session to a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binding {
    /// The plan may be carried out, and no attempt before this one can have placed an order of it.
    First,
    /// The plan may be carried out; an earlier attempt had begun, and its orders may be at the
    /// broker.
    Resumed,
    /// Another plan has moved the account since this one's snapshot. Nothing was done for this one.
    Overtaken,
    /// The same, but an earlier attempt had begun: its orders are to be wound up, and none is to be
    /// placed.
    Superseded,
    /// The session belongs to another plan, or the workflow has ended.
    Refused,
}

fn account_key(account: &str) -> String {
    format!("account#{account}")
}

impl Workflows {
    /// The count that a snapshot of the account taken now rests on. None while a plan is being
    /// carried out, or was left halfway: what it does next is not in the snapshot.
    ///
    /// # Errors
    /// [`StepError::StoreUnavailable`]
    pub async fn settled_sequence(&self, account: &str) -> Result<Option<i64>, StepError> {
        let Some(item) = self.item(account_key(account)).await? else {
            return Ok(Some(0));
        };
        let is_settled = get_text(&item, "plan_id") == get_text(&item, "concluded_plan_id");
        Ok(is_settled.then(|| get_number(&item, "sequence").unwrap_or(0)))
    }

    /// The count as it stands, for whoever holds the account's lease: nobody else carries out a
    /// plan then.
    ///
    /// # Errors
    /// [`StepError::StoreUnavailable`]
    pub async fn sequence(&self, account: &str) -> Result<i64, StepError> {
        Ok(self
            .item(account_key(account))
            .await?
            .and_then(|item| get_number(&item, "sequence"))
            .unwrap_or(0))
    }

    /// Binds the workflow's session to `plan_id` before the first order, and gives execution its
    /// time. `based_on` is the count that the plan's snapshot was taken at.
    ///
    /// # Errors
    /// [`StepError::StoreUnavailable`]
    pub async fn bind(
        &self,
        workflow: &Workflow,
        plan_id: &PlanId,
        based_on: Option<i64>,
    ) -> Result<Binding, StepError> {
        if workflow.plan_id.is_none() {
            // A plan that names no count was made while another was being carried out.
            let Some(based_on) = based_on else {
                return Ok(Binding::Overtaken);
            };
            match self
                .try_write(self.binding(workflow, plan_id, Some(based_on)))
                .await?
            {
                Written::All => return Ok(Binding::First),
                Written::None { failed } if failed == [2] => return Ok(Binding::Overtaken),
                Written::None { .. } => {}
            }
        }
        Ok(
            match self
                .try_write(self.binding(workflow, plan_id, None))
                .await?
            {
                Written::All => Binding::Resumed,
                Written::None { failed } if failed == [2] => Binding::Superseded,
                Written::None { .. } => Binding::Refused,
            },
        )
    }

    /// The writes of a first binding, on the count `first`, or of another attempt: to the session,
    /// the workflow, the account, in this order.
    fn binding(
        &self,
        workflow: &Workflow,
        plan_id: &PlanId,
        first: Option<i64>,
    ) -> Vec<TransactWriteItem> {
        let plan = text(plan_id.as_str());
        let unbound = if first.is_some() {
            "attribute_not_exists(plan_id)"
        } else {
            "plan_id = :plan"
        };
        let session = Update::builder()
            .key("record_key", text(workflow.session.key()))
            .update_expression("SET plan_id = :plan")
            .condition_expression(format!("correlation_id = :mine AND {unbound}"))
            .expression_attribute_values(":mine", text(workflow.correlation_id.as_str()));
        let own = Update::builder()
            .key("record_key", text(workflow_key(&workflow.correlation_id)))
            .update_expression("SET plan_id = :plan, deadline = :deadline")
            .condition_expression(format!("#state = :running AND {unbound}"))
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":running", text(super::State::Running.as_str()))
            .expression_attribute_values(
                ":deadline",
                number((self.clock.now() + OVERDUE_AFTER).timestamp_millis()),
            );
        let account = Update::builder()
            .key("record_key", text(account_key(&workflow.session.account)))
            .update_expression(
                "SET plan_id = :plan, kind = :kind, #sequence = if_not_exists(#sequence, :zero) + :one, expires_at = :expires",
            )
            .expression_attribute_names("#sequence", "sequence")
            .expression_attribute_values(":kind", text("account"))
            .expression_attribute_values(":zero", number(0))
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":expires", expiry(self.clock.now()));
        let account = match first {
            Some(0) => {
                account.condition_expression("attribute_not_exists(#sequence) OR #sequence = :zero")
            }
            Some(count) => account
                .condition_expression("#sequence = :based_on")
                .expression_attribute_values(":based_on", number(count)),
            None => account.condition_expression("plan_id = :plan"),
        };
        [session, own, account]
            .into_iter()
            .map(|update| {
                let update = update
                    .table_name(&self.table)
                    .expression_attribute_values(":plan", plan.clone());
                TransactWriteItem::builder()
                    .update(update.build().expect("all required members are set"))
                    .build()
            })
            .collect()
    }

    /// The write that moves the account on after `plan_id` was carried out, as far as it was.
    pub(super) fn concluding(&self, workflow: &Workflow, plan_id: &PlanId) -> TransactWriteItem {
        let update = Update::builder()
            .table_name(&self.table)
            .key("record_key", text(account_key(&workflow.session.account)))
            .update_expression(
                "SET concluded_plan_id = :plan, #sequence = if_not_exists(#sequence, :zero) + :one",
            )
            .expression_attribute_names("#sequence", "sequence")
            .expression_attribute_values(":plan", text(plan_id.as_str()))
            .expression_attribute_values(":zero", number(0))
            .expression_attribute_values(":one", number(1))
            .build()
            .expect("all required members are set");
        TransactWriteItem::builder().update(update).build()
    }
}

/// What became of a transaction.
pub(super) enum Written {
    /// All of it is written.
    All,
    /// None of it: the conditions of these parts, counted from 0, did not hold.
    None { failed: Vec<usize> },
}

impl Written {
    pub(super) fn refused(reasons: &[CancellationReason]) -> Self {
        let parts = reasons
            .iter()
            .enumerate()
            .filter(|(_, reason)| reason.code() == Some(CONDITION_FAILED));
        Self::None {
            failed: parts.map(|(part, _)| part).collect(),
        }
    }
}
