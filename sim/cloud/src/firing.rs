//! Schedules and scheduled rules: from the moment that they fire to their target (semantics 5).

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use super::dead_letter::DeadLetter;
use super::deliver::{TargetError, exhausted, rejected, service_of};
use super::lambda::Rejection;
use super::meddler::{DeliveryStep, DeliveryVerdict};
use super::record::{Disturbance, LossCause, Origin, Record};
use super::schedule::payload;
use super::schedule_expression::{Dialect, ScheduleExpression};
use super::sqs::NewMessage;
use super::template::Schedule;
use super::{Cloud, Task, delta};
use seeded_dice::Key;

/// One occurrence of a schedule on its way to its target.
#[derive(Clone, Debug)]
pub(super) struct Firing {
    index: usize,
    /// As it was when it fired: what happens to the schedule later does not change what is under
    /// way.
    schedule: Box<Schedule>,
    scheduled: DateTime<Utc>,
    first_try: DateTime<Utc>,
    attempt: u32,
    /// The same for all attempts of an occurrence.
    execution: String,
    /// What it is to the dice; a copy is another cause.
    cause: Key,
}

impl Cloud {
    pub(super) fn plan_schedule(&mut self, index: usize, after: DateTime<Utc>) {
        if let Some(scheduled) = self.scheduler.next_after(index, after) {
            let window = self
                .scheduler
                .schedule(index)
                .and_then(|schedule| schedule.flexible_window_minutes)
                .unwrap_or(0);
            let cause = self.cause_of_firing(index, scheduled);
            let flexible = self
                .dice
                .between(cause.text("window"), 0, u64::from(window) * 60_000);
            let jitter = self
                .knobs
                .schedule_jitter
                .draw(self.dice, cause.text("jitter"));
            let at = scheduled
                + delta(jitter)
                + TimeDelta::milliseconds(i64::try_from(flexible).unwrap_or(0));
            self.agenda
                .put_recurring(at, Task::FireSchedule { index, scheduled });
        }
    }

    /// What an occurrence is to the dice.
    fn cause_of_firing(&self, index: usize, scheduled: DateTime<Utc>) -> Key {
        let arn = self
            .scheduler
            .schedule(index)
            .map(|schedule| schedule.arn.as_str())
            .unwrap_or_default();
        Key::of("schedule").text(arn).text(&scheduled.to_rfc3339())
    }

    pub(super) fn fire(&mut self, now: DateTime<Utc>, index: usize, scheduled: DateTime<Utc>) {
        let Some(schedule) = self.scheduler.schedule(index).cloned().map(Box::new) else {
            return;
        };
        let Some(execution) = self.scheduler.next_execution(index, self.seed) else {
            return;
        };
        self.records.push(Record::ScheduleFired {
            schedule: schedule.name.clone(),
            scheduled_time: scheduled.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
            event: None,
        });
        let cause = self.tally.next(self.cause_of_firing(index, scheduled));
        self.try_firing(
            now,
            Firing {
                index,
                schedule,
                scheduled,
                first_try: now,
                attempt: 1,
                execution,
                cause,
            },
        );
    }

    pub(super) fn try_firing(&mut self, now: DateTime<Utc>, mut firing: Firing) {
        let schedule = firing.schedule.clone();
        let payload = payload(
            &schedule,
            firing.scheduled,
            firing.attempt,
            &firing.execution,
        );
        let step = DeliveryStep {
            detail_type: "schedule",
            rule: &schedule.name,
            target: &schedule.target.arn,
            attempt: firing.attempt,
        };
        let verdict = self.meddler.on_delivery(&step);
        self.records
            .extend(
                Disturbance::of(&verdict).map(|disturbance| Record::DeliveryDisturbed {
                    detail_type: step.detail_type.to_owned(),
                    rule: schedule.name.clone(),
                    attempt: firing.attempt,
                    disturbance,
                }),
            );
        let failure = match verdict {
            DeliveryVerdict::Fail(code) => Some(TargetError {
                code,
                message: "Injected by the run.".to_owned(),
                is_retryable: true,
            }),
            DeliveryVerdict::Delay(wait) => {
                return self
                    .agenda
                    .put(now + delta(wait), Task::RetrySchedule(firing));
            }
            DeliveryVerdict::Duplicate(wait) => {
                let cause = firing
                    .cause
                    .text("scripted copy")
                    .number(u64::from(firing.attempt));
                self.agenda.put(
                    now + delta(wait),
                    Task::RetrySchedule(Firing {
                        cause,
                        ..firing.clone()
                    }),
                );
                None
            }
            DeliveryVerdict::Pass => None,
        };
        let outcome = match failure {
            Some(error) => Err(error),
            None => self.hand_over_firing(now, &schedule, &payload, firing.cause),
        };
        if let Err(error) = outcome {
            self.count(
                now,
                "AWS/Scheduler",
                "TargetErrorCount",
                &[("ScheduleGroup", &schedule.group)],
                1.0,
            );
            let wait = self.backoff(firing.attempt, firing.cause);
            let condition = exhausted(
                schedule.target.retry_policy,
                firing.attempt,
                now + wait - firing.first_try,
            );
            if error.is_retryable && condition.is_none() {
                firing.attempt += 1;
                self.agenda.put(now + wait, Task::RetrySchedule(firing));
                return;
            }
            self.bury_firing(
                now,
                &firing,
                payload,
                &error,
                condition.filter(|_| error.is_retryable),
            );
        }
        self.scheduler.complete(firing.index, firing.scheduled);
    }

    fn bury_firing(
        &mut self,
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
        self.count(
            now,
            "AWS/Scheduler",
            "InvocationDroppedCount",
            &dimensions,
            1.0,
        );
        let Some(queue) = schedule.target.dead_letter_arn.clone() else {
            return self.lose(from, LossCause::NoQueue, error.code, &payload, None);
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
        let condition =
            condition.map(|condition| ("EXHAUSTED_RETRY_CONDITION", condition.to_owned()));
        let letter = DeadLetter::new(from.clone(), error.code, payload.clone())
            .with(attributes)
            .with(condition);
        let allowed = self.schedule_may(schedule, "sqs:SendMessage", &queue);
        if !allowed {
            self.lose(
                from,
                LossCause::QueueRefused,
                "the schedule's role may not send to its dead-letter queue",
                &payload,
                None,
            );
        }
        if !allowed || !self.bury(now, &queue, letter) {
            self.count(
                now,
                "AWS/Scheduler",
                "InvocationsFailedToBeSentToDeadLetterCount",
                &dimensions,
                1.0,
            );
        }
    }

    fn hand_over_firing(
        &mut self,
        now: DateTime<Utc>,
        schedule: &Schedule,
        payload: &str,
        cause: Key,
    ) -> Result<(), TargetError> {
        let arn = schedule.target.arn.as_str();
        match service_of(arn) {
            "lambda" if self.lambda.function(arn).is_none() => {
                Err(rejected(Rejection::NoResource, arn))
            }
            "lambda" if !self.schedule_may(schedule, "lambda:InvokeFunction", arn) => {
                Err(rejected(Rejection::NoPermissions, arn))
            }
            "lambda" => {
                self.accept_invocation(now, arn, payload, cause);
                Ok(())
            }
            "sqs" if !self.sqs.exists(arn) => Err(rejected(Rejection::NoResource, arn)),
            "sqs" if !self.schedule_may(schedule, "sqs:SendMessage", arn) => {
                Err(rejected(Rejection::NoPermissions, arn))
            }
            "sqs" => {
                let group_id = schedule.target.message_group_id.clone();
                let message = NewMessage {
                    body: payload.to_owned(),
                    group_id,
                    cause: Some(cause),
                    ..NewMessage::default()
                };
                self.sqs
                    .send(now, arn, message)
                    .map(|_| ())
                    .map_err(|error| TargetError::final_error("INVALID_PARAMETER", error.message))
            }
            "events" if !self.eventbridge.has_bus(arn) => Err(TargetError::final_error(
                "NO_RESOURCE",
                format!("{arn} does not exist"),
            )),
            "events" if !self.schedule_may(schedule, "events:PutEvents", arn) => {
                Err(rejected(Rejection::NoPermissions, arn))
            }
            "events" => self.put_firing(now, schedule, payload),
            other => Err(TargetError::final_error(
                "INVALID_PARAMETER",
                format!("targets of type {other} are not simulated"),
            )),
        }
    }

    /// A bus as a target: the input is the detail of an event that the schedule names.
    fn put_firing(
        &mut self,
        now: DateTime<Utc>,
        schedule: &Schedule,
        payload: &str,
    ) -> Result<(), TargetError> {
        let refused = |message: String| TargetError::final_error("INVALID_PARAMETER", message);
        let event = schedule
            .target
            .event
            .as_ref()
            .ok_or_else(|| refused("EventBridgeParameters are missing".to_owned()))?;
        let entry = json!({
            "EventBusName": schedule.target.arn,
            "Source": event.source,
            "DetailType": event.detail_type,
            "Detail": payload,
            "Resources": [schedule.arn],
        });
        let answer = self
            .put_events(now, &json!({ "Entries": [entry] }))
            .map_err(|error| refused(error.message))?;
        match answer["Entries"][0]["ErrorMessage"].as_str() {
            Some(message) => Err(refused(message.to_owned())),
            None => Ok(()),
        }
    }

    /// Whether the schedule's role may do something.
    fn schedule_may(&self, schedule: &Schedule, action: &str, resource: &str) -> bool {
        match self
            .roles
            .iter()
            .find(|role| role.arn == schedule.target.role_arn)
        {
            Some(role) => {
                role.may_be_assumed_by("scheduler.amazonaws.com", &schedule.arn)
                    && role.allows(action, resource)
            }
            None => self.knobs.unknown_roles_may_everything,
        }
    }

    /// Plans the next firing of a scheduled rule; a rate counts from `created`.
    pub(super) fn plan_rule(
        &mut self,
        arn: &str,
        after: DateTime<Utc>,
        created: DateTime<Utc>,
    ) -> Result<(), String> {
        let Some(rule) = self.eventbridge.rule(arn) else {
            return Ok(());
        };
        let Some(text) = &rule.schedule_expression else {
            return Ok(());
        };
        let expression = ScheduleExpression::parse(text, Dialect::Rule).map_err(|error| {
            format!("line {}: {}: {error}", rule.position.line, rule.logical_id)
        })?;
        if let Some(at) = expression.next_after(after, chrono_tz::UTC, created) {
            self.agenda.put_recurring(
                at,
                Task::FireRule {
                    arn: arn.to_owned(),
                },
            );
        }
        Ok(())
    }

    pub(super) fn fire_rule(&mut self, now: DateTime<Utc>, arn: &str) {
        let Some(rule) = self.eventbridge.rule(arn).cloned() else {
            return;
        };
        if rule.enabled {
            let event = self.eventbridge.scheduled_event(&rule, now);
            self.records.push(Record::ScheduleFired {
                schedule: rule.name.clone(),
                scheduled_time: now.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
                event: Some(event.id.clone()),
            });
            let cause = Key::of("scheduled rule").text(arn).text(&now.to_rfc3339());
            self.spread_to(now, &rule, &event, cause);
        }
        // The expression was accepted when the rule was made.
        let _planned = self.plan_rule(arn, now, now);
    }
}
