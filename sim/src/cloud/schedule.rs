//! EventBridge Scheduler: schedules with a time zone, context attributes, their own retries and dead letters
//! (semantics 5.2).

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::schedule_expression::{Dialect, ScheduleExpression};
use super::template::{Schedule, Stack};

/// The schedules of one account and region.
#[derive(Debug)]
pub struct Scheduler {
    schedules: Vec<ScheduleState>,
}

#[derive(Debug)]
struct ScheduleState {
    schedule: Schedule,
    expression: ScheduleExpression,
    zone: Tz,
    created: DateTime<Utc>,
    executions: u64,
}

impl Scheduler {
    /// What `stack` describes, created at `now`.
    ///
    /// # Errors
    /// An expression or a zone that Scheduler would refuse, with its place in the template.
    pub fn new(stack: &Stack, now: DateTime<Utc>) -> Result<Self, String> {
        let mut schedules = Vec::new();
        for schedule in &stack.schedules {
            let place = format!("line {}: {}", schedule.position.line, schedule.logical_id);
            let expression =
                ScheduleExpression::parse(&schedule.expression, Dialect::Scheduler).map_err(|error| format!("{place}: {error}"))?;
            let zone = schedule.timezone.parse().map_err(|_| format!("{place}: {:?} is not a time zone", schedule.timezone))?;
            schedules.push(ScheduleState { schedule: schedule.clone(), expression, zone, created: now, executions: 0 });
        }
        Ok(Self { schedules })
    }

    /// The number of schedules.
    #[must_use]
    pub fn len(&self) -> usize {
        self.schedules.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.schedules.is_empty()
    }

    /// When schedule `index` fires next, if it is enabled.
    #[must_use]
    pub fn next_after(&self, index: usize, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let state = &self.schedules[index];
        if !state.schedule.enabled {
            return None;
        }
        state.expression.next_after(after, state.zone, state.created)
    }

    /// The place of the schedule of that name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<usize> {
        self.schedules.iter().position(|state| state.schedule.name == name || state.schedule.logical_id == name)
    }

    /// The names of all schedules.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.schedules.iter().map(|state| state.schedule.name.as_str())
    }

    /// Schedule `index`.
    #[must_use]
    pub fn schedule(&self, index: usize) -> &Schedule {
        &self.schedules[index].schedule
    }

    /// The payload of an occurrence: the input with its context attributes filled in, or Scheduler's own envelope,
    /// whose detail is the *string* `"{}"`.
    pub fn payload(&mut self, index: usize, scheduled: DateTime<Utc>, attempt: u32, seed: u64) -> String {
        let state = &mut self.schedules[index];
        if attempt == 1 {
            state.executions += 1;
        }
        let execution = super::derive_id(seed, &state.schedule.name, state.executions);
        let time = scheduled.format("%Y-%m-%dT%H:%M:%SZ").to_string();
        match &state.schedule.target.input {
            Some(input) => input
                .replace("<aws.scheduler.schedule-arn>", &state.schedule.arn)
                .replace("<aws.scheduler.scheduled-time>", &time)
                .replace("<aws.scheduler.execution-id>", &execution)
                .replace("<aws.scheduler.attempt-number>", &attempt.to_string()),
            None => {
                let (account, region) = account_and_region(&state.schedule.arn);
                format!(
                    "{{\"version\":\"0\",\"id\":\"{execution}\",\"detail-type\":\"Scheduled Event\",\"source\":\"aws.scheduler\",\"account\":\"{account}\",\"time\":\"{time}\",\"region\":\"{region}\",\"resources\":[\"{}\"],\"detail\":\"{{}}\"}}",
                    state.schedule.arn
                )
            }
        }
    }
}

fn account_and_region(arn: &str) -> (&str, &str) {
    let mut parts = arn.split(':').skip(3);
    let region = parts.next().unwrap_or_default();
    (parts.next().unwrap_or_default(), region)
}
