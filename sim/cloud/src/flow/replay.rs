//! Replays: from an archive back onto its bus (`archive` of semantics.md).

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use seeded_dice::Key;
use serde_json::{Value, json};

use super::route::route_put;
use crate::api::error::ServiceError;
use crate::cloud_event::{CloudEvent, ReplayState};
use crate::eventbridge::BusEvent;
use crate::state::CloudState;
use crate::task::Task;

pub(crate) fn run(state: &mut CloudState, now: DateTime<Utc>, name: &str) {
    let filter = state.eventbridge.replay_filter(name);
    state.records.push(CloudEvent::ReplayChanged {
        replay: name.to_owned(),
        state: ReplayState::Running,
        filter,
    });
    let mut at = now;
    for mut slice in state.eventbridge.run_replay(name, now) {
        // Unordered within a minute (`archive` of semantics.md).
        let (dice, replay) = (state.dice, Key::of("replay").text(name));
        slice.sort_by_cached_key(|event| dice.seed(replay.key(event.cause())));
        at += TimeDelta::seconds(1);
        state.timers.put(
            at,
            Task::ReplaySlice {
                replay: name.to_owned(),
                slice,
            },
        );
    }
    state.timers.put(
        at + TimeDelta::seconds(1),
        Task::ReplayDone(name.to_owned()),
    );
}

pub(crate) fn put_slice(state: &mut CloudState, now: DateTime<Utc>, slice: Vec<Arc<BusEvent>>) {
    for event in slice {
        state.eventbridge.note_replayed(&event);
        route_put(state, now, event);
    }
}

/// CancelReplay: what is not put yet never will be.
pub(crate) fn cancel(
    state: &mut CloudState,
    now: DateTime<Utc>,
    input: &Value,
) -> Result<Value, ServiceError> {
    let answer = state.eventbridge.cancel_replay(input)?;
    let name = input["ReplayName"].as_str().unwrap_or_default().to_owned();
    state.timers.retain(|task| match task {
        Task::Replay(replay) | Task::ReplayDone(replay) | Task::ReplaySlice { replay, .. } => {
            *replay != name
        }
        _ => true,
    });
    state
        .timers
        .put(now + TimeDelta::seconds(1), Task::ReplayDone(name));
    Ok(answer)
}

/// StartReplay.
///
/// # Errors
/// As AWS does (`archive` of semantics.md).
pub(crate) fn start(
    state: &mut CloudState,
    now: DateTime<Utc>,
    input: &Value,
) -> Result<Value, ServiceError> {
    let name = state.eventbridge.start_replay(input)?;
    state
        .timers
        .put(now + TimeDelta::seconds(5), Task::Replay(name.clone()));
    let arn = state.account.arn("events", &format!("replay/{name}"));
    Ok(json!({ "ReplayArn": arn, "State": "STARTING", "ReplayStartTime": now.timestamp() }))
}

/// The last slice of a replay is put.
pub(crate) fn complete(state: &mut CloudState, name: String) {
    let now_in = state.eventbridge.complete_replay(&name);
    state.records.push(CloudEvent::ReplayChanged {
        replay: name,
        state: now_in,
        filter: Vec::new(),
    });
}
