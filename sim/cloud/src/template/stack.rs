use crate::template::resource::alarm::Alarm;
use crate::template::resource::archive::Archive;
use crate::template::resource::bus::Bus;
use crate::template::resource::function::Function;
use crate::template::resource::inert::Inert;
use crate::template::resource::permission::Permission;
use crate::template::resource::queue::Queue;
use crate::template::resource::queue_policy::QueuePolicy;
use crate::template::resource::role::Role;
use crate::template::resource::rule::Rule;
use crate::template::resource::schedule::Schedule;
use crate::template::resource::subscription::Subscription;
use crate::template::resource::table::Table;
use crate::template::resource::topic::Topic;
use crate::template::resource::topic_policy::TopicPolicy;

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
    /// The template's outputs by name.
    pub outputs: std::collections::BTreeMap<String, String>,
}
