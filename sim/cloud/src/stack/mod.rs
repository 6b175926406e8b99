//! What a stack is made of, with every name, ARN and reference resolved: the data that services begin
//! with, from a template or by their APIs.

mod account;
mod alarm;
mod archive;
mod bus;
mod error;
mod event_source_mapping;
mod function;
mod inert;
mod invoke_config;
mod permission;
mod policy;
mod policy_condition;
mod position;
mod queue;
mod queue_policy;
mod retry_policy;
mod role;
mod rule;
mod schedule;
mod secret;
mod subscription;
mod table;
mod target;
mod topic;
mod topic_policy;
pub(crate) mod wildcard;

pub use self::account::Account;
pub use self::alarm::{Alarm, Comparison};
pub use self::archive::Archive;
pub use self::bus::Bus;
pub use self::error::StackError;
pub use self::event_source_mapping::{
    EventSource, EventSourceMapping, QueueSource, StartingPosition, StreamSource,
};
pub use self::function::Function;
pub use self::inert::Inert;
pub use self::invoke_config::InvokeConfig;
pub use self::permission::Permission;
pub use self::policy::{Effect, PolicyDocument, PolicyRequest, Principal, Statement};
pub use self::policy_condition::{PolicyCondition, PolicyOperator};
pub use self::position::Position;
pub use self::queue::{Queue, Redrive};
pub use self::queue_policy::QueuePolicy;
pub use self::retry_policy::RetryPolicy;
pub use self::role::{Role, RolePolicy};
pub use self::rule::Rule;
pub use self::schedule::{Schedule, ScheduleTarget, ScheduledEvent};
pub use self::secret::Secret;
pub use self::subscription::Subscription;
pub use self::table::{Index, KeySchema, Table, TableSettings, Throughput};
pub use self::target::{InputTransformer, Target};
pub use self::topic::Topic;
pub use self::topic_policy::TopicPolicy;

/// Everything that one template declares, with every name, ARN and reference resolved. Resources
/// whose condition is false are left out. Each list is in the order of dependencies, and of the
/// template where nothing depends.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stack {
    /// Event buses besides `default`.
    pub buses: Vec<Bus>,
    /// Archives of buses.
    pub archives: Vec<Archive>,
    /// Rules with their targets.
    pub rules: Vec<Rule>,
    /// SQS queues.
    pub queues: Vec<Queue>,
    /// Who may send to queues.
    pub queue_policies: Vec<QueuePolicy>,
    /// Lambda functions.
    pub functions: Vec<Function>,
    /// Who may invoke functions.
    pub permissions: Vec<Permission>,
    /// DynamoDB tables.
    pub tables: Vec<Table>,
    /// Schedules of the EventBridge Scheduler.
    pub schedules: Vec<Schedule>,
    /// SNS topics.
    pub topics: Vec<Topic>,
    /// Who may use topics.
    pub topic_policies: Vec<TopicPolicy>,
    /// Receivers of topics.
    pub subscriptions: Vec<Subscription>,
    /// CloudWatch alarms.
    pub alarms: Vec<Alarm>,
    /// IAM roles with their policies.
    pub roles: Vec<Role>,
    /// Known and checked resources without behaviour.
    pub inert: Vec<Inert>,
    /// Where the template declares each resource, by its name inside the template.
    pub places: std::collections::BTreeMap<String, Position>,
    /// The template's outputs by name.
    pub outputs: std::collections::BTreeMap<String, String>,
}

impl Stack {
    /// What a service says against a resource.
    pub(crate) fn refused(&self, resource: &str, reason: impl ToString) -> StackError {
        StackError {
            place: self.places.get(resource).copied(),
            resource: resource.to_owned(),
            reason: reason.to_string(),
        }
    }
}
