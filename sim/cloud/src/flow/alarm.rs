//! Alarms: judged at the ends of their periods.

use chrono::{DateTime, Utc};

use crate::record::{AlarmState, Record};
use crate::state::CloudState;

/// Judges an alarm at the end of a period.
pub(crate) fn judge(state: &mut CloudState, now: DateTime<Utc>, index: usize) {
    state.judgements.remove(&(now, index));
    let queue = state.metrics.watched_queue(index);
    let gauge = queue.and_then(|queue| state.depth(now, queue));
    let (change, again) = state.metrics.judge(index, now, gauge);
    if let Some(change) = change {
        state.records.push(Record::AlarmChanged {
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
        state.plan_judgement(again, index);
    }
}
