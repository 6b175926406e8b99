//! Claims: a step is done once, however often its event comes (rules.md A3).
//!
//! A claim is a *lease*, owned by a fresh token of one attempt. It lasts 45 s, less than the 60 s
//! after which Lambda retries, so that a retry after a crash can take over; it is renewed while the
//! work lasts by the very future that does the work. A takeover raises the fence; an older holder
//! can no longer renew, record or complete. The events of a step are recorded in its claim, in one
//! transaction with the workflow record's change, before they are published.

use std::collections::BTreeSet;
use std::future::Future;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    AttributeValue, CancellationReason, ReturnValue, ReturnValuesOnConditionCheckFailure,
    TransactWriteItem, Update,
};
use tokio::pin;

use crate::bus::BusEntry;
use crate::clock::SharedClock;
use crate::error::StepError;
use crate::id::{AttemptToken, SharedTokens};
use crate::store::{
    CONDITION_FAILED, Item, RECORD_LIFETIME_DAYS, cancellation_reasons, get_number, get_text,
    number, only_conditions_failed, ordered, text, unavailable,
};

/// How long a lease lasts.
pub const LEASE: Duration = Duration::from_secs(45);
/// How often it is renewed while the work lasts.
const RENEWAL: Duration = Duration::from_secs(15);

/// A retry after a crash must find the lease ended.
const LAMBDA_RETRIES_AFTER: Duration = Duration::from_secs(60);
const _: () = assert!(LEASE.as_secs() < LAMBDA_RETRIES_AFTER.as_secs());
// One renewal may fail, and the next one still comes in time.
const _: () = assert!(2 * RENEWAL.as_secs() < LEASE.as_secs());
/// The most parts of a transaction (Amazon DynamoDB, TransactWriteItems).
const PARTS_MAX: usize = 100;

const CLAIMED: &str = "claimed";
const RECORDED: &str = "recorded";
const COMPLETED: &str = "completed";

/// The table of claims.
#[derive(Clone, Debug)]
pub struct Claims {
    client: Client,
    table: String,
    clock: SharedClock,
    tokens: SharedTokens,
}

/// The right to work on a step, for as long as it is renewed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    key: String,
    owner: AttemptToken,
    fence: i64,
}

impl Lease {
    /// The key of the claim.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }
}

/// The result of claiming a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// The step is not done: do its work.
    Work(Lease),
    /// The work is done and its events are recorded: publish them, again if need be.
    Publish(Lease, Vec<BusEntry>),
    /// The step is complete.
    Done,
}

/// The result of recording a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// The events and the change are written.
    Written,
    /// The change's condition does not hold; nothing is written.
    Refused,
}

impl Claims {
    /// Claims in `table`.
    #[must_use]
    pub fn new(client: Client, table: &str, clock: SharedClock, tokens: SharedTokens) -> Self {
        Self {
            client,
            table: table.to_owned(),
            clock,
            tokens,
        }
    }

    /// Claims `key`, or says why there is nothing to do.
    ///
    /// # Errors
    /// [`StepError::InProgress`] while another attempt's lease lasts;
    /// [`StepError::StoreUnavailable`].
    pub async fn claim(&self, key: &str) -> Result<Claim, StepError> {
        assert!(
            key.contains('#'),
            "a claim's key names the consumer and the cause"
        );
        let owner = self.tokens.fresh();
        let now = self.now_ms();
        let answer = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("claim_key", text(key))
            .update_expression(
                "SET #owner = :owner, lease_until = :until, fence = if_not_exists(fence, :zero) + :one, \
                 #state = if_not_exists(#state, :claimed), expires_at = if_not_exists(expires_at, :expires)",
            )
            .condition_expression("attribute_not_exists(claim_key) OR (#state <> :completed AND lease_until < :now)")
            .expression_attribute_names("#owner", "owner")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":owner", text(&owner.0))
            .expression_attribute_values(":until", number(now + lease_ms()))
            .expression_attribute_values(":now", number(now))
            .expression_attribute_values(":zero", number(0))
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":claimed", text(CLAIMED))
            .expression_attribute_values(":completed", text(COMPLETED))
            .expression_attribute_values(":expires", number(now / 1000 + RECORD_LIFETIME_DAYS * 86_400))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        match answer {
            Ok(output) => claimed(key, owner, &ordered(output.attributes.unwrap_or_default())),
            Err(error) => match error.as_service_error() {
                Some(failure) if failure.is_conditional_check_failed_exception() => {
                    self.not_claimed(key, owner, now, &ordered(condition_item(failure)))
                }
                _ => Err(unavailable(&error)),
            },
        }
    }

    /// A failed condition returns the old item: one's own token there means that the write had
    /// succeeded and the SDK had only repeated it.
    fn not_claimed(
        &self,
        key: &str,
        owner: AttemptToken,
        now: i64,
        old: &Item,
    ) -> Result<Claim, StepError> {
        if get_text(old, "owner").as_deref() == Some(owner.0.as_str()) {
            return claimed(key, owner, old);
        }
        if get_text(old, "state").as_deref() == Some(COMPLETED) {
            return Ok(Claim::Done);
        }
        let until = get_number(old, "lease_until").unwrap_or(now);
        Err(StepError::InProgress {
            key: key.to_owned(),
            remaining_ms: (until - now).max(0),
        })
    }

    /// Runs `work` while keeping `leases` alive; losing one drops the work where it stands.
    ///
    /// # Errors
    /// [`StepError::LeaseLost`], or what renewing met.
    pub async fn hold<T>(
        &self,
        leases: &[&Lease],
        work: impl Future<Output = T>,
    ) -> Result<T, StepError> {
        assert!(!leases.is_empty(), "work is done under a lease");
        pin!(work);
        loop {
            tokio::select! {
                biased;
                output = &mut work => return Ok(output),
                () = tokio::time::sleep(RENEWAL) => {
                    for lease in leases {
                        self.renew(lease).await?;
                    }
                }
            }
        }
    }

    /// Lengthens the lease by its full length from now.
    ///
    /// # Errors
    /// [`StepError::LeaseLost`] where another attempt has taken over.
    pub async fn renew(&self, lease: &Lease) -> Result<(), StepError> {
        let until = number(self.now_ms() + lease_ms());
        self.change_own(lease, "SET lease_until = :until", vec![(":until", until)])
            .await
    }

    /// Ends the lease at once, so that the next attempt need not wait for it.
    ///
    /// # Errors
    /// [`StepError::LeaseLost`] where another attempt has taken over.
    pub async fn release(&self, lease: &Lease) -> Result<(), StepError> {
        self.change_own(
            lease,
            "SET lease_until = :until",
            vec![(":until", number(0))],
        )
        .await
    }

    /// Marks the step complete: whoever comes later finds a duplicate.
    ///
    /// # Errors
    /// [`StepError::LeaseLost`] where another attempt has taken over.
    pub async fn complete(&self, lease: &Lease) -> Result<(), StepError> {
        let values = vec![
            (":completed", text(COMPLETED)),
            (":at", number(self.now_ms())),
        ];
        self.change_own(lease, "SET #state = :completed, completed_at = :at", values)
            .await
    }

    /// Records `entries` in the claim and makes `changes` elsewhere, all or nothing.
    ///
    /// # Errors
    /// [`StepError::LeaseLost`] where another attempt has taken over.
    pub async fn record(
        &self,
        lease: &Lease,
        entries: &[BusEntry],
        changes: Vec<TransactWriteItem>,
    ) -> Result<Recorded, StepError> {
        let own = TransactWriteItem::builder()
            .update(self.recording(lease, entries))
            .build();
        let items: Vec<TransactWriteItem> = std::iter::once(own).chain(changes).collect();
        assert!(
            items.len() <= PARTS_MAX,
            "a step's record and its changes are one transaction"
        );
        let answer = self
            .client
            .transact_write_items()
            .set_transact_items(Some(items))
            .send()
            .await;
        match answer {
            Ok(_) => Ok(Recorded::Written),
            Err(error) => match error.as_service_error() {
                Some(failure) if failure.is_transaction_canceled_exception() => {
                    refused(lease, cancellation_reasons(failure), &error)
                }
                _ => Err(unavailable(&error)),
            },
        }
    }

    fn recording(&self, lease: &Lease, entries: &[BusEntry]) -> Update {
        assert_distinct(entries);
        let events =
            serde_json::to_string(entries).expect("entries hold nothing that JSON cannot carry");
        Update::builder()
            .table_name(&self.table)
            .key("claim_key", text(&lease.key))
            .update_expression("SET #state = :recorded, events = :events")
            .condition_expression("#owner = :owner AND fence = :fence AND #state = :claimed")
            .expression_attribute_names("#state", "state")
            .expression_attribute_names("#owner", "owner")
            .expression_attribute_values(":recorded", text(RECORDED))
            .expression_attribute_values(":claimed", text(CLAIMED))
            .expression_attribute_values(":events", text(events))
            .expression_attribute_values(":owner", text(&lease.owner.0))
            .expression_attribute_values(":fence", number(lease.fence))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .build()
            .expect("all required members are set")
    }

    async fn change_own(
        &self,
        lease: &Lease,
        change: &str,
        values: Vec<(&str, AttributeValue)>,
    ) -> Result<(), StepError> {
        let mut request = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("claim_key", text(&lease.key))
            .update_expression(change)
            .condition_expression("#owner = :owner AND fence = :fence")
            .expression_attribute_names("#owner", "owner")
            .expression_attribute_values(":owner", text(&lease.owner.0))
            .expression_attribute_values(":fence", number(lease.fence));
        if change.contains("#state") {
            request = request.expression_attribute_names("#state", "state");
        }
        for (name, value) in values {
            request = request.expression_attribute_values(name, value);
        }
        match request.send().await {
            Ok(_) => Ok(()),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(|failure| failure.is_conditional_check_failed_exception()) =>
            {
                Err(StepError::LeaseLost {
                    key: lease.key.clone(),
                })
            }
            Err(error) => Err(unavailable(&error)),
        }
    }

    fn now_ms(&self) -> i64 {
        self.clock.now().timestamp_millis()
    }
}

fn lease_ms() -> i64 {
    i64::try_from(LEASE.as_millis()).unwrap_or(i64::MAX)
}

/// One id never has two contents: whoever sees it twice takes the second for a copy.
fn assert_distinct(entries: &[BusEntry]) {
    let ids: BTreeSet<&str> = entries
        .iter()
        .map(|entry| entry.event_id.as_str())
        .collect();
    assert_eq!(
        ids.len(),
        entries.len(),
        "the events of a step have ids of their own"
    );
}

/// The claim as the table has it after this attempt took it.
fn claimed(key: &str, owner: AttemptToken, item: &Item) -> Result<Claim, StepError> {
    // Every claim raises the fence by one, from 0.
    let fence = get_number(item, "fence").filter(|fence| *fence >= 1);
    let fence = fence.ok_or_else(|| {
        StepError::StoreUnavailable(format!(
            "the claim {key} has no fence; the table holds something else"
        ))
    })?;
    assert!(
        get_text(item, "owner").is_none_or(|holder| holder == owner.0),
        "a lease is worked under by the attempt that owns it"
    );
    let lease = Lease {
        key: key.to_owned(),
        owner,
        fence,
    };
    match get_text(item, "state").as_deref() {
        Some(RECORDED) => {
            let events = get_text(item, "events").unwrap_or_default();
            let entries: Vec<BusEntry> = serde_json::from_str(&events).map_err(|error| {
                StepError::StoreUnavailable(format!(
                    "the claim {key} holds unreadable events: {error}"
                ))
            })?;
            assert_distinct(&entries);
            Ok(Claim::Publish(lease, entries))
        }
        _ => Ok(Claim::Work(lease)),
    }
}

/// Tells a lost lease from a change whose own condition did not hold. One's own record there means
/// that the transaction had succeeded before.
fn refused<R: std::fmt::Debug + Send + Sync + 'static>(
    lease: &Lease,
    reasons: &[CancellationReason],
    error: &aws_sdk_dynamodb::error::SdkError<
        aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError,
        R,
    >,
) -> Result<Recorded, StepError> {
    let Some(own) = reasons.first() else {
        return Err(unavailable(error));
    };
    if own.code() == Some(CONDITION_FAILED) {
        let old = own.item().cloned().map(ordered).unwrap_or_default();
        let is_ours = get_text(&old, "owner").as_deref() == Some(lease.owner.0.as_str());
        let is_recorded = get_text(&old, "state").as_deref() == Some(RECORDED);
        return if is_ours && is_recorded {
            Ok(Recorded::Written)
        } else {
            Err(StepError::LeaseLost {
                key: lease.key.clone(),
            })
        };
    }
    // A conflict with another transaction, or throttling: a later attempt may do better.
    if only_conditions_failed(reasons) {
        Ok(Recorded::Refused)
    } else {
        Err(unavailable(error))
    }
}

#[expect(
    clippy::disallowed_types,
    reason = "the SDK gives items as hash maps; the caller orders them"
)]
fn condition_item(
    failure: &aws_sdk_dynamodb::operation::update_item::UpdateItemError,
) -> std::collections::HashMap<String, AttributeValue> {
    use aws_sdk_dynamodb::operation::update_item::UpdateItemError as Failure;
    match failure {
        Failure::ConditionalCheckFailedException(check) => {
            check.item().cloned().unwrap_or_default()
        }
        _ => Default::default(),
    }
}
