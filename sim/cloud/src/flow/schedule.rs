//! Schedules and scheduled rules: from the moment that they fire to their target (`schedule` of semantics.md).

use chrono::{DateTime, TimeDelta, Utc};
use seeded_dice::Key;

use super::dead_letter::{DeadLetter, dead_letter, record_lost};
use super::retry::{backoff, exhausted};
use super::route::fan_out;
use super::target::{BusInput, Parcel, Sender, TargetError, hand_over};
use super::universal;
use crate::cloud_event::{CloudEvent, Disturbance, LossCause, Origin};
use crate::fault_hook::{DeliveryStep, DeliveryVerdict};
use crate::schedule_expression::{Dialect, ExpressionError, ScheduleExpression};
use crate::scheduler::payload;
use crate::stack::Schedule;
use crate::state::CloudState;
use crate::task::{Firing, Task};
use crate::timer_queue::delta;

/// Plans the next occurrence of a schedule.
pub(crate) fn plan_schedule(state: &mut CloudState, index: usize, after: DateTime<Utc>) {
    let Some(scheduled) = state.scheduler.next_after(index, after) else {
        return;
    };
    let window = state
        .scheduler
        .schedule(index)
        .and_then(|schedule| schedule.flexible_window_minutes)
        .unwrap_or(0);
    let (dice, cause) = (state.dice, cause_of_firing(state, index, scheduled));
    let flexible = dice.between(cause.text("window"), 0, u64::from(window) * 60_000);
    let jitter = state.knobs.schedule_jitter.draw(dice, cause.text("jitter"));
    let at =
        scheduled + delta(jitter) + TimeDelta::milliseconds(i64::try_from(flexible).unwrap_or(0));
    let task = Task::FireSchedule { index, scheduled };
    state.timers.put_recurring(at, task);
}

/// What an occurrence is to the dice.
fn cause_of_firing(state: &CloudState, index: usize, scheduled: DateTime<Utc>) -> Key {
    let schedule = state.scheduler.schedule(index);
    let arn = schedule.map_or("", |schedule| &schedule.arn);
    Key::of("schedule").text(arn).text(&scheduled.to_rfc3339())
}

/// Fires a schedule for an occurrence.
pub(crate) fn fire(
    state: &mut CloudState,
    now: DateTime<Utc>,
    index: usize,
    scheduled: DateTime<Utc>,
) {
    let Some(schedule) = state.scheduler.schedule(index).cloned().map(Box::new) else {
        return;
    };
    let Some(execution) = state.scheduler.next_execution(index, state.seed) else {
        return;
    };
    state.records.push(CloudEvent::ScheduleFired {
        schedule: schedule.name.clone(),
        scheduled_time: scheduled.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
        event: None,
    });
    let cause = cause_of_firing(state, index, scheduled);
    let firing = Firing {
        index,
        schedule,
        scheduled,
        first_try: now,
        attempt: 1,
        execution,
        cause: state.tally.next(cause),
    };
    try_firing(state, now, firing);
}

/// Makes one attempt, unless a fault decides otherwise.
pub(crate) fn try_firing(state: &mut CloudState, now: DateTime<Utc>, mut firing: Firing) {
    let verdict = consult(state, &firing);
    let mut failure = None;
    match verdict {
        DeliveryVerdict::Pass => {}
        DeliveryVerdict::Fail(code) => failure = Some(TargetError::injected(code)),
        DeliveryVerdict::Delay(wait) => {
            let task = Task::RetrySchedule(firing);
            return state.timers.put(now + delta(wait), task);
        }
        DeliveryVerdict::Duplicate(wait) => {
            let cause = firing.cause.text("scripted copy");
            let copy = Firing {
                cause: cause.number(u64::from(firing.attempt)),
                ..firing.clone()
            };
            let task = Task::RetrySchedule(copy);
            state.timers.put(now + delta(wait), task);
        }
    }
    let body = payload(
        &firing.schedule,
        firing.scheduled,
        firing.attempt,
        &firing.execution,
    );
    let outcome = match failure {
        Some(error) => Err(error),
        None => attempt(state, now, &firing, &body),
    };
    if let Err(error) = outcome {
        let schedule = &firing.schedule;
        let dimensions = [("ScheduleGroup", schedule.group.as_str())];
        state.count(now, "AWS/Scheduler", "TargetErrorCount", &dimensions, 1.0);
        let wait = backoff(&state.knobs, state.dice, firing.attempt, firing.cause);
        let age = now + wait - firing.first_try;
        let condition = exhausted(schedule.target.retry_policy, firing.attempt, age);
        if error.is_retryable && condition.is_none() {
            firing.attempt += 1;
            let task = Task::RetrySchedule(firing);
            return state.timers.put(now + wait, task);
        }
        let condition = condition.filter(|_| error.is_retryable);
        give_up(state, now, &firing, body, &error, condition);
    }
    state.scheduler.complete(firing.index, firing.scheduled);
}

/// Asks fault injection about an attempt.
fn consult(state: &mut CloudState, firing: &Firing) -> DeliveryVerdict {
    let schedule = &firing.schedule;
    let detail_type = "schedule";
    let verdict = state.fault_hook.on_delivery(&DeliveryStep {
        detail_type,
        rule: &schedule.name,
        target: &schedule.target.arn,
        attempt: firing.attempt,
    });
    if let Some(disturbance) = Disturbance::of(&verdict) {
        state.records.push(CloudEvent::DeliveryDisturbed {
            detail_type: detail_type.to_owned(),
            rule: schedule.name.clone(),
            attempt: firing.attempt,
            disturbance,
        });
    }
    verdict
}

fn attempt(
    state: &mut CloudState,
    now: DateTime<Utc>,
    firing: &Firing,
    body: &str,
) -> Result<(), TargetError> {
    let (schedule, target) = (&firing.schedule, &firing.schedule.target);
    if let Some(operation) = universal::operation_of(&target.arn) {
        return universal::call(state, now, sender(schedule), operation, body);
    }
    let mut parcel = Parcel::new(sender(schedule), body);
    parcel.group_id = target.message_group_id.clone();
    parcel.cause = Some(firing.cause);
    if let Some(event) = &target.event {
        parcel.bus_input = BusInput::Put {
            source: &event.source,
            detail_type: &event.detail_type,
            resource: &schedule.arn,
        };
    }
    hand_over(state, now, &target.arn, parcel)
}

fn sender(schedule: &Schedule) -> Sender<'_> {
    Sender::Schedule {
        arn: &schedule.arn,
        role_arn: &schedule.target.role_arn,
    }
}

fn give_up(
    state: &mut CloudState,
    now: DateTime<Utc>,
    firing: &Firing,
    payload: String,
    error: &TargetError,
    condition: Option<&'static str>,
) {
    let schedule = firing.schedule.as_ref();
    let from = Origin::Schedule {
        group: schedule.group.clone(),
        name: schedule.name.clone(),
    };
    let dimensions = [("ScheduleGroup", schedule.group.as_str())];
    let metric = "InvocationDroppedCount";
    state.count(now, "AWS/Scheduler", metric, &dimensions, 1.0);
    let Some(queue) = &schedule.target.dead_letter_arn else {
        return record_lost(state, from, LossCause::NoQueue, error.code, &payload, None);
    };
    let attributes = [
        ("SCHEDULE_ARN", schedule.arn.clone()),
        ("TARGET_ARN", schedule.target.arn.clone()),
        ("EXECUTION_ID", firing.execution.clone()),
        ("ERROR_CODE", error.code.to_owned()),
        ("ERROR_MESSAGE", error.message.clone()),
        ("RETRY_ATTEMPTS", (firing.attempt - 1).to_string()),
        (
            "SCHEDULED_TIME",
            firing.scheduled.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
        ),
        ("IS_PAYLOAD_TRUNCATED", "false".to_owned()),
    ];
    let condition = condition.map(|condition| ("EXHAUSTED_RETRY_CONDITION", condition.to_owned()));
    let letter = DeadLetter::new(from, error.code, payload)
        .with(attributes)
        .with(condition);
    let denied = "the schedule's role may not send to its dead-letter queue";
    if !dead_letter(state, now, sender(schedule), queue, letter, denied) {
        let metric = "InvocationsFailedToBeSentToDeadLetterCount";
        state.count(now, "AWS/Scheduler", metric, &dimensions, 1.0);
    }
}

/// Plans the next firing of a scheduled rule; a rate counts from `created`.
///
/// # Errors
/// An expression that EventBridge would refuse.
pub(crate) fn plan_rule(
    state: &mut CloudState,
    arn: &str,
    after: DateTime<Utc>,
    created: DateTime<Utc>,
) -> Result<(), ExpressionError> {
    let Some(rule) = state.eventbridge.rule(arn) else {
        return Ok(());
    };
    let Some(text) = &rule.schedule_expression else {
        return Ok(());
    };
    let expression = ScheduleExpression::parse(text, Dialect::Rule)?;
    if let Some(at) = expression.next_after(after, chrono_tz::UTC, created) {
        let arn = arn.to_owned();
        state.timers.put_recurring(at, Task::FireRule { arn });
    }
    Ok(())
}

/// Fires a scheduled rule, if it is enabled, and plans the next time.
pub(crate) fn fire_rule(state: &mut CloudState, now: DateTime<Utc>, arn: &str) {
    let Some(rule) = state.eventbridge.rule(arn).cloned() else {
        return;
    };
    if rule.enabled {
        let event = state.eventbridge.scheduled_event(&rule, now);
        state.records.push(CloudEvent::ScheduleFired {
            schedule: rule.name.clone(),
            scheduled_time: now.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
            event: Some(event.id.clone()),
        });
        let cause = Key::of("scheduled rule").text(arn).text(&now.to_rfc3339());
        fan_out(state, now, &rule, &event, cause);
    }
    // The expression was accepted when the rule was made.
    let _planned = plan_rule(state, arn, now, now);
}
