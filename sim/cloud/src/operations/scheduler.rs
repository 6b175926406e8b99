use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::api::error::ServiceError;
use crate::api::operation::{Operation, Resource};
use crate::flow::schedule::plan_schedule;
use crate::state::CloudState;

/// The operations of EventBridge Scheduler.
#[rustfmt::skip]
pub(crate) static OPERATIONS: [Operation<CloudState>; 9] = [
    Operation::adds("CreateSchedule", Resource::Any, create_schedule),
    Operation::adds("UpdateSchedule", Resource::Any, update_schedule),
    Operation::reads("GetSchedule", Resource::Any, |state, _, input| state.scheduler.get_schedule(input)),
    Operation::frees("DeleteSchedule", Resource::Any, |state, _, input| state.scheduler.delete_schedule(input)),
    Operation::reads("ListSchedules", Resource::Any, |state, _, input| state.scheduler.list_schedules(input)),
    Operation::adds("CreateScheduleGroup", Resource::Any, |state, now, input| state.scheduler.create_schedule_group(now, input)),
    Operation::reads("GetScheduleGroup", Resource::Any, |state, _, input| state.scheduler.get_schedule_group(input)),
    Operation::frees("DeleteScheduleGroup", Resource::Any, |state, _, input| state.scheduler.delete_schedule_group(input)),
    Operation::reads("ListScheduleGroups", Resource::Any, |state, _, input| state.scheduler.list_schedule_groups(input)),
];

fn create_schedule(
    state: &mut CloudState,
    now: DateTime<Utc>,
    input: &Value,
) -> Result<Value, ServiceError> {
    let (index, answer) = state.scheduler.create_schedule(now, input)?;
    plan_schedule(state, index, now);
    Ok(answer)
}

fn update_schedule(
    state: &mut CloudState,
    now: DateTime<Utc>,
    input: &Value,
) -> Result<Value, ServiceError> {
    let (index, answer) = state.scheduler.update_schedule(now, input)?;
    plan_schedule(state, index, now);
    Ok(answer)
}
