//! EventBridge Scheduler: schedules with a time zone, context attributes, their own retries and dead letters
//! (semantics 5.2).

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use serde::de::IgnoredAny;

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
    /// Where a rate counts from: the start date, or the creation.
    anchor: DateTime<Utc>,
    start: Option<DateTime<Utc>>,
    end: Option<DateTime<Utc>>,
    executions: u64,
    is_deleted: bool,
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
            let date = |name: &str, text: &Option<String>| match text {
                Some(text) => DateTime::parse_from_rfc3339(text)
                    .map(|date| Some(date.with_timezone(&Utc)))
                    .map_err(|error| format!("{place}: {name} {text:?}: {error}")),
                None => Ok(None),
            };
            let (start, end) = (date("StartDate", &schedule.start)?, date("EndDate", &schedule.end)?);
            check_input(schedule).map_err(|reason| format!("{place}: {reason}"))?;
            let schedule = schedule.clone();
            let anchor = start.unwrap_or(now);
            schedules.push(ScheduleState { schedule, expression, zone, anchor, start, end, executions: 0, is_deleted: false });
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
        if !state.schedule.enabled || state.is_deleted {
            return None;
        }
        if state.expression.is_one_time() {
            // The dates bound recurring schedules only.
            return state.expression.next_after(after, state.zone, state.anchor);
        }
        let after = state.start.map_or(after, |start| after.max(start - TimeDelta::milliseconds(1)));
        let next = state.expression.next_after(after, state.zone, state.anchor)?;
        state.end.is_none_or(|end| next <= end).then_some(next)
    }

    /// An occurrence is done: a schedule that never fires again and whose `ActionAfterCompletion` is `DELETE` is gone.
    pub fn complete(&mut self, index: usize, now: DateTime<Utc>) {
        let is_last = self.next_after(index, now).is_none();
        let state = &mut self.schedules[index];
        if is_last && state.schedule.enabled && state.schedule.action_after_completion == "DELETE" {
            state.is_deleted = true;
        }
    }

    /// The place of the schedule of that name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<usize> {
        self.schedules.iter().position(|state| !state.is_deleted && (state.schedule.name == name || state.schedule.logical_id == name))
    }

    /// The names of all schedules.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.schedules.iter().filter(|state| !state.is_deleted).map(|state| state.schedule.name.as_str())
    }

    /// Schedule `index`.
    #[must_use]
    pub fn schedule(&self, index: usize) -> &Schedule {
        &self.schedules[index].schedule
    }

    /// A new execution id, for an occurrence and all its attempts.
    pub fn next_execution(&mut self, index: usize, seed: u64) -> String {
        let state = &mut self.schedules[index];
        state.executions += 1;
        super::derive_id(seed, &state.schedule.name, state.executions)
    }

    /// The payload of an occurrence: the input with its context attributes filled in, or Scheduler's own envelope,
    /// whose detail is the *string* `"{}"`.
    #[must_use]
    pub fn payload(&self, index: usize, scheduled: DateTime<Utc>, attempt: u32, execution: &str) -> String {
        let state = &self.schedules[index];
        let time = scheduled.format("%Y-%m-%dT%H:%M:%SZ").to_string();
        match &state.schedule.target.input {
            Some(input) => input
                .replace("<aws.scheduler.schedule-arn>", &state.schedule.arn)
                .replace("<aws.scheduler.scheduled-time>", &time)
                .replace("<aws.scheduler.execution-id>", execution)
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

/// A function, a state machine and a bus take JSON only; a queue takes any text.
fn check_input(schedule: &Schedule) -> Result<(), String> {
    let target = &schedule.target;
    let needs_json = ["lambda", "states", "events"].contains(&super::deliver::service_of(&target.arn));
    match &target.input {
        Some(input) if needs_json && serde_json::from_str::<IgnoredAny>(input).is_err() => {
            Err(format!("Invalid RequestJson provided. Reason The supplied Input for {} is not JSON.", target.arn))
        }
        _ => Ok(()),
    }
}

fn account_and_region(arn: &str) -> (&str, &str) {
    let mut parts = arn.split(':').skip(3);
    let region = parts.next().unwrap_or_default();
    (parts.next().unwrap_or_default(), region)
}
