use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use http::{Request, Response};
use serde_json::Value;

use crate::api::error::ServiceError;
use crate::api::{ApiRequest, Service};
use crate::cloud_event::{CloudEvent, InvocationOutcome};
use crate::dispatch;
use crate::eventbridge::EventBridge;
use crate::fault_hook::FaultHook;
use crate::flow::delivery::deliver;
use crate::flow::notification::notify;
use crate::flow::put_events::put_events;
use crate::flow::schedule::{fire, fire_rule, plan_rule, plan_schedule, try_firing};
use crate::flow::{alarm, follow_up, invocation, queue_source, replay, rule, stream_source};
use crate::held::held_bytes;
use crate::iam::{RequiredPermission, required_permissions};
use crate::knobs::Knobs;
use crate::lambda::{Begun, Invocation, InvocationResult, Lambda, response_of};
use crate::scheduler::Scheduler;
use crate::sns::Sns;
use crate::sqs::Sqs;
use crate::stack::{Account, Stack, StackError};
use crate::state::CloudState;
use crate::task::Task;
use crate::timer_queue::delta;

/// How often expired items are looked for.
const SWEEP_EVERY: TimeDelta = TimeDelta::hours(6);

/// Why something could not be started by hand.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TriggerError {
    /// The cloud has no function of that name.
    #[error("there is no function {0}")]
    NoFunction(String),
    /// The cloud has no schedule of that name.
    #[error("there is no schedule {name}; there are {}", known.join(", "))]
    NoSchedule {
        /// The name that was asked for.
        name: String,
        /// The names that there are.
        known: Vec<String>,
    },
}

/// A simulated AWS account in one region.
#[derive(Debug)]
pub struct Cloud {
    state: CloudState,
}

impl Cloud {
    /// The cloud that `stack` describes.
    ///
    /// # Errors
    /// What AWS would refuse: a pattern, an expression, a table; with its place in the template.
    pub fn new(
        stack: &Stack,
        account: Account,
        knobs: Knobs,
        seed: u64,
        now: DateTime<Utc>,
    ) -> Result<Self, StackError> {
        let mut state = CloudState::new(stack, account, knobs, seed, now)?;
        for index in state.scheduler.indexes() {
            plan_schedule(&mut state, index, now);
        }
        let rules: Vec<(String, String)> = state
            .eventbridge
            .scheduled_rules()
            .map(|rule| (rule.arn.clone(), rule.logical_id.clone()))
            .collect();
        for (arn, id) in rules {
            plan_rule(&mut state, &arn, now, now).map_err(|error| stack.refused(&id, error))?;
        }
        state
            .timers
            .put_recurring(now + SWEEP_EVERY, Task::SweepTtl);
        state.record_rule_changes();
        Ok(Self { state })
    }

    /// Asks `hook` at every delivery and every entry of PutEvents from now on.
    pub fn set_fault_hook(&mut self, hook: Box<dyn FaultHook>) {
        self.state.fault_hook = hook;
    }

    /// When the next timer is due.
    #[must_use]
    pub fn next_due(&self) -> Option<DateTime<Utc>> {
        [
            self.state.timers.next_due(),
            self.state.sqs.next_due(),
            queue_source::next_poll(&self.state),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// When the next timer is due that runs once, unlike those of schedules.
    #[must_use]
    pub fn next_pending(&self) -> Option<DateTime<Utc>> {
        [
            self.state.timers.next_pending(),
            queue_source::next_poll(&self.state),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// What it did since last asked, in order.
    pub fn take_records(&mut self) -> Vec<CloudEvent> {
        std::mem::take(&mut self.state.records)
    }

    /// Answers a request of an AWS client, in any protocol. A long poll is answered as a short one,
    /// and a synchronous invocation is refused: both take a driver that waits.
    pub fn handle(&mut self, now: DateTime<Utc>, request: &Request<Bytes>) -> Response<Bytes> {
        self.answer(now, &ApiRequest::read(request))
    }

    /// Answers a request that was read before.
    pub fn answer(&mut self, now: DateTime<Utc>, request: &ApiRequest) -> Response<Bytes> {
        dispatch::answer(&mut self.state, now, request)
    }

    /// Answers a request that a function's code sends, which takes the permissions `required`: what
    /// the function's role does not allow is refused.
    pub fn answer_function(
        &mut self,
        now: DateTime<Utc>,
        function: &str,
        request: &ApiRequest,
        required: &[RequiredPermission],
    ) -> Response<Bytes> {
        match dispatch::denied(&self.state, function, required) {
            Some(error) => request.answer(Err(error), &self.state.next_request_id()),
            None => self.answer(now, request),
        }
    }

    /// What the role of a request's sender must allow.
    #[must_use]
    pub fn required_permissions(&self, request: &ApiRequest) -> Vec<RequiredPermission> {
        match &request.call {
            Ok(call) => required_permissions(call, &self.state.account),
            Err(_) => Vec::new(),
        }
    }

    /// Begins the synchronous invocation that a request asks for, if it does. The driver carries it
    /// out, tells [`Cloud::finished`], and answers with [`crate::lambda::invocation_answer`].
    pub fn begin_invocation(&mut self, request: &ApiRequest) -> Begun {
        match request.parameters_of(Service::Lambda, "Invoke") {
            Some(input) if input["InvocationType"] == "RequestResponse" => {
                invocation::begin(&mut self.state, request, input)
            }
            _ => Begun::NotAsked,
        }
    }

    /// How many seconds a receive wants to wait for a message; none for anything else, and for a
    /// short poll.
    #[must_use]
    pub fn long_poll(&self, request: &ApiRequest) -> Option<u32> {
        request
            .parameters_of(Service::Sqs, "ReceiveMessage")
            .map(|input| self.state.sqs.wait_seconds(input))
            .filter(|seconds| (1..=20).contains(seconds))
    }

    /// When a receive next finds a message, if nobody acts meanwhile.
    #[must_use]
    pub fn next_visible(&self, request: &ApiRequest) -> Option<DateTime<Utc>> {
        let input = request.parameters_of(Service::Sqs, "ReceiveMessage")?;
        let arn = self.state.sqs.queue_arn(input).ok()?;
        self.state.sqs.next_visible(&arn)
    }

    /// Makes the URLs of queues begin with `endpoint`, where the clients of a socket find them.
    pub fn set_queue_endpoint(&mut self, endpoint: &str) {
        self.state.sqs.set_endpoint(endpoint);
    }

    /// Puts events, as PutEvents does.
    ///
    /// # Errors
    /// Where the whole request is refused.
    pub fn put_events(&mut self, now: DateTime<Utc>, input: &Value) -> Result<Value, ServiceError> {
        put_events(&mut self.state, now, input)
    }

    /// Enables or disables a rule, as EnableRule and DisableRule do.
    ///
    /// # Errors
    /// Where there is no such rule.
    pub fn set_rule_state(
        &mut self,
        now: DateTime<Utc>,
        input: &Value,
        enabled: bool,
    ) -> Result<(), ServiceError> {
        rule::set_rule_state(&mut self.state, now, input, enabled).map(|_| ())
    }

    /// Starts a replay, as StartReplay does.
    ///
    /// # Errors
    /// As AWS does (`archive` of semantics.md).
    pub fn start_replay(
        &mut self,
        now: DateTime<Utc>,
        input: &Value,
    ) -> Result<Value, ServiceError> {
        replay::start(&mut self.state, now, input)
    }

    /// Messages, archived events, tables, and what is under way, in bytes, estimated.
    #[must_use]
    pub fn held_bytes(&self) -> u64 {
        held_bytes(&self.state)
    }

    /// The queues.
    #[must_use]
    pub fn sqs(&self) -> &Sqs {
        &self.state.sqs
    }

    /// The topics.
    #[must_use]
    pub fn sns(&self) -> &Sns {
        &self.state.sns
    }

    /// The functions.
    #[must_use]
    pub fn lambda(&self) -> &Lambda {
        &self.state.lambda
    }

    /// The buses.
    #[must_use]
    pub fn eventbridge(&self) -> &EventBridge {
        &self.state.eventbridge
    }

    /// The schedules.
    #[must_use]
    pub fn scheduler(&self) -> &Scheduler {
        &self.state.scheduler
    }

    /// Runs all timers due by `now`, in order, and gives the invocations to carry out.
    pub fn advance(&mut self, now: DateTime<Utc>) -> Vec<Invocation> {
        self.state.sqs.advance(now);
        queue_source::poll(&mut self.state, now);
        while let Some((at, task)) = self.state.timers.take_due(now) {
            perform(&mut self.state, at, task);
            queue_source::poll(&mut self.state, at);
        }
        std::mem::take(&mut self.state.starting)
    }

    /// Invokes a function asynchronously, as a caller with every right does.
    ///
    /// # Errors
    /// Where there is no such function.
    pub fn invoke(
        &mut self,
        now: DateTime<Utc>,
        function: &str,
        payload: &str,
    ) -> Result<(), TriggerError> {
        let found = self.state.lambda.function(function);
        let arn = found
            .map(|function| function.arn.clone())
            .ok_or_else(|| TriggerError::NoFunction(function.to_owned()))?;
        let cause = self.state.tally.next(invocation::cause_of(&arn, payload));
        invocation::accept(&mut self.state, now, &arn, payload, cause);
        Ok(())
    }

    /// Fires a schedule out of turn, for the minute that `now` lies in.
    ///
    /// # Errors
    /// Where there is no such schedule.
    pub fn fire_schedule(&mut self, now: DateTime<Utc>, name: &str) -> Result<(), TriggerError> {
        let scheduler = &self.state.scheduler;
        let index = scheduler
            .find(name)
            .ok_or_else(|| TriggerError::NoSchedule {
                name: name.to_owned(),
                known: scheduler.names().map(str::to_owned).collect(),
            })?;
        let minute =
            DateTime::from_timestamp(now.timestamp().div_euclid(60) * 60, 0).unwrap_or(now);
        fire(&mut self.state, now, index, minute);
        Ok(())
    }

    /// Receives and deletes every visible message of a queue; gives their bodies.
    pub fn drain_queue(&mut self, now: DateTime<Utc>, queue_arn: &str) -> Vec<String> {
        let mut bodies = Vec::new();
        while let Ok(batch) = self.state.sqs.receive(now, queue_arn, 10, None) {
            if batch.is_empty() {
                break;
            }
            for message in batch {
                // Received just now, so its receipt is good.
                let _deleted = self
                    .state
                    .sqs
                    .delete(now, queue_arn, &message.receipt_handle);
                bodies.push(message.message.body.to_string());
            }
        }
        let queue = queue_arn.rsplit(':').next().unwrap_or(queue_arn).to_owned();
        self.state.records.push(CloudEvent::QueueDrained {
            queue,
            messages: bodies.len(),
        });
        bodies
    }

    /// Takes the result of an invocation, and does what follows from it.
    pub fn finished(
        &mut self,
        now: DateTime<Utc>,
        invocation: &Invocation,
        result: &InvocationResult,
        duration: Duration,
    ) {
        let timeout = u32::try_from(invocation.timeout.as_secs()).unwrap_or(u32::MAX);
        self.state.records.push(CloudEvent::InvocationEnded {
            invocation: invocation.number,
            outcome: match result {
                InvocationResult::Success(_) => InvocationOutcome::Success,
                InvocationResult::Failed { .. } => InvocationOutcome::Failed,
                InvocationResult::TimedOut => InvocationOutcome::TimedOut,
                InvocationResult::Crashed => InvocationOutcome::Crashed,
            },
            response: response_of(result, &invocation.request_id, timeout).into(),
            duration_ms: u64::try_from(duration.as_millis()).unwrap_or(u64::MAX),
        });
        #[expect(
            clippy::cast_precision_loss,
            reason = "milliseconds of an invocation fit a double"
        )]
        let milliseconds = duration.as_millis() as f64;
        let failed = f64::from(u8::from(!matches!(result, InvocationResult::Success(_))));
        let dimensions = [("FunctionName", invocation.function.as_str())];
        for (metric, value) in [
            ("Invocations", 1.0),
            ("Duration", milliseconds),
            ("Errors", failed),
        ] {
            self.state
                .count(now, "AWS/Lambda", metric, &dimensions, value);
        }
        let next = self.state.lambda.finish(invocation.number, now, result);
        follow_up::follow_up(&mut self.state, now, next);
    }
}

/// Runs one timer.
fn perform(state: &mut CloudState, at: DateTime<Utc>, task: Task) {
    match task {
        Task::Deliver(delivery) => deliver(state, at, *delivery),
        Task::Invoke(ticket) => follow_up::start(state, at, ticket),
        Task::PollStream(index) => stream_source::poll_as_planned(state, at, index),
        Task::FireSchedule { index, scheduled } => {
            plan_schedule(state, index, scheduled);
            fire(state, at, index, scheduled);
        }
        Task::RetrySchedule(firing) => try_firing(state, at, firing),
        Task::FireRule { arn } => fire_rule(state, at, &arn),
        Task::Replay(name) => replay::run(state, at, &name),
        Task::ReplaySlice { slice, .. } => replay::put_slice(state, at, slice),
        Task::ReplayDone(name) => replay::complete(state, name),
        Task::JudgeAlarm(index) => alarm::judge(state, at, index),
        Task::SetRule { input, enabled } => rule::apply_rule_state(state, &input, enabled),
        Task::Notify(notification) => notify(state, at, *notification),
        Task::SweepTtl => {
            // A sweep that fails leaves the items, as AWS may for days.
            state.dynamodb.sweep(at, delta(state.knobs.ttl_lag));
            stream_source::wake(state, at);
            state.timers.put_recurring(at + SWEEP_EVERY, Task::SweepTtl);
        }
    }
}
