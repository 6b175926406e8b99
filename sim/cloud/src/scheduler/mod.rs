//! EventBridge Scheduler: schedules with a time zone, context attributes, their own retries and
//! dead letters (`schedule` of semantics.md).

mod operations;

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use serde::de::IgnoredAny;

use crate::id::derive_id;
use crate::schedule_expression::{Dialect, ScheduleExpression};
use crate::stack::{Account, Schedule, Stack, StackError};

/// The schedules of one account and region.
#[derive(Debug)]
pub struct Scheduler {
    pub(super) account: Account,
    /// By a number that no other version of a schedule ever has: what was planned for an earlier
    /// one finds nothing.
    pub(super) schedules: BTreeMap<usize, ScheduleState>,
    pub(super) groups: BTreeMap<String, Group>,
    next_index: usize,
}

#[derive(Debug)]
pub(super) struct ScheduleState {
    pub(super) schedule: Schedule,
    pub(super) description: Option<String>,
    expression: ScheduleExpression,
    zone: Tz,
    start: Option<DateTime<Utc>>,
    end: Option<DateTime<Utc>>,
    pub(super) created: DateTime<Utc>,
    pub(super) modified: DateTime<Utc>,
    executions: u64,
}

/// A schedule group.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) arn: String,
    pub(super) created: DateTime<Utc>,
}

impl ScheduleState {
    /// Reads what the schedule says about time, and checks its input.
    pub(super) fn new(
        schedule: Schedule,
        description: Option<String>,
        created: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<Self, String> {
        let expression = ScheduleExpression::parse(&schedule.expression, Dialect::Scheduler)
            .map_err(|error| error.to_string())?;
        let zone = schedule
            .timezone
            .parse()
            .map_err(|_| format!("{:?} is not a time zone", schedule.timezone))?;
        let instant = |text: &Option<String>| match text {
            Some(text) => DateTime::parse_from_rfc3339(text)
                .map(|time| Some(time.with_timezone(&Utc)))
                .map_err(|error| format!("{text:?} is not a date of ISO 8601: {error}")),
            None => Ok(None),
        };
        let (start, end) = (instant(&schedule.start)?, instant(&schedule.end)?);
        check_input(&schedule)?;
        Ok(Self {
            expression,
            zone,
            start,
            end,
            description,
            created,
            modified: now,
            executions: 0,
            schedule,
        })
    }

    fn next_after(&self, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        if self.expression.is_one_time() {
            // The dates bound recurring schedules only.
            return self.expression.next_after(after, self.zone, self.created);
        }
        // Something strictly after a moment before the start is at or after the start.
        let after = self
            .start
            .map_or(after, |start| after.max(start - TimeDelta::nanoseconds(1)));
        let next =
            self.expression
                .next_after(after, self.zone, self.start.unwrap_or(self.created))?;
        self.end.is_none_or(|end| next <= end).then_some(next)
    }

    fn is_for(&self, group: &str, name: &str) -> bool {
        self.schedule.group == group && self.schedule.name == name
    }
}

impl Scheduler {
    /// What `stack` describes, created at `now`.
    ///
    /// # Errors
    /// An expression, a zone or a date that Scheduler would refuse, with its place in the template.
    pub fn new(stack: &Stack, account: &Account, now: DateTime<Utc>) -> Result<Self, StackError> {
        let mut scheduler = Self {
            account: account.clone(),
            schedules: BTreeMap::new(),
            groups: BTreeMap::new(),
            next_index: 0,
        };
        scheduler.add_group("default", now);
        for schedule in &stack.schedules {
            let state = ScheduleState::new(schedule.clone(), None, now, now)
                .map_err(|error| stack.refused(&schedule.logical_id, error))?;
            scheduler.add_group(&schedule.group, now);
            scheduler.add(state);
        }
        Ok(scheduler)
    }

    pub(super) fn add(&mut self, state: ScheduleState) -> usize {
        self.next_index += 1;
        self.schedules.insert(self.next_index, state);
        self.next_index
    }

    pub(super) fn add_group(&mut self, name: &str, now: DateTime<Utc>) -> String {
        let arn = self
            .account
            .arn("scheduler", &format!("schedule-group/{name}"));
        self.groups
            .entry(name.to_owned())
            .or_insert_with(|| Group { arn, created: now })
            .arn
            .clone()
    }

    pub(super) fn index_of(&self, group: &str, name: &str) -> Option<usize> {
        self.schedules
            .iter()
            .find(|(_, state)| state.is_for(group, name))
            .map(|(index, _)| *index)
    }

    /// The numbers of all schedules.
    #[must_use]
    pub fn indexes(&self) -> Vec<usize> {
        self.schedules.keys().copied().collect()
    }

    /// When schedule `index` fires next, if it is there and enabled.
    #[must_use]
    pub fn next_after(&self, index: usize, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.schedules
            .get(&index)
            .filter(|state| state.schedule.enabled)
            .and_then(|state| state.next_after(after))
    }

    /// The number of the schedule of that name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<usize> {
        let named = |state: &ScheduleState| {
            state.schedule.name == name || state.schedule.logical_id == name
        };
        self.schedules
            .iter()
            .find(|(_, state)| named(state))
            .map(|(index, _)| *index)
    }

    /// The names of all schedules.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.schedules
            .values()
            .map(|state| state.schedule.name.as_str())
    }

    /// Schedule `index`, if it is there.
    #[must_use]
    pub fn schedule(&self, index: usize) -> Option<&Schedule> {
        self.schedules.get(&index).map(|state| &state.schedule)
    }

    /// An occurrence is done: a schedule that never fires again and whose `ActionAfterCompletion`
    /// is `DELETE` is gone.
    pub(crate) fn complete(&mut self, index: usize, scheduled: DateTime<Utc>) {
        let is_over = |state: &ScheduleState| {
            state.schedule.enabled
                && state.schedule.action_after_completion == "DELETE"
                && state.next_after(scheduled).is_none()
        };
        if self.schedules.get(&index).is_some_and(is_over) {
            self.schedules.remove(&index);
        }
    }

    /// A new execution id, for an occurrence and all its attempts.
    pub(crate) fn next_execution(&mut self, index: usize, seed: u64) -> Option<String> {
        let state = self.schedules.get_mut(&index)?;
        state.executions += 1;
        Some(derive_id(seed, &state.schedule.name, state.executions))
    }
}

/// The payload of an occurrence: the input with its context attributes filled in, or Scheduler's
/// own envelope, whose detail is the *string* `"{}"`.
pub(crate) fn payload(
    schedule: &Schedule,
    scheduled: DateTime<Utc>,
    attempt: u32,
    execution: &str,
) -> String {
    let time = scheduled.format("%Y-%m-%dT%H:%M:%SZ").to_string();
    match &schedule.target.input {
        Some(input) => input
            .replace("<aws.scheduler.schedule-arn>", &schedule.arn)
            .replace("<aws.scheduler.scheduled-time>", &time)
            .replace("<aws.scheduler.execution-id>", execution)
            .replace("<aws.scheduler.attempt-number>", &attempt.to_string()),
        None => {
            let (account, region) = account_and_region(&schedule.arn);
            format!(
                "{{\"version\":\"0\",\"id\":\"{execution}\",\"detail-type\":\"Scheduled Event\",\"source\":\"aws.scheduler\",\"account\":\"{account}\",\"time\":\"{time}\",\"region\":\"{region}\",\"resources\":[\"{}\"],\"detail\":\"{{}}\"}}",
                schedule.arn
            )
        }
    }
}

/// A function, a state machine, a bus and a universal target take JSON only; a queue and a topic
/// take any text.
fn check_input(schedule: &Schedule) -> Result<(), String> {
    let target = &schedule.target;
    let service = target.arn.split(':').nth(2).unwrap_or_default();
    let needs_json = ["lambda", "states", "events", "scheduler"].contains(&service);
    match &target.input {
        Some(input) if needs_json && serde_json::from_str::<IgnoredAny>(input).is_err() => {
            Err(format!(
                "Invalid RequestJson provided. Reason The supplied Input for {} is not JSON.",
                target.arn
            ))
        }
        _ => Ok(()),
    }
}

fn account_and_region(arn: &str) -> (&str, &str) {
    let mut parts = arn.split(':').skip(3);
    let region = parts.next().unwrap_or_default();
    (parts.next().unwrap_or_default(), region)
}
