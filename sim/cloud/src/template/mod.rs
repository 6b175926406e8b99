//! Reads a SAM or CloudFormation template into a typed [`Stack`], the way a deployment would.
//!
//! [`load`] resolves parameters, conditions and intrinsic functions, expands what SAM expands,
//! gives every resource its physical name and ARN, and refuses what it does not know: a property or
//! resource type that nobody here reads is an error with line and column, because a simulator that
//! ignores it would prove something else than what gets deployed.
//!
//! # How a property becomes known
//! Each resource type is read by one function through a `Fields`, which notes the names it is asked
//! for. A key that nobody asked for is reported when the `Fields` goes out of scope. There is no
//! second list of property names to keep in step.
//!
//! # What is not done
//! Nested stacks, macros other than SAM, `Fn::ImportValue`, `Fn::ForEach`, versions and aliases of
//! functions are refused. `AllowedPattern` of a parameter is not checked.

mod account;
mod alarm;
mod archive;
mod attachment;
mod bus;
mod condition;
mod context;
mod declaration;
mod error;
mod event_source_mapping;
mod fields;
mod function;
mod graph;
mod identity;
mod inert;
mod intrinsic;
mod invoke_config;
mod loader;
mod managed_policy;
mod names;
mod node;
mod parameter;
mod permission;
mod policy;
mod policy_condition;
mod position;

mod queue;
mod queue_policy;
mod reference;
mod report;
mod resource;
mod retry_policy;
mod role;
mod rule;
mod schedule;
mod scope;
mod secret;
mod serverless_event;
mod serverless_function;
mod serverless_policy;
mod stack;
mod subscription;
mod substitution;
mod table;
mod target;
#[cfg(test)]
mod tests;
mod topic;
mod topic_policy;
mod wildcard;
mod yaml;

pub use self::account::Account;
pub use self::alarm::{Alarm, Comparison};
pub use self::archive::Archive;
pub use self::bus::Bus;
pub use self::error::{Problem, TemplateError};
pub use self::event_source_mapping::EventSourceMapping;
pub use self::function::Function;
pub use self::inert::Inert;
pub use self::invoke_config::InvokeConfig;
pub use self::loader::load;
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
pub use self::stack::Stack;
pub use self::subscription::Subscription;
pub use self::table::{Index, KeySchema, Table};
pub use self::target::{InputTransformer, Target};
pub use self::topic::Topic;
pub use self::topic_policy::TopicPolicy;
