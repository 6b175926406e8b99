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
mod reader;
mod resource;
mod stack;
#[cfg(test)]
mod tests;

pub use self::account::Account;
pub use self::reader::error::{Problem, TemplateError};
pub use self::reader::loader::load;
pub use self::reader::position::Position;
pub use self::reader::secret::Secret;
pub use self::resource::alarm::{Alarm, Comparison};
pub use self::resource::archive::Archive;
pub use self::resource::bus::Bus;
pub use self::resource::event_source_mapping::EventSourceMapping;
pub use self::resource::function::Function;
pub use self::resource::inert::Inert;
pub use self::resource::invoke_config::InvokeConfig;
pub use self::resource::permission::Permission;
pub use self::resource::policy::{Effect, PolicyDocument, PolicyRequest, Principal, Statement};
pub use self::resource::policy_condition::{PolicyCondition, PolicyOperator};
pub use self::resource::queue::{Queue, Redrive};
pub use self::resource::queue_policy::QueuePolicy;
pub use self::resource::retry_policy::RetryPolicy;
pub use self::resource::role::{Role, RolePolicy};
pub use self::resource::rule::Rule;
pub use self::resource::schedule::{Schedule, ScheduleTarget, ScheduledEvent};
pub use self::resource::subscription::Subscription;
pub use self::resource::table::{Index, KeySchema, Table, TableSettings, Throughput};
pub use self::resource::target::{InputTransformer, Target};
pub use self::resource::topic::Topic;
pub use self::resource::topic_policy::TopicPolicy;
pub use self::stack::Stack;
