//! What is known about the operations of the services, in one table a service: what carries it
//! out, what it does to what is stored, and on what the caller needs a permission.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::error::ServiceError;

/// What an operation does to what is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Nothing changes.
    Reads,
    /// Something is added or changed.
    Adds,
    /// Something is taken away or held back, and nothing added.
    Frees,
}

/// On what the caller of an operation needs a permission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resource {
    /// `*`.
    Any,
    /// The buses of the entries of PutEvents.
    Buses,
    /// The queue of `QueueUrl`.
    Queue,
    /// The topic of `TopicArn` or `ResourceArn`.
    Topic,
    /// The function of `FunctionName`.
    Function,
    /// The table of `TableName`, or its index.
    Table,
    /// The tables of `RequestItems`.
    BatchTables,
    /// The stream of `StreamArn`, or the one that `ShardIterator` reads.
    Stream,
    /// All streams, or those of the table of `TableName`.
    Streams,
    /// Each part of `TransactItems`, with its own action.
    TransactionParts,
}

/// What is known about an operation before it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OperationFacts {
    /// The name, such as `PutEvents`.
    pub name: &'static str,
    /// What it does to what is stored.
    pub access: Access,
    /// On what the caller needs a permission.
    pub resource: Resource,
    /// The action of IAM, where it is not the operation's name.
    pub action: Option<&'static str>,
}

impl OperationFacts {
    pub(crate) const fn new(name: &'static str, access: Access, resource: Resource) -> Self {
        Self {
            name,
            access,
            resource,
            action: None,
        }
    }
}

/// Carries an operation out on the state `S`.
pub(crate) type Run<S> = fn(&mut S, DateTime<Utc>, &Value) -> Result<Value, ServiceError>;

/// A row of the table of operations on the state `S`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Operation<S: 'static> {
    pub facts: OperationFacts,
    pub run: Run<S>,
}

impl<S> Operation<S> {
    pub const fn reads(name: &'static str, resource: Resource, run: Run<S>) -> Self {
        Self::new(OperationFacts::new(name, Access::Reads, resource), run)
    }

    pub const fn adds(name: &'static str, resource: Resource, run: Run<S>) -> Self {
        Self::new(OperationFacts::new(name, Access::Adds, resource), run)
    }

    pub const fn frees(name: &'static str, resource: Resource, run: Run<S>) -> Self {
        Self::new(OperationFacts::new(name, Access::Frees, resource), run)
    }

    const fn new(facts: OperationFacts, run: Run<S>) -> Self {
        Self { facts, run }
    }

    /// The same, where IAM has another name for it.
    pub const fn action(mut self, action: &'static str) -> Self {
        self.facts.action = Some(action);
        self
    }
}

/// The facts about an operation of a table.
pub(crate) fn facts<S>(
    table: &'static [Operation<S>],
    name: &str,
) -> Option<&'static OperationFacts> {
    let row = table.iter().find(|row| row.facts.name == name)?;
    Some(&row.facts)
}

/// Carries out an operation of a table.
///
/// # Errors
/// The operation's own; `UnknownOperationException` for one that is not in the table.
pub(crate) fn run<S>(
    table: &'static [Operation<S>],
    state: &mut S,
    now: DateTime<Utc>,
    name: &str,
    parameters: &Value,
) -> Result<Value, ServiceError> {
    match table.iter().find(|row| row.facts.name == name) {
        Some(row) => (row.run)(state, now, parameters),
        None => Err(not_simulated(name)),
    }
}

/// AWS knows it, perhaps; the simulation does not.
pub(crate) fn not_simulated(what: &str) -> ServiceError {
    unknown_operation(format!("The operation {what} is not simulated."))
}

pub(crate) fn unknown_operation(message: impl Into<String>) -> ServiceError {
    ServiceError::client("UnknownOperationException", message)
}
