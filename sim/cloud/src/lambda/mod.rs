//! AWS Lambda's asynchronous invocation: accepted with 202, queued, tried up to three times with
//! the same request id, and in the end handed to the failure destination (`lambda` of
//! semantics.md).

mod batch;
mod operations;
mod pending;
mod poller;
mod record;
mod shard_reader;

pub use batch::{Batch, BatchItems, LastInvocation, RecordBatch};
pub use operations::{Begun, invocation_answer};
pub(crate) use poller::{Poller, pollers};
pub use record::response_of;

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

use self::pending::Pending;
use self::record::record;
use crate::id::derive_id;
use crate::packed_json::PackedJson;
use crate::stack::{Account, Function, Permission, Stack};
use seeded_dice::Key;

/// The longest wait of a throttled event.
const THROTTLE_SECONDS_MAX: i64 = 300;
/// A dead letter carries the first kilobyte of the error.
const DEAD_LETTER_MESSAGE_MAX: usize = 1024;

/// The functions of one account and region.
#[derive(Debug)]
pub struct Lambda {
    account: Account,
    functions: BTreeMap<String, FunctionState>,
    permissions: Vec<Permission>,
    pending: BTreeMap<u64, Pending>,
    running: BTreeMap<u64, u64>,
    /// Synchronous attempts under way, with their function.
    direct: BTreeMap<u64, String>,
    sequence: u64,
    /// How many invocations the account may run at once.
    concurrency: usize,
    invocations: u64,
    seed: u64,
}

#[derive(Debug)]
struct FunctionState {
    function: Function,
    running: u32,
}

/// An attempt that the driver must carry out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invocation {
    /// Numbers attempts through the whole run, from 1.
    pub number: u64,
    /// The function.
    pub function: String,
    /// The same for all attempts.
    pub request_id: String,
    /// 1 for the first.
    pub attempt: u32,
    /// What this attempt is to the dice.
    pub cause: Key,
    /// The event, as JSON text.
    pub payload: String,
    /// The same, to be read in parts.
    pub event: PackedJson,
    /// The function's time limit.
    pub timeout: Duration,
    /// The function's memory.
    pub memory_mb: u32,
}

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq)]
pub enum InvocationResult {
    /// The function answered.
    Success(Value),
    /// The function answered with an error.
    Failed {
        /// `errorType`
        error_type: String,
        /// `errorMessage`
        message: String,
    },
    /// The time limit was reached.
    TimedOut,
    /// The process died.
    Crashed,
}

/// What follows from the end of an attempt.
#[derive(Clone, Debug, PartialEq)]
pub enum Next {
    /// Nothing more.
    Done,
    /// Another attempt at that time.
    Retry(u64, DateTime<Utc>),
    /// Given up: the record goes to the destination, the payload to the dead-letter queue.
    GivenUp(Box<GivenUp>),
    /// Done, and the record goes to the success destination.
    Succeeded(Box<Succeeded>),
    /// The end of a batch that Lambda polled.
    Polled(Box<Polled>),
}

/// An invocation of which a success destination is told.
#[derive(Clone, Debug, PartialEq)]
pub struct Succeeded {
    /// The function's name.
    pub function: String,
    /// The destination's ARN.
    pub destination: String,
    /// The record.
    pub record: Value,
    /// What the invocation was to the dice.
    pub cause: Key,
}

/// The end of an invocation with a batch.
#[derive(Clone, Debug, PartialEq)]
pub struct Polled {
    /// What the function was given.
    pub batch: Batch,
    /// Lambda's request id.
    pub request_id: String,
    /// What the function answered, or nothing where it failed.
    pub response: Option<Value>,
}

/// An event that Lambda gave up.
#[derive(Clone, Debug, PartialEq)]
pub struct GivenUp {
    /// The function's name.
    pub function: String,
    /// `RetriesExhausted`, `EventAgeExceeded`, or `ZeroReservedConcurrency`.
    pub condition: String,
    /// The failure destination, and its record.
    pub destination: Option<(String, Value)>,
    /// The function's dead-letter queue, the payload, and the error's message.
    pub dead_letter: Option<(String, String, String)>,
    /// Lambda's request id.
    pub request_id: String,
    /// The event.
    pub payload: String,
    /// What it was to the dice.
    pub cause: Key,
}

/// A batch that was not started.
#[derive(Clone, Debug, PartialEq)]
pub struct Returned {
    /// The function's name.
    pub function: String,
    /// What the function was to get.
    pub batch: Batch,
}

/// What became of starting an attempt.
#[derive(Clone, Debug, PartialEq)]
pub enum Started {
    /// Carry it out.
    Invoke(Invocation),
    /// The function is throttled: try again then.
    Throttled(String, DateTime<Utc>),
    /// Throttled, and given up for that.
    GivenUp(Box<GivenUp>),
    /// A batch was throttled, and is the poller's again.
    Returned(Box<Returned>),
    /// Not there any more.
    Gone,
}

impl Lambda {
    /// What `stack` describes.
    #[must_use]
    pub fn new(stack: &Stack, account: &Account, concurrency: usize, seed: u64) -> Self {
        let functions = stack
            .functions
            .iter()
            .map(|function| {
                (
                    function.arn.clone(),
                    FunctionState {
                        function: function.clone(),
                        running: 0,
                    },
                )
            })
            .collect();
        Self {
            account: account.clone(),
            functions,
            permissions: stack.permissions.clone(),
            pending: BTreeMap::new(),
            running: BTreeMap::new(),
            direct: BTreeMap::new(),
            sequence: 0,
            invocations: 0,
            concurrency,
            seed,
        }
    }

    /// The function of that name or ARN.
    #[must_use]
    pub fn function(&self, name_or_arn: &str) -> Option<&Function> {
        let states = || self.functions.values().map(|state| &state.function);
        states().find(|function| function.arn == name_or_arn || function.name == name_or_arn)
    }

    /// All functions, by ARN.
    pub fn functions(&self) -> impl Iterator<Item = &Function> {
        self.functions.values().map(|state| &state.function)
    }

    /// Lets somebody invoke a function.
    pub fn permit(&mut self, permission: Permission) {
        self.permissions.push(permission);
    }

    /// Whether there is a function with that ARN.
    #[must_use]
    pub fn exists(&self, function_arn: &str) -> bool {
        self.functions.contains_key(function_arn)
    }

    /// Whether a service may invoke the function for `source_arn`.
    #[must_use]
    pub fn may_invoke(&self, service: &str, function_arn: &str, source_arn: &str) -> bool {
        self.permissions
            .iter()
            .any(|permission| permission.allows(service, function_arn, source_arn))
    }

    /// What waits in the functions' queues, in bytes.
    pub(crate) fn held_bytes(&self) -> usize {
        self.pending
            .values()
            .map(|pending| pending.payload.len())
            .sum()
    }

    /// Takes an event in the function's queue: 202. Gives its ticket.
    pub fn accept(
        &mut self,
        now: DateTime<Utc>,
        function_arn: &str,
        payload: &str,
        cause: Key,
    ) -> u64 {
        self.take(now, function_arn, payload.to_owned(), None, cause)
    }

    /// Takes a batch that Lambda polled for the function. Gives its ticket.
    pub fn accept_batch(
        &mut self,
        now: DateTime<Utc>,
        function_arn: &str,
        payload: String,
        batch: Batch,
        cause: Key,
    ) -> u64 {
        self.take(now, function_arn, payload, Some(batch), cause)
    }

    /// Takes an accepted event once more: the queue of a function is only eventually consistent.
    /// Gives the copy's ticket.
    pub fn duplicate(&mut self, ticket: u64, cause: Key) -> Option<u64> {
        let copy = Pending {
            cause,
            ..self.pending.get(&ticket)?.clone()
        };
        self.sequence += 1;
        self.pending.insert(self.sequence, copy);
        Some(self.sequence)
    }

    fn take(
        &mut self,
        now: DateTime<Utc>,
        function_arn: &str,
        payload: String,
        batch: Option<Batch>,
        cause: Key,
    ) -> u64 {
        self.sequence += 1;
        let request_id = derive_id(self.seed, "request", self.sequence);
        let pending = Pending {
            function_arn: function_arn.to_owned(),
            request_id,
            payload,
            accepted: now,
            cause,
            attempts: 0,
            throttles: 0,
            batch,
        };
        self.pending.insert(self.sequence, pending);
        self.sequence
    }

    /// Starts the next attempt of a ticket.
    pub fn start(&mut self, ticket: u64, now: DateTime<Utc>) -> Started {
        let is_full = self.is_full();
        let Some(pending) = self.pending.get_mut(&ticket) else {
            return Started::Gone;
        };
        let Some(state) = self.functions.get_mut(&pending.function_arn) else {
            return Started::Gone;
        };
        if is_full
            || state
                .function
                .reserved_concurrency
                .is_some_and(|limit| state.running >= limit)
        {
            return self.throttle(ticket, now);
        }
        state.running += 1;
        pending.attempts += 1;
        self.invocations += 1;
        self.running.insert(self.invocations, ticket);
        Started::Invoke(Invocation {
            number: self.invocations,
            function: state.function.name.clone(),
            request_id: pending.request_id.clone(),
            attempt: pending.attempts,
            cause: pending
                .cause
                .text("attempt")
                .number(u64::from(pending.attempts)),
            event: PackedJson::parse(&pending.payload),
            payload: pending.payload.clone(),
            timeout: Duration::from_secs(u64::from(state.function.timeout_seconds)),
            memory_mb: state.function.memory_mb,
        })
    }

    /// Starts a synchronous invocation: one attempt, whose result is the caller's alone. None where
    /// the function is throttled or not there.
    pub fn start_direct(
        &mut self,
        function_arn: &str,
        payload: &str,
        cause: Key,
    ) -> Option<Invocation> {
        let is_full = self.is_full();
        let state = self.functions.get_mut(function_arn)?;
        if is_full
            || state
                .function
                .reserved_concurrency
                .is_some_and(|limit| state.running >= limit)
        {
            return None;
        }
        state.running += 1;
        self.sequence += 1;
        self.invocations += 1;
        self.direct
            .insert(self.invocations, function_arn.to_owned());
        Some(Invocation {
            number: self.invocations,
            function: state.function.name.clone(),
            request_id: derive_id(self.seed, "request", self.sequence),
            attempt: 1,
            cause,
            event: PackedJson::parse(payload),
            payload: payload.to_owned(),
            timeout: Duration::from_secs(u64::from(state.function.timeout_seconds)),
            memory_mb: state.function.memory_mb,
        })
    }

    fn is_full(&self) -> bool {
        self.running.len() + self.direct.len() >= self.concurrency
    }

    /// A throttled event waits from a second to five minutes until it is too old; it is not an
    /// attempt.
    fn throttle(&mut self, ticket: u64, now: DateTime<Utc>) -> Started {
        let Some(pending) = self.pending.get_mut(&ticket) else {
            return Started::Gone;
        };
        pending.throttles += 1;
        let wait = TimeDelta::seconds(
            2_i64
                .pow((pending.throttles - 1).min(9))
                .min(THROTTLE_SECONDS_MAX),
        );
        let pending = pending.clone();
        let Some(function) = self
            .functions
            .get(&pending.function_arn)
            .map(|state| state.function.clone())
        else {
            return Started::Gone;
        };
        if let Some(batch) = pending.batch {
            self.pending.remove(&ticket);
            return Started::Returned(Box::new(Returned {
                function: function.name,
                batch,
            }));
        }
        if function.reserved_concurrency == Some(0) {
            return Started::GivenUp(self.give_up(
                ticket,
                &function,
                &pending,
                "ZeroReservedConcurrency",
                now,
                None,
            ));
        }
        let age = TimeDelta::seconds(i64::from(function.invoke_config.maximum_event_age_seconds));
        if now + wait - pending.accepted > age {
            return Started::GivenUp(self.give_up(
                ticket,
                &function,
                &pending,
                "EventAgeExceeded",
                now,
                None,
            ));
        }
        Started::Throttled(function.name, now + wait)
    }

    /// The batches of a mapping that are under way.
    #[must_use]
    pub fn polling(&self, mapping: usize) -> usize {
        self.pending
            .values()
            .filter(|pending| {
                pending
                    .batch
                    .as_ref()
                    .is_some_and(|batch| batch.mapping == mapping)
            })
            .count()
    }

    /// Notes the end of attempt `number`, and says what follows.
    pub fn finish(&mut self, number: u64, now: DateTime<Utc>, result: &InvocationResult) -> Next {
        if let Some(state) = self
            .direct
            .remove(&number)
            .and_then(|arn| self.functions.get_mut(&arn))
        {
            state.running -= 1;
            return Next::Done;
        }
        let Some(ticket) = self.running.remove(&number) else {
            return Next::Done;
        };
        let Some(pending) = self.pending.get(&ticket).cloned() else {
            return Next::Done;
        };
        let Some(state) = self.functions.get_mut(&pending.function_arn) else {
            return Next::Done;
        };
        state.running -= 1;
        let function = state.function.clone();
        if let Some(batch) = pending.batch {
            self.pending.remove(&ticket);
            let response = if let InvocationResult::Success(response) = result {
                Some(response.clone())
            } else {
                None
            };
            return Next::Polled(Box::new(Polled {
                batch,
                request_id: pending.request_id,
                response,
            }));
        }
        if let InvocationResult::Success(response) = result {
            self.pending.remove(&ticket);
            return match &function.invoke_config.on_success {
                Some(destination) => Next::Succeeded(Box::new(Succeeded {
                    function: function.name.clone(),
                    destination: destination.clone(),
                    record: record(&function, &pending, "Success", now, Some((response, false))),
                    cause: pending.cause,
                })),
                None => Next::Done,
            };
        }
        let wait = TimeDelta::seconds(60 * i64::from(pending.attempts));
        let age = TimeDelta::seconds(i64::from(function.invoke_config.maximum_event_age_seconds));
        if pending.attempts > function.invoke_config.maximum_retry_attempts {
            return Next::GivenUp(self.give_up(
                ticket,
                &function,
                &pending,
                "RetriesExhausted",
                now,
                Some(result),
            ));
        }
        // The age is checked before the wait (`lambda` of semantics.md).
        if now + wait - pending.accepted > age {
            return Next::GivenUp(self.give_up(
                ticket,
                &function,
                &pending,
                "EventAgeExceeded",
                now,
                Some(result),
            ));
        }
        Next::Retry(ticket, now + wait)
    }

    fn give_up(
        &mut self,
        ticket: u64,
        function: &Function,
        pending: &Pending,
        condition: &str,
        now: DateTime<Utc>,
        result: Option<&InvocationResult>,
    ) -> Box<GivenUp> {
        self.pending.remove(&ticket);
        let response =
            result.map(|result| response_of(result, &pending.request_id, function.timeout_seconds));
        let message = response
            .as_ref()
            .and_then(|response| response["errorMessage"].as_str())
            .unwrap_or(condition);
        let message: String = message.chars().take(DEAD_LETTER_MESSAGE_MAX).collect();
        let destination = function.invoke_config.on_failure.clone();
        let record = record(
            function,
            pending,
            condition,
            now,
            response.as_ref().map(|response| (response, true)),
        );
        Box::new(GivenUp {
            function: function.name.clone(),
            condition: condition.to_owned(),
            destination: destination.map(|arn| (arn, record)),
            dead_letter: function
                .dead_letter_arn
                .clone()
                .map(|arn| (arn, pending.payload.clone(), message)),
            request_id: pending.request_id.clone(),
            payload: pending.payload.clone(),
            cause: pending.cause,
        })
    }
}
