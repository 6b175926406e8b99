//! AWS Lambda's asynchronous invocation: accepted with 202, queued, tried up to three times with the same request
//! id, and in the end handed to the failure destination (semantics 6).

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::template::{Function, Permission, Stack};

/// The functions of one account and region.
#[derive(Debug)]
pub struct Lambda {
    functions: BTreeMap<String, FunctionState>,
    permissions: Vec<Permission>,
    pending: BTreeMap<u64, Pending>,
    running: BTreeMap<u64, u64>,
    /// Synchronous attempts under way, with their function.
    direct: BTreeMap<u64, String>,
    sequence: u64,
    invocations: u64,
    seed: u64,
}

#[derive(Debug)]
struct FunctionState {
    function: Function,
    running: u32,
}

/// One asynchronous event on its way through the function's queue.
#[derive(Clone, Debug)]
struct Pending {
    function_arn: String,
    request_id: String,
    payload: String,
    accepted: DateTime<Utc>,
    /// Tries so far; throttles do not count.
    attempts: u32,
    throttles: u32,
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
    /// The event, as JSON text.
    pub payload: String,
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
    Succeeded(String, Value),
}

/// An event that Lambda gave up.
#[derive(Clone, Debug, PartialEq)]
pub struct GivenUp {
    /// The function's name.
    pub function: String,
    /// `RetriesExhausted` or `EventAgeExceeded`.
    pub condition: String,
    /// The failure destination, and its record.
    pub destination: Option<(String, Value)>,
    /// The function's dead-letter queue, the payload, and the error's message.
    pub dead_letter: Option<(String, String, String)>,
    /// Lambda's request id.
    pub request_id: String,
    /// The event.
    pub payload: String,
}

/// Why an asynchronous invocation is not accepted, in EventBridge's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rejection {
    /// The resource policy does not allow it.
    NoPermissions,
    /// There is no such function.
    NoResource,
}

/// What became of starting an attempt.
#[derive(Clone, Debug, PartialEq)]
pub enum Started {
    /// Carry it out.
    Invoke(Invocation),
    /// Throttled: try again then.
    Throttled(DateTime<Utc>),
    /// Not there any more.
    Gone,
}

impl Lambda {
    /// What `stack` describes.
    #[must_use]
    pub fn new(stack: &Stack, seed: u64) -> Self {
        let functions = stack
            .functions
            .iter()
            .map(|function| (function.arn.clone(), FunctionState { function: function.clone(), running: 0 }))
            .collect();
        Self {
            functions,
            permissions: stack.permissions.clone(),
            pending: BTreeMap::new(),
            running: BTreeMap::new(),
            direct: BTreeMap::new(),
            sequence: 0,
            invocations: 0,
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

    /// Whether a service may invoke the function for `source_arn`.
    ///
    /// # Errors
    /// Why not.
    pub fn may_invoke(&self, service: &str, function_arn: &str, source_arn: &str) -> Result<(), Rejection> {
        if !self.functions.contains_key(function_arn) {
            return Err(Rejection::NoResource);
        }
        let allowed = self.permissions.iter().any(|permission| permission.allows(service, function_arn, source_arn));
        if allowed { Ok(()) } else { Err(Rejection::NoPermissions) }
    }

    /// Takes an event in the function's queue: 202. Gives its ticket.
    pub fn accept(&mut self, now: DateTime<Utc>, function_arn: &str, payload: &str) -> u64 {
        self.sequence += 1;
        let request_id = super::derive_id(self.seed, "request", self.sequence);
        let pending = Pending {
            function_arn: function_arn.to_owned(),
            request_id,
            payload: payload.to_owned(),
            accepted: now,
            attempts: 0,
            throttles: 0,
        };
        self.pending.insert(self.sequence, pending);
        self.sequence
    }

    /// Starts the next attempt of a ticket.
    pub fn start(&mut self, ticket: u64, now: DateTime<Utc>) -> Started {
        let Some(pending) = self.pending.get_mut(&ticket) else { return Started::Gone };
        let Some(state) = self.functions.get_mut(&pending.function_arn) else { return Started::Gone };
        if state.function.reserved_concurrency.is_some_and(|limit| state.running >= limit) {
            pending.throttles += 1;
            let seconds = 2_i64.saturating_pow(pending.throttles.min(10)).min(300);
            return Started::Throttled(now + TimeDelta::seconds(seconds));
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
            payload: pending.payload.clone(),
            timeout: Duration::from_secs(u64::from(state.function.timeout_seconds)),
            memory_mb: state.function.memory_mb,
        })
    }

    /// Starts a synchronous invocation: one attempt, whose result is the caller's alone. None where the function is
    /// throttled or not there.
    pub fn start_direct(&mut self, function_arn: &str, payload: &str) -> Option<Invocation> {
        let state = self.functions.get_mut(function_arn)?;
        if state.function.reserved_concurrency.is_some_and(|limit| state.running >= limit) {
            return None;
        }
        state.running += 1;
        self.sequence += 1;
        self.invocations += 1;
        self.direct.insert(self.invocations, function_arn.to_owned());
        Some(Invocation {
            number: self.invocations,
            function: state.function.name.clone(),
            request_id: super::derive_id(self.seed, "request", self.sequence),
            attempt: 1,
            payload: payload.to_owned(),
            timeout: Duration::from_secs(u64::from(state.function.timeout_seconds)),
            memory_mb: state.function.memory_mb,
        })
    }

    /// Notes the end of attempt `number`, and says what follows.
    pub fn finish(&mut self, number: u64, now: DateTime<Utc>, result: &InvocationResult) -> Next {
        if let Some(state) = self.direct.remove(&number).and_then(|arn| self.functions.get_mut(&arn)) {
            state.running -= 1;
            return Next::Done;
        }
        let Some(ticket) = self.running.remove(&number) else { return Next::Done };
        let Some(pending) = self.pending.get(&ticket).cloned() else { return Next::Done };
        let Some(state) = self.functions.get_mut(&pending.function_arn) else { return Next::Done };
        state.running -= 1;
        let function = state.function.clone();
        if let InvocationResult::Success(response) = result {
            self.pending.remove(&ticket);
            return match &function.invoke_config.on_success {
                Some(destination) => Next::Succeeded(destination.clone(), record(&function, &pending, "Success", now, None, response)),
                None => Next::Done,
            };
        }
        let wait = TimeDelta::seconds(60 * i64::from(pending.attempts));
        let age = TimeDelta::seconds(i64::from(function.invoke_config.maximum_event_age_seconds));
        if pending.attempts > function.invoke_config.maximum_retry_attempts {
            return self.give_up(ticket, &function, &pending, "RetriesExhausted", now, result);
        }
        // The age is checked before the wait (semantics 6).
        if now + wait - pending.accepted > age {
            return self.give_up(ticket, &function, &pending, "EventAgeExceeded", now, result);
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
        result: &InvocationResult,
    ) -> Next {
        self.pending.remove(&ticket);
        let response = response_of(result, &pending.request_id, function.timeout_seconds);
        let message = response["errorMessage"].as_str().unwrap_or_default().to_owned();
        let destination = function.invoke_config.on_failure.clone();
        let record = record(function, pending, condition, now, Some("Unhandled"), &response);
        Next::GivenUp(Box::new(GivenUp {
            function: function.name.clone(),
            condition: condition.to_owned(),
            destination: destination.map(|arn| (arn, record)),
            dead_letter: function.dead_letter_arn.clone().map(|arn| (arn, pending.payload.clone(), message)),
            request_id: pending.request_id.clone(),
            payload: pending.payload.clone(),
        }))
    }
}

/// What an invocation's caller, or its destination, sees of the result.
#[must_use]
pub fn response_of(result: &InvocationResult, request_id: &str, timeout_seconds: u32) -> Value {
    match result {
        InvocationResult::Success(value) => value.clone(),
        InvocationResult::Failed { error_type, message } => json!({ "errorType": error_type, "errorMessage": message }),
        InvocationResult::TimedOut => json!({
            "errorType": "Sandbox.Timedout",
            "errorMessage": format!("RequestId: {request_id} Error: Task timed out after {timeout_seconds}.00 seconds"),
        }),
        InvocationResult::Crashed => json!({
            "errorType": "Runtime.ExitError",
            "errorMessage": format!("RequestId: {request_id} Error: Runtime exited with error: signal: killed"),
        }),
    }
}

/// A destination's record (semantics 6).
fn record(function: &Function, pending: &Pending, condition: &str, now: DateTime<Utc>, error: Option<&str>, response: &Value) -> Value {
    let mut context = json!({ "statusCode": 200, "executedVersion": "$LATEST" });
    if let Some(error) = error {
        context["functionError"] = json!(error);
    }
    json!({
        "version": "1.0",
        "timestamp": now.format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string(),
        "requestContext": {
            "requestId": pending.request_id,
            "functionArn": format!("{}:$LATEST", function.arn),
            "condition": condition,
            "approximateInvokeCount": pending.attempts,
        },
        "requestPayload": serde_json::from_str::<Value>(&pending.payload).unwrap_or(Value::Null),
        "responseContext": context,
        "responsePayload": response,
    })
}
