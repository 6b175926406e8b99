use super::alarm::Alarm;
use super::archive::Archive;
use super::bus::Bus;
use super::context::Context;
use super::event_source_mapping::EventSourceMapping;
use super::fields::Fields;
use super::function::Function;
use super::identity::Identity;
use super::inert::{self, Inert};
use super::invoke_config::InvokeConfig;
use super::permission::Permission;
use super::queue::Queue;
use super::queue_policy::QueuePolicy;
use super::role::{Role, RolePolicy};
use super::rule::Rule;
use super::schedule::{self, Schedule};
use super::serverless_function;
use super::subscription::Subscription;
use super::table::Table;
use super::topic::Topic;
use super::topic_policy::TopicPolicy;

/// Reads the properties of one resource into the stack and says what `Ref` and `Fn::GetAtt` give.
type Reader = fn(&Fields<'_>, &mut Context<'_>) -> Identity;

/// Reads a resource without behaviour: its physical name and identity.
type InertReader = fn(&Fields<'_>, &Context<'_>) -> (String, Identity);

const READERS: [(&str, Reader); 18] = [
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
pub(super) fn known_types() -> Vec<String> {
    let known = READERS
        .iter()
        .map(|(name, _)| *name)
        .chain(INERT_READERS.iter().map(|(name, _)| *name));
    let mut names: Vec<String> = known.map(str::to_owned).collect();
    names.sort();
    names
}

/// Reads one resource of a known type; `None` for another type.
pub(super) fn read(
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
