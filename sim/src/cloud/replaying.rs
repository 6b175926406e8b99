//! Replays: from an archive back onto its bus (semantics 4).

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::error::ServiceError;
use super::eventbridge::BusEvent;
use super::record::Record;
use super::{Cloud, Task};

impl Cloud {
    pub(super) fn run_replay(&mut self, now: DateTime<Utc>, name: &str) {
        if self.eventbridge.replay_state(name) != Some("STARTING") {
            return;
        }
        self.records.push(Record::ReplayChanged { replay: name.to_owned(), state: "RUNNING".to_owned() });
        let mut at = now;
        for mut slice in self.eventbridge.run_replay(name, now) {
            // Unordered within a minute (semantics 4).
            self.rng.shuffle(&mut slice);
            at += TimeDelta::seconds(1);
            self.agenda.put(at, Task::ReplaySlice { replay: name.to_owned(), slice });
        }
        self.agenda.put(at + TimeDelta::seconds(1), Task::ReplayDone(name.to_owned()));
    }

    /// A slice of a replay, unless the replay was cancelled meanwhile.
    pub(super) fn replay_slice(&mut self, now: DateTime<Utc>, replay: &str, slice: Vec<BusEvent>) {
        if self.eventbridge.replay_state(replay) != Some("RUNNING") {
            return;
        }
        for event in slice {
            self.eventbridge.note_replayed(replay, event.time);
            self.spread(now, event);
        }
    }

    /// StartReplay, for the wire and for scenarios.
    ///
    /// # Errors
    /// As AWS does (semantics 4).
    pub fn start_replay(&mut self, now: DateTime<Utc>, input: &Value) -> Result<Value, ServiceError> {
        let name = self.eventbridge.start_replay(input)?;
        self.agenda.put(now + TimeDelta::seconds(5), Task::Replay(name.clone()));
        let arn = format!("arn:{}:events:{}:{}:replay/{name}", self.pseudo.partition, self.pseudo.region, self.pseudo.account);
        Ok(json!({ "ReplayArn": arn, "State": "STARTING", "ReplayStartTime": now.timestamp() }))
    }
}
