use super::alarm::Alarm;
use super::archive::Archive;
use super::bus::Bus;
use super::function::Function;
use super::inert::Inert;
use super::permission::Permission;
use super::queue::Queue;
use super::queue_policy::QueuePolicy;
use super::role::Role;
use super::rule::Rule;
use super::schedule::Schedule;
use super::subscription::Subscription;
use super::table::Table;
use super::topic::Topic;
use super::topic_policy::TopicPolicy;

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
