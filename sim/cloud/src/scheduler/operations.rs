//! The operations of EventBridge Scheduler: schedules and their groups.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

use super::{ScheduleState, Scheduler};
use crate::api::error::ServiceError;
use crate::api::parameters::{choice, integer, page, required, required_name, text, violated};
use crate::stack::{RetryPolicy, Schedule, ScheduleTarget, ScheduledEvent};

impl Scheduler {
    pub(crate) fn get_schedule(&self, input: &Value) -> Result<Value, ServiceError> {
        self.existing(input).map(|(_, state)| show(state))
    }

    pub(crate) fn delete_schedule(&mut self, input: &Value) -> Result<Value, ServiceError> {
        let (index, _) = self.existing(input)?;
        self.schedules.remove(&index);
        Ok(json!({}))
    }

    pub(crate) fn create_schedule_group(
        &mut self,
        now: DateTime<Utc>,
        input: &Value,
    ) -> Result<Value, ServiceError> {
        let name = required_name(input, "Name", 64)?;
        if self.groups.contains_key(name) {
            return Err(conflict(format!("Schedule group {name} already exists.")));
        }
        Ok(json!({ "ScheduleGroupArn": self.add_group(name, now) }))
    }

    pub(crate) fn get_schedule_group(&self, input: &Value) -> Result<Value, ServiceError> {
        let name = self.existing_group(required_name(input, "Name", 64)?)?;
        Ok(self.show_group(&name))
    }

    pub(crate) fn list_schedule_groups(&self, input: &Value) -> Result<Value, ServiceError> {
        let prefix = text(input, "NamePrefix").unwrap_or_default();
        let names = self.groups.keys().filter(|name| name.starts_with(prefix));
        page(
            input,
            "MaxResults",
            "ScheduleGroups",
            names.map(|name| self.show_group(name)).collect(),
        )
    }

    /// Gives the schedule's number, by which it is to be planned, and the answer.
    pub(crate) fn create_schedule(
        &mut self,
        now: DateTime<Utc>,
        input: &Value,
    ) -> Result<(usize, Value), ServiceError> {
        let schedule = self.read_schedule(input)?;
        if self.index_of(&schedule.group, &schedule.name).is_some() {
            return Err(conflict(format!(
                "Schedule {} already exists.",
                schedule.name
            )));
        }
        self.put_schedule(now, now, schedule, input)
    }

    /// The same for a schedule that is there. Everything is replaced: what the request leaves out
    /// gets its default.
    pub(crate) fn update_schedule(
        &mut self,
        now: DateTime<Utc>,
        input: &Value,
    ) -> Result<(usize, Value), ServiceError> {
        let schedule = self.read_schedule(input)?;
        let (index, state) = self.existing(input)?;
        let created = state.created;
        let answer = self.put_schedule(now, created, schedule, input)?;
        self.schedules.remove(&index);
        Ok(answer)
    }

    fn put_schedule(
        &mut self,
        now: DateTime<Utc>,
        created: DateTime<Utc>,
        schedule: Schedule,
        input: &Value,
    ) -> Result<(usize, Value), ServiceError> {
        let description = text(input, "Description").map(str::to_owned);
        let arn = schedule.arn.clone();
        let state = ScheduleState::new(schedule, description, created, now)
            .map_err(ServiceError::validation)?;
        let index = self.add(state);
        Ok((index, json!({ "ScheduleArn": arn })))
    }

    fn read_schedule(&self, input: &Value) -> Result<Schedule, ServiceError> {
        let name = required_name(input, "Name", 64)?.to_owned();
        let group = self.existing_group(text(input, "GroupName").unwrap_or("default"))?;
        let window = input
            .get("FlexibleTimeWindow")
            .filter(|window| window.is_object());
        let window = window
            .ok_or_else(|| violated("null", "FlexibleTimeWindow", "Member must not be null"))?;
        let minutes = integer(window, "MaximumWindowInMinutes", 1..=1440)?;
        let flexible_window_minutes = match (choice(window, "Mode", &["OFF", "FLEXIBLE"])?, minutes)
        {
            (Some("FLEXIBLE"), None) => {
                return Err(ServiceError::validation(
                    "Maximum window in minutes must be set for a flexible time window.",
                ));
            }
            (Some("FLEXIBLE"), minutes) => minutes,
            _ => None,
        };
        let target = input.get("Target").filter(|target| target.is_object());
        let target = target.ok_or_else(|| violated("null", "Target", "Member must not be null"))?;
        Ok(Schedule {
            logical_id: name.clone(),
            arn: self
                .account
                .arn("scheduler", &format!("schedule/{group}/{name}")),
            name,
            group,
            expression: required(input, "ScheduleExpression")?.to_owned(),
            timezone: text(input, "ScheduleExpressionTimezone")
                .unwrap_or("UTC")
                .to_owned(),
            enabled: choice(input, "State", &["ENABLED", "DISABLED"])? != Some("DISABLED"),
            flexible_window_minutes,
            target: read_target(target)?,
            start: moment(input, "StartDate"),
            end: moment(input, "EndDate"),
            action_after_completion: choice(input, "ActionAfterCompletion", &["NONE", "DELETE"])?
                .unwrap_or("NONE")
                .to_owned(),
        })
    }

    pub(crate) fn list_schedules(&self, input: &Value) -> Result<Value, ServiceError> {
        let (group, prefix, state) = (
            text(input, "GroupName"),
            text(input, "NamePrefix").unwrap_or_default(),
            text(input, "State"),
        );
        let schedules = self.schedules.values().filter(|known| {
            group.is_none_or(|group| known.schedule.group == group)
                && known.schedule.name.starts_with(prefix)
                && state.is_none_or(|state| state == state_of(known))
        });
        let shown = schedules.map(|known| {
            let mut shown = show(known);
            let summary = [
                "Arn",
                "CreationDate",
                "GroupName",
                "LastModificationDate",
                "Name",
                "State",
            ];
            if let Some(members) = shown.as_object_mut() {
                members.retain(|name, _| summary.contains(&name.as_str()));
            }
            shown["Target"] = json!({ "Arn": known.schedule.target.arn });
            shown
        });
        page(input, "MaxResults", "Schedules", shown.collect())
    }

    fn existing(&self, input: &Value) -> Result<(usize, &ScheduleState), ServiceError> {
        let name = required_name(input, "Name", 64)?;
        let group = text(input, "GroupName").unwrap_or("default");
        let index = self.index_of(group, name);
        let found = index.and_then(|index| self.schedules.get(&index).map(|state| (index, state)));
        found.ok_or_else(|| not_found(format!("Schedule {name} does not exist.")))
    }

    fn existing_group(&self, name: &str) -> Result<String, ServiceError> {
        if self.groups.contains_key(name) {
            return Ok(name.to_owned());
        }
        Err(not_found(format!("Schedule group {name} does not exist.")))
    }

    fn show_group(&self, name: &str) -> Value {
        self.groups.get(name).map_or(Value::Null, |group| {
            json!({
                "Arn": group.arn,
                "Name": name,
                "State": "ACTIVE",
                "CreationDate": group.created.timestamp(),
                "LastModificationDate": group.created.timestamp(),
            })
        })
    }

    /// Deletes a group with its schedules.
    pub(crate) fn delete_schedule_group(&mut self, input: &Value) -> Result<Value, ServiceError> {
        let name = self.existing_group(required_name(input, "Name", 64)?)?;
        if name == "default" {
            return Err(ServiceError::validation(
                "The default schedule group can not be deleted.",
            ));
        }
        self.groups.remove(&name);
        self.schedules
            .retain(|_, state| state.schedule.group != name);
        Ok(json!({}))
    }
}

fn read_target(target: &Value) -> Result<ScheduleTarget, ServiceError> {
    let inner = |part: &str, name: &str| {
        target
            .get(part)
            .and_then(|part| text(part, name))
            .map(str::to_owned)
    };
    let arn = required(target, "Arn")?;
    if !arn.starts_with("arn:") || arn.split(':').count() < 6 {
        return Err(ServiceError::validation(format!(
            "Provided Arn is not in correct format: {arn}"
        )));
    }
    let retry = target.get("RetryPolicy").unwrap_or(&Value::Null);
    let default = RetryPolicy::default();
    let event = match (
        inner("EventBridgeParameters", "DetailType"),
        inner("EventBridgeParameters", "Source"),
    ) {
        (Some(detail_type), Some(source)) => Some(ScheduledEvent {
            detail_type,
            source,
        }),
        _ => None,
    };
    Ok(ScheduleTarget {
        arn: arn.to_owned(),
        role_arn: required(target, "RoleArn")?.to_owned(),
        input: text(target, "Input").map(str::to_owned),
        retry_policy: RetryPolicy {
            maximum_retry_attempts: integer(retry, "MaximumRetryAttempts", 0..=185)?
                .unwrap_or(default.maximum_retry_attempts),
            maximum_event_age_seconds: integer(retry, "MaximumEventAgeInSeconds", 60..=86_400)?
                .unwrap_or(default.maximum_event_age_seconds),
        },
        dead_letter_arn: inner("DeadLetterConfig", "Arn"),
        event,
        message_group_id: inner("SqsParameters", "MessageGroupId"),
    })
}

/// A date as clients send it, in seconds of the epoch or in ISO 8601, in ISO 8601.
fn moment(input: &Value, name: &str) -> Option<String> {
    let value = input.get(name)?;
    let epoch = value
        .as_f64()
        .and_then(|seconds| DateTime::from_timestamp_millis((seconds * 1000.0) as i64));
    epoch
        .map(|time| time.to_rfc3339_opts(SecondsFormat::Millis, true))
        .or_else(|| value.as_str().map(str::to_owned))
}

fn state_of(known: &ScheduleState) -> &'static str {
    if known.schedule.enabled {
        "ENABLED"
    } else {
        "DISABLED"
    }
}

fn show(known: &ScheduleState) -> Value {
    let schedule = &known.schedule;
    let window = match schedule.flexible_window_minutes {
        Some(minutes) => json!({ "Mode": "FLEXIBLE", "MaximumWindowInMinutes": minutes }),
        None => json!({ "Mode": "OFF" }),
    };
    let mut shown = json!({
        "Arn": schedule.arn,
        "GroupName": schedule.group,
        "Name": schedule.name,
        "ScheduleExpression": schedule.expression,
        "ScheduleExpressionTimezone": schedule.timezone,
        "State": state_of(known),
        "FlexibleTimeWindow": window,
        "Target": show_target(&schedule.target),
        "CreationDate": known.created.timestamp(),
        "LastModificationDate": known.modified.timestamp(),
        "ActionAfterCompletion": schedule.action_after_completion,
    });
    for (name, text) in [("StartDate", &schedule.start), ("EndDate", &schedule.end)] {
        if let Some(time) = text
            .as_ref()
            .and_then(|text| DateTime::parse_from_rfc3339(text).ok())
        {
            shown[name] = time.timestamp().into();
        }
    }
    if let Some(description) = &known.description {
        shown["Description"] = description.as_str().into();
    }
    shown
}

fn show_target(target: &ScheduleTarget) -> Value {
    let mut shown = json!({
        "Arn": target.arn,
        "RoleArn": target.role_arn,
        "RetryPolicy": {
            "MaximumEventAgeInSeconds": target.retry_policy.maximum_event_age_seconds,
            "MaximumRetryAttempts": target.retry_policy.maximum_retry_attempts,
        },
    });
    if let Some(input) = &target.input {
        shown["Input"] = input.as_str().into();
    }
    if let Some(arn) = &target.dead_letter_arn {
        shown["DeadLetterConfig"] = json!({ "Arn": arn });
    }
    if let Some(group) = &target.message_group_id {
        shown["SqsParameters"] = json!({ "MessageGroupId": group });
    }
    if let Some(event) = &target.event {
        shown["EventBridgeParameters"] =
            json!({ "DetailType": event.detail_type, "Source": event.source });
    }
    shown
}

fn conflict(message: String) -> ServiceError {
    ServiceError {
        status: 409,
        ..ServiceError::client("ConflictException", message)
    }
}

fn not_found(message: String) -> ServiceError {
    ServiceError {
        status: 404,
        ..ServiceError::client("ResourceNotFoundException", message)
    }
}
