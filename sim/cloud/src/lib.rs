//! A simulated AWS, sans I/O: requests in, answers and effects out, time given by the caller. It
//! knows nothing of trading and serves any system that a template describes.
//!
//! [`Cloud::handle`] answers a request of an AWS client; [`Cloud::advance`] lets happen what is due
//! and gives the invocations that the driver must carry out; [`Cloud::finished`] takes their
//! results. What it did is in [`Cloud::take_records`].

pub mod agenda;
mod dead_letter;
mod deliver;
mod dispatch;
pub mod dynamodb;
pub mod error;
pub mod eventbridge;
mod firing;
mod held;
mod input;
mod invoking;
pub mod json_text;
pub mod knobs;
pub mod lambda;
pub mod lambda_operations;
pub mod meddler;
pub mod metrics;
pub mod need;
mod polling;
pub mod record;
mod replaying;
pub mod schedule;
pub mod schedule_expression;
mod schedule_operations;
pub mod sqs;
pub mod template;
pub mod transform;
pub mod wire;

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use seeded_dice::{Dice, Tally};

use self::agenda::Agenda;
use self::deliver::Delivery;
use self::dynamodb::DynamoDb;
use self::eventbridge::{BusEvent, EventBridge};
use self::firing::Firing;
use self::invoking::cause_of;
use self::knobs::Knobs;
use self::lambda::{Invocation, InvocationResult, Lambda};
use self::meddler::{Meddler, NoMeddler};
use self::metrics::Metrics;
use self::polling::Poller;
use self::record::{AlarmState, InvocationOutcome, Record};
use self::schedule::Scheduler;
use self::sqs::Sqs;
use self::template::{Pseudo, QueuePolicy, Role, Stack};

/// A simulated AWS account in one region.
#[derive(Debug)]
pub struct Cloud {
    pseudo: Pseudo,
    knobs: Knobs,
    seed: u64,
    dice: Dice,
    tally: Tally,
    agenda: Agenda<Task>,
    /// When which alarm is judged next.
    judgements: BTreeSet<(DateTime<Utc>, usize)>,
    eventbridge: EventBridge,
    lambda: Lambda,
    sqs: Sqs,
    scheduler: Scheduler,
    dynamodb: DynamoDb,
    metrics: Metrics,
    pollers: Vec<Poller>,
    queue_policies: Vec<QueuePolicy>,
    roles: Vec<Role>,
    meddler: Box<dyn Meddler>,
    records: Vec<Record>,
    starting: Vec<Invocation>,
    requests: u64,
}

/// Something that the cloud does by itself.
#[derive(Clone, Debug)]
enum Task {
    Deliver(Box<Delivery>),
    Invoke(u64),
    FireSchedule {
        index: usize,
        scheduled: DateTime<Utc>,
    },
    RetrySchedule(Firing),
    FireRule {
        arn: String,
    },
    Replay(String),
    ReplaySlice {
        replay: String,
        slice: Vec<BusEvent>,
    },
    ReplayDone(String),
    JudgeAlarm(usize),
    SetRule {
        input: serde_json::Value,
        enabled: bool,
    },
    SweepTtl,
}

/// How often expired items are looked for.
const SWEEP_EVERY: TimeDelta = TimeDelta::hours(6);

/// A name that the same run always gives to the same thing.
fn derive_id(seed: u64, kind: &str, number: u64) -> String {
    Uuid::new_v5(
        &Uuid::NAMESPACE_URL,
        format!("{seed}/{kind}/{number}").as_bytes(),
    )
    .to_string()
}

fn delta(duration: Duration) -> TimeDelta {
    TimeDelta::from_std(duration).unwrap_or(TimeDelta::MAX)
}

impl Cloud {
    /// The cloud that `stack` describes.
    ///
    /// # Errors
    /// What AWS would refuse: a pattern, an expression, a table; with its place in the template.
    pub fn new(
        stack: &Stack,
        pseudo: Pseudo,
        knobs: Knobs,
        seed: u64,
        now: DateTime<Utc>,
    ) -> Result<Self, String> {
        let mut cloud = Self {
            eventbridge: EventBridge::new(stack, &pseudo, knobs.put_events_limit_bytes, seed, now)?,
            lambda: Lambda::new(stack, knobs.concurrency, seed),
            sqs: Sqs::new(&pseudo.account, &pseudo.region, seed),
            scheduler: Scheduler::new(stack, &pseudo, now)?,
            dynamodb: DynamoDb::new(&stack.tables, &pseudo, &knobs)?,
            metrics: Metrics::new(&stack.alarms),
            pollers: polling::pollers(stack)?,
            queue_policies: stack.queue_policies.clone(),
            roles: stack.roles.clone(),
            meddler: Box::new(NoMeddler),
            dice: Dice::new(seed),
            tally: Tally::default(),
            agenda: Agenda::default(),
            judgements: BTreeSet::new(),
            records: Vec::new(),
            starting: Vec::new(),
            requests: 0,
            pseudo,
            knobs,
            seed,
        };
        for queue in &stack.queues {
            cloud.sqs.create(now, queue);
        }
        cloud.sqs.set_knobs(sqs::Knobs {
            duplicates_per_mille: cloud.knobs.sqs_duplicates_per_mille,
            short_poll_misses_per_mille: cloud.knobs.sqs_short_poll_misses_per_mille,
            ..sqs::Knobs::default()
        });
        for index in cloud.scheduler.indexes() {
            cloud.plan_schedule(index, now);
        }
        let rules: Vec<String> = cloud
            .eventbridge
            .scheduled_rules()
            .map(|rule| rule.arn.clone())
            .collect();
        for arn in rules {
            cloud.plan_rule(&arn, now, now)?;
        }
        cloud
            .agenda
            .put_recurring(now + SWEEP_EVERY, Task::SweepTtl);
        cloud.tell_rules();
        Ok(cloud)
    }

    /// Lets `meddler` have its say at every delivery and every entry put.
    pub fn set_meddler(&mut self, meddler: Box<dyn Meddler>) {
        self.meddler = meddler;
    }

    /// When something is due next.
    #[must_use]
    pub fn next_due(&self) -> Option<DateTime<Utc>> {
        [
            self.agenda.next_due(),
            self.sqs.next_due(),
            self.next_poll(),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// When something is due next that does not come back by itself, as schedules do.
    #[must_use]
    pub fn next_pending(&self) -> Option<DateTime<Utc>> {
        [self.agenda.next_pending(), self.next_poll()]
            .into_iter()
            .flatten()
            .min()
    }

    /// What it did since last asked, in order.
    pub fn take_records(&mut self) -> Vec<Record> {
        std::mem::take(&mut self.records)
    }

    /// Tells of the rules that changed since last told.
    fn tell_rules(&mut self) {
        let changes = self.eventbridge.rule_changes();
        self.records.extend(changes);
    }

    /// What the role of a request's sender must allow.
    #[must_use]
    pub fn needs(&self, request: &http::Request<bytes::Bytes>) -> Vec<need::Need> {
        need::needs_of(request, &self.pseudo)
    }

    /// The queues.
    #[must_use]
    pub fn sqs(&self) -> &Sqs {
        &self.sqs
    }

    /// The functions.
    #[must_use]
    pub fn lambda(&self) -> &Lambda {
        &self.lambda
    }

    /// The buses.
    #[must_use]
    pub fn eventbridge(&self) -> &EventBridge {
        &self.eventbridge
    }

    /// The schedules.
    #[must_use]
    pub fn scheduler(&self) -> &Scheduler {
        &self.scheduler
    }

    /// Lets everything happen that is due by `now`, in order, and gives the invocations to carry
    /// out.
    pub fn advance(&mut self, now: DateTime<Utc>) -> Vec<Invocation> {
        self.sqs.advance(now);
        self.poll(now);
        while let Some((at, task)) = self.agenda.take_due(now) {
            self.perform(at, task);
            self.poll(at);
        }
        std::mem::take(&mut self.starting)
    }

    fn perform(&mut self, at: DateTime<Utc>, task: Task) {
        match task {
            Task::Deliver(delivery) => self.deliver(at, *delivery),
            Task::Invoke(ticket) => self.start_invocation(at, ticket),
            Task::FireSchedule { index, scheduled } => {
                self.plan_schedule(index, scheduled);
                self.fire(at, index, scheduled);
            }
            Task::RetrySchedule(firing) => self.try_firing(at, firing),
            Task::FireRule { arn } => self.fire_rule(at, &arn),
            Task::Replay(name) => self.run_replay(at, &name),
            Task::ReplaySlice { slice, .. } => self.replay_slice(at, slice),
            Task::ReplayDone(name) => {
                let state = self.eventbridge.complete_replay(&name);
                self.records.push(Record::ReplayChanged {
                    replay: name,
                    state,
                    filter: Vec::new(),
                });
            }
            Task::JudgeAlarm(index) => {
                self.judgements.remove(&(at, index));
                self.judge_alarm(at, index);
            }
            Task::SetRule { input, enabled } => {
                // The rule was there when the change was asked for; one that is gone meanwhile
                // needs no state.
                let _changed = self.eventbridge.set_rule_state(&input, enabled);
                self.tell_rules();
            }
            Task::SweepTtl => {
                self.dynamodb.sweep(at, delta(self.knobs.ttl_lag));
                self.agenda.put_recurring(at + SWEEP_EVERY, Task::SweepTtl);
            }
        }
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
    ) -> Result<(), String> {
        let arn = self
            .lambda
            .function(function)
            .map(|function| function.arn.clone())
            .ok_or_else(|| format!("there is no function {function}"))?;
        let cause = self.tally.next(cause_of(&arn, payload));
        self.accept_invocation(now, &arn, payload, cause);
        Ok(())
    }

    /// Fires a schedule out of turn, for the minute that `now` lies in.
    ///
    /// # Errors
    /// Where there is no such schedule.
    pub fn fire_schedule(&mut self, now: DateTime<Utc>, name: &str) -> Result<(), String> {
        let index = self.scheduler.find(name).ok_or_else(|| {
            format!(
                "there is no schedule {name}; there are {}",
                self.scheduler.names().collect::<Vec<_>>().join(", ")
            )
        })?;
        let minute =
            DateTime::from_timestamp(now.timestamp().div_euclid(60) * 60, 0).unwrap_or(now);
        self.fire(now, index, minute);
        Ok(())
    }

    /// Enables or disables a rule, at once or after the time that such changes take.
    ///
    /// # Errors
    /// Where there is no such rule.
    pub fn set_rule_state(
        &mut self,
        now: DateTime<Utc>,
        input: &serde_json::Value,
        enabled: bool,
    ) -> Result<(), error::ServiceError> {
        if self.knobs.rule_propagation_delay.is_zero() {
            let changed = self.eventbridge.set_rule_state(input, enabled);
            self.tell_rules();
            return changed;
        }
        self.eventbridge.check_rule(input)?;
        self.agenda.put(
            now + delta(self.knobs.rule_propagation_delay),
            Task::SetRule {
                input: input.clone(),
                enabled,
            },
        );
        Ok(())
    }

    /// Receives and deletes every visible message of a queue; gives their bodies.
    pub fn drain_queue(&mut self, now: DateTime<Utc>, queue_arn: &str) -> Vec<String> {
        let mut bodies = Vec::new();
        while let Ok(batch) = self.sqs.receive(now, queue_arn, 10, None) {
            if batch.is_empty() {
                break;
            }
            for message in batch {
                // Received just now, so its receipt is good.
                let _deleted = self.sqs.delete(now, queue_arn, &message.receipt_handle);
                bodies.push(message.message.body);
            }
        }
        let queue = queue_arn.rsplit(':').next().unwrap_or(queue_arn).to_owned();
        self.records.push(Record::QueueDrained {
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
        self.records.push(Record::InvocationEnded {
            invocation: invocation.number,
            outcome: match result {
                InvocationResult::Success(_) => InvocationOutcome::Success,
                InvocationResult::Failed { .. } => InvocationOutcome::Failed,
                InvocationResult::TimedOut => InvocationOutcome::TimedOut,
                InvocationResult::Crashed => InvocationOutcome::Crashed,
            },
            response: lambda::response_of(result, &invocation.request_id, timeout),
            duration_ms: u64::try_from(duration.as_millis()).unwrap_or(u64::MAX),
        });
        let function = invocation.function.clone();
        self.count(
            now,
            "AWS/Lambda",
            "Invocations",
            &[("FunctionName", &function)],
            1.0,
        );
        #[expect(
            clippy::cast_precision_loss,
            reason = "milliseconds of an invocation fit a double"
        )]
        self.count(
            now,
            "AWS/Lambda",
            "Duration",
            &[("FunctionName", &function)],
            duration.as_millis() as f64,
        );
        let failed = f64::from(u8::from(!matches!(result, InvocationResult::Success(_))));
        self.count(
            now,
            "AWS/Lambda",
            "Errors",
            &[("FunctionName", &function)],
            failed,
        );
        let next = self.lambda.finish(invocation.number, now, result);
        self.follow_up(now, next);
    }

    fn count(
        &mut self,
        now: DateTime<Utc>,
        namespace: &str,
        metric: &str,
        dimensions: &[(&str, &str)],
        value: f64,
    ) {
        for (index, at) in self.metrics.add(now, namespace, metric, dimensions, value) {
            self.plan_judgement(at, index);
        }
    }

    /// Plans to judge an alarm, once for all the data points of a period.
    fn plan_judgement(&mut self, at: DateTime<Utc>, index: usize) {
        if self.judgements.insert((at, index)) {
            self.agenda.put_recurring(at, Task::JudgeAlarm(index));
        }
    }

    fn judge_alarm(&mut self, at: DateTime<Utc>, index: usize) {
        let gauge = self
            .metrics
            .watched_queue(index)
            .and_then(|queue| self.depth(at, queue));
        let (change, again) = self.metrics.judge(index, at, gauge);
        if let Some(change) = change {
            self.records.push(Record::AlarmChanged {
                alarm: change.alarm.name,
                metric: change.alarm.metric,
                dimensions: change.alarm.dimensions,
                state: if change.is_alarming {
                    AlarmState::Alarm
                } else {
                    AlarmState::Ok
                },
                value: change.value.to_string(),
            });
        }
        if let Some(again) = again {
            self.plan_judgement(again, index);
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "a queue's depth fits a double")]
    fn depth(&self, now: DateTime<Utc>, queue: &str) -> Option<f64> {
        let arn = format!(
            "arn:{}:sqs:{}:{}:{queue}",
            self.pseudo.partition, self.pseudo.region, self.pseudo.account
        );
        self.sqs
            .exists(&arn)
            .then(|| self.sqs.visible(now, &arn) as f64)
    }
}
