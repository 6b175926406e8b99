use chrono::{DateTime, TimeDelta, Utc};

use crate::alpaca::{Alpaca, AlpacaError};
use crate::error::{Fault, StepError};
use crate::event::RebalancePlan;
use crate::id::PlanId;
use crate::services::Services;
use crate::timestamp::Timestamp;

/// Nothing is posted so shortly before the end of the session: what reaches the broker after it would wait for the next.
const LAST_CALL: TimeDelta = TimeDelta::seconds(10);

/// What the tickets of one plan have in common.
pub(super) struct Desk<'a> {
    pub services: &'a Services,
    pub plan: &'a RebalancePlan,
    pub plan_id: PlanId,
    valid_until: Timestamp,
}

impl<'a> Desk<'a> {
    /// For `plan`, whose session ends at `valid_until`.
    pub fn new(services: &'a Services, plan: &'a RebalancePlan, valid_until: Timestamp) -> Self {
        Self { services, plan, plan_id: PlanId::new(plan.plan_id.clone()), valid_until }
    }

    pub fn alpaca(&self) -> &Alpaca {
        &self.services.alpaca
    }

    /// When the plan was made: no order of its own is older.
    pub fn planned_at(&self) -> DateTime<Utc> {
        self.plan.timestamp.get()
    }

    /// Why nothing may be posted any more, if so (rule 7).
    pub fn closed(&self) -> Option<String> {
        let is_over = self.services.clock.now() + LAST_CALL >= self.valid_until.get();
        is_over.then(|| format!("not ordered: the session ends at {}", self.valid_until))
    }
}

/// A broker that refuses to tell how things stand gives no outcome: once a plan is bound, only an order can be refused.
pub(super) fn untold(error: AlpacaError) -> Fault {
    StepError::BrokerUnavailable(error.to_string()).into()
}
