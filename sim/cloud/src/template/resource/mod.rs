//! The resources of a stack: one file a type, with what it is and how it is read.

pub(in crate::template) mod alarm;
pub(in crate::template) mod archive;
pub(in crate::template) mod attachment;
pub(in crate::template) mod bus;
pub(in crate::template) mod event_source_mapping;
pub(in crate::template) mod function;
pub(in crate::template) mod inert;
pub(in crate::template) mod invoke_config;
pub(in crate::template) mod managed_policy;
pub(in crate::template) mod permission;
pub(in crate::template) mod policy;
pub(in crate::template) mod policy_condition;
pub(in crate::template) mod queue;
pub(in crate::template) mod queue_policy;
pub(in crate::template) mod retry_policy;
pub(in crate::template) mod role;
pub(in crate::template) mod rule;
pub(in crate::template) mod schedule;
pub(in crate::template) mod serverless_event;
pub(in crate::template) mod serverless_function;
pub(in crate::template) mod serverless_policy;
pub(in crate::template) mod serverless_role;
pub(in crate::template) mod serverless_table;
pub(in crate::template) mod subscription;
pub(in crate::template) mod table;
pub(in crate::template) mod target;
pub(in crate::template) mod topic;
pub(in crate::template) mod topic_policy;

use crate::stack::{
    Alarm, Archive, Bus, EventSourceMapping, Function, Inert, InvokeConfig, Permission, Queue,
    QueuePolicy, Role, RolePolicy, Rule, Schedule, Subscription, Table, Topic, TopicPolicy,
};
use crate::template::reader::context::Context;
use crate::template::reader::fields::Fields;
use crate::template::reader::identity::Identity;

/// Reads the properties of one resource into the stack and says what `Ref` and `Fn::GetAtt` give.
type Reader = fn(&Fields<'_>, &mut Context<'_>) -> Identity;

/// Reads a resource without behaviour: its physical name and identity.
type InertReader = fn(&Fields<'_>, &Context<'_>) -> (String, Identity);

const READERS: [(&str, Reader); 19] = [
    ("AWS::CloudWatch::Alarm", Alarm::read),
    ("AWS::DynamoDB::Table", Table::read),
    ("AWS::Events::Archive", Archive::read),
    ("AWS::Events::EventBus", Bus::read),
    ("AWS::Events::Rule", Rule::read),
    ("AWS::IAM::Policy", RolePolicy::read_resource),
    ("AWS::IAM::Role", Role::read),
    (
        "AWS::Lambda::EventInvokeConfig",
        InvokeConfig::read_resource,
    ),
    (
        "AWS::Lambda::EventSourceMapping",
        EventSourceMapping::read_resource,
    ),
    ("AWS::Lambda::Function", Function::read),
    ("AWS::Lambda::Permission", Permission::read),
    ("AWS::SNS::Subscription", Subscription::read),
    ("AWS::SNS::Topic", Topic::read),
    ("AWS::SNS::TopicPolicy", TopicPolicy::read),
    ("AWS::SQS::Queue", Queue::read),
    ("AWS::SQS::QueuePolicy", QueuePolicy::read),
    ("AWS::Scheduler::Schedule", Schedule::read),
    ("AWS::Serverless::Function", serverless_function::read),
    ("AWS::Serverless::SimpleTable", serverless_table::read),
];

const INERT_READERS: [(&str, InertReader); 6] = [
    ("AWS::CloudWatch::Dashboard", inert::read_dashboard),
    ("AWS::EventSchemas::Registry", inert::read_registry),
    ("AWS::EventSchemas::Schema", inert::read_schema),
    ("AWS::Events::EventBusPolicy", inert::read_bus_policy),
    ("AWS::Logs::LogGroup", inert::read_log_group),
    ("AWS::Scheduler::ScheduleGroup", schedule::read_group),
];

/// The resource types that the reader knows, in alphabetical order.
pub(in crate::template) fn known_types() -> Vec<String> {
    let known = READERS
        .iter()
        .map(|(name, _)| *name)
        .chain(INERT_READERS.iter().map(|(name, _)| *name));
    let mut names: Vec<String> = known.map(str::to_owned).collect();
    names.sort();
    names
}

/// Reads one resource of a known type; `None` for another type.
pub(in crate::template) fn read(
    resource_type: &str,
    fields: &Fields<'_>,
    context: &mut Context<'_>,
) -> Option<Identity> {
    if let Some((_, reader)) = READERS.iter().find(|(name, _)| *name == resource_type) {
        return Some(reader(fields, context));
    }
    let (_, reader) = INERT_READERS
        .iter()
        .find(|(name, _)| *name == resource_type)?;
    let (name, identity) = reader(fields, context);
    Inert::add(resource_type, &name, context);
    Some(identity)
}
