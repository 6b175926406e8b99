//! Replays: from an archive back onto its bus (semantics 4).

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::error::ServiceError;
use super::eventbridge::BusEvent;
use super::record::{Record, ReplayState};
use super::{Cloud, Task};
use seeded_dice::Key;

impl Cloud {
    pub(super) fn run_replay(&mut self, now: DateTime<Utc>, name: &str) {
        let filter = self.eventbridge.replay_filter(name);
        self.records.push(Record::ReplayChanged {
            replay: name.to_owned(),
            state: ReplayState::Running,
            filter,
        });
        let mut at = now;
        for mut slice in self.eventbridge.run_replay(name, now) {
            // Unordered within a minute (semantics 4).
            let (dice, replay) = (self.dice, Key::of("replay").text(name));
            slice.sort_by_cached_key(|event| dice.seed(replay.key(event.cause())));
            at += TimeDelta::seconds(1);
            self.agenda.put(
                at,
                Task::ReplaySlice {
                    replay: name.to_owned(),
                    slice,
                },
            );
        }
        self.agenda.put(
            at + TimeDelta::seconds(1),
            Task::ReplayDone(name.to_owned()),
        );
    }

    pub(super) fn replay_slice(&mut self, now: DateTime<Utc>, slice: Vec<BusEvent>) {
        for event in slice {
            self.eventbridge.note_replayed(&event);
            self.spread_put(now, event);
        }
    }

    /// CancelReplay: what is not put yet never will be.
    pub(super) fn cancel_replay(
        &mut self,
        now: DateTime<Utc>,
        input: &Value,
    ) -> Result<Value, ServiceError> {
        let answer = self.eventbridge.cancel_replay(input)?;
        let name = input["ReplayName"].as_str().unwrap_or_default().to_owned();
        self.agenda.retain(|task| match task {
            Task::Replay(replay) | Task::ReplayDone(replay) | Task::ReplaySlice { replay, .. } => {
                *replay != name
            }
            _ => true,
        });
        self.agenda
            .put(now + TimeDelta::seconds(1), Task::ReplayDone(name));
        Ok(answer)
    }

    /// StartReplay, for the wire and for scenarios.
    ///
    /// # Errors
    /// As AWS does (semantics 4).
    pub fn start_replay(
        &mut self,
        now: DateTime<Utc>,
        input: &Value,
    ) -> Result<Value, ServiceError> {
        let name = self.eventbridge.start_replay(input)?;
        self.agenda
            .put(now + TimeDelta::seconds(5), Task::Replay(name.clone()));
        let arn = self.pseudo.arn("events", &format!("replay/{name}"));
        Ok(json!({ "ReplayArn": arn, "State": "STARTING", "ReplayStartTime": now.timestamp() }))
    }
}
