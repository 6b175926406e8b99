//! Metrics and the alarms on them, as far as alarms in a template need them.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use crate::stack::Alarm;

/// Sums of what was counted, by metric and minute, and the state of each alarm.
#[derive(Debug, Default)]
pub struct Metrics {
    points: BTreeMap<MetricKey, BTreeMap<DateTime<Utc>, Vec<f64>>>,
    alarms: Vec<AlarmState>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct MetricKey {
    namespace: String,
    metric: String,
    dimensions: BTreeMap<String, String>,
}

#[derive(Debug)]
struct AlarmState {
    alarm: Alarm,
    is_alarming: bool,
}

/// A change of an alarm's state.
#[derive(Clone, Debug, PartialEq)]
pub struct AlarmChange {
    /// The alarm.
    pub alarm: Alarm,
    /// Whether it is in alarm now.
    pub is_alarming: bool,
    /// The value that did it.
    pub value: f64,
}

impl Metrics {
    /// No metrics yet, for these alarms.
    #[must_use]
    pub fn new(alarms: &[Alarm]) -> Self {
        let alarms = alarms
            .iter()
            .map(|alarm| AlarmState {
                alarm: alarm.clone(),
                is_alarming: false,
            })
            .collect();
        Self {
            points: BTreeMap::new(),
            alarms,
        }
    }

    /// Notes a data point. Gives the instants at which alarms on this metric must be judged.
    pub fn add(
        &mut self,
        now: DateTime<Utc>,
        namespace: &str,
        metric: &str,
        dimensions: &[(&str, &str)],
        value: f64,
    ) -> Vec<(usize, DateTime<Utc>)> {
        let watches = |alarm: &Alarm| {
            alarm.metric == metric
                && alarm.namespace == namespace
                && alarm.dimensions.len() == dimensions.len()
                && dimensions.iter().all(|(name, value)| {
                    alarm.dimensions.get(*name).is_some_and(|own| own == value)
                })
        };
        let mut due = Vec::new();
        let mut key = None;
        for (index, AlarmState { alarm, .. }) in self.alarms.iter().enumerate() {
            if watches(alarm) {
                due.push((index, period_start(now, alarm) + period(alarm)));
                key.get_or_insert_with(|| key_of(alarm));
            }
        }
        if let Some(key) = key {
            let points = self.points.entry(key).or_default();
            points.entry(now).or_default().push(value);
        }
        due
    }

    /// Judges alarm `index` at the end of a period; `gauge` is the metric's present value where it
    /// has one without being counted, such as a queue's depth. Gives the change, if any, and when
    /// to judge again.
    pub fn judge(
        &mut self,
        index: usize,
        at: DateTime<Utc>,
        gauge: Option<f64>,
    ) -> (Option<AlarmChange>, Option<DateTime<Utc>>) {
        let state = &self.alarms[index];
        let alarm = &state.alarm;
        let points = self.points.get(&key_of(alarm));
        let mut breaching = 0;
        let mut last = 0.0;
        for back in (0..alarm.evaluation_periods).rev() {
            let end = at - period(alarm) * i32::try_from(back).unwrap_or(0);
            let values: Vec<f64> = points
                .iter()
                .flat_map(|points| points.range(end - period(alarm)..end))
                .flat_map(|(_, values)| values.clone())
                .collect();
            let value = match gauge {
                Some(value) if back == 0 => Some(value),
                _ => statistic(&alarm.statistic, &values),
            };
            if let Some(value) = value {
                last = value;
                breaching += u32::from(alarm.comparison.breaches(value, alarm.threshold));
            }
        }
        let is_alarming = breaching >= alarm.datapoints_to_alarm.max(1);
        let changed = is_alarming != state.is_alarming;
        let change = changed.then(|| AlarmChange {
            alarm: alarm.clone(),
            is_alarming,
            value: last,
        });
        let again = (is_alarming).then(|| at + period(alarm));
        self.alarms[index].is_alarming = is_alarming;
        (change, again)
    }

    /// The queue whose depth alarm `index` watches, if it watches one.
    #[must_use]
    pub fn watched_queue(&self, index: usize) -> Option<&str> {
        let alarm = &self.alarms[index].alarm;
        (alarm.metric == "ApproximateNumberOfMessagesVisible")
            .then(|| alarm.dimensions.get("QueueName").map(String::as_str))
            .flatten()
    }
}

fn key_of(alarm: &Alarm) -> MetricKey {
    MetricKey {
        namespace: alarm.namespace.clone(),
        metric: alarm.metric.clone(),
        dimensions: alarm.dimensions.clone(),
    }
}

fn period(alarm: &Alarm) -> TimeDelta {
    TimeDelta::seconds(i64::from(alarm.period_seconds))
}

fn period_start(now: DateTime<Utc>, alarm: &Alarm) -> DateTime<Utc> {
    let length = i64::from(alarm.period_seconds);
    DateTime::from_timestamp(now.timestamp().div_euclid(length) * length, 0).unwrap_or(now)
}

fn statistic(name: &str, values: &[f64]) -> Option<f64> {
    if values.is_empty() {
        return None;
    }
    Some(match name {
        "Sum" => values.iter().sum(),
        "Minimum" => values.iter().copied().fold(f64::INFINITY, f64::min),
        "SampleCount" => values.len() as f64,
        "Average" => values.iter().sum::<f64>() / values.len() as f64,
        "Maximum" => values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        percentile => nearest_rank(values, percentile.strip_prefix('p')?.parse().ok()?),
    })
}

/// The least value that `percent` of all values do not exceed.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the rank lies within the number of values"
)]
fn nearest_rank(values: &[f64], percent: f64) -> f64 {
    let mut ordered = values.to_vec();
    ordered.sort_by(f64::total_cmp);
    let rank = (percent / 100.0 * ordered.len() as f64).ceil() as usize;
    ordered[rank.clamp(1, ordered.len()) - 1]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_no_maximum() {
        let values: Vec<f64> = (1..=40).rev().map(f64::from).collect();
        assert_eq!(statistic("p95", &values), Some(38.0));
        assert_eq!(statistic("p0", &values), Some(1.0));
        assert_eq!(statistic("Maximum", &values), Some(40.0));
        assert_eq!(statistic("p95", &values[..3]), Some(40.0));
    }
}
