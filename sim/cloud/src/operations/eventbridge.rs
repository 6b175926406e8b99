use serde_json::json;

use crate::Cloud;
use crate::api::operation::{Operation, Resource};
use crate::eventbridge::test_event_pattern;

/// The operations of EventBridge.
#[rustfmt::skip]
pub(crate) static OPERATIONS: [Operation<Cloud>; 28] = [
    Operation::adds("PutEvents", Resource::Buses, Cloud::put_events),
    Operation::reads("TestEventPattern", Resource::Any, |_, _, input| test_event_pattern(input)),
    Operation::adds("CreateEventBus", Resource::Any, |cloud, _, input| cloud.eventbridge.create_event_bus(input)),
    Operation::frees("DeleteEventBus", Resource::Any, |cloud, _, input| cloud.eventbridge.delete_event_bus(input)),
    Operation::reads("DescribeEventBus", Resource::Any, |cloud, _, input| cloud.eventbridge.describe_event_bus(input)),
    Operation::reads("ListEventBuses", Resource::Any, |cloud, _, input| cloud.eventbridge.list_event_buses(input)),
    Operation::adds("PutRule", Resource::Any, Cloud::put_rule),
    Operation::frees("DeleteRule", Resource::Any, Cloud::delete_rule),
    Operation::adds("EnableRule", Resource::Any, |cloud, now, input| cloud.set_rule_state(now, input, true).map(|()| json!({}))),
    Operation::frees("DisableRule", Resource::Any, |cloud, now, input| cloud.set_rule_state(now, input, false).map(|()| json!({}))),
    Operation::reads("DescribeRule", Resource::Any, |cloud, _, input| cloud.eventbridge.describe_rule(input)),
    Operation::reads("ListRules", Resource::Any, |cloud, _, input| cloud.eventbridge.list_rules(input)),
    Operation::reads("ListRuleNamesByTarget", Resource::Any, |cloud, _, input| cloud.eventbridge.list_rule_names_by_target(input)),
    Operation::adds("PutTargets", Resource::Any, |cloud, _, input| cloud.eventbridge.put_targets(input)),
    Operation::frees("RemoveTargets", Resource::Any, |cloud, _, input| cloud.eventbridge.remove_targets(input)),
    Operation::reads("ListTargetsByRule", Resource::Any, |cloud, _, input| cloud.eventbridge.list_targets_by_rule(input)),
    Operation::adds("TagResource", Resource::Any, |cloud, _, input| cloud.eventbridge.tag_resource(input)),
    Operation::frees("UntagResource", Resource::Any, |cloud, _, input| cloud.eventbridge.untag_resource(input)),
    Operation::reads("ListTagsForResource", Resource::Any, |cloud, _, input| cloud.eventbridge.list_tags_for_resource(input)),
    Operation::adds("CreateArchive", Resource::Any, |cloud, now, input| cloud.eventbridge.create_archive(now, input)),
    Operation::adds("UpdateArchive", Resource::Any, |cloud, now, input| cloud.eventbridge.update_archive(now, input)),
    Operation::frees("DeleteArchive", Resource::Any, |cloud, _, input| cloud.eventbridge.delete_archive(input)),
    Operation::reads("DescribeArchive", Resource::Any, |cloud, now, input| cloud.eventbridge.describe_archive(now, input)),
    Operation::reads("ListArchives", Resource::Any, |cloud, now, input| cloud.eventbridge.list_archives(now, input)),
    Operation::adds("StartReplay", Resource::Any, Cloud::start_replay),
    Operation::reads("DescribeReplay", Resource::Any, |cloud, _, input| cloud.eventbridge.describe_replay(input)),
    Operation::frees("CancelReplay", Resource::Any, Cloud::cancel_replay),
    Operation::reads("ListReplays", Resource::Any, |cloud, _, input| cloud.eventbridge.list_replays(input)),
];
