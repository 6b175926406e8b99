//! Alarms: judged at the ends of their periods, with what they tell.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::target::{Parcel, Sender, hand_over};
use crate::api::Service;
use crate::cloud_event::{AlarmState, CloudEvent};
use crate::metrics::AlarmChange;
use crate::stack::Alarm;
use crate::state::CloudState;

/// Judges an alarm at the end of a period.
pub(crate) fn judge(state: &mut CloudState, now: DateTime<Utc>, index: usize) {
    state.judgements.remove(&(now, index));
    let queue = state.metrics.watched_queue(index);
    let gauge = queue.and_then(|queue| state.depth(now, queue));
    let (change, again) = state.metrics.judge(index, now, gauge);
    if let Some(change) = change {
        state.records.push(CloudEvent::AlarmChanged {
            alarm: change.alarm.name.clone(),
            metric: change.alarm.metric.clone(),
            dimensions: change.alarm.dimensions.clone(),
            state: state_of(&change),
            value: change.value.to_string(),
        });
        act(state, now, &change);
    }
    if let Some(again) = again {
        state.plan_judgement(again, index);
    }
}

fn state_of(change: &AlarmChange) -> AlarmState {
    if change.is_alarming {
        AlarmState::Alarm
    } else {
        AlarmState::Ok
    }
}

/// Does the actions for an alarm's new state, as far as they are simulated: topics.
fn act(state: &mut CloudState, now: DateTime<Utc>, change: &AlarmChange) {
    let alarm = &change.alarm;
    let actions = if change.is_alarming {
        &alarm.alarm_actions
    } else {
        &alarm.ok_actions
    };
    if !alarm.actions_enabled {
        return;
    }
    let account = state.account.id.clone();
    let region = state.account.region.clone();
    for arn in actions {
        if Service::of_arn(arn) != Some(Service::Sns) {
            continue;
        }
        let body = told(now, change, &account, &region).to_string();
        let mut parcel = Parcel::new(Sender::Alarm { arn: &alarm.arn }, body.as_str());
        let shown = format!("{}: \"{}\" in {region}", state_of(change), alarm.name);
        parcel.subject = Some(shown.chars().take(100).collect());
        if let Err(error) = hand_over(state, now, arn, parcel) {
            state.records.push(CloudEvent::AlarmActionFailed {
                alarm: alarm.name.clone(),
                action: arn.clone(),
                reason: error.message,
            });
        }
    }
}

/// What CloudWatch writes about a change.
fn told(now: DateTime<Utc>, change: &AlarmChange, account: &str, region: &str) -> Value {
    let alarm = &change.alarm;
    let (new, old) = if change.is_alarming {
        ("ALARM", "OK")
    } else {
        ("OK", "ALARM")
    };
    let relation = if change.is_alarming { "was" } else { "was not" };
    let reason = format!(
        "Threshold Crossed: 1 datapoint [{}] {relation} beyond the threshold ({}).",
        change.value, alarm.threshold_text
    );
    json!({
        "AlarmName": alarm.name,
        "AlarmDescription": alarm.description,
        "AWSAccountId": account,
        "NewStateValue": new,
        "NewStateReason": reason,
        "StateChangeTime": now.format("%Y-%m-%dT%H:%M:%S%.3f+0000").to_string(),
        "Region": region,
        "AlarmArn": alarm.arn,
        "OldStateValue": old,
        "OKActions": alarm.ok_actions,
        "AlarmActions": alarm.alarm_actions,
        "InsufficientDataActions": alarm.insufficient_data_actions,
        "Trigger": trigger(alarm),
    })
}

fn trigger(alarm: &Alarm) -> Value {
    let dimensions: Vec<Value> = alarm
        .dimensions
        .iter()
        .map(|(name, value)| json!({ "name": name, "value": value }))
        .collect();
    json!({
        "MetricName": alarm.metric,
        "Namespace": alarm.namespace,
        "StatisticType": "Statistic",
        "Statistic": alarm.statistic.to_uppercase(),
        "Unit": null,
        "Dimensions": dimensions,
        "Period": alarm.period_seconds,
        "EvaluationPeriods": alarm.evaluation_periods,
        "DatapointsToAlarm": alarm.datapoints_to_alarm,
        "ComparisonOperator": alarm.comparison.name(),
        "Threshold": alarm.threshold,
        "TreatMissingData": alarm.treat_missing_data,
    })
}
