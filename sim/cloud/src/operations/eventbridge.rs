use crate::api::operation::{Operation, Resource};
use crate::eventbridge::test_event_pattern;
use crate::flow::put_events::put_events;
use crate::flow::{replay, rule};
use crate::state::CloudState;

/// The operations of EventBridge.
#[rustfmt::skip]
pub(crate) static OPERATIONS: [Operation<CloudState>; 28] = [
    Operation::adds("PutEvents", Resource::Buses, put_events),
    Operation::reads("TestEventPattern", Resource::Any, |_, _, input| test_event_pattern(input)),
    Operation::adds("CreateEventBus", Resource::Any, |state, _, input| state.eventbridge.create_event_bus(input)),
    Operation::frees("DeleteEventBus", Resource::Any, |state, _, input| state.eventbridge.delete_event_bus(input)),
    Operation::reads("DescribeEventBus", Resource::Any, |state, _, input| state.eventbridge.describe_event_bus(input)),
    Operation::reads("ListEventBuses", Resource::Any, |state, _, input| state.eventbridge.list_event_buses(input)),
    Operation::adds("PutRule", Resource::Any, rule::put_rule),
    Operation::frees("DeleteRule", Resource::Any, rule::delete_rule),
    Operation::adds("EnableRule", Resource::Any, |state, now, input| rule::set_rule_state(state, now, input, true)),
    Operation::frees("DisableRule", Resource::Any, |state, now, input| rule::set_rule_state(state, now, input, false)),
    Operation::reads("DescribeRule", Resource::Any, |state, _, input| state.eventbridge.describe_rule(input)),
    Operation::reads("ListRules", Resource::Any, |state, _, input| state.eventbridge.list_rules(input)),
    Operation::reads("ListRuleNamesByTarget", Resource::Any, |state, _, input| state.eventbridge.list_rule_names_by_target(input)),
    Operation::adds("PutTargets", Resource::Any, |state, _, input| state.eventbridge.put_targets(input)),
    Operation::frees("RemoveTargets", Resource::Any, |state, _, input| state.eventbridge.remove_targets(input)),
    Operation::reads("ListTargetsByRule", Resource::Any, |state, _, input| state.eventbridge.list_targets_by_rule(input)),
    Operation::adds("TagResource", Resource::Any, |state, _, input| state.eventbridge.tag_resource(input)),
    Operation::frees("UntagResource", Resource::Any, |state, _, input| state.eventbridge.untag_resource(input)),
    Operation::reads("ListTagsForResource", Resource::Any, |state, _, input| state.eventbridge.list_tags_for_resource(input)),
    Operation::adds("CreateArchive", Resource::Any, |state, now, input| state.eventbridge.create_archive(now, input)),
    Operation::adds("UpdateArchive", Resource::Any, |state, now, input| state.eventbridge.update_archive(now, input)),
    Operation::frees("DeleteArchive", Resource::Any, |state, _, input| state.eventbridge.delete_archive(input)),
    Operation::reads("DescribeArchive", Resource::Any, |state, now, input| state.eventbridge.describe_archive(now, input)),
    Operation::reads("ListArchives", Resource::Any, |state, now, input| state.eventbridge.list_archives(now, input)),
    Operation::adds("StartReplay", Resource::Any, replay::start),
    Operation::reads("DescribeReplay", Resource::Any, |state, _, input| state.eventbridge.describe_replay(input)),
    Operation::frees("CancelReplay", Resource::Any, replay::cancel),
    Operation::reads("ListReplays", Resource::Any, |state, _, input| state.eventbridge.list_replays(input)),
];
