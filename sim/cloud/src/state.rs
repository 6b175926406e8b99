use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use seeded_dice::{Dice, Tally};

use crate::cloud_event::CloudEvent;
use crate::dynamodb::DynamoDb;
use crate::eventbridge::EventBridge;
use crate::fault_hook::{FaultHook, NoFaults};
use crate::id::derive_id;
use crate::knobs::Knobs;
use crate::lambda::{Invocation, Lambda, Poller, pollers};
use crate::metrics::Metrics;
use crate::scheduler::Scheduler;
use crate::sns::Sns;
use crate::sqs::{self, Sqs};
use crate::stack::{Account, QueuePolicy, Role, Stack, StackError};
use crate::task::Task;
use crate::timer_queue::TimerQueue;

/// The services of one account in one region, and what is under way between them.
#[derive(Debug)]
pub(crate) struct CloudState {
    pub account: Account,
    pub knobs: Knobs,
    pub seed: u64,
    pub dice: Dice,
    pub tally: Tally,
    pub timers: TimerQueue<Task>,
    /// When which alarm is judged next.
    pub judgements: BTreeSet<(DateTime<Utc>, usize)>,
    pub eventbridge: EventBridge,
    pub lambda: Lambda,
    pub sqs: Sqs,
    pub sns: Sns,
    pub scheduler: Scheduler,
    pub dynamodb: DynamoDb,
    pub metrics: Metrics,
    pub pollers: Vec<Poller>,
    pub queue_policies: Vec<QueuePolicy>,
    pub roles: Vec<Role>,
    pub fault_hook: Box<dyn FaultHook>,
    pub records: Vec<CloudEvent>,
    pub starting: Vec<Invocation>,
    pub requests: u64,
}

impl CloudState {
    /// What `stack` describes.
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
        let mut sqs = Sqs::new(&account.id, &account.region, seed);
        for queue in &stack.queues {
            sqs.create(now, queue);
        }
        sqs.set_knobs(sqs::Knobs {
            duplicates_per_mille: knobs.sqs_duplicates_per_mille,
            short_poll_misses_per_mille: knobs.sqs_short_poll_misses_per_mille,
            ..sqs::Knobs::default()
        });
        let dynamodb = DynamoDb::new(stack, &account, &knobs)?;
        let unknown_roles = knobs.unknown_roles_may_everything;
        Ok(Self {
            pollers: pollers(stack, &dynamodb, unknown_roles, now)?,
            eventbridge: EventBridge::new(
                stack,
                &account,
                knobs.put_events_limit_bytes,
                seed,
                now,
            )?,
            lambda: Lambda::new(stack, &account, knobs.concurrency, seed),
            sqs,
            sns: Sns::new(stack, &account, seed)?,
            scheduler: Scheduler::new(stack, &account, now)?,
            dynamodb,
            metrics: Metrics::new(&stack.alarms),
            queue_policies: stack.queue_policies.clone(),
            roles: stack.roles.clone(),
            fault_hook: Box::new(NoFaults),
            dice: Dice::new(seed),
            tally: Tally::default(),
            timers: TimerQueue::default(),
            judgements: BTreeSet::new(),
            records: Vec::new(),
            starting: Vec::new(),
            requests: 0,
            account,
            knobs,
            seed,
        })
    }

    /// The id of the next answer.
    pub fn next_request_id(&mut self) -> String {
        self.requests += 1;
        derive_id(self.seed, "answer", self.requests)
    }

    /// Records the rules that changed since this was last asked.
    pub fn record_rule_changes(&mut self) {
        let changes = self.eventbridge.rule_changes();
        self.records.extend(changes);
    }

    /// Counts a data point, and plans to judge the alarms on its metric.
    pub fn count(
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
    pub fn plan_judgement(&mut self, at: DateTime<Utc>, index: usize) {
        if self.judgements.insert((at, index)) {
            self.timers.put_recurring(at, Task::JudgeAlarm(index));
        }
    }

    /// The messages that a queue of this account and region shows, if it is there.
    #[expect(clippy::cast_precision_loss, reason = "a queue's depth fits a double")]
    pub fn depth(&self, now: DateTime<Utc>, queue: &str) -> Option<f64> {
        let arn = self.account.arn("sqs", queue);
        self.sqs
            .exists(&arn)
            .then(|| self.sqs.visible(now, &arn) as f64)
    }

    /// The role with that ARN, if the template declares it.
    pub fn role(&self, arn: &str) -> Option<&Role> {
        self.roles.iter().find(|role| role.arn == arn)
    }

    /// The role that the template gives a function.
    pub fn role_of(&self, function: &str) -> Option<&Role> {
        self.role(&self.lambda.function(function)?.role_arn)
    }
}
