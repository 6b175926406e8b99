use crate::Cloud;
use crate::api::operation::{Operation, Resource};

/// The operations of EventBridge Scheduler.
#[rustfmt::skip]
pub(crate) static OPERATIONS: [Operation<Cloud>; 9] = [
    Operation::adds("CreateSchedule", Resource::Any, Cloud::create_schedule),
    Operation::adds("UpdateSchedule", Resource::Any, Cloud::update_schedule),
    Operation::reads("GetSchedule", Resource::Any, |cloud, _, input| cloud.get_schedule(input)),
    Operation::frees("DeleteSchedule", Resource::Any, |cloud, _, input| cloud.delete_schedule(input)),
    Operation::reads("ListSchedules", Resource::Any, |cloud, _, input| cloud.list_schedules(input)),
    Operation::adds("CreateScheduleGroup", Resource::Any, Cloud::create_schedule_group),
    Operation::reads("GetScheduleGroup", Resource::Any, |cloud, _, input| cloud.get_schedule_group(input)),
    Operation::frees("DeleteScheduleGroup", Resource::Any, |cloud, _, input| cloud.delete_schedule_group(input)),
    Operation::reads("ListScheduleGroups", Resource::Any, |cloud, _, input| cloud.list_schedule_groups(input)),
];
